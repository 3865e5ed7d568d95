package oidc_test

import (
	"context"
	"crypto"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"

	"daypass/internal/oidc"
)

var errDown = &oidc.Error{Reason: oidc.Unreachable, Detail: "down"}

// A verifierTest is an issuer with its verifier, on the clock of a synctest bubble.
type verifierTest struct {
	t *testing.T
	*idp
	verifier *oidc.Issuers
}

func newVerifierTest(t *testing.T, keys ...jose.JSONWebKey) *verifierTest {
	i := &idp{keys: keys}
	return &verifierTest{t, i, &oidc.Issuers{Get: i.get, Now: time.Now}}
}

// verify verifies a token and returns how often the issuer was asked for it.
func (c *verifierTest) verify(key crypto.Signer, kid string) (asked int64, err error) {
	c.t.Helper()
	before := c.asked.Load()
	_, err = c.verifier.Verify(c.t.Context(), parsed(c.t, sign(c.t, key, jose.RS256, kid, good(nil), nil)), issuer, nil)
	return c.asked.Load() - before, err
}

func (c *verifierTest) accepts(key crypto.Signer, kid string, asked int64) {
	c.t.Helper()
	n, err := c.verify(key, kid)
	if err != nil || n != asked {
		c.t.Errorf("%s: %v after %d questions, want none and %d", kid, err, n, asked)
	}
}

func (c *verifierTest) refuses(key crypto.Signer, kid string, asked int64, want oidc.Reason) {
	c.t.Helper()
	n, err := c.verify(key, kid)
	wantReason(c.t, err, want)
	if n != asked {
		c.t.Errorf("%s: %d questions, want %d", kid, n, asked)
	}
}

func TestKeysAreCachedAndRenewed(t *testing.T) {
	rsaKey, otherKey := rsaKey(), otherKey()
	synctest.Test(t, func(t *testing.T) {
		c := newVerifierTest(t, publicKey(rsaKey, "k1", "", ""))
		c.accepts(rsaKey, "k1", 1)
		c.accepts(rsaKey, "k1", 0)
		time.Sleep(5 * time.Minute)
		c.accepts(rsaKey, "k1", 1)

		// A rotation: the new key is asked for when a token shows it.
		c.keys = []jose.JSONWebKey{publicKey(rsaKey, "k1", "", ""), publicKey(otherKey, "k2", "", "")}
		c.accepts(otherKey, "k2", 1)
		c.accepts(rsaKey, "k1", 0)

		// What the issuer withdrew goes with the next renewal.
		c.keys = c.keys[1:]
		c.accepts(rsaKey, "k1", 0)
		time.Sleep(5 * time.Minute)
		c.refuses(rsaKey, "k1", 1, oidc.NoKey)
	})
}

func TestUnknownKeysAskTheIssuerSixTimesAMinuteAtMost(t *testing.T) {
	rsaKey, otherKey := rsaKey(), otherKey()
	synctest.Test(t, func(t *testing.T) {
		c := newVerifierTest(t, publicKey(rsaKey, "k", "", ""))
		c.refuses(otherKey, "x", 1, oidc.NoKey) // it has just been asked
		for range 5 {
			c.refuses(otherKey, "x", 1, oidc.NoKey)
		}
		c.refuses(otherKey, "x", 0, oidc.NoKey)
		c.accepts(rsaKey, "k", 0)
		time.Sleep(time.Minute)
		c.refuses(otherKey, "x", 1, oidc.NoKey)
	})
}

func TestKeysOutliveAnOutageForAnHour(t *testing.T) {
	rsaKey, otherKey := rsaKey(), otherKey()
	synctest.Test(t, func(t *testing.T) {
		c := newVerifierTest(t, publicKey(rsaKey, "k", "", ""))
		c.err = errDown
		c.refuses(rsaKey, "k", 1, oidc.Unreachable)
		c.err = nil
		c.accepts(rsaKey, "k", 1)
		c.err = errDown
		time.Sleep(5 * time.Minute)
		c.accepts(rsaKey, "k", 1)
		c.refuses(otherKey, "x", 1, oidc.Unreachable) // it may have the key
		time.Sleep(54 * time.Minute)
		c.accepts(rsaKey, "k", 1)
		time.Sleep(time.Minute)
		c.refuses(rsaKey, "k", 1, oidc.Unreachable)
		for range 5 {
			c.refuses(rsaKey, "k", 1, oidc.Unreachable)
		}
		c.refuses(rsaKey, "k", 0, oidc.Unreachable) // asked too often: its last error counts
		c.err = nil
		time.Sleep(time.Minute)
		c.accepts(rsaKey, "k", 1)
	})
}

func TestKeysDoNotOutliveAnUnusableDocument(t *testing.T) {
	rsaKey := rsaKey()
	synctest.Test(t, func(t *testing.T) {
		c := newVerifierTest(t, publicKey(rsaKey, "k", "", ""))
		c.accepts(rsaKey, "k", 1)
		c.discovery = `{"issuer":"https://other.example"}`
		time.Sleep(5 * time.Minute)
		c.refuses(rsaKey, "k", 1, oidc.NoKey)
		c.discovery, c.err = "", &oidc.Error{Reason: oidc.Certificate, Detail: "not trusted"}
		c.refuses(rsaKey, "k", 1, oidc.Certificate)
	})
}

func TestSimultaneousCallersShareOneRequestToTheIssuer(t *testing.T) {
	rsaKey := rsaKey()
	text := sign(t, rsaKey, jose.RS256, "k", good(nil), nil)
	synctest.Test(t, func(t *testing.T) {
		i := &idp{keys: []jose.JSONWebKey{publicKey(rsaKey, "k", "", "")}}
		verifier := &oidc.Issuers{Now: time.Now, Get: func(ctx context.Context, url string, thumbprints []string) ([]byte, error) {
			select {
			case <-time.After(time.Second):
				return i.get(ctx, url, thumbprints)
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}}
		cancelled, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for n := range 50 {
			ctx := t.Context()
			if n == 0 {
				ctx = cancelled
			}
			all.Go(func() {
				_, err := verifier.Verify(ctx, parsed(t, text), issuer, nil)
				if err != nil && ctx != cancelled {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		cancel()
		all.Wait()
		if n := i.asked.Load(); n != 1 {
			t.Errorf("the issuer was asked %d times", n)
		}
	})
}

func TestKeysAreCachedByIssuerAndThumbprints(t *testing.T) {
	t.Parallel()
	i := &idp{keys: []jose.JSONWebKey{publicKey(rsaKey(), "k", "", "")}}
	verifier := i.issuers()
	for n, thumbprints := range [][]string{nil, {"a", "b"}, {"a"}, {"b", "a"}} {
		_, err := verifier.Verify(t.Context(), parsed(t, sign(t, rsaKey(), jose.RS256, "k", good(nil), nil)), issuer, thumbprints)
		if err != nil {
			t.Fatal(err)
		}
		if want := int64(min(n+1, 3)); i.asked.Load() != want {
			t.Errorf("%v: asked %d times, want %d", thumbprints, i.asked.Load(), want)
		}
	}
}
