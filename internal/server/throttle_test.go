package server

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codeartifact"
	"github.com/aws/aws-sdk-go-v2/service/codeartifact/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"daypass/api"
	"daypass/internal/store"
	"daypass/internal/store/storetest"
	"daypass/internal/throttle"
)

// limited starts a server with rates. Its clock moves only when the returned function is
// called.
func limited(t *testing.T, rates string, more ...string) (bundle, func(time.Duration)) {
	t.Helper()
	c, err := ParseConfig(append([]string{"--dev", "--throttle", rates, "--trust-proxies", "127.0.0.0/8"}, more...), environment(map[string]string{
		"DAYPASS_ADMIN_ACCESS_KEY_ID": adminKey, "DAYPASS_ADMIN_SECRET_ACCESS_KEY": adminSecret,
	}), nil)
	if err != nil {
		t.Fatal(err)
	}
	var passed atomic.Int64
	began, log := time.Now(), &lines{}
	s, err := Open(t.Context(), c, NewLogger("json", log), func() time.Time { return began.Add(time.Duration(passed.Load())) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	h := httptest.NewServer(s.handler)
	t.Cleanup(h.Close)
	return bundle{s, h.URL, log}, func(d time.Duration) { passed.Add(int64(d)) }
}

func TestTheThirdTokenOfTwoASecondIsRefusedInTheModelsTerms(t *testing.T) {
	t.Parallel()
	b, pass := limited(t, "get-authorization-token=2")
	b.repository(t) // gets the first token
	token := func() error {
		_, err := b.artifacts().GetAuthorizationToken(t.Context(), &codeartifact.GetAuthorizationTokenInput{Domain: aws.String("dom")})
		return err
	}
	if err := token(); err != nil {
		t.Fatalf("the second: %v", err)
	}
	var slow *types.ThrottlingException
	if err := token(); !errors.As(err, &slow) {
		t.Fatalf("the third: %v, want ThrottlingException", err)
	}
	if slow.ErrorMessage() != "Rate exceeded" || aws.ToInt32(slow.RetryAfterSeconds) != 1 {
		t.Errorf("message %q, retry after %d", slow.ErrorMessage(), aws.ToInt32(slow.RetryAfterSeconds))
	}
	if _, err := b.artifacts().ListDomains(t.Context(), &codeartifact.ListDomainsInput{}); err != nil {
		t.Errorf("another operation: %v", err)
	}
	if want := `"error":"ThrottlingException","throttled":"get-authorization-token"`; !strings.Contains(b.logged(), want) {
		t.Errorf("the log has no %s", want)
	}
	_, metrics := get(t, b.url+"/metrics", "")
	if want := `daypass_throttled_total{limit="get-authorization-token"} 1`; !strings.Contains(metrics, want) {
		t.Errorf("the metrics have no %s", want)
	}
	pass(time.Second)
	if err := token(); err != nil {
		t.Errorf("a second later: %v", err)
	}
}

func TestAPrincipalsTokensAndSignaturesCountTogether(t *testing.T) {
	t.Parallel()
	b, _ := limited(t, "principal=3")
	token := b.repository(t) // the first three requests of the administrator
	page := b.url + "/pypi/d/dom-000000000000/repo/simple/"
	if answer, body := get(t, page, token); answer.StatusCode != http.StatusTooManyRequests || !strings.Contains(body, `the limit "principal" is 3 requests a second`) {
		t.Errorf("the fourth: %s %s", answer.Status, body)
	}
}

func TestSTSRefusesAsTheQueryProtocolDoes(t *testing.T) {
	t.Parallel()
	b, _ := limited(t, "sts=1")
	client := sts.New(sts.Options{BaseEndpoint: &b.url, Region: "us-east-1", RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(adminKey, adminSecret, "")})
	_, err := client.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	var refused smithy.APIError
	var answer interface{ HTTPStatusCode() int }
	if !errors.As(err, &refused) || refused.ErrorCode() != "Throttling" || refused.ErrorMessage() != "Rate exceeded" ||
		!errors.As(err, &answer) || answer.HTTPStatusCode() != http.StatusBadRequest {
		t.Errorf("%v, want 400 Throttling: Rate exceeded", err)
	}
}

func TestWhatIsThrottledIsRecordedWithItsError(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "trail.jsonl")
	b, _ := limited(t, "sts=1,reads=1,address=1", "--audit-log", path)
	client := b.sts(adminKey, adminSecret, "")
	for range 2 {
		_, _ = client.GetCallerIdentity(t.Context(), nil)
	}
	page := b.url + "/pypi/d/dom-000000000000/repo/simple/x/"
	for range 2 {
		get(t, page, "")
	}
	records, _ := recorded(t, b, path)
	var got []string
	for _, r := range records {
		got = append(got, r.EventName+" "+r.UserIdentity.Type+" "+r.ErrorCode)
	}
	want := []string{
		"GetCallerIdentity IAMUser ", "GetCallerIdentity IAMUser Throttling",
		"ReadFromRepository Unknown MissingAuthenticationTokenException", "ReadFromRepository Unknown ThrottlingException",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAPackageManagerIsToldWhenToComeBack(t *testing.T) {
	t.Parallel()
	for _, rates := range []string{"token=1", "reads=1"} {
		b, pass := limited(t, rates)
		token, page := b.repository(t), b.url+"/pypi/d/dom-000000000000/repo/simple/"
		if answer, body := get(t, page, token); answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s %s", rates, answer.Status, body)
		}
		answer, body := get(t, page, token)
		if answer.StatusCode != http.StatusTooManyRequests || answer.Header.Get("Retry-After") != "1" || answer.Header.Get("WWW-Authenticate") != "" {
			t.Errorf("%s: %s, header %v, want 429 and Retry-After: 1", rates, answer.Status, answer.Header)
		}
		name, _, _ := strings.Cut(rates, "=")
		if want := `429 Too Many Requests: Rate exceeded: the limit "` + name + `" is 1 requests a second. Try again in 1 s`; !strings.Contains(body, want) {
			t.Errorf("%s: body %q, want %q", rates, body, want)
		}
		pass(time.Second)
		if answer, _ := get(t, page, token); answer.StatusCode != http.StatusOK {
			t.Errorf("%s: a second later: %s", rates, answer.Status)
		}
	}
}

// from sends a request as a trusted proxy does for a client with an address.
func from(t *testing.T, address, method, url, authorization string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Forwarded-For", address)
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	answer, _ := send(t, r)
	return answer
}

func TestAnAddressThatKeepsFailingIsRefusedBeforeItIsVerified(t *testing.T) {
	t.Parallel()
	const garbage = "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLEEXAMPLE99/20300102/us-east-1/codeartifact/aws4_request, SignedHeaders=host, Signature=00"
	for _, test := range []struct {
		name, method, path, authorization string
		first                             int
	}{
		{"no token", http.MethodGet, "/pypi/d/dom-000000000000/repo/simple/", "", 401},
		{"no such token", http.MethodGet, "/pypi/d/dom-000000000000/repo/simple/", "Bearer daypass_none", 401},
		{"no such domain", http.MethodGet, "/pypi/d/dom/repo/simple/", "", 404},
		{"no such route", http.MethodGet, "/pypi/none", "", 404},
		{"no signature", http.MethodPost, "/v1/authorization-token?domain=dom", "", 403},
		{"bad signature", http.MethodPost, "/v1/authorization-token?domain=dom", garbage, 403},
		{"no such operation", http.MethodPost, "/v1/none", "", 404},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b, pass := limited(t, "address=2")
			ask := func(address string) int {
				return from(t, address, test.method, b.url+test.path, test.authorization).StatusCode
			}
			got := []int{ask("192.0.2.1"), ask("192.0.2.1"), ask("192.0.2.1"), ask("192.0.2.2")}
			want := []int{test.first, test.first, 429, test.first}
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("statuses %v, want %v", got, want)
				}
			}
			if status := from(t, "192.0.2.1", http.MethodGet, b.url+"/healthz", "").StatusCode; status != http.StatusOK {
				t.Errorf("the probe got %d", status)
			}
			pass(time.Second)
			if status := ask("192.0.2.1"); status != test.first {
				t.Errorf("a second later: %d, want %d", status, test.first)
			}
		})
	}
}

// slow sends a request without the last byte of its body. When it returns, the server is
// reading the body. The returned function sends the last byte and returns the status.
func slow(t *testing.T, b bundle, head, body string) func() int {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(b.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	answers := bufio.NewReader(conn)
	status := func() int {
		answer, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		return answer.StatusCode
	}
	fmt.Fprintf(conn, "%sExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", head, len(body))
	if got := status(); got != http.StatusContinue {
		t.Fatalf("status %d before the body, want 100", got)
	}
	io.WriteString(conn, body[:len(body)-1])
	return func() int {
		io.WriteString(conn, body[len(body)-1:])
		return status()
	}
}

func TestASlowRequestCountsWhenItHasArrived(t *testing.T) {
	t.Parallel()
	const identity = "Action=GetCallerIdentity&Version=2011-06-15"
	b, pass := limited(t, "sts=1")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+"/", strings.NewReader(identity))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	hash := sha256.Sum256([]byte(identity))
	err = v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: adminKey, SecretAccessKey: adminSecret}, r, hex.EncodeToString(hash[:]), "sts", "us-east-1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var head strings.Builder
	fmt.Fprintf(&head, "POST / HTTP/1.1\r\nHost: %s\r\n", r.Host)
	_ = r.Header.Write(&head) // a strings.Builder never fails
	finish := slow(t, b, head.String(), identity)
	pass(10 * time.Second)
	_, err = b.sts(adminKey, adminSecret, "").GetCallerIdentity(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	pass(time.Second)
	if status := finish(); status != http.StatusOK {
		t.Errorf("a second after another request: %d, want 200", status)
	}
}

func TestManySlowRequestsOfStrangersAreRefusedAsTheyBegin(t *testing.T) {
	t.Parallel()
	b, _ := limited(t, "address=2")
	const head = "POST / HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 192.0.2.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	for range 2 {
		slow(t, b, head, "Action=None")
	}
	if status := from(t, "192.0.2.1", http.MethodPost, b.url+"/v1/none", "").StatusCode; status != http.StatusTooManyRequests {
		t.Errorf("the third while two arrive: %d, want 429", status)
	}
	if status := from(t, "192.0.2.2", http.MethodPost, b.url+"/v1/none", "").StatusCode; status != http.StatusNotFound {
		t.Errorf("another address: %d, want 404", status)
	}
}

// The body of a request with the id of a known key is read before its signature is
// verified, so a forgery is found only when the body has arrived.
func TestAnAddressWithManySlowForgeriesStaysRefused(t *testing.T) {
	t.Parallel()
	b, pass := limited(t, "address=2")
	now := time.Now().UTC()
	head := "POST /v1/repository?domain=dom&repository=repo HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 192.0.2.1\r\nX-Amz-Date: " + now.Format("20060102T150405Z") +
		"\r\nAuthorization: AWS4-HMAC-SHA256 Credential=" + adminKey + "/" + now.Format("20060102") + "/us-east-1/codeartifact/aws4_request, SignedHeaders=host;x-amz-date, Signature=" + strings.Repeat("0", 64) + "\r\n"
	var slowly []func() int
	for range 3 {
		slowly = append(slowly, slow(t, b, head, "{}"))
	}
	pass(10 * time.Second)
	for range 2 {
		from(t, "192.0.2.1", http.MethodPost, b.url+"/v1/none", "")
	}
	for _, finish := range slowly {
		if status := finish(); status != http.StatusForbidden {
			t.Fatalf("a forgery: %d, want 403", status)
		}
		if status := from(t, "192.0.2.1", http.MethodPost, b.url+"/v1/none", "").StatusCode; status != http.StatusTooManyRequests {
			t.Fatalf("after a late forgery: %d, want 429", status)
		}
	}
}

func TestARefusalOfAKnownCallerCostsItsAddressNothing(t *testing.T) {
	t.Parallel()
	b, _ := limited(t, "address=1")
	token := b.repository(t)
	for range 5 {
		if answer, _ := get(t, b.url+"/pypi/d/dom-000000000000/repo/simple/none/", token); answer.StatusCode != http.StatusNotFound {
			t.Fatalf("%s, want 404", answer.Status)
		}
	}
}

func TestEachOperationCountsForItsLimit(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		service, operation string
		want               throttle.Limit
	}{
		{"codeartifact", "GetAuthorizationToken", throttle.GetAuthorizationToken},
		{"codeartifact", "ListDomains", throttle.Reads},
		{"codeartifact", "DescribeRepository", throttle.Reads},
		{"codeartifact", "PublishPackageVersion", throttle.Writes},
		{"codeartifact", "DeleteDomain", throttle.Writes},
		{"sts", "AssumeRole", throttle.STS},
		{"sts", "GetCallerIdentity", throttle.STS},
		{"iam", "GetUser", throttle.Reads},
		{"iam", "SimulatePrincipalPolicy", throttle.Reads},
		{"iam", "CreateUser", throttle.Writes},
	} {
		service := map[string]*api.Service{"codeartifact": api.CodeArtifact(), "sts": api.STS(), "iam": api.IAM()}[test.service]
		if got := limitOf(service.Operations[test.operation]); got != test.want {
			t.Errorf("%s:%s counts for %v, want %v", test.service, test.operation, got, test.want)
		}
	}
	for _, f := range formats {
		for _, route := range f.Routes {
			verb := strings.TrimPrefix(route.Verbs[0].Action(), "codeartifact:")
			reads, known := api.CodeArtifact().Actions[verb]
			if !known || reads != (route.Method == http.MethodGet) {
				t.Errorf("%s %s: the model has %s as %v, %v", route.Method, route.Pattern, verb, reads, known)
			}
		}
	}
}

func TestThrottlingIsAWSByDefaultAndOffForATestDouble(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args []string
		want throttle.Rates
	}{
		{nil, throttle.AWS()},
		{[]string{"--dev"}, throttle.Rates{}},
		{[]string{"--dev", "--throttle", "aws"}, throttle.AWS()},
		{[]string{"--throttle", "off"}, throttle.Rates{}},
	} {
		c, err := ParseConfig(test.args, environment(nil), io.Discard)
		if err != nil || c.Rates != test.want {
			t.Errorf("%v: %v, %v", test.args, c.Rates, err)
		}
	}
	_, err := ParseConfig([]string{"--throttle", "reads=none"}, environment(nil), io.Discard)
	if err == nil || !strings.Contains(err.Error(), `--throttle: "reads=none": expected requests a second`) {
		t.Errorf("error = %v", err)
	}
}

func TestAListCountsForAsManyRequestsAsItReadsRows(t *testing.T) {
	t.Parallel()
	b, pass := limited(t, "reads=5")
	token := b.repository(t)
	pass(time.Minute)
	page := b.url + "/pypi/d/dom-000000000000/repo/simple/"
	repository, err := b.server.registry.Resolve(t.Context(), b.server.config.AccountID, "dom", "repo")
	if err != nil {
		t.Fatal(err)
	}
	storetest.Fill(t, b.server.db, 5*rowsOfRequest, func(tx *store.Tx, i int) error {
		name := fmt.Sprint("p", i)
		key := store.PackageKey{Repository: repository.ID, Format: "pypi", Name: name}
		return errors.Join(tx.CreatePackage(t.Context(), &store.Package{PackageKey: key, ID: name}),
			tx.CreateVersion(t.Context(), &store.Version{ID: name, Package: name, Version: "1", Status: "Published"}, &store.Description{Text: "{}"}))
	})
	if answer, body := get(t, page, token); answer.StatusCode != http.StatusOK {
		t.Fatalf("the list itself: %s %s", answer.Status, body)
	}
	if answer, body := get(t, page, token); answer.StatusCode != http.StatusTooManyRequests {
		t.Errorf("after a list of five requests' rows: %s %s, want 429", answer.Status, body)
	}
	pass(time.Second)
	if answer, body := get(t, page, token); answer.StatusCode != http.StatusOK {
		t.Errorf("a second later: %s %s", answer.Status, body)
	}
}
