package identity_test

import (
	"testing"
	"time"

	"daypass/internal/identity"
	"daypass/internal/principal"
)

// What every request pays when the directory is warm.
func BenchmarkWarm(b *testing.B) {
	i := newInstance(b)
	_, _, err := i.Bootstrap(b.Context(), identity.KeyPair{}, nil)
	i.must(err)
	ctx := b.Context()
	u, r := &identity.Entity{Kind: identity.User, Account: account, Name: "u"}, &identity.Entity{Kind: identity.Role, Account: account, Name: "r", Trust: trustAll}
	i.must(i.Create(ctx, u))
	i.must(i.Create(ctx, r))
	pair, _, err := i.CreateKey(ctx, account, "u")
	i.must(err)
	plain := principal.Ref{Kind: principal.Role, Account: account, ID: r.ID, SessionName: "s", Session: &principal.Session{IssuedAt: time.Now()}}
	narrow := plain
	narrow.Session = &principal.Session{Policies: []string{allowGet}, PolicyARNs: []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"}, Tags: map[string]string{"team": "a"}}
	run := func(name string, fn func() error) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				err := fn()
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	run("Key", func() error { _, _, err := i.Key(ctx, pair.AccessKeyID); return err })
	run("Principal/user", func() error { _, _, err := i.Principal(ctx, userRef(u)); return err })
	run("Principal/role", func() error { _, _, err := i.Principal(ctx, plain); return err })
	run("Principal/restricted", func() error { _, _, err := i.Principal(ctx, narrow); return err })
	run("Revoked", func() error { _, err := i.Revoked(ctx, "ABIA", plain, other, plain.Session.IssuedAt); return err })
}
