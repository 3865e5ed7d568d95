package oidc_test

import (
	"crypto/elliptic"
	"errors"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"daypass/internal/oidc"
)

// Whatever comes as a token is refused with a reason: nothing but what the
// issuer's key signed is ever accepted.
func FuzzToken(f *testing.F) {
	stranger := sign(f, otherKey(), jose.RS256, "k", good(nil), nil)
	for _, seed := range []string{"", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", stranger, sign(f, newEC(elliptic.P256()), jose.ES256, "", good(nil), nil)} {
		f.Add(seed)
	}
	verifier := (&idp{keys: []jose.JSONWebKey{publicKey(rsaKey(), "k", "", "")}}).issuers()
	f.Fuzz(func(t *testing.T, text string) {
		token, err := oidc.Parse(text)
		if err == nil {
			_, err = verifier.Verify(t.Context(), token, issuer, nil)
		}
		var failure *oidc.Error
		if !errors.As(err, &failure) || failure.Reason == 0 {
			t.Errorf("error = %v, want one with a reason", err)
		}
	})
}

// Claims come from an issuer that some account trusts, which need not be sane.
func FuzzClaims(f *testing.F) {
	for _, seed := range []string{`{"iss":"a","aud":["b"],"sub":"c","exp":1,"iat":1}`, `{"exp":1e999}`, `{"aud":[null,1]}`, `{"sub":{}}`} {
		f.Add(seed)
	}
	verifier := (&idp{keys: []jose.JSONWebKey{publicKey(rsaKey(), "k", "", "")}}).issuers()
	f.Fuzz(func(t *testing.T, payload string) {
		token, err := oidc.Parse(sign(t, rsaKey(), jose.RS256, "k", payload, nil))
		if err != nil {
			return
		}
		claims, err := verifier.Verify(t.Context(), token, issuer, nil)
		if err != nil {
			t.Fatal(err)
		}
		if claims.Check(time.Unix(1, 0)) != nil {
			return
		}
		for _, name := range []string{"iss", "sub"} {
			if _, ok := claims.Text(name); !ok {
				t.Errorf("%s is missing", name)
			}
		}
	})
}
