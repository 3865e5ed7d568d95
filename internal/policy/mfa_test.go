package policy

import (
	"testing"
	"time"

	"daypass/internal/principal"
)

// A request that brings a one-time code of its own, as AssumeRole may, counts as
// one with a second factor of this moment, whatever its credentials are.
func TestMFAOfTheRequestCountsBeforeThatOfTheSession(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
	session := func(at time.Time) *principal.Principal {
		p := alice(owner)
		p.Session = &principal.Session{IssuedAt: now.Add(-time.Hour), MFAAt: at}
		return p
	}
	for _, test := range []struct {
		name         string
		caller       *principal.Principal
		code         time.Time
		present, age string // empty: the key is missing
	}{
		{"long-term keys", alice(owner), time.Time{}, "", ""},
		{"long-term keys and a code", alice(owner), now, "true", "0"},
		{"session without", session(time.Time{}), time.Time{}, "false", ""},
		{"session without, and a code", session(time.Time{}), now, "true", "0"},
		{"session with", session(now.Add(-time.Hour)), time.Time{}, "true", "3600"},
		{"session with, and a code", session(now.Add(-time.Hour)), now, "true", "0"},
		{"nobody", nil, time.Time{}, "", ""},
	} {
		e := evaluationState{req: &Request{Context: keys{"aws:currenttime": One("2026-11-01T10:00:00Z")}, MFAAt: test.code}, p: test.caller}
		for key, want := range map[string]string{"aws:multifactorauthpresent": test.present, "aws:multifactorauthage": test.age} {
			v, ok := e.lookup(key)
			if v.one != want || ok != (want != "") {
				t.Errorf("%s: %s = %q, %v, want %q", test.name, key, v.one, ok, want)
			}
		}
		// What the request's own context says of it does not count.
		e.req.Context = keys{"aws:multifactorauthpresent": One("forged")}
		if v, _ := e.lookup("aws:multifactorauthpresent"); v.one == "forged" {
			t.Errorf("%s: the context stood in for the second factor", test.name)
		}
	}
}
