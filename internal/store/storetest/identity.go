package storetest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/store"
)

// Identity tests the statements on accounts, identities, policies, keys and
// revocations.
func Identity(t *testing.T) {
	tests := map[string]func(*testing.T, *store.DB){
		"accounts are unique and listed in pages":                                accounts,
		"an identity comes back as it was made":                                  identityRoundTrip,
		"names are unique in an account and kind, case aside, and found by case": identityNames,
		"identities are listed by path in pages":                                 identityPages,
		"a trust policy is replaced":                                             trust,
		"inline policies are put, replaced, ordered and deleted":                 inline,
		"managed policies keep their versions":                                   managed,
		"attachments and boundaries are counted in each account":                 attachments,
		"an identity with something left is not deleted":                         remains,
		"access keys belong to their user":                                       accessKeys,
		"the later of two revocations stays, and old ones are pruned":            revocations,
		"everything is revoked at once, and the generation moves on":             everythingRevoked,
		"a lease has one holder at a time":                                       leases,
		"of two rivals for a name one wins":                                      rivals,
		"an identity is changed, and keeps its id":                               changed,
		"managed policies are changed and get more versions":                     versions,
		"users of a policy are found by kind and usage, in pages":                users,
		"groups have members":                                                    members,
		"an alias is unique":                                                     aliases,
		"what an account has is counted":                                         counts,
		"the last report stays":                                                  reports,
		"the last use of what exists is kept":                                    uses,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			Each(t, test)
		})
	}
}

var epoch = time.Date(2026, 11, 1, 12, 0, 0, 123_000_000, time.UTC)

// failing runs fn in a transaction that must end with an error, and leaves
// nothing behind.
func failing(t *testing.T, db *store.DB, want error, fn func(context.Context, *store.Tx) error) {
	t.Helper()
	err := db.Update(t.Context(), func(tx *store.Tx) error { return fn(t.Context(), tx) })
	if !errors.Is(err, want) {
		t.Errorf("error = %v, want %v", err, want)
	}
}

// same compares what a statement found.
func same(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("unlike what was expected (-want +got):\n%s", diff)
	}
}

const (
	accountA = "111111111111"
	accountB = "222222222222"
)

func twoAccounts(t *testing.T, db *store.DB) {
	t.Helper()
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for _, id := range []string{accountA, accountB} {
			err := tx.CreateAccount(ctx, &store.Account{ID: id, Name: "name of " + id, Created: epoch})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func userRow(account, name string) *store.Identity {
	return &store.Identity{ID: "AIDA" + account + name, Kind: store.KindUser, Account: account, Name: name, Path: "/", Created: epoch}
}

func create(t *testing.T, db *store.DB, identities ...*store.Identity) {
	t.Helper()
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for _, i := range identities {
			err := tx.CreateIdentity(ctx, i)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func accounts(t *testing.T, db *store.DB) {
	twoAccounts(t, db)
	failing(t, db, store.ErrExists, func(ctx context.Context, tx *store.Tx) error {
		return tx.CreateAccount(ctx, &store.Account{ID: accountA, Created: epoch})
	})
	failing(t, db, store.ErrNotFound, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Account(ctx, "000000000000")
		return err
	})
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		one, err := tx.Account(ctx, accountA)
		same(t, &store.Account{ID: accountA, Name: "name of " + accountA, Created: epoch}, one)
		if err != nil {
			return err
		}
		first, err := tx.Accounts(ctx, "", 1)
		if err != nil {
			return err
		}
		rest, err := tx.Accounts(ctx, first[0].ID, 10)
		same(t, []string{accountA, accountB}, []string{first[0].ID, rest[0].ID})
		return err
	})
}

func identityRoundTrip(t *testing.T, db *store.DB) {
	twoAccounts(t, db)
	role := &store.Identity{
		ID: "AROAEXAMPLE", Kind: store.KindRole, Account: accountA, Name: "Deploy", Path: "/ci/", Description: "ünï\ncode",
		Boundary: "arn:aws:iam::aws:policy/ReadOnlyAccess", Tags: map[string]string{"Team": "a=b", "empty": ""}, Created: epoch,
		Trust: `{"Statement":[]}`, Bound: map[string]string{"arn:aws:iam::111111111111:user/x": "AIDAX"}, MaxSession: 2 * time.Hour,
	}
	plain := userRow(accountA, "Deploy") // the same name is free for another kind
	create(t, db, role, plain)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		byID, err := tx.Identity(ctx, role.ID)
		same(t, role, byID)
		if err != nil {
			return err
		}
		byName, err := tx.IdentityNamed(ctx, accountA, store.KindUser, "Deploy")
		same(t, plain, byName)
		return err
	})
}

func identityNames(t *testing.T, db *store.DB) {
	twoAccounts(t, db)
	create(t, db, userRow(accountA, "Alice"), userRow(accountB, "alice"))
	failing(t, db, store.ErrExists, func(ctx context.Context, tx *store.Tx) error {
		return tx.CreateIdentity(ctx, userRow(accountA, "aLICE"))
	})
	failing(t, db, store.ErrNotFound, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.IdentityNamed(ctx, accountA, store.KindUser, "alice")
		return err
	})
	failing(t, db, store.ErrNotFound, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Identity(ctx, "AIDANOBODY")
		return err
	})
}

func identityPages(t *testing.T, db *store.DB) {
	twoAccounts(t, db)
	var made []*store.Identity
	for i, name := range []string{"b", "A", "c", "D"} {
		u := userRow(accountA, name)
		if i%2 == 0 {
			u.Path = "/team/x/"
		}
		made = append(made, u)
	}
	create(t, db, made...)
	create(t, db, userRow(accountB, "bb"))
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for _, want := range []struct {
			prefix, after string
			limit         int
			names         string
		}{
			{"/", "", 10, "A b c D"},
			{"", "", 10, "A b c D"},
			{"/", "", 3, "A b c"},
			{"/", "c", 3, "D"},
			{"/", "C", 3, "D"},
			{"/", "D", 3, ""},
			{"/team/", "", 10, "b c"},
			{"/team/x", "b", 10, "c"},
			{"/te%", "", 10, ""},
		} {
			found, err := tx.Identities(ctx, accountA, store.KindUser, want.prefix, want.after, want.limit)
			if err != nil {
				return err
			}
			var names []string
			for _, i := range found {
				names = append(names, i.Name)
			}
			same(t, want.names, strings.Join(names, " "))
		}
		return nil
	})
}

func trust(t *testing.T, db *store.DB) {
	twoAccounts(t, db)
	role := userRow(accountA, "r")
	role.Kind = store.KindRole
	create(t, db, role)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		err := tx.SetTrust(ctx, role.ID, "new", map[string]string{"a": "b"})
		if err != nil {
			return err
		}
		got, err := tx.Identity(ctx, role.ID)
		same(t, "new", got.Trust)
		same(t, map[string]string{"a": "b"}, got.Bound)
		return err
	})
	failing(t, db, store.ErrNotFound, func(ctx context.Context, tx *store.Tx) error {
		return tx.SetTrust(ctx, "AROANOBODY", "x", nil)
	})
}

func inline(t *testing.T, db *store.DB) {
	twoAccounts(t, db)
	u := userRow(accountA, "u")
	create(t, db, u)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for _, p := range []store.InlinePolicy{{Name: "b", Document: "1"}, {Name: "a", Document: "2"}, {Name: "B", Document: "3"}} {
			err := tx.PutInlinePolicy(ctx, u.ID, p)
			if err != nil {
				return err
			}
		}
		all, err := tx.InlinePolicies(ctx, u.ID)
		same(t, []store.InlinePolicy{{Name: "a", Document: "2"}, {Name: "B", Document: "3"}}, all)
		if err != nil {
			return err
		}
		return tx.DeleteInlinePolicy(ctx, u.ID, "a")
	})
	failing(t, db, store.ErrNotFound, func(ctx context.Context, tx *store.Tx) error {
		return tx.DeleteInlinePolicy(ctx, u.ID, "b")
	})
}

func policyRow(account, name string) *store.ManagedPolicy {
	return &store.ManagedPolicy{
		ID: "ANPA" + account + name, ARN: "arn:aws:iam::" + account + ":policy/" + name, Account: account, Name: name, Path: "/",
		Description: "d", Tags: map[string]string{"k": "v"}, Default: 1, Latest: 1, Created: epoch, Updated: epoch,
	}
}

func managed(t *testing.T, db *store.DB) {
	twoAccounts(t, db)
	p := policyRow(accountA, "P")
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.CreateManagedPolicy(ctx, p, "text") })
	failing(t, db, store.ErrExists, func(ctx context.Context, tx *store.Tx) error {
		return tx.CreateManagedPolicy(ctx, policyRow(accountA, "p"), "text")
	})
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		got, err := tx.ManagedPolicy(ctx, p.ARN)
		same(t, p, got)
		if err != nil {
			return err
		}
		v, err := tx.PolicyVersion(ctx, p.ID, 1)
		same(t, &store.PolicyVersion{Number: 1, Document: "text", Created: epoch}, v)
		if err != nil {
			return err
		}
		page, err := tx.ManagedPolicies(ctx, accountA, "/", "", 5)
		same(t, []*store.ManagedPolicy{p}, page)
		if err != nil {
			return err
		}
		page, err = tx.ManagedPolicies(ctx, accountA, "/", "P", 5)
		same(t, 0, len(page))
		return err
	})
	failing(t, db, store.ErrNotFound, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.PolicyVersion(ctx, p.ID, 2)
		return err
	})
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.DeleteManagedPolicy(ctx, p.ID) })
	failing(t, db, store.ErrNotFound, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.ManagedPolicy(ctx, p.ARN)
		return err
	})
}

func attachments(t *testing.T, db *store.DB) {
	twoAccounts(t, db)
	const shared = "arn:aws:iam::aws:policy/ReadOnlyAccess"
	here, there, bounded := userRow(accountA, "u"), userRow(accountB, "u"), userRow(accountA, "bounded")
	bounded.Boundary = shared
	create(t, db, here, there, bounded)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for _, id := range []string{here.ID, here.ID, there.ID} {
			err := tx.Attach(ctx, id, shared)
			if err != nil {
				return err
			}
		}
		err := tx.Attach(ctx, here.ID, "arn:aws:iam::111111111111:policy/a")
		if err != nil {
			return err
		}
		arns, err := tx.Attachments(ctx, here.ID)
		same(t, []string{"arn:aws:iam::111111111111:policy/a", shared}, arns)
		if err != nil {
			return err
		}
		uses, err := tx.PolicyUses(ctx, accountA)
		same(t, map[string]store.PolicyUse{
			shared:                               {Attached: 1, Boundaries: 1},
			"arn:aws:iam::111111111111:policy/a": {Attached: 1},
		}, uses)
		if err != nil {
			return err
		}
		return tx.Detach(ctx, here.ID, shared)
	})
	failing(t, db, store.ErrNotFound, func(ctx context.Context, tx *store.Tx) error { return tx.Detach(ctx, here.ID, shared) })
}

func remains(t *testing.T, db *store.DB) {
	twoAccounts(t, db)
	u := userRow(accountA, "u")
	create(t, db, u)
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.Attach(ctx, u.ID, "p") })
	err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.DeleteIdentity(t.Context(), u.ID) })
	if err == nil {
		t.Error("an identity with an attachment was deleted")
	}
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		err := tx.Detach(ctx, u.ID, "p")
		if err != nil {
			return err
		}
		return tx.DeleteIdentity(ctx, u.ID)
	})
	failing(t, db, store.ErrNotFound, func(ctx context.Context, tx *store.Tx) error { return tx.DeleteIdentity(ctx, u.ID) })
}
