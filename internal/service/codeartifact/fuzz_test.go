package codeartifact_test

import (
	"testing"

	api "daypass/api/codeartifact"
	"daypass/internal/fault"
	"daypass/internal/registry"
)

// in is the same world for one run of a fuzz target.
func (w world) in(t *testing.T) *world {
	w.t = t
	return &w
}

// mistake tells what a client did wrong from what we did.
func mistake(err error) bool {
	switch kind(err) {
	case success, fault.Validation, fault.NotFound, fault.Quota:
		return true
	}
	return false
}

func FuzzNextTokensAndResourceARNs(f *testing.F) {
	for _, seed := range []string{"", "WyJkb21haW5zIiwiYWEiXQ", "WyJyZXBvc2l0b3JpZXMiLCJhYSIsImlkIl0", domARN, repARN,
		"arn:aws:codeartifact:us-east-1:111122223333:package-group/dom/%2a", "arn:aws:codeartifact:us-east-1:444455556666:package-group/dom/%2a",
		"arn:aws:codeartifact:us-east-1:111122223333:repository/dom/\x00"} {
		f.Add(seed)
	}
	world := newWorld(f, registry.Limits{})
	f.Fuzz(func(t *testing.T, s string) {
		w := world.in(t)
		for name, in := range map[string]any{
			"ListDomains":         &api.ListDomainsInput{NextToken: s},
			"ListRepositories":    &api.ListRepositoriesInput{NextToken: s},
			"ListTagsForResource": &api.ListTagsForResourceInput{ResourceArn: s},
		} {
			// An ARN of another account is no mistake, and is refused.
			if _, err := w.do(admin(O), name, in); !mistake(err) && kind(err) != fault.AccessDenied {
				t.Errorf("%s of %q: %v", name, s, err)
			}
		}
	})
}

func FuzzPolicyDocuments(f *testing.F) {
	f.Add(to(T, "Allow", "codeartifact:*"))
	f.Add(`{"Statement":{"Resource":["*",` + `"` + domARN + `"]}}`)
	f.Add(`{"Statement":[null,{"Resource":null}]}`)
	world := newWorld(f, registry.Limits{})
	world.seed(O)
	f.Fuzz(func(t *testing.T, document string) {
		w := world.in(t)
		for name, p := range w.policies() {
			stored, err := p.put("", document)
			if !mistake(err) {
				t.Errorf("%s: %v", name, err)
			}
			if err != nil {
				continue
			}
			// What was accepted is judged by from now on.
			if _, err := w.do(user(T), "DescribeRepository", &api.DescribeRepositoryInput{Domain: "dom", DomainOwner: O, Repository: "rep"}); kind(err) != fault.AccessDenied && err != nil {
				t.Errorf("after %s: %v", name, err)
			}
			if stored.Document != document {
				t.Errorf("%s: stored %q, want %q", name, stored.Document, document)
			}
		}
	})
}
