package codeartifact_test

import (
	"fmt"
	"strings"
	"testing"

	api "daypass/api/codeartifact"
	"daypass/internal/fault"
	"daypass/internal/registry"
)

// policies returns the operations on a domain's and a repository's policy.
type policies struct {
	arn         string
	put         func(revision, document string) (*api.ResourcePolicy, error)
	get, remove func(revision string) (*api.ResourcePolicy, error)
}

func (w *world) policies() map[string]policies {
	as := admin(O)
	return map[string]policies{
		"domain": {domARN,
			func(revision, document string) (*api.ResourcePolicy, error) {
				out, err := w.do(as, "PutDomainPermissionsPolicy", &api.PutDomainPermissionsPolicyInput{Domain: "dom", PolicyRevision: revision, PolicyDocument: document})
				if err != nil {
					return nil, err
				}
				return out.(*api.PutDomainPermissionsPolicyOutput).Policy, nil
			},
			func(string) (*api.ResourcePolicy, error) {
				out, err := w.do(as, "GetDomainPermissionsPolicy", &api.GetDomainPermissionsPolicyInput{Domain: "dom"})
				if err != nil {
					return nil, err
				}
				return out.(*api.GetDomainPermissionsPolicyOutput).Policy, nil
			},
			func(revision string) (*api.ResourcePolicy, error) {
				out, err := w.do(as, "DeleteDomainPermissionsPolicy", &api.DeleteDomainPermissionsPolicyInput{Domain: "dom", PolicyRevision: revision})
				if err != nil {
					return nil, err
				}
				return out.(*api.DeleteDomainPermissionsPolicyOutput).Policy, nil
			}},
		"repository": {repARN,
			func(revision, document string) (*api.ResourcePolicy, error) {
				out, err := w.do(as, "PutRepositoryPermissionsPolicy", &api.PutRepositoryPermissionsPolicyInput{Domain: "dom", Repository: "rep", PolicyRevision: revision, PolicyDocument: document})
				if err != nil {
					return nil, err
				}
				return out.(*api.PutRepositoryPermissionsPolicyOutput).Policy, nil
			},
			func(string) (*api.ResourcePolicy, error) {
				out, err := w.do(as, "GetRepositoryPermissionsPolicy", &api.GetRepositoryPermissionsPolicyInput{Domain: "dom", Repository: "rep"})
				if err != nil {
					return nil, err
				}
				return out.(*api.GetRepositoryPermissionsPolicyOutput).Policy, nil
			},
			func(revision string) (*api.ResourcePolicy, error) {
				out, err := w.do(as, "DeleteRepositoryPermissionsPolicy", &api.DeleteRepositoryPermissionsPolicyInput{Domain: "dom", Repository: "rep", PolicyRevision: revision})
				if err != nil {
					return nil, err
				}
				return out.(*api.DeleteRepositoryPermissionsPolicyOutput).Policy, nil
			}},
	}
}

func TestAResourcePolicyChangesOnlyUnderItsRevision(t *testing.T) {
	t.Parallel()
	first, second := to(T, "Allow", "codeartifact:ReadFromRepository"), to(T, "Allow", "codeartifact:List*")
	for kind, name := range map[string]string{"domain": "dom", "repository": "rep"} {
		w := newWorld(t, registry.Limits{})
		w.seed(O)
		p := w.policies()[kind]
		missing := fmt.Sprintf("ResourceNotFoundException|404||%s|%s|Policy not found. The %s '%s' has no permissions policy", kind, name, kind, name)
		_, err := p.get("")
		diff(t, kind+": get none", missing, told(err))
		_, err = p.remove("")
		diff(t, kind+": delete none", missing, told(err))

		one, err := p.put("", first)
		if err != nil {
			t.Fatal(err)
		}
		diff(t, kind+": put", &api.ResourcePolicy{ResourceArn: p.arn, Revision: one.Revision, Document: first}, one)
		if len(one.Revision) != 44 || !strings.HasSuffix(one.Revision, "=") {
			t.Errorf("%s: revision %q, want 44 characters of base64", kind, one.Revision)
		}
		two, err := p.put(one.Revision, second)
		if err != nil || two.Revision == one.Revision {
			t.Fatalf("%s: put over the right revision = %v, %v; want a new revision", kind, two, err)
		}
		conflict := fmt.Sprintf("ConflictException|409||%s|%s|", kind, name)
		_, err = p.put(one.Revision, first)
		if got := told(err); !strings.HasPrefix(got, conflict) {
			t.Errorf("%s: put over an old revision: %s, want a conflict", kind, got)
		}
		_, err = p.remove(one.Revision)
		if got := told(err); !strings.HasPrefix(got, conflict) {
			t.Errorf("%s: delete of an old revision: %s, want a conflict", kind, got)
		}
		got, err := p.get("")
		diff(t, kind+": get", fmt.Sprint(two, nil), fmt.Sprint(got, err))
		removed, err := p.remove(two.Revision)
		diff(t, kind+": deleted", fmt.Sprint(two, nil), fmt.Sprint(removed, err))
		_, err = p.put(two.Revision, first)
		if got := told(err); !strings.HasPrefix(got, conflict) {
			t.Errorf("%s: put over the revision of a deleted policy: %s, want a conflict", kind, got)
		}
	}
}

func TestPutPermissionsPolicyRefusesBrokenAndLongPolicies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry.Limits{})
	w.seed(O)
	pad := func(n int) string {
		document := to(T, "Allow", "codeartifact:*")
		return document + strings.Repeat(" ", n-len(document))
	}
	for name, document := range map[string]string{
		"no JSON":              `{"Version"`,
		"no principal":         allow("codeartifact:*"),
		"an unknown element":   strings.Replace(to(T, "Allow", "a:b"), "Effect", "Affect", 1),
		"too long":             pad(7169),
		"an effect of its own": to(T, "Maybe", "codeartifact:*"),
	} {
		for kind, p := range w.policies() {
			_, err := p.put("", document)
			if got := told(err); !strings.HasPrefix(got, "ValidationException|400|FIELD_VALIDATION_FAILED|||policyDocument: ") {
				t.Errorf("%s of a %s: %s, want a fault that names the field", name, kind, got)
			}
		}
	}
	for kind, p := range w.policies() {
		if _, err := p.put("", pad(7168)); err != nil {
			t.Errorf("the longest policy of a %s: %v", kind, err)
		}
	}
}

func TestARepositoryPolicyIsAboutTheRepository(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry.Limits{})
	w.seed(O)
	const base = "arn:aws:codeartifact:us-east-1:111122223333:"
	for resource, want := range map[string]fault.Kind{
		`"*"`:                    success,
		`"` + repARN + `"`:       success,
		`["` + repARN + `","*"]`: success,
		`"` + base + `package/dom/rep/npm/parity/ui"`: success,
		`"` + base + `package/dom/rep/*"`:             success,
		`"` + base + `*"`:                             success,
		`"arn:aws:codeartifact:*"`:                    success,
		`"` + base + `package/dom/r*/pypi//x"`:        success,
		`"` + domARN + `"`:                            fault.Validation,
		`["*","` + domARN + `"]`:                      fault.Validation,
		`"` + base + `repository/dom/other"`:          fault.Validation,
		`"` + base + `package/dom/repo/*"`:            fault.Validation,
		`"arn:aws:s3:::bucket"`:                       fault.Validation,
	} {
		document := strings.Replace(to(T, "Allow", "codeartifact:CreateRepository"), `"Resource":"*"`, `"Resource":`+resource, 1)
		_, err := w.policies()["repository"].put("", document)
		if kind(err) != want {
			t.Errorf("resource %s: %v, want kind %d", resource, err, want)
		}
	}
}
