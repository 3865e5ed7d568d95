package cli

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/cli/clitest"
	"daypass/internal/cli/command"
	"daypass/internal/cli/exit"
	"daypass/internal/cli/terminal"
)

// TestMain makes the test binary the command itself if CLI_UNDER_TEST is set, so that
// the command has an environment and standard streams of its own.
func TestMain(m *testing.M) {
	if os.Getenv("CLI_UNDER_TEST") != "" {
		app := &App{Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Version: "1.0.0", Ask: typedLine}
		os.Exit(app.Main(context.Background()))
	}
	os.Exit(m.Run())
}

// typedLine stands for a terminal at which CLI_TYPES is typed. Without that variable
// there is no terminal.
func typedLine(_ context.Context, prompt string) (string, error) {
	line, ok := os.LookupEnv("CLI_TYPES")
	if !ok {
		return "", terminal.ErrNone
	}
	_, err := os.Stderr.WriteString(prompt + "\n")
	return line, err
}

const (
	token   = "daypass_eyJhbGciOiJub25lIn0.abcdefghijklmnopqrstuvwxyz0123456789"
	account = "111122223333"
)

// reply is the response of the test's service to GetAuthorizationToken, by domain.
func reply(domain string) (status int, code, body string) {
	switch domain {
	case "denied":
		return 403, "AccessDeniedException", `{"message":"User: arn:aws:iam::111122223333:user/x is not authorized to perform: codeartifact:GetAuthorizationToken on resource: arn:aws:codeartifact:us-east-1:111122223333:domain/denied because no identity-based policy allows the codeartifact:GetAuthorizationToken action"}`
	case "missing":
		return 404, "ResourceNotFoundException:http://internal.amazon.com/coral/", `{"message":"Domain not found. Domain 'missing' owned by account '111122223333' does not exist","resourceType":"domain"}`
	case "typed":
		return 400, "", `{"__type":"com.amazon.coral#ValidationException","message":"typed"}`
	case "coded":
		return 400, "", `{"code":"ConflictException","Message":"coded"}`
	case "nothing":
		return 404, "", ""
	case "plain":
		return 400, "", "not json"
	case "html":
		return 503, "", "<html><body>Service Unavailable</body></html>"
	case "empty500":
		return 500, "", ""
	case "broken500":
		return 500, "InternalServerException", `{"message":"Internal server error"}`
	case "throttled":
		return 429, "ThrottlingException", `{"message":"Rate exceeded"}`
	case "ended":
		return 403, "ExpiredTokenException", `{"message":"The security token included in the request is expired"}`
	case "whole":
		return 200, "", `{"authorizationToken":"` + token + `","expiration":1790000000}`
	case "early":
		return 200, "", `{"expiration":1.6e9,"authorizationToken":"t"}`
	case "long":
		return 200, "", `{"authorizationToken":"` + strings.Repeat("eyJ2ZXIiOjEsImlzdSI6", 60) + `","expiration":1790000000.5}`
	case "odd":
		return 200, "", `{"authorizationToken":"a\"b\\c\té日","expiration":1790000000.123,"more":1}`
	case "hollow":
		return 200, "", `{}`
	}
	return 200, "", `{"authorizationToken":"` + token + `","expiration":1790000000.123}`
}

// otherReplies are the responses of other operations, by path.
var otherReplies = map[string]string{
	"/v1/domain":                    `{"domain":{"name":"d","owner":"111122223333","arn":"arn:aws:codeartifact:us-east-1:111122223333:domain/d","status":"Active","createdTime":1600000000.5,"repositoryCount":2,"assetSizeBytes":1234567890123}}`,
	"/v1/repository":                `{"repository":{"name":"r","administratorAccount":"111122223333","upstreams":[{"repositoryName":"u1"},{"repositoryName":"u2"}],"externalConnections":[]}}`,
	"/v1/tags":                      `{"tags":[{"key":"a","value":"1"},{"key":"b","value":"2"}]}`,
	"/v1/package/version":           `{"packageVersion":{"format":"npm","packageName":"p","version":"1.0.0","licenses":[{"name":"MIT"}],"publishedTime":1600000000,"origin":{"originType":"INTERNAL"}}}`,
	"/v1/versions/delete":           `{"successfulVersions":{"1.0.0":{"revision":"r","status":"Deleted"}},"failedVersions":{}}`,
	"/v1/domain/permissions/policy": `{"policy":{"resourceArn":"a","revision":"1","document":"{\"Version\":\"2012-10-17\",\n \"Statement\":[]}"}}`,
}

const callerIdentity = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/x</Arn><UserId>AIDA</UserId><Account>111122223333</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetCallerIdentityResponse>`

const assumedRole = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>ASIAXXXXXXXXXXXXXXXX</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2026-09-21T14:13:20Z</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>AROA:s</AssumedRoleId><Arn>arn:aws:sts::111122223333:assumed-role/r/s</Arn></AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>`

const virtualDevice = `<CreateVirtualMFADeviceResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><CreateVirtualMFADeviceResult><VirtualMFADevice><SerialNumber>arn:aws:iam::111122223333:mfa/phone</SerialNumber><Base32StringSeed>U0VFRA==</Base32StringSeed><QRCodePNG>iVBORw==</QRCodePNG></VirtualMFADevice></CreateVirtualMFADeviceResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></CreateVirtualMFADeviceResponse>`

const noSuchUser = `<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>The user with name x cannot be found.</Message></Error><RequestId>1</RequestId></ErrorResponse>`

// A backend is the test's service. It records requests, so that they are compared too.
type backend struct {
	mu       sync.Mutex
	requests []string
	expires  time.Time // of the sessions that it gives; zero: in the past
}

func (s *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body bytes.Buffer
	_, _ = body.ReadFrom(r.Body)
	_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "/")
	scope, _, _ = strings.Cut(scope, ",")
	if _, after, ok := strings.Cut(scope, "/"); ok {
		scope = after // without the date
	}
	s.mu.Lock()
	s.requests = append(s.requests, strings.Join([]string{r.Method, r.URL.Path, r.URL.Query().Encode(), r.Header.Get("Content-Type"), scope, r.Header.Get("X-Amz-Security-Token"), canonicalBody(body.String())}, "|"))
	s.mu.Unlock()
	if status, text := listReply(r, body.String()); text != "" {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text))
		return
	}
	switch {
	case r.URL.Path == "/v1/authorization-token":
		status, code, text := reply(r.URL.Query().Get("domain"))
		w.Header().Set("Content-Type", "application/json")
		if code != "" {
			w.Header().Set("X-Amzn-Errortype", code)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text))
	case r.URL.Path == "/", r.URL.Path == "/x/", strings.TrimSuffix(r.URL.Path, "/") == "/sts":
		status, text := 200, callerIdentity
		if strings.Contains(body.String(), "Action=AssumeRole") {
			text = s.session(assumedRole)
		}
		if strings.Contains(body.String(), "Action=GetSessionToken") {
			text = s.session(strings.ReplaceAll(assumedRole, "AssumeRole", "GetSessionToken"))
		}
		if strings.Contains(body.String(), "Action=AssumeRoleWithWebIdentity") {
			text = strings.ReplaceAll(assumedRole, "AssumeRole", "AssumeRoleWithWebIdentity")
		}
		if strings.Contains(body.String(), "Action=GetUser") {
			status, text = 404, noSuchUser
		}
		if strings.Contains(body.String(), "Action=CreateVirtualMFADevice") {
			text = virtualDevice
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text))
	case otherReplies[r.URL.Path] != "":
		_, _ = w.Write([]byte(otherReplies[r.URL.Path]))
	default:
		w.Header().Set("X-Amzn-Errortype", "UnknownOperationException")
		w.WriteHeader(404)
	}
}

func (s *backend) session(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.expires.IsZero() {
		return text
	}
	return strings.Replace(text, "2026-09-21T14:13:20Z", s.expires.UTC().Format(time.RFC3339), 1)
}

// setExpires sets the expiry of the sessions that are given from now on.
func (s *backend) setExpires(end time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expires = end
}

// takeRequests returns the requests so far and forgets them.
func (s *backend) takeRequests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	requests := s.requests
	s.requests = nil
	return requests
}

// canonicalBody returns a form or a document in a form that can be compared, because
// the order of parameters and members has no meaning.
func canonicalBody(s string) string {
	if strings.HasPrefix(s, "{") {
		return strings.Join(strings.Fields(strings.NewReplacer(":", ": ", ",", ", ").Replace(s)), " ")
	}
	parts := strings.Split(s, "&")
	for i := range parts {
		for j := i + 1; j < len(parts); j++ {
			if parts[j] < parts[i] {
				parts[i], parts[j] = parts[j], parts[i]
			}
		}
	}
	return strings.Join(parts, "&")
}

// A comparison is a command line that both programs run.
type comparison struct {
	args  string // words, separated by spaces; % stands for a space inside one
	env   string // more of the environment, NAME=value separated by spaces
	files map[string]string
}

const getToken = "codeartifact get-authorization-token "

type outcome struct {
	clitest.Outcome
	Requests []string
}

// usageOf returns an error without the program's usage, which differs.
func usageOf(text string) string {
	start := strings.Index(text, "usage: aws")
	last := "aws <command> <subcommand> help\n"
	if end := strings.Index(text, last); start >= 0 && end > start {
		text = text[:start] + text[end+len(last):]
	}
	text = strings.ReplaceAll(text, exit.HowToUse, "")
	text = strings.ReplaceAll(text, "\nCommands\n"+command.CommandList((&App{}).table()), "") // as gh has it
	text = strings.ReplaceAll(text, "aws: error:", "daypass: error:")
	var lines []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "daypass: hint:") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// A fixture is what a run of a program has for itself: a home folder and a service.
type fixture struct {
	home    string
	backend *backend
	server  *httptest.Server
}

func newFixture(t *testing.T, files map[string]string) *fixture {
	t.Helper()
	s := &fixture{home: t.TempDir(), backend: &backend{}}
	for name, content := range files {
		path := filepath.Join(s.home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.server = httptest.NewServer(s.backend)
	t.Cleanup(s.server.Close)
	return s
}

// command returns the command line of a comparison in this fixture.
func (s *fixture) command(c *comparison) clitest.Case {
	expand := strings.NewReplacer("URL", s.server.URL, "HOME", s.home, "%", " ")
	out := clitest.Case{Dir: s.home, Args: []string{}}
	for word := range strings.FieldsSeq(c.args) {
		out.Args = append(out.Args, expand.Replace(word))
	}
	out.Env = []string{"HOME=" + s.home, "PATH=/usr/bin:/bin", "TZ=UTC", "LANG=C.UTF-8", "AWS_EC2_METADATA_DISABLED=true", "AWS_MAX_ATTEMPTS=1"}
	if !strings.HasPrefix(c.env, "-") {
		out.Env = append(out.Env, "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=AKIAXXXXXXXXXXXXXXXX", "AWS_SECRET_ACCESS_KEY=secret")
	}
	for word := range strings.FieldsSeq(strings.TrimPrefix(c.env, "-")) {
		name, value, _ := strings.Cut(word, "=")
		out.Env = append(out.Env, name+"="+expand.Replace(value))
	}
	return out
}

// outcome returns the outcome of a run without what differs between fixtures.
func (s *fixture) outcome(o clitest.Outcome) outcome {
	local := strings.NewReplacer(s.server.URL, "URL", s.home, "HOME")
	o.Stdout, o.Stderr = local.Replace(o.Stdout), usageOf(local.Replace(o.Stderr))
	return outcome{o, s.backend.takeRequests()}
}

func TestCommandLinesEqualTheAWSCLI(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	comparisons := slices.Concat(comparisons, profileComparisons, listComparisons)
	stages := make([]*fixture, len(comparisons))
	cases := make([]clitest.Case, len(comparisons))
	for i := range comparisons {
		stages[i] = newFixture(t, comparisons[i].files)
		cases[i] = stages[i].command(&comparisons[i])
	}
	wants := clitest.Run(t, cases)
	for i := range comparisons {
		c := &comparisons[i]
		want := stages[i].outcome(wants[i])
		t.Run(c.env+" "+c.args, func(t *testing.T) {
			t.Parallel()
			s := newFixture(t, c.files)
			ours := s.command(c)
			ours.Env = append(ours.Env, "CLI_UNDER_TEST=1")
			if diff := cmp.Diff(want, s.outcome(clitest.Exec(t, self, ours))); diff != "" {
				t.Errorf("daypass %s (-aws +daypass):\n%s", c.args, diff)
			}
		})
	}
}
