package identity_test

import (
	"testing"
	"time"

	"daypass/internal/identity"
	"daypass/internal/principal"
)

func TestRevocations(t *testing.T) {
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

func TestRevocationsAreKeptForAsLongAsCredentialsLive(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	ctx := t.Context()
	i.must(i.Revoke(ctx, identity.Revocation{Account: account, Token: "ABIA1", Until: i.clock}))
	for _, step := range []struct {
		after time.Duration
		want  int64
	}{{36 * time.Hour, 0}, {38 * time.Hour, 1}, {38 * time.Hour, 0}} {
		start := i.clock
		i.clock = start.Add(step.after)
		n, err := i.PruneRevocations(ctx)
		if n != step.want || err != nil {
			t.Errorf("pruned after %v = %d, %v, want %d", step.after, n, err, step.want)
		}
		i.clock = start
	}
}
