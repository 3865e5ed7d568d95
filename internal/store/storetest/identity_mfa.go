package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"daypass/internal/store"
)

// MFA tests the statements on devices that make one-time codes.
func MFA(t *testing.T) {
	tests := map[string]func(*testing.T, *store.DB){
		"a device comes back as it was made, and its name is unique, case aside": mfaRoundTrip,
		"devices are listed by state in pages, within their account":             mfaPages,
		"a device has one user, and is deleted when it has none":                 mfaAssignment,
		"a step is taken once, and only forward":                                 mfaSteps,
		"failures are counted until a code is taken":                             mfaFailures,
		"of rivals for a step one wins":                                          mfaRivals,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			Each(t, test)
		})
	}
}

func mfaARN(account, name string) string { return "arn:aws:iam::" + account + ":mfa/" + name }

func mfaRow(account, name string) *store.MFADevice {
	return &store.MFADevice{ID: "of " + name, Serial: mfaARN(account, name), Account: account, Seed: []byte{0, 1, 255}, Created: epoch}
}

func createMFA(t *testing.T, db *store.DB, devices ...*store.MFADevice) {
	t.Helper()
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for _, m := range devices {
			err := tx.CreateMFADevice(ctx, m)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// mfaNow returns a device as it is.
func mfaNow(t *testing.T, db *store.DB, account, name string) *store.MFADevice {
	t.Helper()
	var found *store.MFADevice
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		var err error
		found, err = tx.MFADevice(ctx, account, mfaARN(account, name))
		return err
	})
	return found
}

func mfaRoundTrip(t *testing.T, db *store.DB) {
	twoAccounts(t, db)
	want := mfaRow(accountA, "team/phone")
	want.Tags = map[string]string{"Team": "a"}
	createMFA(t, db, want)
	same(t, want, mfaNow(t, db, accountA, "team/phone"))
	failing(t, db, store.ErrExists, func(ctx context.Context, tx *store.Tx) error {
		return tx.CreateMFADevice(ctx, mfaRow(accountA, "Team/Phone"))
	})
	failing(t, db, store.ErrNotFound, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.MFADevice(ctx, accountB, want.Serial)
		return err
	})
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.SetMFADeviceTags(ctx, want.Serial, nil) })
	want.Tags = nil
	same(t, want, mfaNow(t, db, accountA, "team/phone"))
	failing(t, db, store.ErrNotFound, func(ctx context.Context, tx *store.Tx) error {
		return tx.SetMFADeviceTags(ctx, mfaARN(accountA, "none"), nil)
	})
}

func mfaPages(t *testing.T, db *store.DB) {
	twoAccounts(t, db)
	u := userRow(accountA, "u")
	create(t, db, u)
	createMFA(t, db, mfaRow(accountA, "c"), mfaRow(accountA, "a"), mfaRow(accountA, "b"), mfaRow(accountB, "x"))
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		return tx.EnableMFADevice(ctx, mfaARN(accountA, "b"), u.ID, epoch)
	})
	for _, test := range []struct {
		name            string
		enabled, others bool
		after           string
		limit           int
		want            []string
	}{
		{"all", true, true, "", 10, []string{"a", "b", "c"}},
		{"one page", true, true, "", 2, []string{"a", "b"}},
		{"the next", true, true, mfaARN(accountA, "b"), 2, []string{"c"}},
		{"enabled", true, false, "", 10, []string{"b"}},
		{"not enabled", false, true, "", 10, []string{"a", "c"}},
	} {
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			found, err := tx.MFADevices(ctx, accountA, test.enabled, test.others, test.after, test.limit)
			var got []string
			for _, m := range found {
				got = append(got, m.Serial[len(mfaARN(accountA, "")):])
			}
			t.Log(test.name)
			same(t, test.want, got)
			return err
		})
	}
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.CountMFADevices(ctx, accountA)
		same(t, 3, n)
		return err
	})
}

func mfaAssignment(t *testing.T, db *store.DB) {
	twoAccounts(t, db)
	mine, theirs := userRow(accountA, "mine"), userRow(accountA, "theirs")
	create(t, db, mine, theirs)
	createMFA(t, db, mfaRow(accountA, "phone"))
	serial := mfaARN(accountA, "phone")
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.EnableMFADevice(ctx, serial, mine.ID, epoch) })
	failing(t, db, store.ErrStale, func(ctx context.Context, tx *store.Tx) error {
		return tx.EnableMFADevice(ctx, serial, theirs.ID, epoch)
	})
	failing(t, db, store.ErrStale, func(ctx context.Context, tx *store.Tx) error { return tx.DeleteMFADevice(ctx, serial) })
	failing(t, db, store.ErrNotFound, func(ctx context.Context, tx *store.Tx) error { return tx.DisableMFADevice(ctx, serial, theirs.ID) })
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		found, err := tx.UserMFADevices(ctx, mine.ID)
		want := mfaRow(accountA, "phone")
		want.Identity, want.Enabled = mine.ID, epoch
		same(t, []*store.MFADevice{want}, found)
		if err != nil {
			return err
		}
		found, err = tx.UserMFADevices(ctx, theirs.ID)
		same(t, 0, len(found))
		if err != nil {
			return err
		}
		err = tx.DisableMFADevice(ctx, serial, mine.ID)
		if err != nil {
			return err
		}
		return tx.DeleteMFADevice(ctx, serial)
	})
	failing(t, db, store.ErrNotFound, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.MFADevice(ctx, accountA, serial)
		return err
	})
}

func mfaSteps(t *testing.T, db *store.DB) {
	twoAccounts(t, db)
	createMFA(t, db, mfaRow(accountA, "phone"))
	serial := mfaARN(accountA, "phone")
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.TakeMFAStep(ctx, serial, 100, -3) })
	for _, step := range []int64{100, 99} {
		failing(t, db, store.ErrStale, func(ctx context.Context, tx *store.Tx) error { return tx.TakeMFAStep(ctx, serial, step, 0) })
	}
	want := mfaRow(accountA, "phone")
	want.Used, want.Drift = 100, -3
	same(t, want, mfaNow(t, db, accountA, "phone"))
}

func mfaFailures(t *testing.T, db *store.DB) {
	twoAccounts(t, db)
	createMFA(t, db, mfaRow(accountA, "phone"))
	serial, until := mfaARN(accountA, "phone"), epoch.Add(time.Minute)
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.FailMFADevice(ctx, serial, time.Time{}) })
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.FailMFADevice(ctx, serial, until) })
	want := mfaRow(accountA, "phone")
	want.Failures, want.Locked = 2, until
	same(t, want, mfaNow(t, db, accountA, "phone"))
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.TakeMFAStep(ctx, serial, 1, 0) })
	want.Failures, want.Locked, want.Used = 0, time.Time{}, 1
	same(t, want, mfaNow(t, db, accountA, "phone"))
}

func mfaRivals(t *testing.T, db *store.DB) {
	twoAccounts(t, db)
	createMFA(t, db, mfaRow(accountA, "phone"))
	const n = 8
	results := make(chan error, n)
	for range n {
		go func() {
			results <- db.Update(t.Context(), func(tx *store.Tx) error {
				return tx.TakeMFAStep(t.Context(), mfaARN(accountA, "phone"), 7, 0)
			})
		}()
	}
	won := 0
	for range n {
		err := <-results
		switch {
		case err == nil:
			won++
		case !errors.Is(err, store.ErrStale):
			t.Errorf("a rival failed with %v, want ErrStale", err)
		}
	}
	same(t, 1, won)
}
