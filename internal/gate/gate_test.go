package gate_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	signer "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/policy"
	"daypass/internal/principal"
	"daypass/internal/sigv4"
	"daypass/internal/token"
)

const (
	account = "111122223333"
	userID  = "AIDAEXAMPLEEXAMPLE222"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// directory is an instance with one user, alice, who may do what her policy says.
type directory struct {
	policy  string
	deleted bool
	off     bool            // the key is inactive
	revoked map[string]bool // token ids; "" revokes sessions
}

const (
	keyID  = "AKIAEXAMPLEEXAMPLE22"
	secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

func (d *directory) Key(_ context.Context, id string) (string, principal.Ref, error) {
	if id != keyID || d.off {
		return "", principal.Ref{}, fault.New(fault.UnknownKey, "The security token included in the request is invalid.")
	}
	return secret, principal.Ref{Kind: principal.User, Account: account, ID: userID}, nil
}

func (d *directory) Principal(_ context.Context, ref principal.Ref) (*principal.Principal, *policy.Grants, error) {
	if d.deleted || ref.ID != userID {
		return nil, nil, fault.New(fault.NotFound, "gone")
	}
	who := &principal.Principal{Ref: ref, Name: "alice", Path: "/"}
	if d.policy == "" {
		return who, &policy.Grants{}, nil
	}
	p, err := policy.Parse("inline", d.policy, policy.Identity)
	return who, &policy.Grants{Identity: []*policy.Policy{p}}, err
}

func (d *directory) Revoked(_ context.Context, id string, _ principal.Ref, _ string, _ time.Time) (bool, error) {
	return d.revoked[id], nil
}

// memory keeps a keyset; a test has one replica.
type memory struct {
	blob     []byte
	revision int64
}

func (m *memory) LoadKeys(context.Context) ([]byte, int64, error) { return m.blob, m.revision, nil }

func (m *memory) SaveKeys(_ context.Context, blob []byte, revision int64) error {
	if revision != m.revision {
		return errors.New("stale")
	}
	m.blob, m.revision = blob, revision+1
	return nil
}

func keyring(t testing.TB) *token.Keyring {
	t.Helper()
	master, err := token.NewMaster(make([]byte, token.MasterKeySize))
	if err != nil {
		t.Fatal(err)
	}
	k, err := token.OpenKeyring(t.Context(), token.KeyringConfig{Store: &memory{}, Master: master, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

type bundle struct {
	gate      *gate.Gate
	directory *directory
	keyring   *token.Keyring
}

func setup(t *testing.T) bundle {
	t.Helper()
	d, k := &directory{revoked: map[string]bool{}}, keyring(t)
	return bundle{&gate.Gate{Directory: d, Keyring: k, Verifier: &sigv4.Verifier{}, Region: "us-east-1"}, d, k}
}

func (b bundle) session(t *testing.T, expires time.Time) (aws.Credentials, string) {
	t.Helper()
	key := &token.SessionKey{AccessKeyID: "ASIAEXAMPLEEXAMPLE22", Secret: secret, Principal: principal.Ref{
		Kind: principal.User, Account: account, ID: userID,
		Session: &principal.Session{IssuedAt: expires.Add(-time.Hour), ExpiresAt: expires},
	}}
	sealed, err := b.keyring.SealSession(key)
	if err != nil {
		t.Fatal(err)
	}
	return aws.Credentials{AccessKeyID: key.AccessKeyID, SecretAccessKey: secret, SessionToken: sealed}, sealed
}

func signed(t *testing.T, credentials aws.Credentials, region, service string, at time.Time) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:8787/v1/authorization-token?domain=dom", nil)
	empty := sha256.Sum256(nil)
	err := signer.NewSigner().SignHTTP(t.Context(), credentials, r, hex.EncodeToString(empty[:]), service, region, at)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var signing = gate.Signing{Name: "codeartifact", Skew: 5 * time.Minute}

func kindOf(err error) fault.Kind {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Kind
	}
	return -1
}

func TestASignedCallIsItsKeysPrincipal(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := &gate.Call{Now: now}
	r := signed(t, aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}, "us-east-1", "codeartifact", now)
	err := b.gate.Signed(t.Context(), c, r, nil, signing)
	if err != nil {
		t.Fatal(err)
	}
	if c.Principal.ARN() != "arn:aws:iam::111122223333:user/alice" || c.AccessKeyID != keyID || c.Region != "us-east-1" {
		t.Errorf("call = %+v", c)
	}
}

// The body of a request may take a while to come.
func TestAKeyThatIsDeactivatedWhileTheBodyComesProvesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := &gate.Call{Now: now}
	r := signed(t, aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}, "us-east-1", "codeartifact", now)
	claim, err := b.gate.Claim(t.Context(), c, r, signing)
	if err != nil {
		t.Fatal(err)
	}
	b.directory.off = true
	err = b.gate.Prove(t.Context(), c, r, &claim, sigv4.HashPayload(nil))
	if kindOf(err) != fault.UnknownKey || c.Principal != nil {
		t.Errorf("%v, principal %v; want UnknownKey and none", err, c.Principal)
	}
}

// Rows of the table of signature failures: IAM User Guide, "Troubleshoot
// Signature Version 4", and the common errors of the CodeArtifact API.
func TestWhyASignedCallIsRefused(t *testing.T) {
	t.Parallel()
	long := aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}
	for _, test := range []struct {
		name    string
		request func(*testing.T, bundle) *http.Request
		want    fault.Kind
		text    string
	}{
		{"no signature", func(t *testing.T, _ bundle) *http.Request {
			return httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/authorization-token", nil)
		}, fault.MissingAuthentication, "Missing Authentication Token"},
		{"half a signature", func(t *testing.T, _ bundle) *http.Request {
			r := signed(t, long, "us-east-1", "codeartifact", now)
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 SignedHeaders=host")
			return r
		}, fault.IncompleteSignature, "Authorization header requires 'Credential' parameter."},
		{"unknown key", func(t *testing.T, _ bundle) *http.Request {
			return signed(t, aws.Credentials{AccessKeyID: "AKIANOBODYNOBODYNO22", SecretAccessKey: secret}, "us-east-1", "codeartifact", now)
		}, fault.UnknownKey, "The security token included in the request is invalid."},
		{"wrong secret", func(t *testing.T, _ bundle) *http.Request {
			return signed(t, aws.Credentials{AccessKeyID: keyID, SecretAccessKey: "other"}, "us-east-1", "codeartifact", now)
		}, fault.BadSignature, "The request signature we calculated does not match"},
		{"wrong region", func(t *testing.T, _ bundle) *http.Request {
			return signed(t, long, "eu-west-1", "codeartifact", now)
		}, fault.BadSignature, "Credential should be scoped to a valid region, not 'eu-west-1'."},
		{"wrong service", func(t *testing.T, _ bundle) *http.Request {
			return signed(t, long, "us-east-1", "sts", now)
		}, fault.BadSignature, "Credential should be scoped to correct service: 'codeartifact'."},
		{"six minutes old", func(t *testing.T, _ bundle) *http.Request {
			return signed(t, long, "us-east-1", "codeartifact", now.Add(-6*time.Minute))
		}, fault.BadSignature, "Signature expired: 20261123T115400Z is now earlier than 20261123T115500Z (20261123T120000Z - 5 min.)"},
		{"six minutes ahead", func(t *testing.T, _ bundle) *http.Request {
			return signed(t, long, "us-east-1", "codeartifact", now.Add(6*time.Minute))
		}, fault.BadSignature, "Signature not yet current: 20261123T120600Z is still later than 20261123T120500Z (20261123T120000Z + 5 min.)"},
		{"garbled session token", func(t *testing.T, _ bundle) *http.Request {
			return signed(t, aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret, SessionToken: "IQoJb3JpZ2luX2Vj"}, "us-east-1", "codeartifact", now)
		}, fault.UnknownKey, "The security token included in the request is invalid."},
		{"session token of another key", func(t *testing.T, b bundle) *http.Request {
			credentials, _ := b.session(t, now.Add(time.Hour))
			credentials.AccessKeyID = "ASIAOTHEROTHEROTHE22"
			return signed(t, credentials, "us-east-1", "codeartifact", now)
		}, fault.UnknownKey, "The security token included in the request is invalid."},
		{"expired session", func(t *testing.T, b bundle) *http.Request {
			credentials, _ := b.session(t, now)
			return signed(t, credentials, "us-east-1", "codeartifact", now)
		}, fault.ExpiredSession, "The security token included in the request is expired"},
		{"revoked session", func(t *testing.T, b bundle) *http.Request {
			b.directory.revoked[""] = true
			credentials, _ := b.session(t, now.Add(time.Hour))
			return signed(t, credentials, "us-east-1", "codeartifact", now)
		}, fault.UnknownKey, "The security token included in the request is invalid."},
		{"deleted user", func(t *testing.T, b bundle) *http.Request {
			b.directory.deleted = true
			return signed(t, long, "us-east-1", "codeartifact", now)
		}, fault.UnknownKey, "The security token included in the request is invalid."},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			c := &gate.Call{Now: now}
			err := b.gate.Signed(t.Context(), c, test.request(t, b), nil, signing)
			if kindOf(err) != test.want || !strings.Contains(err.Error(), test.text) {
				t.Errorf("Signed = %v (kind %d), want kind %d: %s", err, kindOf(err), test.want, test.text)
			}
			if c.Principal != nil {
				t.Error("a refused call has a principal")
			}
		})
	}
}

func (b bundle) token(t testing.TB, change func(*token.Claims)) string {
	t.Helper()
	claims := &token.Claims{
		ID: "ABIAEXAMPLEEXAMPLE22", Domain: "dom", Owner: account, IssuedAt: now.Add(-time.Minute), ExpiresAt: now.Add(time.Hour),
		Principal: principal.Ref{Kind: principal.User, Account: account, ID: userID},
	}
	if change != nil {
		change(claims)
	}
	sealed, err := b.keyring.Seal(claims)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func shown(t testing.TB, set func(*http.Request)) *http.Request {
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/pypi/d/dom-111122223333/repo/simple/x/", nil)
	set(r)
	return r
}

// The forms are those of the CodeArtifact User Guide's pages on each package
// manager; cargo sends the token alone.
func TestATokenIsReadInEveryFormThatPackageManagersSend(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tok := b.token(t, nil)
	for name, set := range map[string]func(*http.Request){
		"Basic aws:TOKEN":         func(r *http.Request) { r.SetBasicAuth("aws", tok) },
		"Basic with another user": func(r *http.Request) { r.SetBasicAuth("token", tok) },
		"Basic without a user":    func(r *http.Request) { r.SetBasicAuth("", tok) },
		"Basic TOKEN as the user": func(r *http.Request) { r.SetBasicAuth(tok, "") },
		"Bearer":                  func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+tok) },
		"bearer in lower case":    func(r *http.Request) { r.Header.Set("Authorization", "bearer "+tok) },
		"bare":                    func(r *http.Request) { r.Header.Set("Authorization", tok) },
		"bare with a line end":    func(r *http.Request) { r.Header["Authorization"] = []string{tok + " \r"} },
	} {
		c := &gate.Call{Now: now}
		err := b.gate.Bearer(t.Context(), c, shown(t, set), "dom", account)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.Principal.ARN() != "arn:aws:iam::111122223333:user/alice" || c.AccessKeyID != "ABIAEXAMPLEEXAMPLE22" {
			t.Errorf("%s: call = %+v", name, c)
		}
	}
}

func TestARefusedTokenIsToldWhyAndWhatToDoButNotItself(t *testing.T) {
	t.Parallel()
	bearer := func(tok string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+tok) }
	}
	for _, test := range []struct {
		name  string
		token func(*testing.T, bundle) func(*http.Request)
		want  fault.Kind
		text  string
	}{
		{"missing", func(*testing.T, bundle) func(*http.Request) { return func(*http.Request) {} },
			fault.MissingAuthentication, "No authorization token was sent"},
		{"empty password", func(*testing.T, bundle) func(*http.Request) {
			return func(r *http.Request) { r.SetBasicAuth("aws", "") }
		}, fault.MissingAuthentication, "No authorization token was sent"},
		{"foreign scheme", func(*testing.T, bundle) func(*http.Request) {
			return func(r *http.Request) { r.Header.Set("Authorization", "Digest x") }
		}, fault.MissingAuthentication, "unsupported scheme"},
		{"not base64", func(*testing.T, bundle) func(*http.Request) {
			return func(r *http.Request) { r.Header.Set("Authorization", "Basic %%%") }
		}, fault.UnknownKey, "not valid base64"},
		{"not ours", func(*testing.T, bundle) func(*http.Request) { return bearer("eyJ2ZXIiOjEsImlzdSI6") },
			fault.UnknownKey, "it does not begin with daypass_"},
		{"the whole JSON answer", func(_ *testing.T, b bundle) func(*http.Request) {
			return func(r *http.Request) { r.SetBasicAuth("aws", `{"authorizationToken":"x"}`) }
		}, fault.UnknownKey, "it is a JSON document"},
		{"cut short", func(t *testing.T, b bundle) func(*http.Request) {
			tok := b.token(t, nil)
			return bearer(tok[:len(tok)-9])
		}, fault.UnknownKey, "it is damaged or cut short"},
		{"of another instance", func(t *testing.T, _ bundle) func(*http.Request) { return bearer(setup(t).token(t, nil)) },
			fault.UnknownKey, "was not issued by this server"},
		{"for another domain", func(t *testing.T, b bundle) func(*http.Request) {
			return bearer(b.token(t, func(c *token.Claims) { c.Domain = "other" }))
		}, fault.UnknownKey, "is for domain other of account 111122223333, not for domain dom of account 111122223333"},
		{"for another owner", func(t *testing.T, b bundle) func(*http.Request) {
			return bearer(b.token(t, func(c *token.Claims) { c.Owner = "444455556666" }))
		}, fault.UnknownKey, "is for domain dom of account 444455556666"},
		{"expired this instant", func(t *testing.T, b bundle) func(*http.Request) {
			return bearer(b.token(t, func(c *token.Claims) { c.ExpiresAt = now }))
		}, fault.ExpiredSession, "expired at 2026-11-23T12:00:00Z"},
		{"revoked", func(t *testing.T, b bundle) func(*http.Request) {
			b.directory.revoked["ABIAEXAMPLEEXAMPLE22"] = true
			return bearer(b.token(t, nil))
		}, fault.UnknownKey, "ABIAEXAMPLEEXAMPLE22 was revoked"},
		{"of a deleted user", func(t *testing.T, b bundle) func(*http.Request) {
			b.directory.deleted = true
			return bearer(b.token(t, nil))
		}, fault.UnknownKey, "no longer exists"},
		{"two headers", func(t *testing.T, b bundle) func(*http.Request) {
			return func(r *http.Request) { r.Header["Authorization"] = []string{"Bearer a", "Bearer b"} }
		}, fault.MalformedRequest, "expected one header"},
		{"endless", func(*testing.T, bundle) func(*http.Request) { return bearer(strings.Repeat("x", 1<<20)) },
			fault.MalformedRequest, "at most 24576 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			c := &gate.Call{Now: now}
			r := shown(t, test.token(t, b))
			err := b.gate.Bearer(t.Context(), c, r, "dom", account)
			if kindOf(err) != test.want || !strings.Contains(err.Error(), test.text) {
				t.Fatalf("Bearer = %v (kind %d), want kind %d: %s", err, kindOf(err), test.want, test.text)
			}
			if c.Principal != nil {
				t.Error("a refused call has a principal")
			}
			if strings.Contains(err.Error(), token.Prefix+"A") {
				t.Errorf("the message shows a token: %v", err)
			}
		})
	}
}

func TestAuthorizeFollowsThePolicyAndSaysWhyNot(t *testing.T) {
	t.Parallel()
	const domain = "arn:aws:codeartifact:us-east-1:111122223333:domain/dom"
	statement := func(effect, rest string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"` + effect + `","Action":"codeartifact:*","Resource":"*"` + rest + `}]}`
	}
	for _, test := range []struct {
		name    string
		policy  string
		account string
		want    string // "" allows
	}{
		{"allowed", statement("Allow", ""), account, ""},
		{"silent", "", account, "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: codeartifact:DescribeDomain on resource: " + domain + " because no identity-based policy allows the codeartifact:DescribeDomain action"},
		{"denied", statement("Deny", ""), account, "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: codeartifact:DescribeDomain on resource: " + domain + " with an explicit deny in an identity-based policy"},
		{"of another account, which is not told why", statement("Allow", ""), "444455556666", "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: codeartifact:DescribeDomain on resource: " + domain},
		{"from the right address", statement("Allow", `,"Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}`), account, ""},
		{"resource tag", statement("Allow", `,"Condition":{"StringEquals":{"aws:ResourceTag/Team":"blue"}}`), account, ""},
		{"wrong resource tag", statement("Allow", `,"Condition":{"StringEquals":{"aws:ResourceTag/Team":"red"}}`), account, "because no identity-based policy allows"},
		{"after today", statement("Allow", `,"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2026-11-24T00:00:00Z"}}`), account, "because no identity-based policy allows"},
		{"user agent is no key", statement("Allow", `,"Condition":{"Null":{"aws:UserAgent":"true"}}`), account, ""},
		{"over plain http", statement("Allow", `,"Condition":{"Bool":{"aws:SecureTransport":"true"}}`), account, "because no identity-based policy allows"},
		{"Region of the scope", statement("Allow", `,"Condition":{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}`), account, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.directory.policy = test.policy
			c := &gate.Call{Now: now, SourceIP: netip.MustParseAddr("192.0.2.7")}
			r := signed(t, aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}, "us-east-1", "codeartifact", now)
			err := b.gate.Signed(t.Context(), c, r, nil, signing)
			if err != nil {
				t.Fatal(err)
			}
			err = c.Authorize(t.Context(), "codeartifact:DescribeDomain", gate.Subject{ARN: domain, Account: test.account, Tags: map[string]string{"team": "blue"}})
			switch {
			case test.want == "" && (err != nil || c.Decision != gate.Allow):
				t.Errorf("Authorize = %v, decision %s, want allow", err, c.Decision)
			case test.want != "" && (kindOf(err) != fault.AccessDenied || c.Decision != gate.Deny || !strings.Contains(err.Error(), test.want)):
				t.Errorf("Authorize = %v, decision %s, want %s", err, c.Decision, test.want)
			case test.name == "of another account, which is not told why" && strings.Contains(err.Error(), "because"):
				t.Errorf("a stranger is told why: %v", err)
			}
		})
	}
}

func TestAnAnonymousCallIsDenied(t *testing.T) {
	t.Parallel()
	c := &gate.Call{Now: now}
	err := c.Authorize(t.Context(), "codeartifact:ReadFromRepository", gate.Subject{ARN: "*", Account: account})
	if kindOf(err) != fault.AccessDenied {
		t.Errorf("Authorize = %v, want AccessDenied", err)
	}
}

// A service without Regions is asked in the Region of its AWS endpoint, whatever
// the server's is; policies see the server's all the same.
func TestSignaturesForAServiceWithoutRegions(t *testing.T) {
	t.Parallel()
	global := gate.Signing{Name: "iam", Skew: 5 * time.Minute, Global: true}
	for _, test := range []struct {
		server, scope string
		signing       gate.Signing
		seen          string // "" where it is refused
	}{
		{"eu-central-1", "eu-central-1", global, "eu-central-1"},
		{"eu-central-1", "us-east-1", global, "eu-central-1"},
		{"eu-central-1", "aws-global", global, "eu-central-1"},
		{"eu-central-1", "us-west-2", global, ""},
		{"", "aws-global", global, "us-east-1"},
		{"", "us-west-2", global, "us-west-2"},
		{"eu-central-1", "us-east-1", signing, ""},
		{"eu-central-1", "aws-global", signing, ""},
	} {
		b := setup(t)
		b.gate.Region = test.server
		c := &gate.Call{Now: now}
		r := signed(t, aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}, test.scope, test.signing.Name, now)
		err := b.gate.Signed(t.Context(), c, r, nil, test.signing)
		if test.seen == "" {
			if kindOf(err) != fault.BadSignature {
				t.Errorf("%+v: %v", test, err)
			}
		} else if err != nil || c.Region != test.seen {
			t.Errorf("%+v: Region %s, %v", test, c.Region, err)
		}
	}
}
