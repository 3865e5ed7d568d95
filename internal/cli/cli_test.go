package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/cli/clitest"
	"daypass/internal/cli/exit"
)

// daypass runs the command in a process of its own.
func daypass(t *testing.T, s *fixture, env, args string) outcome {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := s.command(&comparison{args: args, env: env})
	c.Env = append(c.Env, "CLI_UNDER_TEST=1")
	return s.outcome(clitest.Exec(t, self, c))
}

// inProcess runs the command in this process, for tests that need no environment.
func inProcess(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	app := &App{
		Args: args, Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &err, Version: "1.0.0",
		Now:   func() time.Time { return time.Date(2026, 9, 21, 12, 0, 0, 0, time.UTC) },
		Sleep: func(context.Context, time.Duration) {},
	}
	code = app.Main(t.Context())
	return code, out.String(), err.String()
}

func TestTokenCommandIsAlsoATopLevelCommand(t *testing.T) {
	t.Parallel()
	s := newFixture(t, nil)
	got := daypass(t, s, "", "get-authorization-token --endpoint-url URL --domain test-domain --query authorizationToken --output text")
	want := outcome{clitest.Outcome{Stdout: token + "\n"}, []string{"POST|/v1/authorization-token|domain=test-domain||us-east-1/codeartifact/aws4_request||"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestUnknownWordsGetASuggestion(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"codeartefact":                         "daypass: error: unknown command \"codeartefact\"\ndaypass: hint: did you mean codeartifact?\n",
		"zzz":                                  "daypass: error: unknown command \"zzz\"\n",
		"codeartifact get-authorisation-token": "daypass: error: unknown codeartifact operation \"get-authorisation-token\"\ndaypass: hint: did you mean get-authorization-token?\n",
		"token revok":                          "daypass: error: unknown token command \"revok\"\ndaypass: hint: did you mean revoke?\n",
		"get-authorization-token --domain abc --domain-ownr 1": "Unknown options: --domain-ownr, 1\ndaypass: hint: unknown option --domain-ownr: did you mean --domain-owner?\n",
		"get-authorization-token --domain abc --regoin x":      "Unknown options: --regoin, x\ndaypass: hint: unknown option --regoin: did you mean --region?\n",
		"get-authorization-token --domian abc":                 "daypass: error: the following arguments are required: --domain\ndaypass: hint: unknown option --domian: did you mean --domain?\n",
		"token describe --tokn=abc":                            "daypass: error: the following arguments are required: --token\ndaypass: hint: unknown option --tokn: did you mean --token?\n",
		"token describe --zzz":                                 "daypass: error: the following arguments are required: --token\ndaypass: hint: unknown option --zzz\n",
		"iam get-user -- --user-name x --region y":             "Unknown options: --region, y\ndaypass: hint: words after -- are not options\n",
		"token revoke":                        "daypass: error: give exactly one of --token, --token-id, --principal, --issued-before\n\n",
		"token revoke --token-id a --token b": "daypass: error: give exactly one of --token, --token-id, --principal, --issued-before\n\n",
		"token describe":                      "daypass: error: the following arguments are required: --token\n\n",
		"serve":                               "daypass: error: this program was built without the server\n",
	} {
		code, stdout, stderr := inProcess(t, "", strings.Fields(args)...)
		wantExit := exit.Usage
		if args == "serve" {
			wantExit = exit.General
		}
		if code != wantExit || stdout != "" {
			t.Errorf("%s: exit %d, output %q", args, code, stdout)
		}
		got := strings.TrimPrefix(strings.ReplaceAll(stderr, exit.HowToUse, ""), "\n")
		if diff := cmp.Diff(strings.TrimRight(want, "\n"), strings.Trim(got, "\n")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", args, diff)
		}
	}
}

func TestNoArgumentsListTheCommands(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := inProcess(t, "")
	if code != exit.Usage || stdout != "" || !strings.Contains(stderr, "daypass: error: the following arguments are required: command\n") {
		t.Errorf("exit %d, %s%s", code, stdout, stderr)
	}
	for _, c := range (&App{}).table() {
		if !c.Hidden && !strings.Contains(stderr, "\n  "+c.Name+" ") {
			t.Errorf("%s is not named", c.Name)
		}
	}
}

func TestHelpIsPrintedForEveryWayToAsk(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"help":                      "get-authorization-token",
		"--help":                    "get-authorization-token",
		"-h":                        "get-authorization-token",
		"codeartifact help":         "\n  get-authorization-token ",
		"codeartifact --help":       "\n  get-authorization-token ",
		"sts help":                  "\n  assume-role",
		"iam help":                  "\n  create-user",
		"daypass help":              "\n  revoke-token ",
		"token help":                "token revoke --token T | --token-id ID",
		"token revoke --help":       "token revoke --token",
		"token revoke --token x -h": "T is the token itself, - for standard input, or file://PATH.",
		"help token revoke":         "token revoke --token",
		"help iam create-user":      "--user-name VALUE (string), required",
		"iam create-user --user-name x --tags Key=a --help": "--user-name VALUE (string), required",
		"help audit":                                           "calls no server",
		"audit --since 1h -h":                                  "calls no server",
		"explain --principal x --help":                         "--principal ARN, required",
		"credentials --format env -h":                          "--token-code",
		"help get-authorization-token":                         "--web-identity-token-file",
		"account create help":                                  "account create [--account-id NUMBER] [--name NAME]",
		"get-authorization-token help":                         "--duration-seconds VALUE (long)",
		"codeartifact get-authorization-token --domain --help": "--domain VALUE (string), required",
		"codeartifact get-package-version-asset help":          "<outfile>",
		"codeartifact copy-package-versions help":              "--allow-overwrite | --no-allow-overwrite (boolean)",
		"version":                "daypass/1.0.0 Go/",
		"--version":              "daypass/1.0.0 Go/",
		"--version codeartifact": "daypass/1.0.0 Go/",
	} {
		code, stdout, stderr := inProcess(t, "", strings.Fields(args)...)
		if code != 0 || !strings.Contains(stdout, want) || stderr != "" {
			t.Errorf("%s: exit %d, %q, %q", args, code, stdout, stderr)
		}
	}
}

// The models have a sentence for few parameters, and bounds for most.
func TestHelpShowsTheBoundsOfParametersWithoutASentence(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"iam create-role help":                "--role-name VALUE (string), required\n      1 to 64 characters.\n",
		"sts assume-role help":                "--duration-seconds VALUE (integer)\n      900 to 43200.\n",
		"iam tag-role help":                   "--tags VALUE ... (list), required\n      At most 50 entries.\n",
		"codeartifact create-domain help":     "--domain VALUE (string), required\n      2 to 50 characters.\n",
		"sts get-session-token help":          "--token-code VALUE (string)\n      Exactly 6 characters.\n",
		"iam create-service-linked-role help": "--description VALUE (string)\n      At most 1000 characters.\n",
		"get-authorization-token help":        "--domain VALUE (string), required\n      Name of the domain that the token is for.\n",
	} {
		code, stdout, stderr := inProcess(t, "", strings.Fields(args)...)
		if code != 0 || !strings.Contains(stdout, want) {
			t.Errorf("%s: exit %d, %s%s", args, code, stdout, stderr)
		}
	}
}

func TestHelpForAnUnknownCommandIsAnError(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"help bogus":         `unknown command "bogus"`,
		"help iam bogus":     `unknown iam operation "bogus"`,
		"bogus --help":       `unknown command "bogus"`,
		"help token revok":   "did you mean revoke?",
		"iam bogus x -h":     `unknown iam operation "bogus"`,
		"token bogus --help": `unknown token command "bogus"`,
	} {
		code, _, stderr := inProcess(t, "", strings.Fields(args)...)
		if code != exit.Usage || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit %d, %q", args, code, stderr)
		}
	}
}

func TestServeGetsEveryArgument(t *testing.T) {
	t.Parallel()
	var got []string
	app := &App{Args: []string{"serve", "--region", "x", "--help", "help"}, Serve: func(_ context.Context, args []string) int {
		got = args
		return 7
	}}
	if code := app.Main(t.Context()); code != 7 {
		t.Errorf("exit %d", code)
	}
	if diff := cmp.Diff([]string{"--region", "x", "--help", "help"}, got); diff != "" {
		t.Error(diff)
	}
}

// ownServer returns the URL of a server that answers Daypass's own operations with
// their input.
func ownServer(t *testing.T) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		var asked map[string]any
		if len(body) > 0 {
			if err := json.Unmarshal(body, &asked); err != nil {
				t.Error(err)
			}
		}
		answer := map[string]any{"tokenId": r.URL.Path + " " + strings.TrimSpace(string(body)), "principalArn": asked["principalArn"]}
		if r.URL.Path == "/daypass/v1/account" {
			answer = map[string]any{"account": asked, "accessKeyId": "AKIA", "secretAccessKey": "once"}
		}
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestShortCommandsCallDaypassOperations(t *testing.T) {
	t.Parallel()
	url := ownServer(t)
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(" daypass_file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const id = "ABIAABCDEFGHIJKLMNOP"
	for args, want := range map[string]string{
		"token revoke --token daypass_x":                    `/daypass/v1/token/revoke {"token":"daypass_x"}`,
		"token revoke --token -":                            `/daypass/v1/token/revoke {"token":"daypass_stdin"}`,
		"token revoke --token file://" + file:               `/daypass/v1/token/revoke {"token":"daypass_file"}`,
		"token revoke --token-id " + id:                     `/daypass/v1/token/revoke {"tokenId":"` + id + `"}`,
		"token revoke --principal arn:aws:x":                `/daypass/v1/token/revoke {"principalArn":"arn:aws:x"}`,
		"token revoke --issued-before 2026-09-21T14:13:20Z": `/daypass/v1/token/revoke {"issuedBefore":1790000000}`,
		"token revoke --issued-before 1790000000":           `/daypass/v1/token/revoke {"issuedBefore":1790000000}`,
		"token revoke --issued-before 1h":                   `/daypass/v1/token/revoke {"issuedBefore":1789988400}`,
		"token revoke --issued-before 1d":                   `/daypass/v1/token/revoke {"issuedBefore":1789905600}`,
		"token revoke --issued-before 2026-09-21":           `/daypass/v1/token/revoke {"issuedBefore":1789948800}`,
		"token describe --token -":                          `/daypass/v1/token/describe {"token":"daypass_stdin"}`,
		"daypass describe-token --token daypass_y":          `/daypass/v1/token/describe {"token":"daypass_y"}`,
	} {
		words := append([]string{"--endpoint-url", url, "--no-sign-request", "--region", "us-east-1", "--query", "tokenId", "--output", "text"}, strings.Fields(args)...)
		code, stdout, stderr := inProcess(t, "daypass_stdin\n", words...)
		if code != 0 || strings.TrimSpace(stdout) != want {
			t.Errorf("%s: exit %d\n%s\n%s\nwant %s", args, code, stdout, stderr, want)
		}
	}
	code, stdout, _ := inProcess(t, "", "--endpoint-url", url, "--no-sign-request", "--region", "us-east-1", "account", "create", "--account-id", account, "--name", "second", "--output", "yaml")
	want := "accessKeyId: AKIA\naccount:\n  accountId: '111122223333'\n  name: second\nsecretAccessKey: once\n"
	if code != 0 || stdout != want {
		t.Errorf("exit %d, %s", code, stdout)
	}
}

func TestTimesThatCannotBeReadAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"yesterday", "", "7x", "-1h", "99999d", "d", "2026-13-01", "1e9", "0x10"} {
		code, _, stderr := inProcess(t, "", "token", "revoke", "--issued-before="+text, "--endpoint-url", "http://127.0.0.1:1", "--no-sign-request")
		want := fmt.Sprintf("daypass: error: token revoke: --issued-before %q: expected a time such as 2026-11-27T18:00:00Z or 2026-11-27, or how long ago, such as 1h or 7d\n", text)
		if code != exit.Usage || !strings.HasSuffix(strings.TrimSpace(stderr)+"\n", want) {
			t.Errorf("%q: exit %d, %s", text, code, stderr)
		}
	}
}

// The machine is in no cloud, or its metadata service has no role for it.
func TestMissingCredentialsAreReportedInOneLine(t *testing.T) {
	t.Parallel()
	for _, env := range []string{"AWS_REGION=us-east-1", ""} {
		got := daypass(t, newFixture(t, nil), "- AWS_EC2_METADATA_DISABLED=false AWS_EC2_METADATA_SERVICE_ENDPOINT=URL/ "+env, "sts get-caller-identity --endpoint-url URL")
		want := "\nUnable to locate credentials. You can configure credentials by running \"aws configure\".\n"
		if env == "" {
			want = "\nYou must specify a region. You can also configure your region by running \"aws configure\".\n"
		}
		if got.Exit != exit.Config || got.Stderr != want || got.Stdout != "" {
			t.Errorf("%q: %+v", env, got)
		}
	}
}

func TestDaypassOperationsNeedAnEndpoint(t *testing.T) {
	t.Parallel()
	got := daypass(t, newFixture(t, nil), "", "keys list")
	want := "\nYou must say where Daypass is: set AWS_ENDPOINT_URL or use --endpoint-url, for example http://127.0.0.1:8787.\n"
	if got.Exit != exit.Config || got.Stderr != want {
		t.Errorf("%+v", got)
	}
}

func TestErrorsShowNoPasswordAndNoControlCharacter(t *testing.T) {
	t.Parallel()
	s := newFixture(t, nil)
	got := daypass(t, s, "", "sts get-caller-identity --endpoint-url http://someone:hunter2@127.0.0.1:1")
	if got.Exit == 0 || strings.Contains(got.Stderr, "hunter2") || !strings.Contains(got.Stderr, "127.0.0.1:1") {
		t.Errorf("exit %d, %s", got.Exit, got.Stderr)
	}
	got = daypass(t, s, "", "sts \u009b2Jx\u202e")
	if got.Exit == 0 || strings.ContainsAny(got.Stderr, "\u009b\u202e") {
		t.Errorf("exit %d, %q", got.Exit, got.Stderr)
	}
}

func TestDebugPrintsNoSecret(t *testing.T) {
	t.Parallel()
	s := newFixture(t, nil)
	env := "- AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=AKIAXXXXXXXXXXXXXXXX AWS_SECRET_ACCESS_KEY=topsecretkey AWS_SESSION_TOKEN=topsecretsession"
	for _, args := range []string{
		"get-authorization-token --endpoint-url URL --domain test-domain --debug",
		"get-authorization-token --endpoint-url URL --domain throttled --debug",
		"token revoke --endpoint-url URL --token topsecrettoken --debug",
		"token revoke --endpoint-url URL --token=topsecrettoken --debug",
		`daypass revoke-token --endpoint-url URL --cli-input-json {"token":"topsecrettoken"} --debug`,
		`daypass revoke-token --endpoint-url URL --cli-input-json={"token":"topsecrettoken"} --debug`,
	} {
		got := daypass(t, s, env, args)
		if !strings.Contains(got.Stderr, "daypass: debug: request: POST URL/") || !strings.Contains(got.Stderr, "daypass: debug: reply: ") {
			t.Errorf("%s: nothing told: %s", args, got.Stderr)
		}
		for _, secret := range []string{"topsecret", token, "Signature=0", "Signature=1", "Signature=a"} {
			if strings.Contains(got.Stderr, secret) {
				t.Errorf("%s tells %q:\n%s", args, secret, got.Stderr)
			}
		}
	}
}

func TestEndpointComesFromTheMostSpecificSetting(t *testing.T) {
	t.Parallel()
	services := "[profile p]\nregion=us-east-1\nservices=mine\nendpoint_url=URL/profile\n[services mine]\ncodeartifact =\n  endpoint_url = URL/services\n[profile q]\nregion=us-east-1\nendpoint_url = URL/profile\n"
	for _, c := range []struct{ env, args, want string }{
		{"AWS_ENDPOINT_URL=URL/all", "", "/all"},
		{"AWS_ENDPOINT_URL=URL/all AWS_ENDPOINT_URL_CODEARTIFACT=URL/one", "", "/one"},
		{"AWS_ENDPOINT_URL_STS=URL/sts AWS_ENDPOINT_URL=URL/all", "", "/all"},
		{"AWS_ENDPOINT_URL=URL/all AWS_ENDPOINT_URL_CODEARTIFACT=URL/one", " --endpoint-url URL/flag", "/flag"},
		{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true AWS_ENDPOINT_URL=URL/all", " --endpoint-url URL/flag", "/flag"},
		{"AWS_PROFILE=p", "", "/services"},
		{"AWS_PROFILE=q", "", "/profile"},
		{"AWS_PROFILE=p AWS_ENDPOINT_URL=URL/all", "", "/all"},
	} {
		s := newFixture(t, nil)
		writeConfig(t, s, services)
		got := daypass(t, s, c.env, "get-authorization-token --domain abc"+c.args)
		if len(got.Requests) != 1 || !strings.HasPrefix(got.Requests[0], "POST|"+c.want+"/v1/authorization-token|") {
			t.Errorf("%s%s: %q %s", c.env, c.args, got.Requests, got.Stderr)
		}
	}
}

func writeConfig(t *testing.T, s *fixture, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(s.home, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	text = strings.NewReplacer("URL", s.server.URL, "HOME", s.home).Replace(text)
	if err := os.WriteFile(filepath.Join(s.home, ".aws", "config"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCredentialsComeFromTheWholeChain(t *testing.T) {
	t.Parallel()
	const keys = `{"Version":1,"AccessKeyId":"AKIAPROCESS","SecretAccessKey":"s","SessionToken":"processtoken"}`
	s := newFixture(t, map[string]string{"keys.json": keys, "web": "a.b.c"})
	writeConfig(t, s, "[profile base]\naws_access_key_id=AKIABASE\naws_secret_access_key=b\n"+
		"[profile role]\nrole_arn=arn:aws:iam::111122223333:role/r\nsource_profile=base\nregion=us-east-1\n"+
		"[profile process]\ncredential_process=cat HOME/keys.json\nregion=us-east-1\n"+
		"[profile broken]\ncredential_process=false\nregion=us-east-1\n")
	call := "get-authorization-token --endpoint-url URL --domain abc"
	got := daypass(t, s, "- AWS_ENDPOINT_URL_STS=URL", call+" --profile role")
	if got.Exit != 0 || len(got.Requests) != 2 || !strings.Contains(got.Requests[0], "Action=AssumeRole") || !strings.Contains(got.Requests[1], "|t|") {
		t.Errorf("role: %+v", got)
	}
	got = daypass(t, s, "-", call+" --profile process")
	if got.Exit != 0 || len(got.Requests) != 1 || !strings.Contains(got.Requests[0], "|processtoken|") {
		t.Errorf("process: %+v", got)
	}
	got = daypass(t, s, "-", call+" --profile broken")
	if got.Exit != exit.General || !strings.HasPrefix(got.Stderr, "\nError when retrieving credentials from custom-process: ") || got.Requests != nil {
		t.Errorf("broken process: %+v", got)
	}
}

func TestStreamingContentIsReadFromAndWrittenToFiles(t *testing.T) {
	t.Parallel()
	var got []byte
	var length int64
	tries := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/package/version/asset" {
			w.Header().Set("X-AssetName", "a.whl")
			_, _ = w.Write([]byte("content"))
			return
		}
		tries++
		got, _ = io.ReadAll(r.Body)
		length = r.ContentLength
		if tries == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte(`{"version":"1.0"}`))
	}))
	defer server.Close()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	content := bytes.Repeat([]byte("0123456789"), 10_000)
	if err := os.WriteFile(in, content, 0o600); err != nil {
		t.Fatal(err)
	}
	common := []string{"--endpoint-url", server.URL, "--region", "us-east-1", "--no-sign-request", "--domain", "dd", "--repository", "rr", "--format", "generic", "--package", "p", "--package-version", "1"}
	args := slices.Concat([]string{"codeartifact", "publish-package-version"}, common, []string{"--asset-content", in, "--asset-name", "a", "--asset-sha256", strings.Repeat("0", 64), "--query", "version"})
	code, stdout, stderr := inProcess(t, "", args...)
	if code != 0 || stdout != "\"1.0\"\n" || !bytes.Equal(got, content) || length != int64(len(content)) || tries != 2 {
		t.Errorf("exit %d, %q, %q, %d of %d bytes, %d tries", code, stdout, stderr, len(got), length, tries)
	}
	code, stdout, stderr = inProcess(t, "", slices.Concat([]string{"codeartifact", "get-package-version-asset"}, common, []string{"--asset", "a", out})...)
	data, err := os.ReadFile(out)
	if code != 0 || err != nil || string(data) != "content" || !strings.Contains(stdout, `"assetName": "a.whl"`) {
		t.Errorf("exit %d, %q, %q, %q, %v", code, stdout, stderr, data, err)
	}
}

func TestCertificatesAreVerifiedUnlessTurnedOff(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(&backend{})
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	args := []string{"get-authorization-token", "--endpoint-url", server.URL, "--region", "us-east-1", "--no-sign-request", "--domain", "abc"}
	code, _, stderr := inProcess(t, "", args...)
	if code != exit.General || !strings.HasPrefix(stderr, "\nSSL validation failed for "+server.URL+"/v1/authorization-token?domain=abc ") {
		t.Errorf("exit %d, %s", code, stderr)
	}
	if code, _, stderr = inProcess(t, "", append(args, "--no-verify-ssl")...); code != 0 {
		t.Errorf("exit %d, %s", code, stderr)
	}
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(bundle, pemOf(server), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr = inProcess(t, "", append(args, "--ca-bundle", bundle)...); code != 0 {
		t.Errorf("exit %d, %s", code, stderr)
	}
	if code, _, stderr = inProcess(t, "", append(args, "--ca-bundle", bundle+"x")...); code != exit.General || !strings.Contains(stderr, "invalid path: "+bundle+"x") {
		t.Errorf("exit %d, %s", code, stderr)
	}
}

func pemOf(server *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
}

func TestRetriesWaitLongerAndStopAtTheBound(t *testing.T) {
	t.Parallel()
	tries := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		tries++
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	defer server.Close()
	var waits []time.Duration
	var out bytes.Buffer
	app := &App{
		Args:   []string{"get-authorization-token", "--endpoint-url", server.URL, "--region", "us-east-1", "--no-sign-request", "--domain", "abc"},
		Stdout: &out, Stderr: &out, Random: func() float64 { return 0.5 },
		Sleep: func(_ context.Context, d time.Duration) { waits = append(waits, d) },
	}
	if code := app.Main(t.Context()); code != exit.Service || tries != 3 {
		t.Errorf("exit %d after %d tries: %s", code, tries, out.String())
	}
	if diff := cmp.Diff([]time.Duration{500 * time.Millisecond, time.Second}, waits); diff != "" {
		t.Error(diff)
	}
}

// FuzzArgs checks that no command line makes the command panic, and that none with
// --generate-cli-skeleton sends anything.
func FuzzArgs(f *testing.F) {
	for _, c := range comparisons {
		f.Add(c.args)
	}
	f.Fuzz(func(t *testing.T, line string) {
		words := append([]string{"codeartifact"}, strings.Fields(line)...)
		if slices.Contains(words, "serve") || strings.Contains(line, "file") {
			return
		}
		app := &App{Args: append(words, "--generate-cli-skeleton"), Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard, Sleep: func(context.Context, time.Duration) {
			t.Fatalf("%q was sent", words)
		}}
		switch code := app.Main(t.Context()); code {
		case 0, exit.Usage, exit.Config, exit.General:
		default:
			t.Fatalf("%q: exit %d", words, code)
		}
	})
}
