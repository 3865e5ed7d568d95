package oidc_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"daypass/internal/oidc"
)

const issuer = "https://idp.example/tenant"

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// Keys are slow to make, so the tests share them.
var (
	rsaKey   = sync.OnceValue(func() crypto.Signer { return newRSA(2048) })
	otherKey = sync.OnceValue(func() crypto.Signer { return newRSA(2048) })
	weakKey  = sync.OnceValue(func() crypto.Signer { return newRSA(1024) })
)

func newRSA(bits int) crypto.Signer {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return key
}

func newEC(curve elliptic.Curve) crypto.Signer {
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
}

// good returns the claims of a valid token with the changes in edit. A nil value
// removes a claim.
func good(edit map[string]any) map[string]any {
	claims := map[string]any{"iss": issuer, "aud": "sts.amazonaws.com", "sub": "repo:acme/app", "iat": noon.Unix(), "exp": noon.Add(time.Hour).Unix()}
	maps.Copy(claims, edit)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	return claims
}

func sign(t testing.TB, key any, algorithm jose.SignatureAlgorithm, kid string, payload any, headers map[jose.HeaderKey]any) string {
	t.Helper()
	options := &jose.SignerOptions{ExtraHeaders: headers}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, options)
	if err != nil {
		t.Fatal(err)
	}
	text, ok := payload.(string)
	if !ok {
		b, err := json.Marshal(payload)
		if err != nil {
			t.Fatal(err)
		}
		text = string(b)
	}
	signed, err := signer.Sign([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return compact
}

func publicKey(key crypto.Signer, kid, algorithm, use string) jose.JSONWebKey {
	return jose.JSONWebKey{Key: key.Public(), KeyID: kid, Algorithm: algorithm, Use: use}
}

// An idp is an issuer without a network.
type idp struct {
	discovery string // instead of the usual document
	set       string // instead of the keys
	keys      []jose.JSONWebKey
	err       error
	asked     atomic.Int64 // for the discovery document
}

func (i *idp) get(_ context.Context, url string, _ []string) ([]byte, error) {
	switch {
	case strings.HasSuffix(url, "/.well-known/openid-configuration"):
		i.asked.Add(1)
		if i.err != nil {
			return nil, i.err
		}
		if i.discovery != "" {
			return []byte(i.discovery), nil
		}
		return []byte(`{"issuer":"` + issuer + `","jwks_uri":"https://keys.example/","id_token_signing_alg_values_supported":["RS256"]}`), nil
	case i.set != "":
		return []byte(i.set), nil
	}
	return json.Marshal(jose.JSONWebKeySet{Keys: i.keys})
}

func (i *idp) issuers() *oidc.Issuers {
	return &oidc.Issuers{Get: i.get, Now: func() time.Time { return noon }}
}

func parsed(t testing.TB, text string) *oidc.Token {
	t.Helper()
	token, err := oidc.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func wantReason(t *testing.T, err error, want oidc.Reason) {
	t.Helper()
	var failure *oidc.Error
	if !errors.As(err, &failure) || failure.Reason != want {
		t.Errorf("error = %v, want reason %d", err, want)
	}
}

func TestEveryAlgorithmIsVerified(t *testing.T) {
	t.Parallel()
	for algorithm, key := range map[jose.SignatureAlgorithm]crypto.Signer{
		jose.RS256: rsaKey(), jose.RS384: rsaKey(), jose.RS512: rsaKey(),
		jose.ES256: newEC(elliptic.P256()), jose.ES384: newEC(elliptic.P384()), jose.ES512: newEC(elliptic.P521()),
	} {
		t.Run(string(algorithm), func(t *testing.T) {
			t.Parallel()
			i := &idp{keys: []jose.JSONWebKey{publicKey(otherKey(), "other", "", ""), publicKey(key, "k", string(algorithm), "sig")}}
			for _, kid := range []string{"k", ""} {
				token := parsed(t, sign(t, key, algorithm, kid, good(nil), nil))
				claims, err := i.issuers().Verify(t.Context(), token, token.Issuer(), nil)
				if err != nil {
					t.Fatalf("kid %q: %v", kid, err)
				}
				if sub, _ := claims.Text("sub"); sub != "repo:acme/app" {
					t.Errorf("sub = %q", sub)
				}
			}
		})
	}
}

func TestVerifyRefusesWhatNoKeyOfTheIssuerSigned(t *testing.T) {
	t.Parallel()
	p256 := newEC(elliptic.P256())
	token := func(key any, algorithm jose.SignatureAlgorithm, kid string) string {
		return sign(t, key, algorithm, kid, good(nil), nil)
	}
	tampered := token(rsaKey(), jose.RS256, "k")
	header, rest, _ := strings.Cut(tampered, ".")
	_, signature, _ := strings.Cut(rest, ".")
	foreignPayload := strings.Split(sign(t, rsaKey(), jose.RS256, "k", good(map[string]any{"sub": "repo:evil/app"}), nil), ".")[1]
	for _, test := range []struct {
		name string
		key  jose.JSONWebKey // of the issuer
		text string
		want oidc.Reason
	}{
		{"a foreign key under a known name", publicKey(rsaKey(), "k", "", ""), token(otherKey(), jose.RS256, "k"), oidc.Forged},
		{"a foreign key under another name", publicKey(rsaKey(), "k", "", ""), token(otherKey(), jose.RS256, "x"), oidc.NoKey},
		{"a foreign key without a name", publicKey(rsaKey(), "k", "", ""), token(otherKey(), jose.RS256, ""), oidc.Forged},
		{"another payload", publicKey(rsaKey(), "k", "", ""), header + "." + foreignPayload + "." + signature, oidc.Forged},
		{"another algorithm than the key's", publicKey(rsaKey(), "k", "RS512", ""), token(rsaKey(), jose.RS256, "k"), oidc.NoKey},
		{"another kind of key", publicKey(rsaKey(), "k", "", ""), token(p256, jose.ES256, "k"), oidc.NoKey},
		{"a key for encryption", publicKey(rsaKey(), "k", "", "enc"), token(rsaKey(), jose.RS256, "k"), oidc.NoKey},
		{"a weak key", publicKey(weakKey(), "k", "", ""), token(weakKey(), jose.RS256, "k"), oidc.NoKey},
		{"a private key", jose.JSONWebKey{Key: rsaKey(), KeyID: "k"}, token(rsaKey(), jose.RS256, "k"), oidc.NoKey},
		{"a symmetric key", jose.JSONWebKey{Key: []byte("0123456789abcdef0123456789abcdef"), KeyID: "k"}, token(rsaKey(), jose.RS256, "k"), oidc.NoKey},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := (&idp{keys: []jose.JSONWebKey{test.key}}).issuers().Verify(t.Context(), parsed(t, test.text), issuer, nil)
			wantReason(t, err, test.want)
		})
	}
}

func TestParseRefusesTextThatIsNoSignedJWT(t *testing.T) {
	t.Parallel()
	secret := []byte("0123456789abcdef0123456789abcdef")
	hmac := sign(t, secret, jose.HS256, "", good(nil), nil)
	pss := sign(t, rsaKey(), jose.PS256, "", good(nil), nil)
	_, rest, _ := strings.Cut(hmac, ".")
	payload, _, _ := strings.Cut(rest, ".")
	none := "eyJhbGciOiJub25lIn0." + payload + "."
	for name, text := range map[string]string{
		"empty": "", "words": "not a token", "two parts": "a.b", "five parts": "a.b.c.d.e", "an access key": "AKIAIOSFODNN7EXAMPLE",
		"alg none": none, "a symmetric signature": hmac, "PS256": pss,
		"the JSON form":          `{"payload":"e30","signatures":[]}`,
		"no JSON":                sign(t, rsaKey(), jose.RS256, "", "hello", nil),
		"an array":               sign(t, rsaKey(), jose.RS256, "", []string{"a"}, nil),
		"null":                   sign(t, rsaKey(), jose.RS256, "", "null", nil),
		"two objects":            sign(t, rsaKey(), jose.RS256, "", "{}{}", nil),
		"a critical header":      sign(t, rsaKey(), jose.RS256, "", good(nil), map[jose.HeaderKey]any{"crit": []string{"b64"}, "b64": true}),
		"a line break inside":    breakLine(sign(t, rsaKey(), jose.RS256, "k", good(nil), nil)),
		"longer than STS allows": sign(t, rsaKey(), jose.RS256, "", good(map[string]any{"x": strings.Repeat("x", 20_000)}), nil),
	} {
		_, err := oidc.Parse(text)
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		wantReason(t, err, oidc.Malformed)
		if len(text) > 20 && strings.Contains(err.Error(), text[:20]) {
			t.Errorf("%s: the error holds the token", name)
		}
	}
}

// breakLine puts a line end into the signature, where a lenient decoder skips it.
func breakLine(text string) string { return text[:len(text)-20] + "\n" + text[len(text)-20:] }

func TestCheckRefusesIncompleteAndExpiredClaims(t *testing.T) {
	t.Parallel()
	i := &idp{keys: []jose.JSONWebKey{publicKey(rsaKey(), "k", "", "")}}
	now := noon.Unix()
	for _, test := range []struct {
		name string
		edit map[string]any
		want string
	}{
		{"good", nil, ""},
		{"several audiences", map[string]any{"aud": []string{"a", "b"}}, ""},
		{"a clock that is a little ahead", map[string]any{"iat": now + 300}, ""},
		{"no sub", map[string]any{"sub": nil}, "Missing a required claim: sub"},
		{"a list of subs", map[string]any{"sub": []string{"a"}}, "Missing a required claim: sub"},
		{"an empty sub", map[string]any{"sub": ""}, "Missing a required claim: sub"},
		{"no aud", map[string]any{"aud": nil}, "Missing a required claim: aud"},
		{"an empty aud", map[string]any{"aud": []string{}}, "Missing a required claim: aud"},
		{"no iat", map[string]any{"iat": nil}, "Missing a required claim: iat"},
		{"no exp", map[string]any{"exp": nil}, "Missing a required claim: exp"},
		{"a text for exp", map[string]any{"exp": "1793541600"}, "The claim exp must be an integer"},
		{"a fraction for exp", map[string]any{"exp": 1793541600.5}, "The claim exp must be an integer"},
		{"a fraction for iat", map[string]any{"iat": 1793541600.5}, "The claim iat must be an integer"},
		{"a text that nothing can keep", map[string]any{"sub": "a\x00b"}, "Missing a required claim: sub"},
		{"begins later", map[string]any{"nbf": now + 301}, fmt.Sprint("The claim nbf is in the future: ", now+301)},
		{"issued later", map[string]any{"iat": now + 301}, fmt.Sprint("The claim iat is in the future: ", now+301)},
		{"ends now", map[string]any{"exp": now}, fmt.Sprintf("Token expired: current date/time %d must be before the expiration date/time %d", now, now)},
		{"ends in a second", map[string]any{"exp": now + 1}, ""},
	} {
		token := parsed(t, sign(t, rsaKey(), jose.RS256, "k", good(test.edit), nil))
		claims, err := i.issuers().Verify(t.Context(), token, issuer, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := claims.Check(noon); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// The limits are AWS's: an issuer's documents are unusable if they name another
// issuer, or hold more than 100 keys of a kind.
func TestUnusableDocumentsOfAnIssuerAreRefused(t *testing.T) {
	t.Parallel()
	many := func(n int) []jose.JSONWebKey {
		list := make([]jose.JSONWebKey, n)
		for i := range list {
			list[i] = publicKey(rsaKey(), fmt.Sprint("k", i), "", "")
		}
		return list
	}
	const algorithms = `"id_token_signing_alg_values_supported":["RS256"]`
	for _, test := range []struct {
		name string
		idp  *idp
		good bool
	}{
		{"a hundred keys", &idp{keys: many(100)}, true},
		{"a hundred and one", &idp{keys: many(101)}, false},
		{"no keys", &idp{set: `{"keys":[]}`}, false},
		{"no set", &idp{set: `{}`}, false},
		{"no JSON", &idp{set: `<html>`}, false},
		{"a key of a kind to come", &idp{set: `{"keys":[{"kty":"NEW"}]}`}, false},
		{"another issuer", &idp{keys: many(1), discovery: `{"issuer":"https://other.example","jwks_uri":"https://x/",` + algorithms + `}`}, false},
		{"no issuer", &idp{keys: many(1), discovery: `{"jwks_uri":"https://x/",` + algorithms + `}`}, false},
		{"no jwks_uri", &idp{keys: many(1), discovery: `{"issuer":"` + issuer + `",` + algorithms + `}`}, false},
		{"no algorithms", &idp{keys: many(1), discovery: `{"issuer":"` + issuer + `","jwks_uri":"https://x/"}`}, false},
		{"no discovery document", &idp{keys: many(1), discovery: `<html>`}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := test.idp.issuers().Verify(t.Context(), parsed(t, sign(t, rsaKey(), jose.RS256, "k0", good(nil), nil)), issuer, nil)
			if test.good && err != nil {
				t.Fatal(err)
			}
			if !test.good {
				wantReason(t, err, oidc.NoKey)
			}
		})
	}
}
