package gate

import (
	"strings"

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
	return explain(&supposed, c.account(), c.grants(), &policy.Target{Account: s.Account, Admin: s.Admin, Policies: s.Policies, Trust: s.Trust})
}

// explain explains a request to whoever would make it, whose account own is, with
// the request as it may be told. What another account's resource has, its policies and its tags,
// is not: a caller whose own policies ask for a tag would read it there, and
// learn that the resource exists.
func explain(r *policy.Request, own string, g *policy.Grants, t *policy.Target) (*policy.Request, policy.Explanation) {
	if t.Account == own || t.Admin == own {
		return r, policy.Explain(r, g, t)
	}
	told := *r
	told.Context = untagged{r.Context}
	x := policy.Explain(&told, g, t)
	x.Decision = policy.Evaluate(r, g, t)
	x.Withhold()
	return &told, x
}

// untagged is a request's context without what a resource's tags are.
type untagged struct{ policy.Context }

func (u untagged) Lookup(key string) (policy.Value, bool) {
	if strings.HasPrefix(key, "aws:resourcetag/") || strings.HasPrefix(key, "iam:resourcetag/") {
		return policy.Value{}, false
	}
	return u.Context.Lookup(key)
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
