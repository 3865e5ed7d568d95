package identity_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"daypass/internal/fault"
	"daypass/internal/identity"
	"daypass/internal/policy"
	"daypass/internal/store"
)

func TestNamesAreUniqueCaseAside(t *testing.T) {
	t.Parallel()
	i := started(t)
	i.user("Alice")
	i.role("Alice", trustAll) // users and roles do not share names
	err := i.Create(t.Context(), &identity.Entity{Kind: identity.User, Account: account, Name: "alice"})
	refuses(t, err, fault.Conflict, "User with name alice already exists.")
	err = i.Create(t.Context(), &identity.Entity{Kind: identity.Role, Account: account, Name: "ALICE", Trust: trustAll})
	refuses(t, err, fault.Conflict, "Role with name ALICE already exists.")
	i.must(i.Create(t.Context(), &identity.Entity{Kind: identity.User, Account: other, Name: "alice"}))
	_, err = i.Find(t.Context(), account, identity.User, "alice")
	refuses(t, err, fault.NotFound, "The user with name alice cannot be found.")
	i.managed("P", allowAll)
	err = i.CreateManaged(t.Context(), &store.ManagedPolicy{Account: account, Name: "p"}, allowAll)
	refuses(t, err, fault.Conflict, "A policy called p already exists. Duplicate names are not allowed.")
}

func TestAUserInUseCannotBeDeleted(t *testing.T) {
	t.Parallel()
	i := started(t)
	ctx := t.Context()
	u := i.user("u")
	pair, _, err := i.CreateKey(ctx, account, "u")
	i.must(err)
	arn := i.managed("p", allowAll)
	i.must(i.PutInline(ctx, account, identity.User, "u", identity.InlinePolicy{Name: "inline", Document: allowAll}))
	i.must(i.Attach(ctx, account, identity.User, "u", arn))
	remove := func() error { return i.Delete(ctx, account, identity.User, "u") }

	refuses(t, remove(), fault.DeleteConflict, "Cannot delete entity, must detach all policies first.")
	refuses(t, i.DeleteManaged(ctx, account, arn), fault.DeleteConflict, "Cannot delete a policy attached to entities.")
	i.must(i.Detach(ctx, account, identity.User, "u", arn))
	refuses(t, remove(), fault.DeleteConflict, "Cannot delete entity, must delete policies first.")
	i.must(i.DeleteInline(ctx, account, identity.User, "u", "inline"))
	refuses(t, remove(), fault.DeleteConflict, "Cannot delete entity, must delete access keys first.")
	i.must(i.DeleteKey(ctx, account, "u", pair.AccessKeyID))
	i.must(remove())
	refuses(t, remove(), fault.NotFound, "The user with name u cannot be found.")
	i.must(i.DeleteManaged(ctx, account, arn))
	refuses(t, i.DeleteManaged(ctx, account, arn), fault.NotFound, "Policy "+arn+" was not found.")
	_, err = i.FindID(ctx, u.ID)
	equal(t, true, fault.Is(err, fault.NotFound))
}

func TestAMissingEntityIsNamedInTheError(t *testing.T) {
	t.Parallel()
	i := started(t)
	i.user("u")
	ctx := t.Context()
	const p = "arn:aws:iam::111111111111:policy/none"
	for text, err := range map[string]error{
		"The role with name r cannot be found.":                  i.PutInline(ctx, account, identity.Role, "r", identity.InlinePolicy{Name: "p", Document: allowAll}),
		"The user with name nobody cannot be found.":             i.Attach(ctx, account, identity.User, "nobody", p),
		"The user policy with name p cannot be found.":           i.DeleteInline(ctx, account, identity.User, "u", "p"),
		"The Access Key with id AKIAX cannot be found.":          i.DeleteKey(ctx, account, "u", "AKIAX"),
		"The Access Key with id AKIAY cannot be found.":          i.SetKeyStatus(ctx, account, "u", "AKIAY", store.KeyInactive),
		"Policy " + p + " does not exist or is not attachable.":  i.Attach(ctx, account, identity.User, "u", p),
		"Policy " + p + " was not found.":                        i.Detach(ctx, account, identity.User, "u", p),
		"Policy " + p + "2 does not exist or is not attachable.": i.CheckManaged(ctx, account, p+"2"),
		"The role with name ghost cannot be found.":              i.SetTrust(ctx, account, "ghost", trustAll),
	} {
		refuses(t, err, fault.NotFound, text)
	}
	_, _, err := i.ManagedVersion(ctx, account, p, 1)
	refuses(t, err, fault.NotFound, "Policy "+p+" was not found.")
	_, _, err = i.ManagedVersion(ctx, account, i.managed("p", allowAll), 2)
	refuses(t, err, fault.NotFound, "Policy arn:aws:iam::111111111111:policy/p version v2 does not exist or is not attachable.")
}

func TestQuotasAreRefusedInIAMsSentences(t *testing.T) {
	t.Parallel()
	i := started(t)
	ctx := t.Context()
	i.user("u")
	i.role("r", trustAll)
	// sized makes a policy of n characters, and white space that does not count.
	sized := func(n int, document string) string {
		pad := strings.Repeat("x", n-policy.Size(document)-len(`"Sid":"",`))
		return strings.Replace(document, `"Effect"`, "  \n\t\"Sid\":\""+pad+`","Effect"`, 1)
	}
	equal(t, 2048, policy.Size(sized(2048, allowAll)))

	i.must(i.PutInline(ctx, account, identity.User, "u", identity.InlinePolicy{Name: "p", Document: sized(2048, allowAll)}))
	refuses(t, i.PutInline(ctx, account, identity.User, "u", identity.InlinePolicy{Name: "q", Document: allowAll}), fault.Quota, "Maximum policy size of 2048 bytes exceeded for user u")
	_, err := i.InlineDocument(ctx, account, identity.User, "u", "q")
	refuses(t, err, fault.NotFound, "The user policy with name q cannot be found.")
	i.must(i.PutInline(ctx, account, identity.Role, "r", identity.InlinePolicy{Name: "p", Document: sized(10240, allowAll)}))
	refuses(t, i.PutInline(ctx, account, identity.Role, "r", identity.InlinePolicy{Name: "p", Document: sized(10241, allowAll)}), fault.Quota, "Maximum policy size of 10240 bytes exceeded for role r")

	i.managed("large", sized(6144, allowAll))
	err = i.CreateManaged(ctx, &store.ManagedPolicy{Account: account, Name: "larger"}, sized(6145, allowAll))
	refuses(t, err, fault.Quota, "Cannot exceed quota for PolicySize: 6144")
	i.must(i.SetTrust(ctx, account, "r", sized(2048, trustAll)))
	refuses(t, i.SetTrust(ctx, account, "r", sized(2049, trustAll)), fault.Quota, "Cannot exceed quota for ACLSizePerRole: 2048")

	for range 2 {
		_, _, err := i.CreateKey(ctx, account, "u")
		i.must(err)
	}
	_, _, err = i.CreateKey(ctx, account, "u")
	refuses(t, err, fault.Quota, "Cannot exceed quota for AccessKeysPerUser: 2")

	for n := range 21 {
		arn := i.managed(fmt.Sprintf("p%d", n), allowAll)
		for kind, name := range map[string]string{identity.User: "u", identity.Role: "r"} {
			limit, words := 10, "Cannot exceed quota for PoliciesPerUser: 10"
			if kind == identity.Role {
				limit, words = 20, "Cannot exceed quota for PoliciesPerRole: 20"
			}
			err := i.Attach(ctx, account, kind, name, arn)
			if n < limit {
				i.must(err)
			} else {
				refuses(t, err, fault.Quota, words)
			}
		}
	}
}

func TestBadDocumentsAreRefused(t *testing.T) {
	t.Parallel()
	i := started(t)
	ctx := t.Context()
	i.user("u")
	i.role("r", trustAll)
	for name, err := range map[string]error{
		"inline":                     i.PutInline(ctx, account, identity.User, "u", identity.InlinePolicy{Name: "p", Document: notJSON}),
		"inline with principal":      i.PutInline(ctx, account, identity.User, "u", identity.InlinePolicy{Name: "p", Document: trustAll}),
		"managed":                    i.CreateManaged(ctx, &store.ManagedPolicy{Account: account, Name: "p"}, notJSON),
		"trust":                      i.SetTrust(ctx, account, "r", notJSON),
		"trust with resource":        i.SetTrust(ctx, account, "r", allowAll),
		"trust of a new role":        i.Create(ctx, &identity.Entity{Kind: identity.Role, Account: account, Name: "s", Trust: notJSON}),
		"trust of nobody in partic.": i.SetTrust(ctx, account, "r", trusting("arn:aws:iam::111111111111:user/*")),
	} {
		if !fault.Is(err, fault.MalformedPolicy) {
			t.Errorf("%s: %v, want MalformedPolicyDocument", name, err)
		}
	}
}

func TestTrustNamesOnlyWhoExists(t *testing.T) {
	t.Parallel()
	i := started(t)
	u := &identity.Entity{Kind: identity.User, Account: account, Name: "u", Path: "/team/"}
	i.must(i.Create(t.Context(), u))
	r := i.role("r", trustAll)
	for principal, ok := range map[string]bool{
		"*":                                     true,
		account:                                 true,
		other:                                   true,
		"333333333333":                          false,
		"arn:aws:iam::111111111111:root":        true,
		"arn:aws:iam::333333333333:root":        false,
		"arn:aws:iam::111111111111:role/r":      true,
		"arn:aws:iam::222222222222:role/r":      false,
		"arn:aws:iam::111111111111:user/team/u": true,
		"arn:aws:iam::111111111111:user/u":      false,
		"arn:aws:iam::111111111111:user/team/U": false,
		"arn:aws:iam::222222222222:user/admin":  true,
		"arn:aws:sts::111111111111:assumed-role/r/session": true,
		"arn:aws:sts::333333333333:assumed-role/r/session": false,
		u.ID:                                    true,
		r.ID:                                    true,
		"arn:aws:iam::111111111111:user/team/ü": false,
		"AIDAAAAAAAAAAAAAAAAAA":                 false,
	} {
		_, err := i.BindPrincipals(t.Context(), []string{principal})
		if ok {
			if err != nil {
				t.Errorf("%s: %v", principal, err)
			}
			continue
		}
		refuses(t, err, fault.MalformedPolicy, `Invalid principal in policy: "AWS":"`+principal+`"`)
	}
}

func TestATrustedPrincipalIsMeantByItsUniqueID(t *testing.T) {
	t.Parallel()
	i := started(t)
	ctx := t.Context()
	const arn = "arn:aws:iam::111111111111:user/ci"
	first := i.user("ci")
	role := i.role("r", trusting(arn))
	trusts := func(e *identity.Entity) bool {
		t.Helper()
		r, err := i.AssumableRole(ctx, "arn:aws:iam::111111111111:role/r")
		i.must(err)
		who, grants, err := i.Principal(ctx, userRef(e))
		i.must(err)
		request := &policy.Request{Principal: who, Action: "sts:AssumeRole", Resource: r.ARN(), Context: nothing{}}
		return policy.Evaluate(request, grants, &policy.Target{Account: account, Policies: []*policy.Policy{r.Policy}, Trust: true}).Allowed
	}
	equal(t, true, trusts(first))
	shown, err := i.TrustDocument(ctx, role)
	i.must(err)
	equal(t, trusting(arn), shown)

	i.must(i.Delete(ctx, account, identity.User, "ci"))
	equal(t, false, trusts(i.user("ci")))
	shown, err = i.TrustDocument(ctx, role)
	i.must(err)
	equal(t, trusting(first.ID), shown)

	i.must(i.SetTrust(ctx, account, "r", trusting(arn)))
	again, err := i.Find(ctx, account, identity.User, "ci")
	i.must(err)
	equal(t, true, trusts(again))
}

func TestARoleIsAssumableByItsExactARNOnly(t *testing.T) {
	t.Parallel()
	i := started(t)
	i.must(i.Create(t.Context(), &identity.Entity{Kind: identity.Role, Account: account, Name: "R", Path: "/p/", Trust: trustAll}))
	for arn, want := range map[string]bool{
		"arn:aws:iam::111111111111:role/p/R":  true,
		"arn:aws:iam::111111111111:role/R":    false,
		"arn:aws:iam::111111111111:role/p/r":  false,
		"arn:aws:iam::222222222222:role/p/R":  false,
		"arn:aws:iam:x:111111111111:role/p/R": false,
		"arn:aws:iam::111111111111:user/p/R":  false,
		"arn:aws:iam::111111111111:role/":     false,
		"nonsense":                            false,
	} {
		role, err := i.AssumableRole(t.Context(), arn)
		i.must(err)
		if (role != nil) != want {
			t.Errorf("%s: found = %v, want %v", arn, role != nil, want)
		}
	}
	i.must(i.Delete(t.Context(), account, identity.Role, "R"))
	role, err := i.AssumableRole(t.Context(), "arn:aws:iam::111111111111:role/p/R")
	if role != nil || err != nil {
		t.Errorf("a deleted role is still assumable: %v, %v", role, err)
	}
}

func TestPrincipalsAreResolvedFromARNs(t *testing.T) {
	t.Parallel()
	i := started(t)
	u := &identity.Entity{Kind: identity.User, Account: account, Name: "u", Path: "/p/"}
	i.must(i.Create(t.Context(), u))
	r := &identity.Entity{Kind: identity.Role, Account: account, Name: "r", Path: "/p/", Trust: trustAll}
	i.must(i.Create(t.Context(), r))
	for arn, want := range map[string][3]string{
		"arn:aws:iam::111111111111:user/p/u":           {account, u.ID, ""},
		"arn:aws:iam::111111111111:role/p/r":           {account, r.ID, ""},
		"arn:aws:sts::111111111111:assumed-role/r/s":   {account, r.ID, "s"},
		"arn:aws:iam::111111111111:root":               {account, account, ""},
		"arn:aws:iam::111111111111:user/u":             {},
		"arn:aws:iam::111111111111:policy/p":           {},
		"arn:aws:iam::333333333333:root":               {},
		"arn:aws:sts::111111111111:federated-user/bob": {},
	} {
		owner, id, session, err := i.ResolvePrincipal(t.Context(), arn)
		equal(t, want, [3]string{owner, id, session})
		if want == ([3]string{}) {
			refuses(t, err, fault.NotFound, "The principal "+arn+" does not exist.")
		}
	}
	_, _, _, err := i.ResolvePrincipal(t.Context(), "u")
	refuses(t, err, fault.Validation, `principalArn: "u" is not an ARN: expected that of a user, a role, a session or the root user`)
}

func TestAccountsAreMadeWithAnAdmin(t *testing.T) {
	t.Parallel()
	i := started(t)
	ctx := t.Context()
	a, pair, err := i.CreateAccount(ctx, "", "third")
	i.must(err)
	if len(a.ID) != 12 || strings.Trim(a.ID, "0123456789") != "" || a.ID[0] == '0' {
		t.Errorf("id = %q, want 12 digits, the first not 0", a.ID)
	}
	equal(t, time.Date(2026, 11, 1, 12, 0, 0, 123_000_000, time.UTC), a.Created)
	_, ref, err := i.Key(ctx, pair.AccessKeyID)
	i.must(err)
	equal(t, a.ID, ref.Account)
	equal(t, true, i.may(ref, "iam:CreateUser"))

	_, _, err = i.CreateAccount(ctx, a.ID, "")
	refuses(t, err, fault.Conflict, "The account "+a.ID+" already exists.")
	_, _, err = i.CreateAccount(ctx, "12", "")
	refuses(t, err, fault.Validation, `accountId: "12" is not an account id, expected 12 digits`)

	first, more, err := i.Accounts(ctx, "", 2)
	i.must(err)
	rest, end, err := i.Accounts(ctx, first[1].ID, 2)
	i.must(err)
	if len(first) != 2 || !more || len(rest) != 1 || end {
		t.Errorf("pages of %d and %d accounts, more %v and %v, want 2 and 1, true and false", len(first), len(rest), more, end)
	}
	got, err := i.KeyAccount(ctx, pair.AccessKeyID)
	i.must(err)
	equal(t, a.ID, got)
}

func TestListingManagedPoliciesGoesThroughEveryPage(t *testing.T) {
	t.Parallel()
	i := started(t)
	i.user("u")
	for _, name := range []string{"b", "A", "c"} {
		i.managed(name, allowAll)
	}
	i.must(i.Attach(t.Context(), account, identity.User, "u", "arn:aws:iam::aws:policy/ReadOnlyAccess"))
	i.must(i.Attach(t.Context(), account, identity.User, "u", "arn:aws:iam::111111111111:policy/c"))
	walk := func(q identity.ManagedQuery) string {
		t.Helper()
		q.Account, q.Limit, q.PathPrefix = account, 2, "/"
		var names []string
		for {
			page, more, err := i.ListManaged(t.Context(), q)
			i.must(err)
			for _, m := range page {
				names = append(names, m.Name)
			}
			if !more {
				return strings.Join(names, " ")
			}
			last := page[len(page)-1]
			if last.Account == account {
				q.Builtin, q.After = false, last.Name
			} else {
				q.AfterBuiltin = last.Name
			}
		}
	}
	equal(t, "A b c", walk(identity.ManagedQuery{Local: true}))
	equal(t, "AdministratorAccess AWSCodeArtifactAdminAccess AWSCodeArtifactReadOnlyAccess IAMFullAccess IAMReadOnlyAccess PowerUserAccess ReadOnlyAccess A b c",
		walk(identity.ManagedQuery{Local: true, Builtin: true}))
	// AdministratorAccess is the first user's.
	equal(t, "AdministratorAccess ReadOnlyAccess c", walk(identity.ManagedQuery{Local: true, Builtin: true, Attached: true}))
	equal(t, "", walk(identity.ManagedQuery{Local: true, Builtin: true, Attached: true, Boundary: true}))
}

func TestADatabaseErrorIsNotTakenForAMissingEntity(t *testing.T) {
	t.Parallel()
	i := started(t)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, _, err := i.Key(ctx, "AKIANOBODYNOBODYNOBO")
	if err == nil || fault.Is(err, fault.UnknownKey) {
		t.Errorf("Key with a dead database = %v, want an internal error", err)
	}
	_, err = i.AssumableRole(ctx, "arn:aws:iam::111111111111:role/r")
	if err == nil {
		t.Error("AssumableRole hid a dead database")
	}
}
