package sigv4

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// signedBy returns a request to a Region that a key signed.
func signedBy(t testing.TB, key, secret, region string) *http.Request {
	t.Helper()
	r, err := http.NewRequest("POST", "http://localhost/v1/authorization-token?domain=d", nil)
	if err != nil {
		t.Fatal(err)
	}
	credentials := aws.Credentials{AccessKeyID: key, SecretAccessKey: secret}
	if err := v4.NewSigner().SignHTTP(t.Context(), credentials, r, EmptyPayload, "codeartifact", region, goldenTime); err != nil {
		t.Fatal(err)
	}
	return r
}

func verify(t testing.TB, v *Verifier, r *http.Request, secret string) error {
	t.Helper()
	s, err := Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	return v.Verify(s, r, secret, EmptyPayload)
}

func (v *Verifier) size() int { return len(v.recent) + len(v.old) }

func TestTheMemoryOfKeysIsBounded(t *testing.T) {
	t.Parallel()
	v := &Verifier{Max: 10}
	used := signedBy(t, "AKIAUSED", "s", "r")
	for i := range 100 {
		if err := verify(t, v, signedBy(t, fmt.Sprint("AKIA", i), "s", "r"), "s"); err != nil {
			t.Fatal(err)
		}
		if err := verify(t, v, used, "s"); err != nil {
			t.Fatal(err)
		}
		if v.size() > 10 {
			t.Fatalf("%d keys are remembered", v.size())
		}
		if s, _ := Parse(used); v.recall(keyName{s.AccessKeyID, s.ScopeDate, s.Region, s.Service}) == nil {
			t.Fatal("a key in use was forgotten")
		}
	}
}

func TestRefusedSignaturesLeaveNoTrace(t *testing.T) {
	t.Parallel()
	v := new(Verifier)
	r := signedBy(t, goldenKey, "guessed", "r")
	if err := verify(t, v, r, goldenSecret); err == nil || v.size() != 0 {
		t.Errorf("error %v, %d keys remembered", err, v.size())
	}
}

func TestAnotherSecretIsNotMistakenForTheRemembered(t *testing.T) {
	t.Parallel()
	v := new(Verifier)
	first, second := signedBy(t, goldenKey, "first", "r"), signedBy(t, goldenKey, "second", "r")
	for range 2 {
		if err := verify(t, v, first, "first"); err != nil {
			t.Fatal(err)
		}
		if err := verify(t, v, second, "first"); err == nil {
			t.Error("verified under the remembered secret")
		}
		if err := verify(t, v, first, "second"); err == nil {
			t.Error("verified under a secret that is no longer the key's")
		}
		if err := verify(t, v, second, "second"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAVerifierIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	v := &Verifier{Max: 4}
	var requests []*http.Request
	for i := range 8 {
		requests = append(requests, signedBy(t, fmt.Sprint("AKIA", i), "s", "r"))
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 200 {
				r := requests[(i+j)%len(requests)]
				if err := verify(t, v, r, "s"); err != nil {
					t.Error(err)
				}
				if verify(t, v, r, "t") == nil {
					t.Error("verified under another secret")
				}
			}
		})
	}
	wg.Wait()
}
