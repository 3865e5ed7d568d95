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
	ctx, later := t.Context(), epoch.Add(time.Hour)
	revoke := func(rows ...store.Revocation) {
		t.Helper()
		for _, r := range rows {
			update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.Revoke(ctx, r) })
		}
	}
	read := func(after int64) (map[string]time.Time, int64) {
		t.Helper()
		got, upTo := map[string]time.Time{}, int64(0)
		err := db.View(ctx, func(tx *store.Tx) (err error) {
			upTo, err = tx.Revocations(ctx, after, func(r store.Revocation) {
				got[r.Account+" "+r.Principal+"/"+r.Session+"/"+r.Token] = r.Until
			})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return got, upTo
	}
	revoke(
		store.Revocation{Account: accountA, Until: later, Expires: later},
		store.Revocation{Account: accountA, Until: epoch, Expires: epoch}, // earlier: the later one stays
		store.Revocation{Account: accountA, Principal: "AROAX", Session: "s", Until: epoch, Expires: later},
		store.Revocation{Account: accountA, Principal: "AROAX", Session: "s", Until: later, Expires: epoch},
		store.Revocation{Account: accountA, Token: "ABIAX", Until: epoch, Expires: epoch},
		store.Revocation{Account: accountB, Token: "ABIAX", Until: epoch, Expires: epoch},
	)
	all, upTo := read(-1)
	same(t, map[string]time.Time{
		accountA + " //": later, accountA + " AROAX/s/": later, accountA + " //ABIAX": epoch, accountB + " //ABIAX": epoch,
	}, all)
	touch(t, db)
	revoke(store.Revocation{Account: accountB, Token: "ABIAY", Until: epoch, Expires: later},
		store.Revocation{Account: accountA, Token: "ABIAX", Until: later, Expires: epoch})
	fresh, newest := read(upTo)
	same(t, map[string]time.Time{accountB + " //ABIAY": epoch, accountA + " //ABIAX": later}, fresh)
	none, _ := read(newest)
	same(t, map[string]time.Time{}, none)
	for _, step := range []struct {
		at   time.Time
		want int64
	}{{epoch, 0}, {epoch.Add(time.Millisecond), 2}, {later.Add(time.Millisecond), 3}} {
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.PruneRevocations(ctx, step.at)
			same(t, step.want, n)
			return err
		})
	}
}

// everythingRevoked is what a restored database begins with.
func everythingRevoked(t *testing.T, db *store.DB) {
	ctx := t.Context()
	twoAccounts(t, db)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		return tx.RevokeEverything(ctx, epoch, epoch.Add(time.Hour), 1000)
	})
	if got := db.Generation(); got != 1001 {
		t.Errorf("generation %d, want 1001", got)
	}
	got := map[string]time.Time{}
	err := db.View(ctx, func(tx *store.Tx) error {
		_, err := tx.Revocations(ctx, 1000, func(r store.Revocation) { got[r.Account+r.Principal+r.Token] = r.Until })
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	same(t, map[string]time.Time{accountA: epoch, accountB: epoch}, got)
}

// leases are taken by one holder at a time, who can renew them.
func leases(t *testing.T, db *store.DB) {
	for _, step := range []struct {
		task, holder string
		at           time.Duration
		want         bool
	}{
		{"sweep", "one", 0, true}, {"sweep", "two", time.Minute, false}, {"prune", "two", time.Minute, true}, {"sweep", "one", time.Minute, true},
		{"sweep", "two", time.Hour, false}, {"sweep", "two", time.Hour + time.Minute, true}, {"sweep", "one", time.Hour + time.Minute, false},
	} {
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			now := epoch.Add(step.at)
			got, err := tx.TakeLease(ctx, step.task, step.holder, now, now.Add(time.Hour))
			if got != step.want {
				t.Errorf("%s by %s after %v: %v, want %v", step.task, step.holder, step.at, got, step.want)
			}
			return err
		})
	}
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
