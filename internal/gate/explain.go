package gate

import (
	"strings"

	"daypass/internal/policy"
)

// Explain explains how a request of the call's caller would be decided. given
// overrides the condition keys that are known. The keys about the connection
// (aws:SecureTransport, aws:SourceIp) are taken from given alone.
func (c *Call) Explain(action string, s Subject, given map[string]policy.Value) (*policy.Request, policy.Explanation) {
	if s.Account == "" {
		s.Account = c.account()
	}
	known := c.request(action, &s)
	simulated := known
	simulated.Context, simulated.Simulated = &simulatedKeys{given, &known}, true
	return explain(&simulated, c.account(), c.grants(), &policy.Target{Account: s.Account, Admin: s.Admin, Policies: s.Policies, Trust: s.Trust})
}

// explain explains a request to its caller, whose account is own. It also returns the
// request as the caller may see it. The policies and tags of another account's
// resource are left out. Otherwise a caller whose own policies ask for a tag could
// read it, and learn that the resource exists.
func explain(r *policy.Request, own string, g *policy.Grants, t *policy.Target) (*policy.Request, policy.Explanation) {
	if t.Account == own || t.Admin == own {
		return r, policy.Explain(r, g, t)
	}
	visible := *r
	visible.Context = withoutResourceTags{r.Context}
	x := policy.Explain(&visible, g, t)
	x.Decision = policy.Evaluate(r, g, t)
	x.Withhold()
	return &visible, x
}

// withoutResourceTags is a request's context without the resource's tags.
type withoutResourceTags struct{ policy.Context }

func (u withoutResourceTags) Lookup(key string) (policy.Value, bool) {
	if strings.HasPrefix(key, "aws:resourcetag/") || strings.HasPrefix(key, "iam:resourcetag/") {
		return policy.Value{}, false
	}
	return u.Context.Lookup(key)
}

// simulatedKeys are the condition keys of a simulated request.
type simulatedKeys struct {
	given map[string]policy.Value
	known *policy.Request
}

func (s *simulatedKeys) Lookup(key string) (policy.Value, bool) {
	v, ok := s.given[key]
	if ok || key == "aws:securetransport" || key == "aws:sourceip" {
		return v, ok
	}
	return s.known.Lookup(key)
}
