package storetest

import (
	"context"
	"strings"
	"testing"
	"time"

	"daypass/internal/store"
)

// each runs statements in their order; the first error ends the transaction.
func each(t *testing.T, db *store.DB, statements ...func(context.Context, *store.Tx) error) {
	t.Helper()
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for _, statement := range statements {
			err := statement(ctx, tx)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func namesOf(identities []*store.Identity) string {
	var names []string
	for _, i := range identities {
		names = append(names, i.Name)
	}
	return strings.Join(names, " ")
}

func rowOf(kind, prefix, account, name string) *store.Identity {
	i := userRow(account, name)
	i.Kind, i.ID = kind, prefix+account+name
	return i
}

func groupRow(account, name string) *store.Identity {
	return rowOf(store.KindGroup, "AGPA", account, name)
}

func changed(t *testing.T, db *store.DB) {
	twoAccounts(t, db)
	role := rowOf(store.KindRole, "AROA", accountA, "old")
	role.Trust, role.Bound = "trust", map[string]string{"a": "b"}
	create(t, db, role, rowOf(store.KindRole, "AROA", accountA, "taken"), userRow(accountA, "New"))
	role.Name, role.Path, role.Description, role.MaxSession = "New", "/x/", "d", 2*time.Hour
	role.Boundary, role.Tags = "arn:aws:iam::aws:policy/P", map[string]string{"k": "v"}
	each(t, db,
		func(ctx context.Context, tx *store.Tx) error { return tx.SaveIdentity(ctx, role) },
		func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.IdentityNamed(ctx, accountA, store.KindRole, "New")
			same(t, role, got)
			return err
		})
	failing(t, db, store.ErrNotFound, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.IdentityNamed(ctx, accountA, store.KindRole, "old")
		return err
	})
	failing(t, db, store.ErrNotFound, func(ctx context.Context, tx *store.Tx) error { return tx.SaveIdentity(ctx, userRow(accountA, "ghost")) })
	role.Name = "TAKEN"
	failing(t, db, store.ErrExists, func(ctx context.Context, tx *store.Tx) error { return tx.SaveIdentity(ctx, role) })
}

func versions(t *testing.T, db *store.DB) {
	twoAccounts(t, db)
	p := policyRow(accountA, "P")
	second := &store.PolicyVersion{Number: 2, Document: "two", Created: epoch.Add(time.Hour)}
	each(t, db,
		func(ctx context.Context, tx *store.Tx) error { return tx.CreateManagedPolicy(ctx, p, "one") },
		func(ctx context.Context, tx *store.Tx) error { return tx.CreatePolicyVersion(ctx, p.ID, *second) })
	failing(t, db, store.ErrExists, func(ctx context.Context, tx *store.Tx) error { return tx.CreatePolicyVersion(ctx, p.ID, *second) })
	p.Tags, p.Default, p.Latest, p.Updated = nil, 2, 2, second.Created
	each(t, db,
		func(ctx context.Context, tx *store.Tx) error { return tx.SaveManagedPolicy(ctx, p) },
		func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.ManagedPolicy(ctx, p.ARN)
			same(t, p, got)
			return err
		},
		func(ctx context.Context, tx *store.Tx) error {
			all, err := tx.PolicyVersions(ctx, p.ID)
			same(t, []*store.PolicyVersion{second, {Number: 1, Document: "one", Created: epoch}}, all)
			return err
		},
		func(ctx context.Context, tx *store.Tx) error { return tx.DeletePolicyVersion(ctx, p.ID, 1) })
	failing(t, db, store.ErrNotFound, func(ctx context.Context, tx *store.Tx) error { return tx.DeletePolicyVersion(ctx, p.ID, 1) })
	failing(t, db, store.ErrNotFound, func(ctx context.Context, tx *store.Tx) error {
		return tx.SaveManagedPolicy(ctx, policyRow(accountA, "ghost"))
	})
}

func users(t *testing.T, db *store.DB) {
	twoAccounts(t, db)
	const arn = "arn:aws:iam::aws:policy/P"
	both, bound, attached, role := userRow(accountA, "a"), userRow(accountA, "B"), userRow(accountA, "c"), rowOf(store.KindRole, "AROA", accountA, "r")
	both.Boundary, bound.Boundary, attached.Path = arn, arn, "/x/"
	stranger := userRow(accountB, "s")
	create(t, db, both, bound, attached, role, stranger, userRow(accountA, "none"))
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for _, i := range []*store.Identity{both, attached, role, stranger} {
			err := tx.Attach(ctx, i.ID, arn)
			if err != nil {
				return err
			}
		}
		for _, want := range []struct {
			usage         store.Usage
			kind, prefix  string
			after         string
			limit         int
			names, policy string
		}{
			{store.AnyUsage, store.KindUser, "/", "", 9, "a B c", arn},
			{store.AnyUsage, store.KindUser, "/", "", 2, "a B", arn},
			{store.AnyUsage, store.KindUser, "/", "b", 2, "c", arn},
			{store.AnyUsage, store.KindUser, "/x/", "", 9, "c", arn},
			{store.AsPermissions, store.KindUser, "/", "", 9, "a c", arn},
			{store.AsBoundary, store.KindUser, "/", "", 9, "a B", arn},
			{store.AsBoundary, store.KindRole, "/", "", 9, "", arn},
			{store.AnyUsage, store.KindRole, "/", "", 9, "r", arn},
			{store.AnyUsage, store.KindUser, "/", "", 9, "", arn + "2"},
		} {
			found, err := tx.PolicyUsers(ctx, store.PolicyUserQuery{
				PolicyARN: want.policy, Usage: want.usage, Account: accountA, Kind: want.kind, PathPrefix: want.prefix, After: want.after, Limit: want.limit,
			})
			if err != nil {
				return err
			}
			same(t, want.names, namesOf(found))
		}
		return nil
	})
}

func members(t *testing.T, db *store.DB) {
	twoAccounts(t, db)
	g, h, u, v := groupRow(accountA, "g"), groupRow(accountA, "H"), userRow(accountA, "u"), userRow(accountA, "V")
	create(t, db, g, h, u, v)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for _, pair := range [][2]string{{g.ID, u.ID}, {g.ID, u.ID}, {g.ID, v.ID}, {h.ID, u.ID}} { // once more is no error
			err := tx.AddMember(ctx, pair[0], pair[1])
			if err != nil {
				return err
			}
		}
		for _, want := range []struct {
			after string
			limit int
			names string
		}{{"", 9, "u V"}, {"", 1, "u"}, {"U", 9, "V"}} {
			found, err := tx.Members(ctx, g.ID, want.after, want.limit)
			if err != nil {
				return err
			}
			same(t, want.names, namesOf(found))
		}
		groups, err := tx.Groups(ctx, u.ID)
		same(t, "g H", namesOf(groups))
		return err
	})
	for _, id := range []string{u.ID, h.ID} {
		err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.DeleteIdentity(t.Context(), id) })
		if err == nil {
			t.Errorf("%s, which has a membership, was deleted", id)
		}
	}
	each(t, db,
		func(ctx context.Context, tx *store.Tx) error { return tx.RemoveMember(ctx, h.ID, u.ID) },
		func(ctx context.Context, tx *store.Tx) error { return tx.DeleteIdentity(ctx, h.ID) })
	failing(t, db, store.ErrNotFound, func(ctx context.Context, tx *store.Tx) error { return tx.RemoveMember(ctx, g.ID, h.ID) })
}

func aliases(t *testing.T, db *store.DB) {
	twoAccounts(t, db)
	alias := func(want string) func(context.Context, *store.Tx) error {
		return func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.Alias(ctx, accountA)
			same(t, want, got)
			return err
		}
	}
	set := func(account, alias string) func(context.Context, *store.Tx) error {
		return func(ctx context.Context, tx *store.Tx) error { return tx.SetAlias(ctx, account, alias) }
	}
	each(t, db, alias(""), set(accountA, "one"), alias("one"), set(accountA, "two"), alias("two"), set(accountB, "one"))
	failing(t, db, store.ErrExists, set(accountB, "two"))
	failing(t, db, store.ErrNotFound, set("000000000000", "three"))
	each(t, db, set(accountA, ""), set(accountB, ""), alias("")) // none is not unique
}

func counts(t *testing.T, db *store.DB) {
	twoAccounts(t, db)
	create(t, db, userRow(accountA, "u"), userRow(accountA, "v"), groupRow(accountA, "g"), userRow(accountB, "u"))
	each(t, db,
		func(ctx context.Context, tx *store.Tx) error {
			return tx.CreateManagedPolicy(ctx, policyRow(accountA, "P"), "one")
		},
		func(ctx context.Context, tx *store.Tx) error {
			return tx.CreatePolicyVersion(ctx, policyRow(accountA, "P").ID, store.PolicyVersion{Number: 2, Created: epoch})
		},
		func(ctx context.Context, tx *store.Tx) error {
			all, err := tx.Count(ctx, accountA)
			same(t, map[string]int64{
				store.KindUser: 2, store.KindGroup: 1, store.CountPolicies: 1, store.CountPolicyVersions: 2,
				store.CountMFADevices: 0, store.CountMFAInUse: 0, store.CountProviders: 0,
			}, all)
			return err
		},
		func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.CountIdentities(ctx, accountA, store.KindUser)
			same(t, int64(2), n)
			return err
		},
		func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.CountManagedPolicies(ctx, accountA)
			same(t, int64(1), n)
			return err
		},
		func(ctx context.Context, tx *store.Tx) error {
			with, err := tx.WithMFA(ctx, accountA)
			same(t, map[string]bool{}, with)
			return err
		})
}

func reports(t *testing.T, db *store.DB) {
	twoAccounts(t, db)
	failing(t, db, store.ErrNotFound, func(ctx context.Context, tx *store.Tx) error {
		_, _, err := tx.CredentialReport(ctx, accountA)
		return err
	})
	each(t, db,
		func(ctx context.Context, tx *store.Tx) error {
			return tx.SetCredentialReport(ctx, accountA, epoch, []byte("old"))
		},
		func(ctx context.Context, tx *store.Tx) error {
			return tx.SetCredentialReport(ctx, accountA, epoch.Add(time.Hour), []byte("new"))
		},
		func(ctx context.Context, tx *store.Tx) error {
			content, made, err := tx.CredentialReport(ctx, accountA)
			same(t, "new", string(content))
			same(t, epoch.Add(time.Hour), made)
			return err
		})
}

func uses(t *testing.T, db *store.DB) {
	twoAccounts(t, db)
	u, role := userRow(accountA, "u"), rowOf(store.KindRole, "AROA", accountA, "r")
	create(t, db, u, role)
	record := func(subject, service string, at time.Time) func(context.Context, *store.Tx) error {
		return func(ctx context.Context, tx *store.Tx) error {
			return tx.RecordUse(ctx, subject, store.Use{At: at, Service: service, Region: "eu-west-1"})
		}
	}
	last := func(subject, service string, at time.Time) func(context.Context, *store.Tx) error {
		return func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.LastUse(ctx, subject)
			same(t, store.Use{At: at, Service: service, Region: "eu-west-1"}, got)
			return err
		}
	}
	none := func(subject string) {
		t.Helper()
		failing(t, db, store.ErrNotFound, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.LastUse(ctx, subject)
			return err
		})
	}
	later := epoch.Add(time.Hour)
	each(t, db,
		func(ctx context.Context, tx *store.Tx) error {
			return tx.CreateAccessKey(ctx, &store.AccessKey{ID: "AKIA1", Identity: u.ID, Secret: []byte{1}, Status: store.KeyActive, Created: epoch})
		},
		record("AKIA1", "sts", later), record("AKIA1", "iam", epoch), record(role.ID, "iam", epoch), record(accountA, "iam", epoch), record("AKIAGONE", "iam", epoch),
		func(ctx context.Context, tx *store.Tx) error {
			keys, err := tx.AccountKeys(ctx, accountA)
			same(t, []*store.AccessKey{{ID: "AKIA1", Identity: u.ID, Secret: []byte{1}, Status: store.KeyActive, Created: epoch}}, keys)
			if err != nil {
				return err
			}
			found, err := tx.KeyUses(ctx, accountA)
			same(t, map[string]store.Use{"AKIA1": {At: later, Service: "sts", Region: "eu-west-1"}}, found)
			return err
		},
		func(ctx context.Context, tx *store.Tx) error {
			keys, err := tx.AccountKeys(ctx, accountB)
			same(t, 0, len(keys))
			return err
		},
		last("AKIA1", "sts", later), last(role.ID, "iam", epoch), last(accountA, "iam", epoch))
	none("AKIAGONE")
	each(t, db,
		func(ctx context.Context, tx *store.Tx) error { return tx.DeleteAccessKey(ctx, u.ID, "AKIA1") },
		func(ctx context.Context, tx *store.Tx) error { return tx.DeleteIdentity(ctx, role.ID) })
	none("AKIA1")
	none(role.ID)
}
