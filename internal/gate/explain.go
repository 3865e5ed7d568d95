package gate

import (
	"daypass/internal/policy"
)

// Explain judges what the call's caller would ask, without asking. What is
// given of condition keys counts before what is known; how a request would reach
// the server is not known.
func (c *Call) Explain(action string, s Subject, given map[string]policy.Value) (*policy.Request, policy.Explanation) {
	if s.Account == "" {
		s.Account = c.account()
	}
	known := c.request(action, &s)
	supposed := known
	supposed.Context, supposed.Simulated = &suppositions{given, &known}, true
	x := policy.Explain(&supposed, c.grants(), &policy.Target{Account: s.Account, Admin: s.Admin, Policies: s.Policies, Trust: s.Trust})
	if s.Account != c.account() && s.Admin != c.account() {
		x.Withhold()
	}
	return &supposed, x
}

// suppositions are the condition keys of a request that nobody made.
type suppositions struct {
	given map[string]policy.Value
	known *policy.Request
}

func (s *suppositions) Lookup(key string) (policy.Value, bool) {
	v, ok := s.given[key]
	if ok || key == "aws:securetransport" || key == "aws:sourceip" {
		return v, ok
	}
	return s.known.Lookup(key)
}
