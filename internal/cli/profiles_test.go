package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/cli/exit"
)

// printing returns the setting of a profile whose program prints credentials.
func printing(members string) map[string]string {
	return map[string]string{".aws/config": "[default]\nregion = us-east-1\ncredential_process = echo '{\"Version\":1,\"AccessKeyId\":\"AKIAPROCESS\",\"SecretAccessKey\":\"TOPSECRET\",\"SessionToken\":\"TOPTOKEN\"" + members + "}'\n"}
}

func profiles(text string) map[string]string { return map[string]string{".aws/config": text} }

const (
	identify = "sts get-caller-identity --endpoint-url URL"
	aRole    = "role_arn = arn:aws:iam::111122223333:role/r\n"
)

var profileComparisons = []comparison{
	// Programs that print credentials.
	{args: identify, env: "-", files: printing("")},
	{args: identify, env: "-", files: printing(`,"Expiration":null`)},
	{args: identify, env: "-", files: printing(`,"Expiration":"2099-01-01T00:00:00Z"`)},
	{args: identify, env: "-", files: printing(`,"Expiration":"2099-01-01 00:00:00+00:00"`)},
	{args: identify, env: "-", files: printing(`,"Expiration":"2099-01-01T00:00:00UTC"`)},
	{args: identify, env: "-", files: printing(`,"Expiration":"2099-01-01T00:00:00+0000"`)},
	{args: identify, env: "-", files: printing(`,"Expiration":"20990101T000000Z"`)},
	{args: identify, env: "-", files: printing(`,"Expiration":"Thu, 01 Jan 2099 00:00:00 GMT"`)},
	{args: identify, env: "-", files: printing(`,"Expiration":"2020-01-01T00:00:00Z"`)},
	{args: identify, env: "-", files: printing(`,"More":[{"a":1}]`)},
	{args: identify, env: "-", files: profiles("[default]\nregion=us-east-1\ncredential_process = echo '{\"Version\":\"1\",\"AccessKeyId\":\"AKIAPROCESS\",\"SecretAccessKey\":\"TOPSECRET\"}'\n")},
	{args: identify, env: "-", files: profiles("[default]\nregion=us-east-1\ncredential_process = echo '{\"Version\":1.0,\"AccessKeyId\":\"AKIAPROCESS\",\"SecretAccessKey\":\"TOPSECRET\"}'\n")},
	{args: identify, env: "-", files: profiles("[default]\nregion=us-east-1\ncredential_process = echo '{\"Version\":2,\"AccessKeyId\":\"AKIAPROCESS\",\"SecretAccessKey\":\"TOPSECRET\"}'\n")},
	{args: identify, env: "-", files: profiles("[default]\nregion=us-east-1\ncredential_process = echo '{\"AccessKeyId\":\"AKIAPROCESS\",\"SecretAccessKey\":\"TOPSECRET\"}'\n")},
	{args: identify, env: "-", files: profiles("[default]\nregion=us-east-1\ncredential_process = echo '{\"Version\":1,\"AccessKeyId\":\"TOPSECRET\"}'\n")},
	{args: identify, env: "-", files: profiles("[default]\nregion=us-east-1\ncredential_process = echo '{\"Version\":1,\"SecretAccessKey\":\"TOPSECRET\"}'\n")},
	{args: identify, env: "-", files: profiles("[default]\nregion=us-east-1\ncredential_process = false\n")},
	{args: identify, env: "-", files: profiles("[default]\nregion=us-east-1\ncredential_process = sh -c 'echo chatter >&2; exit 3'\n")},
	{args: identify, env: "-", files: profiles("[default]\nregion=us-east-1\ncredential_process = sh -c 'echo chatter >&2; echo \"$0\"' '{\"Version\":1,\"AccessKeyId\":\"AKIAPROCESS\",\"SecretAccessKey\":\"TOPSECRET\"}'\n")},
	{args: identify, env: "-", files: profiles("[default]\nregion=us-east-1\ncredential_process = /none/prog\n")},
	{args: identify, env: "-", files: profiles("[default]\nregion=us-east-1\ncredential_process = none\n")},
	{args: identify, env: "-", files: profiles("[default]\nregion=us-east-1\ncredential_process = /etc\n")},
	{args: identify + " --profile p", env: "-", files: profiles("[profile p]\nregion=us-east-1\ncredential_process = false\naws_access_key_id = AKIACONFIG\naws_secret_access_key = x\n")},
	{args: identify, env: "-", files: map[string]string{".aws/config": "[default]\nregion=us-east-1\ncredential_process = false\n", ".aws/credentials": "[default]\naws_access_key_id = AKIAFILE\naws_secret_access_key = x\n"}},
	// Roles.
	{args: identify + " --profile a", env: "-", files: profiles("[profile a]\nregion=us-east-1\n" + aRole)},
	{args: identify + " --profile a", env: "-", files: profiles("[profile a]\nregion=us-east-1\n" + aRole + "credential_process = echo {}\n")},
	{args: identify + " --profile a", env: "-", files: profiles("[profile a]\nregion=us-east-1\n" + aRole + "source_profile = a\n")},
	{args: identify + " --profile a", env: "-", files: profiles("[profile a]\nregion=us-east-1\n" + aRole + "source_profile = b\n[profile b]\n" + aRole + "source_profile = a\n")},
	{args: identify + " --profile a", env: "-", files: profiles("[profile a]\nregion=us-east-1\n" + aRole + "source_profile = b\n[profile b]\n" + aRole + "source_profile = c\n[profile c]\n" + aRole + "source_profile = b\n")},
	{args: identify + " --profile a", env: "-", files: profiles("[profile a]\nregion=us-east-1\n" + aRole + "source_profile = none\n")},
	{args: identify + " --profile a", env: "-", files: profiles("[profile a]\nregion=us-east-1\n" + aRole + "source_profile = b\n[profile b]\nregion=us-east-1\n")},
	{args: identify + " --profile a", env: "-", files: profiles("[profile a]\nregion=us-east-1\n" + aRole + "source_profile = b\n[profile b]\naws_access_key_id = AKIAHALF\n")},
	{args: identify + " --profile a", env: "-", files: profiles("[profile a]\nregion=us-east-1\n" + aRole + "source_profile = b\ncredential_source = Environment\n")},
	{args: identify + " --profile a", env: "-", files: profiles("[profile a]\nregion=us-east-1\n" + aRole + "credential_source = None\n")},
	{args: identify + " --profile a", env: "-", files: profiles("[profile a]\nregion=us-east-1\n" + aRole + "credential_source = Environment\n")},
	{args: identify, env: "AWS_PROFILE=a", files: profiles("[profile a]\nregion=us-east-1\n" + aRole)},
	// SSO.
	{args: identify + " --profile a", env: "-", files: profiles("[profile a]\nregion=us-east-1\nsso_start_url = https://x\n")},
	{args: identify + " --profile a", env: "-", files: profiles("[profile a]\nregion=us-east-1\nsso_account_id = 1\n")},
	{args: identify + " --profile a", env: "-", files: profiles("[profile a]\nregion=us-east-1\nsso_start_url = https://x\nsso_region = us-east-1\nsso_account_id = 1\nsso_role_name = r\n")},
	{args: identify + " --profile a", env: "-", files: profiles("[profile a]\nregion=us-east-1\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\n")},
	{args: identify + " --profile a", env: "-", files: profiles("[profile a]\nregion=us-east-1\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\n[sso-session s]\nsso_start_url = https://x\nsso_region = us-east-1\n")},
	{args: identify + " --profile a", env: "-", files: profiles("[profile a]\nregion=us-east-1\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\nsso_region = eu-west-1\n[sso-session s]\nsso_start_url = https://x\nsso_region = us-east-1\n")},
	// Files and the environment.
	{args: identify + " --profile w", env: "-", files: map[string]string{".aws/config": "[profile w]\n  region = us-east-1\n  output = yaml\n", ".aws/credentials": "[w]\n  aws_access_key_id = AKIAINDENTED\n  aws_secret_access_key = x\n"}},
	{args: identify, env: "AWS_PROFILE="},
	{args: identify, env: "AWS_PROFILE= AWS_DEFAULT_PROFILE=p", files: config},
	{args: identify, env: "AWS_CREDENTIAL_EXPIRATION=2020-01-01T00:00:00Z"},
	{args: identify, env: "AWS_CREDENTIAL_EXPIRATION=2099-01-01T00:00:00Z"},
	{args: identify, env: "AWS_CREDENTIAL_EXPIRATION="},
	{args: identify, env: "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=1"},
	{args: identify, env: "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=yes AWS_USE_FIPS_ENDPOINT=0"},
	{args: identify + " --profile p", env: "- AWS_ACCESS_KEY_ID=AKIAENV AWS_SECRET_ACCESS_KEY=x", files: config},
}

// What a program prints may be a secret even if it is invalid, so no message shows any
// of it.
func TestNothingThatACredentialProcessPrintsIsShown(t *testing.T) {
	t.Parallel()
	const refused = "Error when retrieving credentials from custom-process: "
	document := func(version, more string) string {
		return `echo '{"Version":` + version + `,"AccessKeyId":"TOPSECRET0","SecretAccessKey":"TOPSECRET1","SessionToken":"TOPSECRET2"` + more + `}'`
	}
	for _, c := range []struct{ process, want string }{
		{"echo TOPSECRET", refused + "the output is not JSON: Expecting value: line 1 column 1 (char 0)"},
		{`echo '{"SecretAccessKey":"TOPSECRET"'`, refused + "the output is not JSON: Expecting ',' delimiter: line 2 column 1 (char 31)"},
		{`echo '["TOPSECRET"]'`, refused + "the output is not a JSON object"},
		{`printf 'TOPSECRET\377'`, refused + "the output is not UTF-8"},
		{document(`"TOPSECRET"`, ""), refused + "Unsupported version '<not shown>' for credential process provider, supported versions: 1"},
		{document(`["TOPSECRET"]`, ""), refused + "Unsupported version '<not shown>' for credential process provider, supported versions: 1"},
		{document(`"1"`, ""), refused + "Unsupported version '1' for credential process provider, supported versions: 1"},
		{document("1", `,"Expiration":"TOPSECRET"`), refused + "Expiration is no date: expected a date with a time and a zone, for example 2026-09-21T14:13:20Z"},
		{document("1", `,"Expiration":""`), refused + "Expiration is no date: expected a date with a time and a zone, for example 2026-09-21T14:13:20Z"},
		{document("1", `,"Expiration":"2099-01-01T00:00:00"`), refused + "Expiration names no time zone: expected a date with a time and a zone, for example 2026-09-21T14:13:20Z"},
		{document("1", `,"Expiration":4070908800`), refused + "Expiration is not a string"},
		{document("1", `,"SecretAccessKey":["TOPSECRET"]`), refused + "SecretAccessKey is not a string"},
		{document("1", `,"SecretAccessKey":null`), refused + "SecretAccessKey is not a string"},
		{document("1", `,"SecretAccessKey":""`), refused + "SecretAccessKey is not one word of ASCII"},
		{document("1", `,"SessionToken":"TOP\nSECRET"`), refused + "SessionToken is not one word of ASCII"},
		{document("1", `,"SessionToken":7`), refused + "SessionToken is not a string"},
		{document("1", "") + "x", refused + "the output is not JSON: Extra data: line 1 column 100 (char 99)"},
		{`sh -c 'echo TOPSECRET; exit 1'`, refused},
		{`sh -c 'echo "{\"SecretAccessKey\": \"TOPSECRET\"}" >&2; exit 1'`, refused + "(what it wrote to standard error is not shown: it names a secret)"},
		{`sh -c 'printf "\033[31mno login\n" >&2; exit 1'`, refused + "\\u001b[31mno login\n"},
		{`sh -c 'head -c 70000 /dev/zero | tr "\0" " "; echo TOPSECRET'`, refused + "the output is longer than 65536 bytes"},
		{"'/none/prog", "credential_process of the profile (default): No closing quotation"},
		{"", "credential_process of the profile (default) is empty: expected a command"},
	} {
		for _, command := range []string{identify, "credentials", "credentials --format env", identify + " --debug"} {
			s := newFixture(t, profiles("[default]\nregion = us-east-1\ncredential_process = "+c.process+"\n"))
			got := daypass(t, s, "-", command)
			last := got.Stderr[strings.LastIndex("\n"+got.Stderr, "\n\n")+1:]
			if strings.HasSuffix(c.want, "\n") {
				last = "\n" + got.Stderr[strings.Index(got.Stderr, refused):]
			}
			if diff := cmp.Diff(c.want+"\n", strings.TrimPrefix(last, "\n")); diff != "" || got.Exit != exit.General || got.Stdout != "" || got.Requests != nil {
				t.Errorf("%s, %s: exit %d, %s%s", c.process, command, got.Exit, got.Stdout, diff)
			}
			if strings.Contains(got.Stdout+got.Stderr, "SECRET") {
				t.Errorf("%s, %s shows %s%s", c.process, command, got.Stdout, got.Stderr)
			}
		}
	}
}

func TestACredentialProcessRunsWithoutAShell(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		arguments string
		want      []string
	}{
		{"https://h/?a=1&b=2", []string{"https://h/?a=1&b=2"}},
		{"$HOME `id` a;b *", []string{"$HOME", "`id`", "a;b", "*"}},
		{`'$HOME' "a b" c\ d '' # e`, []string{"$HOME", "a b", "c d", "", "#", "e"}},
		{"x > DIR/second || touch DIR/third", []string{"x", ">", "DIR/second", "||", "touch", "DIR/third"}},
	} {
		dir := t.TempDir()
		program := filepath.Join(dir, "prog")
		script := "#!/bin/sh\nprintf '%s\\n' \"$@\" > " + dir + "/arguments\n" + `echo '{"Version":1,"AccessKeyId":"AKIAPROCESS","SecretAccessKey":"x"}'`
		if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
		s := newFixture(t, profiles("[default]\nregion = us-east-1\ncredential_process = "+program+" "+strings.ReplaceAll(c.arguments, "DIR", dir)+"\n"))
		got := daypass(t, s, "-", identify)
		data, err := os.ReadFile(filepath.Join(dir, "arguments"))
		if err != nil || got.Exit != 0 {
			t.Fatalf("%s: %v, %+v", c.arguments, err, got)
		}
		want := strings.ReplaceAll(strings.Join(c.want, "\n")+"\n", "DIR", dir)
		if diff := cmp.Diff(want, string(data)); diff != "" {
			t.Errorf("%s: %s", c.arguments, diff)
		}
		for _, name := range []string{"second", "third"} {
			if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
				t.Errorf("%s: %s was made", c.arguments, name)
			}
		}
	}
}

// The messages are those of newer versions of the AWS CLI. Debian's does not read
// [services …].
func TestMissingServicesSectionIsNamed(t *testing.T) {
	t.Parallel()
	const missing = "\nThe profile is configured to use the services section but the \"nope\" services configuration does not exist.\n"
	for _, c := range []struct {
		env, args, stderr string
		requests          int
	}{
		{"", "sts get-caller-identity", missing, 0},
		{"", "get-authorization-token --domain abc", missing, 0},
		{"", "credentials --profile role", missing, 0},
		{"", identify, "", 1},
		{"AWS_ENDPOINT_URL=URL", "sts get-caller-identity", "", 1},
		{"AWS_ENDPOINT_URL_STS=URL", "sts get-caller-identity", "", 1},
	} {
		s := newFixture(t, nil)
		writeConfig(t, s, "[default]\nregion = us-east-1\nservices = nope\nendpoint_url = URL/other\n[profile role]\nregion = us-east-1\nservices = nope\n"+aRole+"credential_source = Environment\n")
		got := daypass(t, s, c.env, c.args)
		wantExit := map[bool]int{true: exit.General}[c.stderr != ""]
		if got.Exit != wantExit || got.Stderr != c.stderr || len(got.Requests) != c.requests {
			t.Errorf("%s %s: %+v", c.env, c.args, got)
		}
	}
}

func TestExpirationInTheEnvironmentIsPassedOn(t *testing.T) {
	t.Parallel()
	s := newFixture(t, nil)
	got := daypass(t, s, "AWS_CREDENTIAL_EXPIRATION=2099-01-01T01:00:00%+01:00", "credentials")
	want := "{\n  \"Version\": 1,\n  \"AccessKeyId\": \"AKIAXXXXXXXXXXXXXXXX\",\n  \"SecretAccessKey\": \"secret\",\n  \"Expiration\": \"2099-01-01T00:00:00Z\"\n}\n"
	if got.Exit != 0 || got.Stdout != want {
		t.Errorf("%+v", got)
	}
	for value, want := range map[string]string{
		"tomorrow":            "AWS_CREDENTIAL_EXPIRATION is no date: expected a date with a time and a zone, for example 2026-09-21T14:13:20Z",
		"2099-01-01T01:00:00": "AWS_CREDENTIAL_EXPIRATION names no time zone: expected a date with a time and a zone, for example 2026-09-21T14:13:20Z",
	} {
		got := daypass(t, s, "AWS_CREDENTIAL_EXPIRATION="+value, "credentials")
		if got.Exit != exit.General || got.Stderr != "\n"+want+"\n" {
			t.Errorf("%s: %+v", value, got)
		}
	}
}
