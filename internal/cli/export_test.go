package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"daypass/internal/cli/command"
	"daypass/internal/cli/exit"
)

const mfaProfiles = `[profile base]
aws_access_key_id = AKIABASE
aws_secret_access_key = topsecretkey
region = us-east-1
[profile role]
role_arn = arn:aws:iam::111122223333:role/r
source_profile = base
mfa_serial = arn:aws:iam::111122223333:mfa/phone
region = us-east-1
[profile second]
role_arn = arn:aws:iam::111122223333:role/r
source_profile = base
mfa_serial = arn:aws:iam::111122223333:mfa/spare
region = us-east-1
[profile behind]
role_arn = arn:aws:iam::111122223333:role/deeper
source_profile = role
region = us-east-1
[profile keys]
aws_access_key_id = AKIAKEYS
aws_secret_access_key = topsecretkey
mfa_serial = arn:aws:iam::111122223333:mfa/phone
duration_seconds = 900
region = us-east-1
[profile plain]
role_arn = arn:aws:iam::111122223333:role/r
source_profile = base
region = us-east-1
`

// newMFAFixture returns a fixture whose service gives sessions for an hour.
func newMFAFixture(t *testing.T) *fixture {
	t.Helper()
	s := newFixture(t, nil)
	writeConfig(t, s, mfaProfiles)
	s.backend.setExpires(time.Now().Add(time.Hour))
	return s
}

// calls returns the operations that were called, with the one-time codes.
func calls(requests []string) []string {
	var names []string
	for _, r := range requests {
		name := "GetAuthorizationToken"
		for word := range strings.FieldsFuncSeq(r, func(c rune) bool { return c == '|' || c == '&' }) {
			if action, ok := strings.CutPrefix(word, "Action="); ok {
				name = action
			}
		}
		for word := range strings.FieldsFuncSeq(r, func(c rune) bool { return c == '|' || c == '&' }) {
			if code, ok := strings.CutPrefix(word, "TokenCode="); ok {
				name += " " + code
			}
		}
		names = append(names, name)
	}
	return names
}

const (
	mfaEnv   = "- AWS_ENDPOINT_URL=URL CLI_TYPES=123456"
	mfaToken = "get-authorization-token --domain abc --profile "
	prompted = "Enter MFA code for arn:aws:iam::111122223333:mfa/phone: \n"
)

func TestOneCodeLastsForOneSession(t *testing.T) {
	t.Parallel()
	s := newMFAFixture(t)
	first := daypass(t, s, mfaEnv, mfaToken+"role")
	if first.Exit != 0 || first.Stderr != prompted || strings.Contains(first.Requests[0], "DurationSeconds") { // the service's default is an hour
		t.Errorf("first: %+v", first)
	}
	if diff := cmp.Diff([]string{"AssumeRole 123456", "GetAuthorizationToken"}, calls(first.Requests)); diff != "" {
		t.Error(diff)
	}
	again := daypass(t, s, mfaEnv, mfaToken+"role")
	if again.Exit != 0 || again.Stderr != "" || again.Stdout != first.Stdout {
		t.Errorf("again: %+v", again)
	}
	if diff := cmp.Diff(first.Requests[1:], again.Requests); diff != "" {
		t.Error(diff)
	}
	exported := daypass(t, s, mfaEnv, "credentials --profile role")
	want := "{\n  \"Version\": 1,\n  \"AccessKeyId\": \"ASIAXXXXXXXXXXXXXXXX\",\n  \"SecretAccessKey\": \"s\",\n  \"SessionToken\": \"t\",\n  \"Expiration\": \"" + s.backend.expires.UTC().Format(time.RFC3339) + "\"\n}\n"
	if exported.Exit != 0 || exported.Stdout != want || exported.Requests != nil {
		t.Errorf("credentials: %+v", exported)
	}
	refreshed := daypass(t, s, mfaEnv, "credentials --profile role --refresh")
	if diff := cmp.Diff([]string{"AssumeRole 123456"}, calls(refreshed.Requests)); diff != "" {
		t.Error(diff)
	}
}

func TestSessionsAreKeptForTheirOwnerAlone(t *testing.T) {
	t.Parallel()
	s := newMFAFixture(t)
	daypass(t, s, mfaEnv, "credentials --profile role")
	files := sessionFiles(t, s)
	if len(files) != 1 {
		t.Fatalf("kept: %q", files)
	}
	for path, want := range map[string]os.FileMode{files[0]: 0o600, filepath.Dir(files[0]): os.ModeDir | 0o700} {
		info, err := os.Stat(path)
		if err != nil || info.Mode() != want {
			t.Errorf("%s: mode %v, %v, want %v", path, info.Mode(), err, want)
		}
	}
	if err := os.Chmod(files[0], 0o644); err != nil { // others may have read it, or laid it there
		t.Fatal(err)
	}
	got := daypass(t, s, mfaEnv, "credentials --profile role")
	if diff := cmp.Diff([]string{"AssumeRole 123456"}, calls(got.Requests)); diff != "" {
		t.Error(diff)
	}
	for _, content := range []string{"", "{", `{"Version":2}`, `{"Version":1,"AccessKeyId":"a","SecretAccessKey":"b"}`, strings.Repeat(" ", 64<<10+1) + "{}"} {
		if err := os.WriteFile(files[0], []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		got := daypass(t, s, mfaEnv, "credentials --profile role")
		if got.Exit != 0 || len(got.Requests) != 1 {
			t.Errorf("kept %q: %+v", content, got)
		}
	}
}

func sessionFiles(t *testing.T, s *fixture) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.home, ".cache", "daypass", "sessions", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestSessionsOfProfilesDoNotMix(t *testing.T) {
	t.Parallel()
	s := newMFAFixture(t)
	opens := func(env, args string, want ...string) {
		t.Helper()
		got := daypass(t, s, env, args)
		if diff := cmp.Diff(want, calls(got.Requests)); diff != "" || got.Exit != 0 {
			t.Errorf("%s %s: %s%+v", env, args, diff, got)
		}
	}
	opens(mfaEnv, "credentials --profile role", "AssumeRole 123456")
	opens(mfaEnv, "credentials --profile second", "AssumeRole 123456") // the same role, by another device
	opens(mfaEnv, "credentials --profile behind", "AssumeRole 123456", "AssumeRole")
	opens(mfaEnv, "credentials --profile keys", "GetSessionToken 123456")
	opens(mfaEnv, "credentials --profile role --endpoint-url URL/", "AssumeRole 123456") // another server, for all we know
	opens(mfaEnv+" AWS_PROFILE=role", "credentials")
	for _, name := range []string{"role", "second", "behind", "keys"} {
		opens(mfaEnv, "credentials --profile "+name)
	}
	opens(mfaEnv, mfaToken+"behind", "GetAuthorizationToken")
	opens(mfaEnv, "credentials --profile plain", "AssumeRole") // without a code nothing is kept
	opens(mfaEnv, "credentials --profile plain", "AssumeRole")
	writeConfig(t, s, strings.Replace(mfaProfiles, "AKIABASE", "AKIAOTHER", 1)) // another user
	opens(mfaEnv, "credentials --profile role", "AssumeRole 123456")
}

func TestASessionThatEndsSoonIsNotHandedOut(t *testing.T) {
	t.Parallel()
	s := newMFAFixture(t)
	s.backend.setExpires(time.Now().Add(time.Minute))
	for range 2 {
		got := daypass(t, s, mfaEnv, "credentials --profile role")
		if diff := cmp.Diff([]string{"AssumeRole 123456"}, calls(got.Requests)); diff != "" {
			t.Error(diff)
		}
	}
	s.backend.setExpires(time.Now().Add(-time.Minute))
	daypass(t, s, mfaEnv, "credentials --profile second")
	s.backend.setExpires(time.Now().Add(time.Hour))
	daypass(t, s, mfaEnv, "credentials --profile keys")
	if files := sessionFiles(t, s); len(files) != 2 { // what has ended is swept away
		t.Errorf("kept: %q", files)
	}
}

func TestASessionThatTheServiceRefusesIsForgotten(t *testing.T) {
	t.Parallel()
	s := newMFAFixture(t)
	got := daypass(t, s, mfaEnv, "get-authorization-token --domain ended --profile role")
	if got.Exit != exit.Service || sessionFiles(t, s) != nil {
		t.Errorf("%+v, kept: %q", got, sessionFiles(t, s))
	}
}

func TestOneTimeCodeComesFromTerminalOptionOrFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "code")
	if err := os.WriteFile(file, []byte("654321\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const (
		noTerminal = "\nA one-time code of the MFA device arn:aws:iam::111122223333:mfa/phone is needed, and there is no terminal to ask for it: run \"daypass credentials --profile role\" in a terminal first, or give it the code with --token-code.\n"
		noCode     = "\nError parsing parameter '--token-code': expected six digits\n"
	)
	for name, c := range map[string]struct {
		env, args string
		code      int
		stderr    string
		want      []string
	}{
		"the terminal":          {mfaEnv, "credentials --profile role", 0, prompted, []string{"AssumeRole 123456"}},
		"an option":             {mfaEnv, "credentials --profile role --token-code 654321", 0, "", []string{"AssumeRole 654321"}},
		"an option, for keys":   {mfaEnv, "credentials --profile keys --token-code 654321", 0, "", []string{"GetSessionToken 654321"}},
		"a file":                {mfaEnv, "credentials --profile role --token-code file://" + file, 0, "", []string{"AssumeRole 654321"}},
		"nowhere":               {"- AWS_ENDPOINT_URL=URL", "credentials --profile role", exit.Config, noTerminal, nil},
		"nowhere, for a token":  {"- AWS_ENDPOINT_URL=URL", mfaToken + "role", exit.Config, noTerminal, nil},
		"a typing mistake":      {"- AWS_ENDPOINT_URL=URL CLI_TYPES=12345", "credentials --profile role", exit.Usage, prompted + "\nThe MFA code must be six digits.\n", nil},
		"an option, no code":    {mfaEnv, "credentials --profile role --token-code abcdef", exit.Usage, noCode, nil},
		"an option, other ones": {mfaEnv, "credentials --profile role --token-code ١٢٣٤٥٦", exit.Usage, noCode, nil},
		"no file":               {mfaEnv, "credentials --profile role --token-code file:///none", exit.Usage, "\nError parsing parameter '--token-code': Unable to load paramfile file:///none: [Errno 2] No such file or directory: '/none'\n", nil},
	} {
		s := newMFAFixture(t)
		got := daypass(t, s, c.env, c.args)
		if got.Exit != c.code || got.Stderr != c.stderr {
			t.Errorf("%s: exit %d, %s", name, got.Exit, got.Stderr)
		}
		if diff := cmp.Diff(c.want, calls(got.Requests)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// The AWS CLI uses mfa_serial only together with role_arn. So do all commands except
// credentials.
func TestOnlyCredentialsUsesAnMFADeviceBesideKeys(t *testing.T) {
	t.Parallel()
	s := newMFAFixture(t)
	got := daypass(t, s, "- AWS_ENDPOINT_URL=URL", mfaToken+"keys")
	if diff := cmp.Diff([]string{"GetAuthorizationToken"}, calls(got.Requests)); diff != "" || got.Exit != 0 {
		t.Errorf("%s%+v", diff, got)
	}
	got = daypass(t, s, mfaEnv, "credentials --profile keys")
	if len(got.Requests) != 1 || !strings.Contains(got.Requests[0], "DurationSeconds=900") || !strings.Contains(got.Requests[0], "SerialNumber=arn%3Aaws%3Aiam%3A%3A111122223333%3Amfa%2Fphone") {
		t.Errorf("%+v", got)
	}
}

func TestCredentialsArePrintedAsTheyAreFound(t *testing.T) {
	t.Parallel()
	s := newMFAFixture(t)
	env := "- AWS_ENDPOINT_URL=URL AWS_ACCESS_KEY_ID=AKIAENV AWS_SECRET_ACCESS_KEY=x"
	for _, c := range []struct{ env, args, want string }{
		{env, "credentials", "{\n  \"Version\": 1,\n  \"AccessKeyId\": \"AKIAENV\",\n  \"SecretAccessKey\": \"x\"\n}\n"},
		{env + " AWS_SESSION_TOKEN=y", "credentials", "{\n  \"Version\": 1,\n  \"AccessKeyId\": \"AKIAENV\",\n  \"SecretAccessKey\": \"x\",\n  \"SessionToken\": \"y\"\n}\n"},
		{env + " AWS_PROFILE=keys", "credentials --format env", "export AWS_ACCESS_KEY_ID=AKIAENV\nexport AWS_SECRET_ACCESS_KEY=x\nunset AWS_SESSION_TOKEN\n"},
		{env, "credentials --profile base --format env", "export AWS_ACCESS_KEY_ID=AKIABASE\nexport AWS_SECRET_ACCESS_KEY=topsecretkey\nunset AWS_SESSION_TOKEN\n"},
	} {
		got := daypass(t, s, c.env, c.args)
		if got.Exit != 0 || got.Stdout != c.want || got.Requests != nil {
			t.Errorf("%s %s: %+v", c.env, c.args, got)
		}
	}
	for args, want := range map[string]string{
		"credentials --profile none":     "The config profile (none) could not be found",
		"credentials --format xml":       "argument --format: Invalid choice, valid choices are:",
		"credentials --tokencode 123456": "Unknown options: --tokencode, 123456", // the hint is cut with the usage
		"credentials more":               "Unknown options: more",
	} {
		got := daypass(t, s, "-", args)
		if got.Exit == 0 || !strings.Contains(got.Stderr, want) {
			t.Errorf("%s: %+v", args, got)
		}
	}
	code, stdout, _ := inProcess(t, "", "credentials", "help")
	if code != 0 || !strings.Contains(stdout, "usage: daypass [options] credentials [parameters]\n") {
		t.Errorf("exit %d, %s", code, stdout)
	}
}

func TestPrintedCredentialsAreSafeForShells(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	good := aws.Credentials{AccessKeyID: "ASIA1", SecretAccessKey: "a/b+c=", SessionToken: "t_-.", CanExpire: true, Expires: at}
	odd := aws.Credentials{AccessKeyID: "AKIA1", SecretAccessKey: "$(touch x)'", SessionToken: "`id`"}
	for _, c := range []struct {
		format string
		in     aws.Credentials
		want   string
	}{
		{formatEnv, good, "export AWS_ACCESS_KEY_ID=ASIA1\nexport AWS_SECRET_ACCESS_KEY=a/b+c=\nexport AWS_SESSION_TOKEN=t_-.\nexport AWS_CREDENTIAL_EXPIRATION=2026-11-01T12:00:00Z\n"},
		{formatNoExport, good, "AWS_ACCESS_KEY_ID=ASIA1\nAWS_SECRET_ACCESS_KEY=a/b+c=\nAWS_SESSION_TOKEN=t_-.\nAWS_CREDENTIAL_EXPIRATION=2026-11-01T12:00:00Z\n"},
		{formatPowerShell, good, "$Env:AWS_ACCESS_KEY_ID=\"ASIA1\"\n$Env:AWS_SECRET_ACCESS_KEY=\"a/b+c=\"\n$Env:AWS_SESSION_TOKEN=\"t_-.\"\n$Env:AWS_CREDENTIAL_EXPIRATION=\"2026-11-01T12:00:00Z\"\n"},
		{formatCmd, good, "set AWS_ACCESS_KEY_ID=ASIA1\nset AWS_SECRET_ACCESS_KEY=a/b+c=\nset AWS_SESSION_TOKEN=t_-.\nset AWS_CREDENTIAL_EXPIRATION=2026-11-01T12:00:00Z\n"},
		{formatEnv, odd, "export AWS_ACCESS_KEY_ID=AKIA1\nexport AWS_SECRET_ACCESS_KEY='$(touch x)'\\'''\nexport AWS_SESSION_TOKEN='`id`'\n"},
		{formatPowerShell, odd, "$Env:AWS_ACCESS_KEY_ID=\"AKIA1\"\n$Env:AWS_SECRET_ACCESS_KEY='$(touch x)'''\n$Env:AWS_SESSION_TOKEN='`id`'\n"},
	} {
		var out bytes.Buffer
		err := printCredentials(&out, c.format, c.in)
		if diff := cmp.Diff(c.want, out.String()); diff != "" || err != nil {
			t.Errorf("%s: %v %s", c.format, err, diff)
		}
	}
	for _, format := range []string{formatProcess, formatEnv, formatNoExport} {
		var out bytes.Buffer
		if err := printCredentials(&out, format, aws.Credentials{AccessKeyID: "A", SecretAccessKey: "x\nexport PATH=/tmp"}); err == nil || out.Len() > 0 {
			t.Errorf("%s: a value of two lines was printed: %q", format, out.String())
		}
	}
}

func TestProfileThatNeedsItselfIsRefused(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := newFixture(t, nil)
	writeConfig(t, s, "[profile loop]\nregion = us-east-1\ncredential_process = "+self+" credentials --profile loop\n"+
		"[profile a]\nregion = us-east-1\ncredential_process = "+self+" credentials --profile b\n"+
		"[profile b]\nregion = us-east-1\ncredential_process = "+self+" credentials --profile a\n"+
		"[profile fine]\nregion = us-east-1\ncredential_process = "+self+" credentials --profile base\n"+
		"[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = k\n")
	const loop = "Credential process resolution detected an infinite loop, profile cycle: "
	for args, want := range map[string]string{
		"credentials --profile loop": loop + "loop -> loop",
		"credentials --profile a":    loop + "a -> b -> a",
		mfaToken + "loop":            loop + "loop -> loop",
	} {
		got := daypass(t, s, "- AWS_ENDPOINT_URL=URL CLI_UNDER_TEST=1", args)
		if got.Exit != exit.General || !strings.Contains(got.Stderr, "\n"+want+"\n") || got.Requests != nil {
			t.Errorf("%s: %+v", args, got)
		}
	}
	got := daypass(t, s, "- AWS_ENDPOINT_URL=URL CLI_UNDER_TEST=1", "credentials --profile fine")
	if got.Exit != 0 || !strings.Contains(got.Stdout, "AKIABASE") {
		t.Errorf("%+v", got)
	}
	got = daypass(t, s, "- _AWS_CLI_PROFILE_CHAIN=1,2,3,4", "credentials --profile base")
	if got.Exit != exit.Config || got.Stderr != "\nMaximum recursive credential process resolution reached (4).\nProfiles seen: 1 -> 2 -> 3 -> 4\n" {
		t.Errorf("%+v", got)
	}
}

func TestDebugPrintsNoOneTimeCode(t *testing.T) {
	t.Parallel()
	s := newMFAFixture(t)
	for _, args := range []string{"credentials --profile role --token-code 654321 --debug", "credentials --profile=keys --token-code=654321 --debug"} {
		got := daypass(t, s, mfaEnv, args)
		if got.Exit != 0 || strings.Contains(got.Stderr, "654321") || strings.Contains(got.Stderr, "topsecret") {
			t.Errorf("%s: %s", args, got.Stderr)
		}
	}
	var d map[string]any
	if err := json.Unmarshal([]byte(daypass(t, s, mfaEnv, "credentials --profile role").Stdout), &d); err != nil {
		t.Error(err)
	}
	if !slices.Contains(command.Names((&App{}).table()), "credentials") {
		t.Error("help does not list the command")
	}
}

// A second command that needs the same session waits for the first one's code.
func TestSimultaneousCommandsShareOneCode(t *testing.T) {
	t.Parallel()
	s := newMFAFixture(t)
	const many = 4
	var wg sync.WaitGroup
	var asked atomic.Int64
	for range many {
		wg.Go(func() {
			got := daypass(t, s, mfaEnv, "credentials --profile role")
			if got.Exit != 0 {
				t.Errorf("%+v", got)
			}
			asked.Add(int64(len(got.Requests)))
		})
	}
	wg.Wait()
	if n := asked.Load(); n != 1 || len(sessionFiles(t, s)) != 1 {
		t.Errorf("%d sessions were opened, %d are kept", n, len(sessionFiles(t, s)))
	}
}
