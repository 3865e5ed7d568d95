package identity_test

import (
	"testing"

	"daypass/internal/fault"
	"daypass/internal/identity"
	"daypass/internal/policy"
	"daypass/internal/principal"
)

func TestADeletedPrincipalOpensNothingAndNeitherDoesItsNamesake(t *testing.T) {
	t.Parallel()
	i := started(t)
	ctx := t.Context()
	for _, kind := range []string{identity.User, identity.Role} {
		e := i.user
		if kind == identity.Role {
			e = func(name string) *identity.Entity { return i.role(name, trustAll) }
		}
		first := e("x")
		ref := userRef(first)
		if kind == identity.Role {
			ref = i.roleRef(first, "s")
		}
		_, _, err := i.Principal(ctx, ref)
		i.must(err)
		i.must(i.Delete(ctx, account, kind, "x"))
		second := e("x")
		_, _, err = i.Principal(ctx, ref)
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("a deleted %s is still there: %v", kind, err)
		}
		if second.ID == first.ID {
			t.Errorf("a %s got the unique id of another", kind)
		}
	}
}

func TestAReferenceMustFitItsPrincipal(t *testing.T) {
	t.Parallel()
	i := started(t)
	u, r := i.user("u"), i.role("r", trustAll)
	for name, ref := range map[string]principal.Ref{
		"a user's id as a role":        {Kind: principal.Role, Account: account, ID: u.ID, SessionName: "s", Session: &principal.Session{}},
		"a role's id as a user":        {Kind: principal.User, Account: account, ID: r.ID},
		"a role without a session":     {Kind: principal.Role, Account: account, ID: r.ID},
		"a user of another account":    {Kind: principal.User, Account: other, ID: u.ID},
		"nobody":                       {Kind: principal.User, Account: account, ID: ""},
		"an unknown kind":              {Kind: 9, Account: account, ID: u.ID},
		"a federated role":             {Kind: principal.Federated, Account: account, ID: r.ID, Session: &principal.Session{}},
		"a federated user, no session": {Kind: principal.Federated, Account: account, ID: u.ID},
	} {
		_, _, err := i.Principal(t.Context(), ref)
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v, want NotFound", name, err)
		}
	}
}

func TestPoliciesAreThoseOfToday(t *testing.T) {
	t.Parallel()
	i := started(t)
	ctx := t.Context()
	u := i.user("u")
	ref := userRef(u)
	const get = "codeartifact:GetAuthorizationToken"
	step := func(name string, want bool, change func() error) {
		t.Helper()
		i.must(change())
		if got := i.may(ref, get); got != want {
			t.Errorf("%s: allowed = %v, want %v", name, got, want)
		}
	}
	arn := i.managed("getting", allowGet)
	step("without policies", false, func() error { return nil })
	step("inline policy put", true, func() error {
		return i.PutInline(ctx, account, identity.User, "u", identity.InlinePolicy{Name: "p", Document: allowGet})
	})
	step("inline policy replaced", false, func() error {
		return i.PutInline(ctx, account, identity.User, "u", identity.InlinePolicy{Name: "p", Document: allowList})
	})
	step("managed policy attached", true, func() error { return i.Attach(ctx, account, identity.User, "u", arn) })
	step("managed policy detached", false, func() error { return i.Detach(ctx, account, identity.User, "u", arn) })
	step("service's policy attached", true, func() error {
		return i.Attach(ctx, account, identity.User, "u", "arn:aws:iam::aws:policy/AWSCodeArtifactReadOnlyAccess")
	})
}

func TestABoundaryIsPartOfTheGrants(t *testing.T) {
	t.Parallel()
	i := started(t)
	arn := i.managed("bound", allowList)
	u := &identity.Entity{Kind: identity.User, Account: account, Name: "u", Boundary: arn}
	i.must(i.Create(t.Context(), u))
	i.must(i.PutInline(t.Context(), account, identity.User, "u", identity.InlinePolicy{Name: "p", Document: allowAll}))
	who, _, err := i.Principal(t.Context(), userRef(u))
	i.must(err)
	equal(t, true, who.Boundary)
	equal(t, true, i.may(userRef(u), "codeartifact:ListDomains"))
	equal(t, false, i.may(userRef(u), "codeartifact:GetAuthorizationToken"))
	refuses(t, i.DeleteManaged(t.Context(), account, arn), fault.DeleteConflict, "Cannot delete a policy attached to entities.")

	missing := &identity.Entity{Kind: identity.User, Account: account, Name: "v", Boundary: arn + "x"}
	refuses(t, i.Create(t.Context(), missing), fault.NotFound, "Scope ARN: "+arn+"x does not exist or is not attachable.")
}

func TestSessionPoliciesNarrow(t *testing.T) {
	t.Parallel()
	i := started(t)
	r := i.role("r", trustAll)
	i.must(i.PutInline(t.Context(), account, identity.Role, "r", identity.InlinePolicy{Name: "all", Document: allowAll}))
	arn := i.managed("listing", allowList)
	const get, list = "codeartifact:GetAuthorizationToken", "codeartifact:ListDomains"
	for _, test := range []struct {
		name      string
		policies  []string
		arns      []string
		get, list bool
	}{
		{"none", nil, nil, true, true},
		{"inline", []string{allowGet}, nil, true, false},
		{"managed", nil, []string{arn}, false, true},
		{"both", []string{allowGet}, []string{arn}, true, true},
		{"the service's", nil, []string{"arn:aws:iam::aws:policy/AWSCodeArtifactReadOnlyAccess"}, true, true},
		{"a missing one allows nothing", nil, []string{arn + "x"}, false, false},
	} {
		ref := i.roleRef(r, "s")
		ref.Session.Policies, ref.Session.PolicyARNs = test.policies, test.arns
		if got := [2]bool{i.may(ref, get), i.may(ref, list)}; got != [2]bool{test.get, test.list} {
			t.Errorf("%s: get, list = %v, want %v, %v", test.name, got, test.get, test.list)
		}
	}
	i.must(i.DeleteManaged(t.Context(), account, arn))
	ref := i.roleRef(r, "s")
	ref.Session.PolicyARNs = []string{arn}
	equal(t, false, i.may(ref, list))
}

func TestAFederatedSessionHasOnlyWhatItsPolicyAllows(t *testing.T) {
	t.Parallel()
	i := started(t)
	u := i.user("u")
	i.must(i.PutInline(t.Context(), account, identity.User, "u", identity.InlinePolicy{Name: "all", Document: allowAll}))
	for _, id := range []string{u.ID, account} {
		ref := principal.Ref{Kind: principal.Federated, Account: account, ID: id, SessionName: "fed", Session: &principal.Session{}}
		equal(t, false, i.may(ref, "codeartifact:ListDomains"))
		ref.Session.Policies = []string{allowList}
		equal(t, true, i.may(ref, "codeartifact:ListDomains"))
		equal(t, false, i.may(ref, "codeartifact:GetAuthorizationToken"))
	}
}

func TestSessionTagsLieOverTheRolesOwn(t *testing.T) {
	t.Parallel()
	i := started(t)
	r := &identity.Entity{Kind: identity.Role, Account: account, Name: "r", Path: "/a/", Trust: trustAll, Tags: map[string]string{"Team": "role", "Cost": "1"}}
	i.must(i.Create(t.Context(), r))
	ref := i.roleRef(r, "s")
	who, _, err := i.Principal(t.Context(), ref)
	i.must(err)
	equal(t, map[string]string{"Team": "role", "Cost": "1"}, who.Tags)
	ref.Session.Tags = map[string]string{"team": "session"}
	who, _, err = i.Principal(t.Context(), ref)
	i.must(err)
	equal(t, map[string]string{"team": "session", "Cost": "1"}, who.Tags)
	equal(t, "arn:aws:sts::111111111111:assumed-role/r/s", who.ARN())
	equal(t, "arn:aws:iam::111111111111:role/a/r", who.PolicyARN())
}

func TestEveryOwnPolicyOfTheServiceCompiles(t *testing.T) {
	t.Parallel()
	i := started(t)
	found, more, err := i.ListManaged(t.Context(), identity.ManagedQuery{Account: account, PathPrefix: "/", Builtin: true, Limit: 100})
	i.must(err)
	equal(t, false, more)
	var names []string
	for _, m := range found {
		names = append(names, m.Name)
		v, current, err := i.ManagedVersion(t.Context(), account, m.ARN, 1)
		i.must(err)
		equal(t, true, current)
		for _, kind := range []policy.Type{policy.Identity, policy.Boundary, policy.Session} {
			_, err := policy.Parse(m.Name, v.Document, kind)
			if err != nil {
				t.Errorf("%s as %v: %v", m.Name, kind, err)
			}
		}
	}
	equal(t, []string{
		"AdministratorAccess", "AWSCodeArtifactAdminAccess", "AWSCodeArtifactReadOnlyAccess",
		"IAMFullAccess", "IAMReadOnlyAccess", "PowerUserAccess", "ReadOnlyAccess",
	}, names)
}
