package gate_test

import (
	"net/http"
	"testing"
	"time"

	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/token"
)

func TestACallIsEstablishedAgainAsOfALaterInstant(t *testing.T) {
	t.Parallel()
	const anything = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	const early = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*",` +
		`"Condition":{"DateLessThan":{"aws:CurrentTime":"2026-11-23T12:30:00Z"}}}]}`
	later := now.Add(time.Hour)
	byToken := func(t *testing.T, b bundle, ends time.Time) *gate.Call {
		c := &gate.Call{Now: now}
		shown := b.token(t, func(claims *token.Claims) { claims.ExpiresAt = ends })
		err := b.gate.Bearer(t.Context(), c, bearing(t, shown), "dom", account)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	bySignature := func(t *testing.T, b bundle, ends time.Time) *gate.Call {
		c := &gate.Call{Now: now}
		credentials, _ := b.session(t, ends)
		err := b.gate.Signed(t.Context(), c, signed(t, credentials, "us-east-1", "codeartifact", now), nil, signing)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for _, test := range []struct {
		name   string
		begin  func(*testing.T, bundle, time.Time) *gate.Call
		ends   time.Duration // of the credential, from now
		change func(*directory)
		want   fault.Kind // -1: still allowed
	}{
		{"a token, unchanged", byToken, 2 * time.Hour, func(*directory) {}, -1},
		{"a token that expired", byToken, time.Hour, func(*directory) {}, fault.ExpiredSession},
		{"a token that was revoked", byToken, 2 * time.Hour, func(d *directory) { d.revoked["ABIAEXAMPLEEXAMPLE22"] = true }, fault.UnknownKey},
		{"a token of somebody deleted", byToken, 2 * time.Hour, func(d *directory) { d.deleted = true }, fault.UnknownKey},
		{"a token whose policy is gone", byToken, 2 * time.Hour, func(d *directory) { d.policy = "" }, fault.AccessDenied},
		{"a token whose policy ended", byToken, 2 * time.Hour, func(d *directory) { d.policy = early }, fault.AccessDenied},
		{"a session, unchanged", bySignature, 2 * time.Hour, func(*directory) {}, -1},
		{"a session that expired", bySignature, time.Hour, func(*directory) {}, fault.ExpiredSession},
		{"a session that was revoked", bySignature, 2 * time.Hour, func(d *directory) { d.revoked[""] = true }, fault.UnknownKey},
		{"a session of somebody deleted", bySignature, 2 * time.Hour, func(d *directory) { d.deleted = true }, fault.UnknownKey},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.directory.policy = anything
			c := test.begin(t, b, now.Add(test.ends))
			test.change(b.directory)
			err := b.gate.Again(t.Context(), c, later)
			if err == nil {
				err = c.Authorize(t.Context(), "codeartifact:PublishPackageVersion", gate.Subject{ARN: "*"})
			}
			if kindOf(err) != test.want {
				t.Errorf("an hour later: %v (kind %d), want kind %d", err, kindOf(err), test.want)
			}
			if !c.Now.Equal(now) {
				t.Errorf("the call's instant is %v, want it to stay %v", c.Now, now)
			}
		})
	}
}

func bearing(t *testing.T, shownToken string) *http.Request {
	return shown(t, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+shownToken) })
}
