package identity_test

import (
	"testing"
	"time"

	"daypass/internal/identity"
	"daypass/internal/principal"
	"daypass/internal/store"
)

func TestARevocationEndsWhatWasIssuedUntilItsInstant(t *testing.T) {
	t.Parallel()
	const (
		domainOwner = "222222222222"
		stranger    = "333333333333"
		role        = "AROAROLE"
	)
	at := time.Date(2026, 11, 1, 12, 0, 0, 500_000_000, time.UTC)
	ms := time.Millisecond
	for _, test := range []struct {
		name    string
		revoked identity.Revocation
		issued  time.Time
		session time.Time // when the session behind it was issued; zero: long-term keys
		want    bool
	}{
		{"nothing", identity.Revocation{}, at, time.Time{}, false},
		{"the token, by its maker's account", identity.Revocation{Account: account, Token: "ABIA1", Until: at}, at, time.Time{}, true},
		{"the token, by the domain's owner", identity.Revocation{Account: domainOwner, Token: "ABIA1", Until: at}, at, time.Time{}, true},
		{"the token, by a stranger", identity.Revocation{Account: stranger, Token: "ABIA1", Until: at}, at, time.Time{}, false},
		{"another token", identity.Revocation{Account: account, Token: "ABIA2", Until: at}, at, time.Time{}, false},
		{"the token, in advance of its issue", identity.Revocation{Account: account, Token: "ABIA1", Until: at}, at.Add(time.Hour), time.Time{}, true},
		{"the account, in the same millisecond", identity.Revocation{Account: account, Until: at}, at.Add(999 * time.Microsecond), time.Time{}, true},
		{"the account, a millisecond before", identity.Revocation{Account: account, Until: at}, at.Add(ms), time.Time{}, false},
		{"everything for the owner's domains", identity.Revocation{Account: domainOwner, Until: at}, at, time.Time{}, true},
		{"the principal", identity.Revocation{Account: account, Principal: role, Until: at}, at, time.Time{}, true},
		{"the principal, before this token", identity.Revocation{Account: account, Principal: role, Until: at}, at.Add(ms), time.Time{}, false},
		{"the principal, by the domain's owner", identity.Revocation{Account: domainOwner, Principal: role, Until: at}, at, time.Time{}, true},
		{"the session name", identity.Revocation{Account: account, Principal: role, Session: "s", Until: at}, at, time.Time{}, true},
		{"another session name", identity.Revocation{Account: account, Principal: role, Session: "t", Until: at}, at, time.Time{}, false},
		{"another principal", identity.Revocation{Account: account, Principal: "AROAOTHER", Until: at}, at, time.Time{}, false},
		{"the session that made a younger token", identity.Revocation{Account: account, Principal: role, Until: at}, at.Add(ms), at, true},
		{"a younger session", identity.Revocation{Account: account, Principal: role, Until: at}, at.Add(ms), at.Add(ms), false},
		{"an old session, by the domain's owner", identity.Revocation{Account: domainOwner, Principal: role, Until: at}, at.Add(ms), at, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			i := newInstance(t)
			ref := principal.Ref{Kind: principal.Role, Account: account, ID: role, SessionName: "s"}
			if !test.session.IsZero() {
				ref.Session = &principal.Session{IssuedAt: test.session}
			}
			if test.revoked.Account != "" {
				// Asked before, so that a cached answer must be dropped.
				before, err := i.Revoked(t.Context(), "ABIA1", ref, domainOwner, test.issued)
				if before || err != nil {
					t.Fatalf("revoked before it was: %v, %v", before, err)
				}
				i.must(i.Revoke(t.Context(), test.revoked))
			}
			got, err := i.Revoked(t.Context(), "ABIA1", ref, domainOwner, test.issued)
			if got != test.want || err != nil {
				t.Errorf("Revoked = %v, %v, want %v", got, err, test.want)
			}
		})
	}
}

func TestASessionIsRevokedByItsOwnAccountAlone(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	ref := principal.Ref{Kind: principal.Role, Account: account, ID: "AROAROLE", SessionName: "s", Session: &principal.Session{IssuedAt: i.clock}}
	i.must(i.Revoke(t.Context(), identity.Revocation{Account: other, Until: i.clock}))
	got, err := i.Revoked(t.Context(), "", ref, "", i.clock)
	if got || err != nil {
		t.Errorf("Revoked = %v, %v, want false", got, err)
	}
	i.must(i.Revoke(t.Context(), identity.Revocation{Account: account, Until: i.clock}))
	got, err = i.Revoked(t.Context(), "", ref, "", i.clock)
	if !got || err != nil {
		t.Errorf("Revoked = %v, %v, want true", got, err)
	}
}

func TestRevocationsAreKeptForAsLongAsWhatTheyCover(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		revoked identity.Revocation // Expires is of the token
		kept    time.Duration       // after the revocation
	}{
		"a token with its end": {identity.Revocation{Account: account, Token: "ABIA1", Expires: time.Date(2026, 11, 1, 13, 0, 0, 0, time.UTC)}, 2 * time.Hour},
		"a token by its id":    {identity.Revocation{Account: account, Token: "ABIA1"}, 13 * time.Hour},
		"a principal":          {identity.Revocation{Account: account, Principal: "AROAX"}, 37 * time.Hour},
		"everything":           {identity.Revocation{Account: account}, 37 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newInstance(t)
			i.clock = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
			test.revoked.Until = i.clock
			i.must(i.Revoke(t.Context(), test.revoked))
			start := i.clock
			for _, step := range []struct {
				after time.Duration
				want  int64
			}{{test.kept, 0}, {test.kept + time.Millisecond, 1}, {test.kept + time.Millisecond, 0}} {
				i.clock = start.Add(step.after)
				n, err := i.PruneRevocations(t.Context())
				if n != step.want || err != nil {
					t.Errorf("pruned after %v = %d, %v, want %d", step.after, n, err, step.want)
				}
			}
		})
	}
}

func TestRevokedTokensAreReadOnceAndNotAfterEachChange(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	ctx := t.Context()
	ref := principal.Ref{Kind: principal.User, Account: account, ID: "AIDAX"}
	revoked := func(id string) bool {
		t.Helper()
		got, err := i.Revoked(ctx, id, ref, "", i.clock)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	i.must(i.Revoke(ctx, identity.Revocation{Account: account, Token: "ABIA1", Until: i.clock}))
	if !revoked("ABIA1") || revoked("ABIA2") {
		t.Fatal("the revocation does not hold")
	}
	// A row that changed without a new generation is seen by whoever reads all
	// rows again.
	err := i.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.PruneRevocations(ctx, i.clock.Add(100*time.Hour))
		tx.Touch()
		return err
	})
	i.must(err)
	if !revoked("ABIA1") {
		t.Error("all rows were read again after a change")
	}
	i.must(i.Revoke(ctx, identity.Revocation{Account: account, Token: "ABIA2", Until: i.clock}))
	if !revoked("ABIA1") || !revoked("ABIA2") {
		t.Error("a further revocation does not hold beside the first")
	}
	i.clock = i.clock.Add(14 * time.Hour)
	i.must(i.Revoke(ctx, identity.Revocation{Account: account, Token: "ABIA3", Until: i.clock}))
	if revoked("ABIA1") || !revoked("ABIA3") {
		t.Error("what has ended is kept")
	}
}
