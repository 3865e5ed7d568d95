package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codeartifact"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

const (
	adminKey    = "AKIAEXAMPLEEXAMPLE22"
	adminSecret = "an-example-secret-of-forty-characters-40"
)

// lines is a log that may be written by several goroutines.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

type bundle struct {
	server *Server
	url    string
	log    *lines
}

// logged returns the log with the lines of all requests that were answered.
func (b bundle) logged() string {
	b.server.journal.flush()
	return b.log.String()
}

func setup(t *testing.T, change func(*Config)) bundle {
	t.Helper()
	c, err := ParseConfig([]string{"--dev"}, environment(map[string]string{
		"DAYPASS_ADMIN_ACCESS_KEY_ID": adminKey, "DAYPASS_ADMIN_SECRET_ACCESS_KEY": adminSecret,
	}), nil)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&c)
	}
	log := &lines{}
	s, err := Open(t.Context(), c, NewLogger("json", log), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	h := httptest.NewServer(s.handler)
	t.Cleanup(h.Close)
	return bundle{s, h.URL, log}
}

func (b bundle) artifacts() *codeartifact.Client {
	return codeartifact.New(codeartifact.Options{
		BaseEndpoint: &b.url, Region: "us-east-1", RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(adminKey, adminSecret, ""),
	})
}

// repository creates the domain dom and the repository repo, and returns a token.
func (b bundle) repository(t *testing.T) string {
	t.Helper()
	client, domain := b.artifacts(), aws.String("dom")
	_, err := client.CreateDomain(t.Context(), &codeartifact.CreateDomainInput{Domain: domain})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.CreateRepository(t.Context(), &codeartifact.CreateRepositoryInput{Domain: domain, Repository: aws.String("repo")})
	if err != nil {
		t.Fatal(err)
	}
	got, err := client.GetAuthorizationToken(t.Context(), &codeartifact.GetAuthorizationTokenInput{Domain: domain})
	if err != nil {
		t.Fatal(err)
	}
	return *got.AuthorizationToken
}

func get(t *testing.T, url, token string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.SetBasicAuth("aws", token)
	}
	return send(t, r)
}

func send(t *testing.T, r *http.Request) (*http.Response, string) {
	t.Helper()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(body)
}

func TestEachRequestIsOneLogLineThatHoldsNoSecret(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	token := b.repository(t)
	session, err := sts.New(sts.Options{
		BaseEndpoint: &b.url, Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider(adminKey, adminSecret, ""),
	}).GetSessionToken(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	get(t, b.url+"/pypi/d/dom-000000000000/repo/simple/nothing/", token)
	get(t, b.url+"/pypi/d/dom-000000000000/repo/simple/nothing/", token[:len(token)-3])
	get(t, b.url+"/pypi/d/dom-000000000000/repo/simple/nothing/?X-Amz-Signature=abc", "")
	get(t, b.url+"/pypi/d/dom-000000000000/repo/simple/"+token+"/", "")
	get(t, b.url+"/pypi/d/dom-000000000000/repo/"+token+"/x", "")

	log := strings.Split(strings.TrimSpace(b.logged()), "\n")
	if len(log) != 9 {
		t.Fatalf("%d lines for 9 requests:\n%s", len(log), b.log)
	}
	for _, secret := range []string{adminSecret, token, token[:40], *session.Credentials.SecretAccessKey, *session.Credentials.SessionToken, "X-Amz-Signature"} {
		if strings.Contains(b.logged(), secret) {
			t.Errorf("a secret is in the log: %s", secret)
		}
	}
	var line map[string]any
	err = json.Unmarshal([]byte(log[2]), &line)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{
		"operation": "codeartifact:GetAuthorizationToken",
		"principal": "arn:aws:iam::000000000000:user/admin",
		"decision":  "allow",
		"status":    200.0,
		"path":      "/v1/authorization-token",
	} {
		if line[key] != want {
			t.Errorf("%s = %v, want %v", key, line[key], want)
		}
	}
	for _, key := range []string{"request_id", "duration_us", "action", "resource", "source_ip", "access_key_id"} {
		if line[key] == nil {
			t.Errorf("the line lacks %s: %s", key, log[2])
		}
	}
}

func TestEveryAnswerCarriesDateAndRequestID(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	token := b.repository(t)
	for _, path := range []string{
		"/", "/nothing", "/v1/domain?domain=dom", "/daypass/v1/account",
		"/pypi/d/dom-000000000000/repo/simple/", "/pypi/d/dom-000000000000/repo/simple/none/", "/pypi/d/dom/repo/simple/x/", "/pypi/", "/healthz", "/metrics",
	} {
		answer, _ := get(t, b.url+path, token)
		if answer.Header.Get("Date") == "" || answer.Header.Get("X-Amzn-Requestid") == "" {
			t.Errorf("%s: Date %q, request id %q", path, answer.Header.Get("Date"), answer.Header.Get("X-Amzn-Requestid"))
		}
	}
}

func TestHostileRequestsGetOneClearAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for _, test := range []struct {
		name   string
		method string
		path   string
		header [2]string
		body   string
		status int
		code   string
	}{
		{"unknown path", "GET", "/etc/passwd", [2]string{}, "", 404, "UnknownOperationException"},
		{"a format that is not served", "GET", "/npm/d/dom-000000000000/repo/lodash", [2]string{}, "", 404, "This server serves no packages of the format npm."},
		{"dots in the path", "GET", "/..%2f..%2fetc/passwd", [2]string{}, "", 404, "UnknownOperationException"},
		{"body beyond what strangers have", "POST", "/", [2]string{"Content-Type", "application/x-www-form-urlencoded"}, strings.Repeat("x", strangersBody+1), 413, "RequestEntityTooLarge"},
		{"a large body that nobody signed", "POST", "/v1/domain?domain=dom", [2]string{}, strings.Repeat("x", maxBody+1), 403, "MissingAuthenticationTokenException"},
		{"no signature", "POST", "/v1/domain?domain=dom", [2]string{}, "", 403, "MissingAuthenticationTokenException"},
		{"half a signature", "POST", "/v1/domain?domain=dom", [2]string{"Authorization", "AWS4-HMAC-SHA256 "}, "", 403, "IncompleteSignatureException"},
		{"basic on the control plane", "POST", "/v1/domain?domain=dom", [2]string{"Authorization", "Basic YXdzOng="}, "", 403, ""},
		{"no action", "POST", "/", [2]string{"Content-Type", "application/x-www-form-urlencoded"}, "", 400, "MissingAction"},
		{"unknown action", "POST", "/", [2]string{"Content-Type", "application/x-www-form-urlencoded"}, "Action=Explode&Version=2011-06-15", 400, "InvalidAction"},
		{"unsigned query", "POST", "/", [2]string{"Content-Type", "application/x-www-form-urlencoded"}, "Action=GetCallerIdentity&Version=2011-06-15", 403, "MissingAuthenticationToken"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r, err := http.NewRequestWithContext(t.Context(), test.method, b.url+test.path, strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			if test.header[0] != "" {
				r.Header.Set(test.header[0], test.header[1])
			}
			answer, body := send(t, r)
			if answer.StatusCode != test.status || !strings.Contains(answer.Header.Get("X-Amzn-Errortype")+body, test.code) {
				t.Errorf("%d %q %s, want %d %s", answer.StatusCode, answer.Header.Get("X-Amzn-Errortype"), body, test.status, test.code)
			}
		})
	}
}

func TestA401OfThePackageDoorCarriesBothChallengesAndWhatToDo(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	token := b.repository(t)
	for name, shown := range map[string]string{"missing": "", "damaged": token[:len(token)-2]} {
		answer, body := get(t, b.url+"/pypi/d/dom-000000000000/repo/simple/x/", shown)
		challenges := strings.Join(answer.Header.Values("WWW-Authenticate"), ", ")
		if answer.StatusCode != http.StatusUnauthorized ||
			!strings.Contains(challenges, `Bearer realm="dom-000000000000/repo"`) || !strings.Contains(challenges, `Basic realm="dom-000000000000/repo"`) ||
			!strings.Contains(body, "daypass get-authorization-token --domain dom --domain-owner 000000000000") {
			t.Errorf("%s: %d, %s, %s", name, answer.StatusCode, challenges, body)
		}
	}
	answer, body := get(t, b.url+"/pypi/d/dom-000000000000/repo/simple/x/", token)
	if answer.StatusCode != http.StatusNotFound {
		t.Errorf("a good token: %d %s, want 404 for the package", answer.StatusCode, body)
	}
}

func TestAPanicIsOne500AndTheServerLivesOn(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	h := httptest.NewServer(b.server.observe(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret detail") })))
	t.Cleanup(h.Close)
	for range 2 {
		answer, body := get(t, h.URL, "")
		if answer.StatusCode != http.StatusInternalServerError || strings.Contains(body, "detail") {
			t.Errorf("%d %s, want a plain 500", answer.StatusCode, body)
		}
	}
	if !strings.Contains(b.logged(), "secret detail") {
		t.Error("the log does not have the cause")
	}
}

func TestReadyzFailsWithTheDatabaseWhileHealthzDoesNot(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	check := func(path string, want int) {
		t.Helper()
		answer, body := get(t, b.url+path, "")
		if answer.StatusCode != want {
			t.Errorf("%s = %d %s, want %d", path, answer.StatusCode, body, want)
		}
	}
	check("/healthz", 200)
	check("/readyz", 200)
	b.server.db.Close()
	b.server.readiness.last = nil // as after readyEvery
	check("/healthz", 200)
	check("/readyz", 503)
}

func TestServeLetsARunningRequestFinishAfterTheSignal(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	inside, finish := make(chan struct{}), make(chan struct{})
	b.server.handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(inside)
		<-finish
		io.WriteString(w, "done")
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- b.server.Serve(ctx, listener) }()
	type answer struct {
		body string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		got, err := http.Get("http://" + listener.Addr().String())
		if err != nil {
			answers <- answer{err: err}
			return
		}
		body, err := io.ReadAll(got.Body)
		got.Body.Close()
		answers <- answer{string(body), err}
	}()
	<-inside
	stop()
	close(finish)
	if got := <-answers; got.body != "done" || got.err != nil {
		t.Errorf("the running request got %q, %v", got.body, got.err)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve = %v, want nil after draining", err)
	}
}

func TestTheAddressOfAProxyIsBelievedOnlyIfTrusted(t *testing.T) {
	t.Parallel()
	nets, err := parsePrefixes("10.0.0.0/8, 192.0.2.1/32")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{config: Config{TrustedNets: nets}}
	for _, test := range []struct {
		name, peer, forwarded, proto string
		want                         string
		secure                       bool
	}{
		{"direct", "203.0.113.9:1", "", "", "203.0.113.9", false},
		{"a stranger's claim", "203.0.113.9:1", "198.51.100.1", "https", "203.0.113.9", false},
		{"a trusted proxy's word", "10.1.2.3:1", "198.51.100.1", "https", "198.51.100.1", true},
		{"a client's claim through a proxy", "10.1.2.3:1", "127.0.0.1, 198.51.100.1", "http", "198.51.100.1", false},
		{"two proxies", "10.1.2.3:1", "198.51.100.1, 192.0.2.1", "", "198.51.100.1", false},
		{"a port", "10.1.2.3:1", "203.0.113.5, 198.51.100.1:4711", "", "198.51.100.1", false},
		{"IPv6 in brackets", "10.1.2.3:1", "[2001:db8::1]", "", "2001:db8::1", false},
		{"IPv6 with a port", "10.1.2.3:1", "[2001:db8::1]:4711", "", "2001:db8::1", false},
		{"quotes", "10.1.2.3:1", `"[2001:db8::1]:4711"`, "", "2001:db8::1", false},
		{"a zone", "10.1.2.3:1", "fe80::1%eth0", "", "fe80::1", false},
		{"a proxy with a port", "10.1.2.3:1", "198.51.100.1, 192.0.2.1:80", "", "198.51.100.1", false},
		{"empty elements", "10.1.2.3:1", "198.51.100.1, ,", "", "198.51.100.1", false},
		{"rubbish", "10.1.2.3:1", "198.51.100.1, nonsense", "", "invalid IP", false},
		{"half a bracket", "10.1.2.3:1", "[2001:db8::1", "", "invalid IP", false},
		{"no port", "10.1.2.3:1", "198.51.100.1:", "", "invalid IP", false},
		{"unknown", "10.1.2.3:1", "unknown", "", "invalid IP", false},
		{"rubbish before a proxy", "10.1.2.3:1", "nonsense, 192.0.2.1", "", "invalid IP", false},
		{"the proxy itself", "10.1.2.3:1", "", "", "10.1.2.3", false},
		{"mapped", "[::ffff:10.1.2.3]:1", "2001:db8::1", "", "2001:db8::1", false},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = test.peer
		if test.forwarded != "" {
			r.Header.Set("X-Forwarded-For", test.forwarded)
		}
		if test.proto != "" {
			r.Header.Set("X-Forwarded-Proto", test.proto)
		}
		address, secure := s.client(r)
		if address.String() != test.want || secure != test.secure {
			t.Errorf("%s: %s %v, want %s %v", test.name, address, secure, test.want, test.secure)
		}
	}
}

func TestSplitDomain(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text, domain, owner string
		ok                  bool
	}{
		{"dom-123456789012", "dom", "123456789012", true},
		{"my-own-dom-123456789012", "my-own-dom", "123456789012", true},
		{"-123456789012", "", "", false},
		{"123456789012", "", "", false},
		{"dom-12345678901", "", "", false},
		{"dom", "", "", false},
		{"Dom-123456789012", "", "", false},
		{"x;reboot -123456789012", "", "", false},
		{"d-123456789012", "", "", false},
	} {
		domain, owner, err := splitDomain(test.text)
		if domain != test.domain || owner != test.owner || (err == nil) != test.ok {
			t.Errorf("splitDomain(%q) = %q, %q, %v", test.text, domain, owner, err)
		}
	}
}

func TestFirstStartWritesTheKeyOnceAndARestartKeepsIt(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	open := func() (string, error) {
		c, err := ParseConfig([]string{"--data", folder}, environment(nil), nil)
		if err != nil {
			return "", err
		}
		s, err := Open(t.Context(), c, NewLogger("json", io.Discard), time.Now)
		if err != nil {
			return "", err
		}
		var said strings.Builder
		s.greet(&said)
		return said.String(), s.Close()
	}
	first, err := open()
	if err != nil {
		t.Fatal(err)
	}
	key, mode := readFile(t, folder+"/credentials")
	if mode != 0o600 || !strings.HasPrefix(key, "[default]\naws_access_key_id = AKIA") {
		t.Errorf("credentials (mode %o):\n%s", mode, key)
	}
	if _, mode := readFile(t, folder+"/master.key"); mode != 0o600 {
		t.Errorf("master.key has mode %o, want 0600", mode)
	}
	if !strings.Contains(first, "export AWS_SHARED_CREDENTIALS_FILE=") || strings.Contains(first, "aws_secret") {
		t.Errorf("greeting:\n%s", first)
	}
	second, err := open()
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := readFile(t, folder+"/credentials"); again != key || strings.Contains(second, "aws_secret") ||
		!strings.Contains(second, "export AWS_SHARED_CREDENTIALS_FILE="+folder) || strings.Contains(second, "made account") {
		t.Errorf("a restart changed the key, or does not say where it is:\n%s", second)
	}
}

// began opens a server and closes it. It returns the error of either.
func began(t *testing.T, env map[string]string, args ...string) error {
	t.Helper()
	c, err := ParseConfig(args, environment(env), nil)
	if err != nil {
		return err
	}
	s, err := Open(t.Context(), c, NewLogger("json", io.Discard), time.Now)
	if err != nil {
		return err
	}
	return s.Close()
}

func TestAnotherMasterKeyIsRefusedAtTheStart(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	open := func(key string) error {
		return began(t, map[string]string{"DAYPASS_MASTER_KEY": key}, "--data", folder)
	}
	err := open("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	if err != nil {
		t.Fatal(err)
	}
	err = open("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=")
	if err == nil || !strings.Contains(err.Error(), "sealed with: it came from DAYPASS_MASTER_KEY;") {
		t.Errorf("Open under another master key = %v, want an error that says where it came from", err)
	}
}

func TestAnotherAccountIDOnOldDataIsRefusedAndLosesNoKey(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	open := func(account string) error {
		return began(t, nil, "--data", folder, "--account-id", account)
	}
	err := open("111122223333")
	if err != nil {
		t.Fatal(err)
	}
	key, _ := readFile(t, folder+"/credentials")
	err = open("444455556666")
	if err == nil || !strings.Contains(err.Error(), "111122223333") {
		t.Errorf("Open with another account id = %v, want an error that names the first one", err)
	}
	if now, _ := readFile(t, folder+"/credentials"); now != key {
		t.Error("the first account's key is gone")
	}
}

func TestABadCertificateIsFoundBeforeAnythingIsMade(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "data")
	var said strings.Builder
	code := Main(t.Context(), []string{"--listen", "127.0.0.1:0", "--data", folder, "--tls-cert", "none.pem", "--tls-key", "none.key"}, environment(nil), io.Discard, &said)
	_, err := os.Stat(folder)
	if code != 1 || !strings.Contains(said.String(), "--tls-cert") || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("code %d, %s; data folder: %v", code, &said, err)
	}
}

func TestHostFormLeadsToTheSameRepository(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *Config) { c.BaseDomain = "packages.example.com" })
	token := b.repository(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/pypi/repo/simple/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "dom-000000000000.d.codeartifact.us-east-1.packages.example.com:443"
	r.SetBasicAuth("aws", token)
	answer, body := send(t, r)
	if answer.StatusCode != http.StatusOK {
		t.Errorf("%d %s", answer.StatusCode, body)
	}
	out, err := b.artifacts().GetRepositoryEndpoint(t.Context(), &codeartifact.GetRepositoryEndpointInput{Domain: aws.String("dom"), Repository: aws.String("repo"), Format: "pypi"})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(*out.RepositoryEndpoint, "//dom-000000000000.d.codeartifact.us-east-1.packages.example.com:") || !strings.HasSuffix(*out.RepositoryEndpoint, "/pypi/repo/") {
		t.Errorf("endpoint = %s", *out.RepositoryEndpoint)
	}
}

// Reads move the deadline, so only a body that stops arriving is cut. At the end of the
// body the deadline is lifted, because the rest of the request may take longer.
func TestAPatientBodyMovesItsDeadlineUntilItHasArrived(t *testing.T) {
	t.Parallel()
	d := &deadlines{}
	p := &patient{ReadCloser: io.NopCloser(strings.NewReader("abc")), control: http.NewResponseController(d)}
	one := make([]byte, 1)
	_, err := p.Read(one)
	if err != nil || len(d.read) != 1 || d.read[0].IsZero() {
		t.Errorf("one byte read: %v, deadlines %v, want one", err, d.read)
	}
	_, err = io.ReadAll(p)
	if err != nil || len(d.read) != 2 || !d.read[1].IsZero() {
		t.Errorf("all read: %v, deadlines %v, want one and its end", err, d.read)
	}
}

// Before net/http sends the answer, it reads the rest of a body that a handler left.
func TestABodyHasADeadlineWhicheverDoorItIsSentTo(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for _, test := range []struct {
		method, path, body string
		want               int // deadlines set
		lifted             bool
	}{
		{"GET", "/healthz", "x", 1, false},
		{"GET", "/healthz", "", 0, false},
		{"POST", "/pypi/nothing", "x", 1, false},
		{"POST", "/pypi/d/dom-000000000000/repo/", "x", 1, false}, // no token: not read
		{"POST", "//pypi/nothing", "x", 1, false},                 // a redirect
		{"POST", "//v1/domain", "x", 1, false},                    // no signature: not read
		{"POST", "/v1/domain?domain=dom", "x", 1, false},
		{"POST", "/v1/none", "x", 1, false},
		{"POST", "//", "x", 2, true},
		{"POST", "/", "x", 2, true},
		{"POST", "/", strings.Repeat("x", strangersBody+1), 1, false},
	} {
		d := &deadlines{}
		r := httptest.NewRequestWithContext(t.Context(), test.method, test.path, strings.NewReader(test.body))
		b.server.handler.ServeHTTP(d, r)
		if len(d.read) != test.want || test.lifted != (test.want > 1 && d.read[len(d.read)-1].IsZero()) {
			t.Errorf("%s %s: deadlines %v, want %d, lifted %v", test.method, test.path, d.read, test.want, test.lifted)
		}
		if len(d.write) == 0 || d.write[0].IsZero() {
			t.Errorf("%s %s: the answer has no deadline", test.method, test.path)
		}
	}
}

// deadlines is a ResponseWriter that records the deadlines that are set.
type deadlines struct {
	httptest.ResponseRecorder
	read, write []time.Time
}

func (d *deadlines) SetReadDeadline(at time.Time) error  { d.read = append(d.read, at); return nil }
func (d *deadlines) SetWriteDeadline(at time.Time) error { d.write = append(d.write, at); return nil }

// Without a deadline, a client that does not read would keep its connection for ever.
func TestAnAnswerIsWrittenWholeUnderADeadline(t *testing.T) {
	t.Parallel()
	content := bytes.Repeat([]byte("0123456789"), chunk/4)
	d := &deadlines{ResponseRecorder: *httptest.NewRecorder()}
	a := &answer{ResponseWriter: d}
	n, err := a.Write(content)
	if err != nil || n != len(content) || a.written != int64(n) || !bytes.Equal(d.Body.Bytes(), content) {
		t.Errorf("Write = %d, %v; counted %d of %d", n, err, a.written, len(content))
	}
	if len(d.write) == 0 || d.write[0].IsZero() {
		t.Errorf("deadlines %v, want one", d.write)
	}
}

func TestDownloadsAreCopiedWholeAndCounted(t *testing.T) {
	t.Parallel()
	content := bytes.Repeat([]byte("0123456789"), chunk/4)
	recorder := httptest.NewRecorder()
	a := &answer{ResponseWriter: recorder}
	n, err := a.ReadFrom(io.LimitReader(bytes.NewReader(content), int64(len(content))))
	if err != nil || n != int64(len(content)) || a.written != n || !bytes.Equal(recorder.Body.Bytes(), content) {
		t.Errorf("ReadFrom = %d, %v; counted %d of %d", n, err, a.written, len(content))
	}
	broken := errors.New("broken")
	_, err = a.ReadFrom(io.MultiReader(strings.NewReader("x"), brokenReader{broken}))
	if !errors.Is(err, broken) {
		t.Errorf("ReadFrom of a broken source = %v", err)
	}
}

type brokenReader struct{ err error }

func (b brokenReader) Read([]byte) (int, error) { return 0, b.err }
