package identity_test

import (
	"fmt"
	"testing"

	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/identity"
	"daypass/internal/store"
)

func TestAnAccountHasOnlySoManyOfEachKind(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind  string
		there int // from the start
		most  int
		words string
	}{
		{identity.User, 1, 5000, "Cannot exceed quota for UsersPerAccount: 5000"},
		{identity.Group, 0, 300, "Cannot exceed quota for GroupsPerAccount: 300"},
		{identity.Role, 0, 1000, "Cannot exceed quota for RolesPerAccount: 1000"},
	} {
		t.Run(test.kind, func(t *testing.T) {
			t.Parallel()
			i := started(t)
			create := func(account, name string) error {
				return i.Create(t.Context(), &identity.Entity{Kind: test.kind, Account: account, Name: name, Trust: trustAll})
			}
			i.fill(test.most-test.there-1, func(tx *store.Tx, name string) error {
				return tx.CreateIdentity(t.Context(), &store.Identity{ID: "ID" + name, Kind: test.kind, Account: account, Name: name, Path: "/"})
			})
			i.must(create(account, "last"))
			refuses(t, create(account, "more"), fault.Quota, test.words)
			i.must(create(other, "more"))
			i.must(i.Delete(t.Context(), account, test.kind, "last"))
			i.must(create(account, "more"))
		})
	}
}

func TestAnAccountHasOnlySoManyPolicies(t *testing.T) {
	t.Parallel()
	i := started(t)
	i.fill(1499, func(tx *store.Tx, name string) error {
		p := &store.ManagedPolicy{ID: "ID" + name, ARN: arn.ManagedPolicy(account, "/", name), Account: account, Name: name, Path: "/"}
		return tx.CreateManagedPolicy(t.Context(), p, allowAll)
	})
	i.managed("last", allowAll)
	err := i.CreateManaged(t.Context(), &store.ManagedPolicy{Account: account, Name: "more"}, allowAll)
	refuses(t, err, fault.Quota, "Cannot exceed quota for PoliciesPerAccount: 1500")
}

// fill writes n rows past the directory, at once.
func (i *instance) fill(n int, row func(tx *store.Tx, name string) error) {
	i.t.Helper()
	i.must(i.DB.Update(i.t.Context(), func(tx *store.Tx) error {
		for k := range n {
			err := row(tx, fmt.Sprintf("n%04d", k))
			if err != nil {
				return err
			}
		}
		return nil
	}))
}
