package server

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codeartifact"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"daypass/api"
	"daypass/internal/audit"
	"daypass/internal/fault"
	"daypass/internal/gate"
)

// audited starts a server with an audit trail. end closes the trail and returns it.
func audited(t *testing.T) (b bundle, end func() (records []audit.Record, text string)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trail.jsonl")
	b = setup(t, func(c *Config) { c.AuditLog = path })
	return b, func() ([]audit.Record, string) { return recorded(t, b, path) }
}

// recorded closes the trail of a server and returns its records and its text.
func recorded(t *testing.T, b bundle, path string) (records []audit.Record, text string) {
	t.Helper()
	b.server.journal.flush()
	if err := b.server.trail.Close(); err != nil {
		t.Fatal(err)
	}
	text, _ = readFile(t, path)
	for line := range strings.Lines(text) {
		var r audit.Record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		records = append(records, r)
	}
	return records, text
}

func (b bundle) sts(id, secret, token string) *sts.Client {
	return sts.New(sts.Options{BaseEndpoint: &b.url, Region: "us-east-1", RetryMaxAttempts: 1, Credentials: credentials.NewStaticCredentialsProvider(id, secret, token)})
}

func (b bundle) iam() *iam.Client {
	return iam.New(iam.Options{BaseEndpoint: &b.url, Region: "us-east-1", RetryMaxAttempts: 1, Credentials: credentials.NewStaticCredentialsProvider(adminKey, adminSecret, "")})
}

// brief is the part of a record that is the same in each run.
type brief struct {
	Source, Name, Type, Key, Error string
	ReadOnly                       bool
	Parameters, Response           string
	Resource, Kind                 string
	URI                            string
}

func briefly(r *audit.Record) brief {
	b := brief{Source: r.EventSource, Name: r.EventName, Type: r.UserIdentity.Type, Key: r.UserIdentity.AccessKeyID, Error: r.ErrorCode,
		ReadOnly: r.ReadOnly, Parameters: string(r.RequestParameters), Response: string(r.ResponseElements)}
	if len(r.Resources) > 0 {
		b.Resource, b.Kind = r.Resources[0].ARN, r.Resources[0].Type
	}
	if r.AdditionalEventData != nil {
		b.URI = strings.TrimSpace(r.AdditionalEventData.HTTPMethod + " " + r.AdditionalEventData.RequestURI)
	}
	return b
}

func TestEveryDoorIsRecorded(t *testing.T) {
	t.Parallel()
	const (
		domain, repository = "arn:aws:codeartifact:us-east-1:000000000000:domain/dom", "arn:aws:codeartifact:us-east-1:000000000000:repository/dom/repo"
		artifacts          = "codeartifact.amazonaws.com"
		inRepo             = `{"domainName":"dom","domainOwner":"000000000000","repositoryName":"repo",`
		policy             = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	)
	b, end := audited(t)
	token := b.repository(t)
	session, err := b.sts(adminKey, adminSecret, "").GetSessionToken(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.iam().PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: aws.String("admin"), PolicyName: aws.String("p"), PolicyDocument: aws.String(policy)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.artifacts().DescribeDomain(t.Context(), &codeartifact.DescribeDomainInput{Domain: aws.String("dom")})
	if err != nil {
		t.Fatal(err)
	}
	r := uploading(t, token, "thing", "1.0")
	r.URL.Host, r.RequestURI = strings.TrimPrefix(b.url, "http://"), ""
	if answer, body := send(t, r); answer.StatusCode != http.StatusOK {
		t.Fatal(body)
	}
	at := b.url + "/pypi/d/dom-000000000000/repo/simple/"
	for _, path := range []string{"Thing", "thing/", "thing/1.0/thing-1.0.tar.gz", "none/"} {
		get(t, at+path, token)
	}
	get(t, at, token)
	get(t, at+"thing/?"+token, "")
	get(t, b.url+"/pypi/nonsense", token)
	get(t, b.url+"/nonsense", "")
	_, err = b.sts("AKIACLAIMEDCLAIMED22", "a-wrong-secret-of-forty-characters-in-all", "").GetCallerIdentity(t.Context(), nil)
	if err == nil {
		t.Fatal("a wrong key is taken")
	}
	_, err = b.iam().GetUser(t.Context(), &iam.GetUserInput{UserName: aws.String("nobody")})
	if err == nil {
		t.Fatal("nobody exists")
	}
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		get(t, b.url+path, "")
	}
	records, text := end()
	for _, secret := range []string{token, adminSecret, *session.Credentials.SecretAccessKey, *session.Credentials.SessionToken} {
		if strings.Contains(text, secret) {
			t.Errorf("a secret is in the trail: %s", secret)
		}
	}
	if len(records) < 3 {
		t.Fatal(text)
	}
	id := records[2].AdditionalEventData.TokenID
	if !strings.HasPrefix(id, "ABIA") {
		t.Errorf("the token's id is not told: %+v", records[2].AdditionalEventData)
	}
	var got []brief
	for i := range records {
		if strings.HasPrefix(records[i].EventName, "Create") && records[i].ResponseElements == nil {
			t.Errorf("%s without an answer", records[i].EventName)
		}
		if i < 2 || records[i].EventName == "GetSessionToken" {
			records[i].ResponseElements = nil // it has times
		}
		got = append(got, briefly(&records[i]))
	}
	thing := `"packageName":"thing","packageFormat":"pypi"`
	user := "arn:aws:iam::000000000000:user/"
	want := []brief{
		{artifacts, "CreateDomain", "IAMUser", adminKey, "", false, `{"domainName":"dom"}`, "", domain, "AWS::CodeArtifact::Domain", ""},
		{artifacts, "CreateRepository", "IAMUser", adminKey, "", false, `{"domainName":"dom","repositoryName":"repo"}`, "", repository, "AWS::CodeArtifact::Repository", ""},
		{artifacts, "GetAuthorizationToken", "IAMUser", adminKey, "", false, `{"domainName":"dom"}`, `{"sessionToken":"HIDDEN_DUE_TO_SECURITY_REASONS"}`, domain, "AWS::CodeArtifact::Domain", ""},
		{"sts.amazonaws.com", "GetSessionToken", "IAMUser", adminKey, "", true, "null", "", "", "", ""},
		{"iam.amazonaws.com", "PutUserPolicy", "IAMUser", adminKey, "", false, `{"userName":"admin","policyName":"p","policyDocument":` + quoted(policy) + `}`, "null", user + "admin", "AWS::IAM::User", ""},
		{artifacts, "DescribeDomain", "IAMUser", adminKey, "", true, `{"domainName":"dom"}`, "null", domain, "AWS::CodeArtifact::Domain", ""},
		{artifacts, "PublishPackageVersion", "IAMUser", id, "", false, inRepo + thing + `,"packageVersion":"1.0"}`, "null",
			"arn:aws:codeartifact:us-east-1:000000000000:package/dom/repo/pypi//thing", "AWS::CodeArtifact::Package", "POST /pypi/"},
		{artifacts, "ReadFromRepository", "IAMUser", id, "", true, inRepo + `"packageFormat":"pypi"}`, "null", repository, "AWS::CodeArtifact::Repository", "GET /pypi/simple/Thing"},
		{artifacts, "ReadFromRepository", "IAMUser", id, "", true, inRepo + thing + `}`, "null", repository, "AWS::CodeArtifact::Repository", "GET /pypi/simple/thing/"},
		{artifacts, "ReadFromRepository", "IAMUser", id, "", true, inRepo + thing + `}`, "null", repository, "AWS::CodeArtifact::Repository", "GET /pypi/simple/thing/"},
		{artifacts, "ReadFromRepository", "IAMUser", id, "", true, inRepo + thing + `,"packageVersion":"1.0"}`, "null", repository, "AWS::CodeArtifact::Repository", "GET /pypi/simple/thing/1.0/thing-1.0.tar.gz"},
		{artifacts, "ReadFromRepository", "IAMUser", id, "ResourceNotFoundException", true, inRepo + `"packageName":"none","packageFormat":"pypi"}`, "null", repository, "AWS::CodeArtifact::Repository", "GET /pypi/simple/none/"},
		{artifacts, "ListPackages", "IAMUser", id, "", true, inRepo + `"packageFormat":"pypi"}`, "null", repository, "AWS::CodeArtifact::Repository", "GET /pypi/simple/"},
		{artifacts, "ReadFromRepository", "Unknown", "", "MissingAuthenticationTokenException", true, inRepo + `"packageFormat":"pypi"}`, "null", "", "", "GET /pypi/simple/thing/"},
		{artifacts, unknownName, "Unknown", "", "ResourceNotFoundException", false, `{"packageFormat":"pypi"}`, "null", "", "", "GET /pypi/nonsense"},
		{artifacts, unknownName, "Unknown", "", "UnknownOperationException", false, "null", "null", "", "", "GET /nonsense"},
		{"sts.amazonaws.com", "GetCallerIdentity", "Unknown", "", "InvalidClientTokenId", true, "null", "null", "", "", ""},
		{"iam.amazonaws.com", "GetUser", "IAMUser", adminKey, "NoSuchEntity", true, `{"userName":"nobody"}`, "null", user + "nobody", "AWS::IAM::User", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if claimed := records[len(records)-2].AdditionalEventData; claimed == nil || claimed.UnverifiedAccessKeyID != "AKIACLAIMEDCLAIMED22" {
		t.Errorf("the key that was claimed is not told: %+v", claimed)
	}
	for _, r := range records {
		if r.RequestID == "" || r.EventID == "" || r.RequestID == r.EventID || r.SourceIPAddress != "127.0.0.1" || r.UserAgent == "" || r.RecipientAccountID != "000000000000" || r.AWSRegion == "" {
			t.Errorf("incomplete: %+v", r)
		}
	}
}

func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

func TestARevokedTokenIsRecordedAsItsMakers(t *testing.T) {
	t.Parallel()
	b, end := audited(t)
	token := b.repository(t)
	claims, err := b.server.keyring.Open(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	get(t, b.url+"/pypi/d/other-000000000000/repo/simple/x/", token)
	records, _ := end()
	r := records[len(records)-1]
	want := audit.Identity{Type: "IAMUser", PrincipalID: claims.Principal.ID, AccountID: "000000000000", AccessKeyID: claims.ID}
	if diff := cmp.Diff(want, r.UserIdentity); diff != "" || r.ErrorCode != "UnrecognizedClientException" {
		t.Error(r.ErrorCode, diff)
	}
}

// A large input is encoded when the call ends, and not by the journal.
func TestALargeInputIsRecordedToo(t *testing.T) {
	t.Parallel()
	b, end := audited(t)
	document := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":["` + strings.Repeat("arn:aws:codeartifact:*:*:domain/d\",\"", 600) + `*"]}]}`
	_, err := b.iam().PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: aws.String("admin"), PolicyName: aws.String("p"), PolicyDocument: &document})
	if err == nil {
		t.Fatal("a policy of this size is taken")
	}
	records, _ := end()
	r := records[len(records)-1]
	if !strings.Contains(string(r.RequestParameters), `"userName":"admin","policyName":"p","policyDocument":"{\"Version\"`) || !strings.HasSuffix(string(r.RequestParameters), `,"omitted":true}`) {
		t.Errorf("%.200s", r.RequestParameters)
	}
}

// A call that only reads is readOnly and has no responseElements, unless it issues
// credentials. CloudTrail's records of AssumeRole are readOnly, and have the session in
// responseElements.
func TestOperationsAreRecordedAsWhatTheyAre(t *testing.T) {
	t.Parallel()
	all := map[string]recording{}
	for _, s := range []*api.Service{api.CodeArtifact(), api.STS(), api.IAM(), api.Daypass()} {
		for name, how := range recordings(s) {
			all[s.Name+":"+name] = how
		}
	}
	reads, writes, issues := recording{reads: true}, recording{shown: true}, recording{reads: true, shown: true}
	for name, want := range map[string]recording{
		"codeartifact:GetAuthorizationToken": writes, "codeartifact:ListPackages": reads, "codeartifact:DescribeDomain": reads, "codeartifact:DeleteDomain": writes,
		"codeartifact:PublishPackageVersion": writes, "codeartifact:GetPackageVersionAsset": reads,
		"sts:AssumeRole": issues, "sts:AssumeRoleWithWebIdentity": issues, "sts:GetSessionToken": issues, "sts:GetCallerIdentity": reads,
		"iam:CreateAccessKey": writes, "iam:ListAccessKeys": reads, "iam:GetUser": reads, "iam:ListVirtualMFADevices": reads, "iam:TagRole": writes,
		"daypass:RevokeToken": writes, "daypass:DescribeToken": reads, "daypass:CreateAccount": writes,
	} {
		if got := all[name]; got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }
func (full) Sync() error               { return nil }
func (full) Close() error              { return nil }

func TestAServerThatCannotRecordIsNotReady(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	if answer, _ := get(t, b.url+"/readyz", ""); answer.StatusCode != http.StatusOK {
		t.Fatal("not ready without a trail")
	}
	b = setup(t, nil)
	b.server.trail = audit.New(full{}, slog.New(slog.DiscardHandler), masked, appendID)
	b.server.journal.trail = b.server.trail
	b.server.metrics.watchTrail(b.server.trail)
	b.server.trail.Admit("id")
	b.server.trail.Add(&audit.Event{})
	b.server.trail.Flush()
	for b.server.trail.Err() == nil {
		runtime.Gosched()
	}
	answer, _ := get(t, b.url+"/readyz", "")
	_, metrics := get(t, b.url+"/metrics", "")
	if answer.StatusCode != http.StatusServiceUnavailable || !strings.Contains(b.logged(), "no space left") || !strings.Contains(metrics, "daypass_audit_failures_total 1") {
		t.Errorf("%d\n%s\n%s", answer.StatusCode, b.log, metrics)
	}
	if answer, _ := get(t, b.url+"/healthz", ""); answer.StatusCode != http.StatusOK {
		t.Error("not alive")
	}
}

func TestWhereTheTrailGoes(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	chosen := filepath.Join(data, "chosen", "here.jsonl")
	for name, test := range map[string]struct {
		dev  bool
		flag string
		want string
	}{
		"a server that stays":      {false, "", filepath.Join(data, "audit", "audit.jsonl")},
		"one that forgets":         {true, "", ""},
		"one that forgets, chosen": {true, chosen, chosen},
		"off":                      {false, "off", ""},
	} {
		s := &Server{config: Config{Data: data, Dev: test.dev, AuditLog: test.flag, AuditMaxSize: 1 << 20}, now: time.Now, log: slog.New(slog.DiscardHandler), metrics: newMetrics()}
		if err := s.openTrail(); err != nil {
			t.Fatal(err)
		}
		if (s.trail != nil) != (test.want != "") {
			t.Errorf("%s: trail = %v", name, s.trail)
		}
		if test.want != "" {
			if _, err := os.Stat(test.want); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := s.trail.Close(); err != nil {
			t.Error(err)
		}
	}
	file := filepath.Join(data, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := &Server{config: Config{AuditLog: filepath.Join(file, "x")}, now: time.Now}
	if err := s.openTrail(); err == nil || !strings.Contains(err.Error(), "audit trail: ") {
		t.Errorf("a trail below a file: %v", err)
	}
}

// The provider is named by its ARN. The parts of principalId are provider, audience and
// subject.
//
// Source: CloudTrail's records of AssumeRoleWithWebIdentity.
func TestAWebIdentityIsRecorded(t *testing.T) {
	t.Parallel()
	const provider = "arn:aws:iam::111111111111:oidc-provider/issuer.example"
	voucher := &gate.WebIdentity{Provider: provider, Audience: "sts", Subject: "repo:acme/app"}
	known := audit.Identity{Type: "WebIdentityUser", PrincipalID: provider + ":sts:repo:acme/app", UserName: "repo:acme/app", IdentityProvider: provider}
	refused := fault.New(fault.AccessDenied, "Not authorized to perform sts:AssumeRoleWithWebIdentity")
	b, end := audited(t)
	service := api.STS()
	surface := newSurface(service, nil)
	tests := []struct {
		name, operation string
		voucher         *gate.WebIdentity
		fault           *fault.Error
		want            audit.Identity
		code, account   string
	}{
		{"taken", "AssumeRoleWithWebIdentity", voucher, nil, known, "", "111111111111"},
		{"verified, but refused", "AssumeRoleWithWebIdentity", voucher, refused, known, "AccessDenied", "111111111111"},
		{"not verified", "AssumeRoleWithWebIdentity", nil, fault.New(fault.InvalidIdentityToken, "Incorrect token audience"), audit.Identity{Type: "WebIdentityUser"}, "InvalidIdentityToken", "000000000000"},
		{"an assertion", "AssumeRoleWithSAML", nil, refused, audit.Identity{Type: "SAMLUser"}, "AccessDenied", "000000000000"},
	}
	for _, test := range tests {
		e := &event{door: "control", fault: test.fault, call: gate.Call{WebIdentity: test.voucher}, subject: subject{surface: surface, op: service.Operations[test.operation]}}
		b.server.record(httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil), e, 0)
	}
	records, _ := end()
	for i, test := range tests {
		r := records[i]
		if diff := cmp.Diff(test.want, r.UserIdentity); diff != "" || r.ErrorCode != test.code || r.RecipientAccountID != test.account || !r.ReadOnly {
			t.Errorf("%s: %+v\n%s", test.name, r, diff)
		}
	}
}

// The reader of a seed has the second factor for good. A code is valid for half a minute.
func TestSeedsAndOneTimeCodesAreNotRecorded(t *testing.T) {
	t.Parallel()
	b, end := audited(t)
	made, err := b.iam().CreateVirtualMFADevice(t.Context(), &iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: aws.String("phone")})
	if err != nil {
		t.Fatal(err)
	}
	serial := made.VirtualMFADevice.SerialNumber
	const hidden = `"HIDDEN_DUE_TO_SECURITY_REASONS"`
	// A wrong code may have been valid a moment ago, or be another device's.
	_, _ = b.iam().EnableMFADevice(t.Context(), &iam.EnableMFADeviceInput{UserName: aws.String("admin"), SerialNumber: serial, AuthenticationCode1: aws.String("918273"), AuthenticationCode2: aws.String("645546")})
	_, _ = b.sts(adminKey, adminSecret, "").GetSessionToken(t.Context(), &sts.GetSessionTokenInput{SerialNumber: serial, TokenCode: aws.String("918273")})
	_, _ = b.sts(adminKey, adminSecret, "").AssumeRole(t.Context(), &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::000000000000:role/none"), RoleSessionName: aws.String("s1"), SerialNumber: serial, TokenCode: aws.String("645546")})
	records, text := end()
	for _, secret := range []string{string(made.VirtualMFADevice.Base32StringSeed), base64.StdEncoding.EncodeToString(made.VirtualMFADevice.QRCodePNG)[:40], "918273", "645546"} {
		if strings.Contains(text, secret) {
			t.Errorf("a secret is in the trail: %s", secret)
		}
	}
	got := map[string]string{}
	for _, r := range records {
		got[r.EventName] = string(r.RequestParameters) + string(r.ResponseElements)
	}
	for name, want := range map[string]string{
		"CreateVirtualMFADevice": `"serialNumber":"` + *serial + `"`,
		"EnableMFADevice":        `"authenticationCode1":` + hidden + `,"authenticationCode2":` + hidden,
		"GetSessionToken":        `"tokenCode":` + hidden,
		"AssumeRole":             `"tokenCode":` + hidden,
	} {
		if !strings.Contains(got[name], want) {
			t.Errorf("%s: %s, want %s", name, got[name], want)
		}
	}
}

// An event MUST NOT refer to buffers that are used again, since its record is made later
// and would show parts of another request.
func TestRequestsAtOneTimeGetNothingOfEachOtherIntoTheirRecords(t *testing.T) {
	t.Parallel()
	const clients, each = 8, 12
	b, end := audited(t)
	token := b.repository(t)
	var all sync.WaitGroup
	for c := range clients {
		all.Go(func() {
			for i := range each {
				// The lengths differ, so that the rest of a longer one would be seen.
				mark := fmt.Sprintf("mark-%d-%d-%s", c, i, strings.Repeat("x", (c*each+i)*7%40))
				client := sts.New(sts.Options{BaseEndpoint: &b.url, Region: "us-east-1", RetryMaxAttempts: 1, AppID: mark,
					Credentials: credentials.NewStaticCredentialsProvider(adminKey, adminSecret, "")})
				_, err := client.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::000000000000:role/" + mark), RoleSessionName: &mark, ExternalId: &mark})
				if err == nil {
					t.Error("there is such a role")
				}
				r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/pypi/d/dom-000000000000/repo/simple/"+mark+"/", nil)
				if err != nil {
					t.Error(err)
					return
				}
				r.SetBasicAuth("aws", token)
				r.Header.Set("User-Agent", mark)
				answer, err := http.DefaultClient.Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				answer.Body.Close()
			}
		})
	}
	all.Wait()
	_, trail := end()
	seen := map[string]int{}
	for name, text := range map[string]string{"log": b.logged(), "trail": trail} {
		for line := range strings.Lines(text) {
			marks := regexp.MustCompile(`mark-\d+-\d+-x*`).FindAllString(line, -1)
			if len(marks) == 0 {
				continue // the calls that created the repository
			}
			slices.Sort(marks)
			if marks = slices.Compact(marks); len(marks) > 1 {
				t.Errorf("the %s has one line of two requests: %s", name, line)
			}
			seen[marks[0]]++
		}
	}
	if len(seen) != clients*each {
		t.Errorf("%d requests are told of", len(seen))
	}
	for mark, lines := range seen {
		if lines != 4 {
			t.Errorf("%d lines and records of the two requests of %s", lines, mark)
		}
	}
}
