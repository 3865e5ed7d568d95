package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"daypass/internal/store"
)

func accessKeys(t *testing.T, db *store.DB) {
	twoAccounts(t, db)
	mine, theirs := userRow(accountA, "mine"), userRow(accountA, "theirs")
	create(t, db, mine, theirs)
	key := &store.AccessKey{ID: "AKIAEXAMPLE", Identity: mine.ID, Secret: []byte{0, 1, 255}, Status: store.KeyActive, Created: epoch}
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.CreateAccessKey(ctx, key) })
	failing(t, db, store.ErrExists, func(ctx context.Context, tx *store.Tx) error { return tx.CreateAccessKey(ctx, key) })
	strange := []func(context.Context, *store.Tx) error{
		func(ctx context.Context, tx *store.Tx) error {
			return tx.SetAccessKeyStatus(ctx, theirs.ID, key.ID, store.KeyInactive)
		},
		func(ctx context.Context, tx *store.Tx) error {
			return tx.SetAccessKeySecret(ctx, theirs.ID, key.ID, []byte("x"))
		},
		func(ctx context.Context, tx *store.Tx) error { return tx.DeleteAccessKey(ctx, theirs.ID, key.ID) },
		func(ctx context.Context, tx *store.Tx) error { _, err := tx.AccessKey(ctx, "AKIAOTHER"); return err },
	}
	for _, statement := range strange {
		failing(t, db, store.ErrNotFound, statement)
	}
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		got, err := tx.AccessKey(ctx, key.ID)
		same(t, key, got)
		if err != nil {
			return err
		}
		err = tx.SetAccessKeyStatus(ctx, mine.ID, key.ID, store.KeyInactive)
		if err != nil {
			return err
		}
		err = tx.SetAccessKeySecret(ctx, mine.ID, key.ID, []byte("new"))
		if err != nil {
			return err
		}
		all, err := tx.AccessKeys(ctx, mine.ID)
		same(t, []*store.AccessKey{{ID: key.ID, Identity: mine.ID, Secret: []byte("new"), Status: store.KeyInactive, Created: epoch}}, all)
		if err != nil {
			return err
		}
		return tx.DeleteAccessKey(ctx, mine.ID, key.ID)
	})
}

func revocations(t *testing.T, db *store.DB) {
	later := epoch.Add(time.Hour)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for _, r := range []store.Revocation{
			{Account: accountA, Until: later},
			{Account: accountA, Until: epoch}, // earlier: the later one stays
			{Account: accountA, Principal: "AROAX", Session: "s", Until: epoch},
			{Account: accountA, Principal: "AROAX", Session: "s", Until: later},
			{Account: accountA, Token: "ABIAX", Until: epoch},
			{Account: accountB, Token: "ABIAX", Until: epoch},
		} {
			err := tx.Revoke(ctx, r)
			if err != nil {
				return err
			}
		}
		found, err := tx.Revocations(ctx, accountA)
		if err != nil {
			return err
		}
		got := map[string]time.Time{}
		for _, r := range found {
			got[r.Principal+"/"+r.Session+"/"+r.Token] = r.Until
		}
		same(t, map[string]time.Time{"//": later, "AROAX/s/": later, "//ABIAX": epoch}, got)
		n, err := tx.PruneRevocations(ctx, epoch)
		same(t, int64(0), n)
		if err != nil {
			return err
		}
		n, err = tx.PruneRevocations(ctx, epoch.Add(time.Millisecond))
		same(t, int64(2), n)
		return err
	})
}

// rivals create the same name at the same time; the engine's isolation must let
// exactly one of them through.
func rivals(t *testing.T, db *store.DB) {
	twoAccounts(t, db)
	const n = 8
	results := make(chan error, n)
	for i := range n {
		go func() {
			u := userRow(accountA, "same")
			u.ID = fmt.Sprintf("AIDA%d", i)
			results <- db.Update(t.Context(), func(tx *store.Tx) error { return tx.CreateIdentity(t.Context(), u) })
		}()
	}
	won := 0
	for range n {
		err := <-results
		switch {
		case err == nil:
			won++
		case !errors.Is(err, store.ErrExists):
			t.Errorf("a rival failed with %v, want ErrExists", err)
		}
	}
	same(t, 1, won)
}
