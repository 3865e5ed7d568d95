package identity_test

import (
	"testing"

	"daypass/internal/fault"
	"daypass/internal/identity"
	"daypass/internal/principal"
)

func TestPlainIssuersAreForTestsOnTheLoopbackAddress(t *testing.T) {
	t.Parallel()
	i := started(t)
	for url, want := range map[string]bool{
		"http://127.0.0.1:8080": true, "http://localhost:8080/a": true, "http://[::1]:1": true,
		"http://idp.example": false, "http://192.0.2.1": false, "http://127.0.0.1.example": false, "ftp://127.0.0.1": false, "127.0.0.1": false,
	} {
		i.LoopbackIssuers = true
		_, err := i.NewProvider(account, url)
		if (err == nil) != want {
			t.Errorf("%s: %v, want it accepted: %v", url, err, want)
		}
		i.LoopbackIssuers = false
		_, err = i.NewProvider(account, url)
		if !fault.Is(err, fault.Validation) {
			t.Errorf("%s: %v, want it refused", url, err)
		}
	}
}

func TestAPlainIssuerIsTrustedOnlyWhereTheConfigurationLetsItBe(t *testing.T) {
	t.Parallel()
	i := started(t)
	i.LoopbackIssuers = true
	p, err := i.NewProvider(account, "http://127.0.0.1:8080")
	i.must(err)
	i.must(i.CreateProvider(t.Context(), p))
	for _, test := range []struct {
		issuer string
		plain  bool
		want   bool
	}{
		{"http://127.0.0.1:8080", true, true},
		{"https://127.0.0.1:8080", true, false},
		{"http://127.0.0.1:8080/", true, false},
		{"127.0.0.1:8080", true, false},
		{"http://127.0.0.1:8080", false, false},
	} {
		i.LoopbackIssuers = test.plain
		found, err := i.ProviderOf(t.Context(), account, test.issuer)
		i.must(err)
		equal(t, test.want, found != nil)
	}
}

// Source: STS API reference, GetFederationToken: session tags override those of
// the user, which so are there.
func TestAFederatedSessionHasTheTagsOfItsUser(t *testing.T) {
	t.Parallel()
	i := started(t)
	u := &identity.Entity{Kind: identity.User, Account: account, Name: "u", Tags: map[string]string{"Team": "user", "Cost": "1"}}
	i.must(i.Create(t.Context(), u))
	ref := principal.Ref{Kind: principal.Federated, Account: account, ID: u.ID, SessionName: "fed", Session: &principal.Session{Tags: map[string]string{"team": "session"}}}
	who, _, err := i.Principal(t.Context(), ref)
	i.must(err)
	equal(t, map[string]string{"team": "session", "Cost": "1"}, who.Tags)
	equal(t, "arn:aws:sts::111111111111:federated-user/fed", who.ARN())
}
