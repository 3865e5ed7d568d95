package cli

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"daypass/internal/cli/exit"
)

const (
	ciRole   = "arn:aws:iam::111122223333:role/ci"
	exchange = "Action=AssumeRoleWithWebIdentity"
)

// One command makes both calls: of STS without a signature, then of CodeArtifact with
// the credentials from STS. The endpoint of STS follows from CodeArtifact's.
func TestAWebIdentityIsExchangedForAToken(t *testing.T) {
	t.Parallel()
	const call = "get-authorization-token --domain abc"
	environment := "- AWS_WEB_IDENTITY_TOKEN_FILE=HOME/web AWS_ROLE_ARN=" + ciRole + " AWS_ROLE_SESSION_NAME=job-7 AWS_REGION=us-east-1"
	given := " --web-identity-token-file HOME/web --role-arn " + ciRole
	for _, test := range []struct{ name, env, args, sts string }{
		{"options", "- AWS_REGION=us-east-1 AWS_ENDPOINT_URL=URL", call + given + " --role-session-name job-7", "POST|/|"},
		{"options win over keys", "AWS_ENDPOINT_URL=URL AWS_ROLE_SESSION_NAME=job-7", call + given, "POST|/|"},
		{"options and --endpoint-url", "- AWS_REGION=us-east-1", call + given + " --role-session-name job-7 --endpoint-url URL/x", "POST|/x/|"},
		{"environment", environment + " AWS_ENDPOINT_URL=URL", call, "POST|/|"},
		{"environment and --endpoint-url", environment, call + " --endpoint-url URL/x", "POST|/x/|"},
		{"an endpoint of CodeArtifact alone", environment + " AWS_ENDPOINT_URL_CODEARTIFACT=URL/x", call, "POST|/x/|"},
		{"an endpoint of STS", environment + " AWS_ENDPOINT_URL_STS=URL/sts", call + " --endpoint-url URL/x", "POST|/sts/|"},
		{"every command of the models", environment + " AWS_ENDPOINT_URL=URL", "codeartifact " + call, "POST|/|"},
		{"a role given, the file in the environment", "- AWS_WEB_IDENTITY_TOKEN_FILE=HOME/web AWS_REGION=us-east-1 AWS_ENDPOINT_URL=URL",
			call + " --role-arn " + ciRole + " --role-session-name job-7", "POST|/|"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newFixture(t, map[string]string{"web": "a.b.c\n"})
			home := func(text string) string { return strings.ReplaceAll(text, "HOME", s.home) }
			got := daypass(t, s, home(test.env), home(test.args))
			if len(got.Requests) != 2 || test.sts == "POST|/|" && !strings.Contains(got.Stdout, token) {
				t.Fatalf("%+v", got)
			}
			first, second := got.Requests[0], got.Requests[1]
			form := exchange + "&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fci&RoleSessionName=job-7"
			for _, part := range strings.Split(form+"&WebIdentityToken=a.b.c", "&") {
				if !strings.HasPrefix(first, test.sts) || !strings.Contains(first, part) || strings.Contains(first, "aws4_request") {
					t.Errorf("first request: %s, want it unsigned at %s with %s", first, test.sts, part)
				}
			}
			if !strings.Contains(second, "/v1/authorization-token|") || !strings.Contains(second, "|t|") {
				t.Errorf("second request: %s, want it signed in the session", second)
			}
		})
	}
}

// "daypass credentials" calls only STS, so the endpoint on its command line is that of
// STS, wherever the credentials come from.
func TestAnEndpointGivenToCredentialsIsThatOfSTS(t *testing.T) {
	t.Parallel()
	s := newFixture(t, map[string]string{"web": "a.b.c"})
	env := "- AWS_ENDPOINT_URL_STS=URL/elsewhere AWS_WEB_IDENTITY_TOKEN_FILE=" + s.home + "/web AWS_ROLE_ARN=" + ciRole + " AWS_REGION=us-east-1"
	for command, want := range map[string]string{"--endpoint-url URL/given credentials": "POST|/given/|", "credentials": "POST|/elsewhere/|"} {
		got := daypass(t, s, env, command)
		if len(got.Requests) == 0 || !strings.HasPrefix(got.Requests[len(got.Requests)-1], want) {
			t.Errorf("%s: %+v, want the last request at %s", command, got, want)
		}
	}
}

func TestCallsToSTSForAProfileFollowTheEndpoint(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ env, args, sts string }{
		{"-", " --endpoint-url URL", "POST|/|"},
		{"- AWS_ENDPOINT_URL=URL", "", "POST|/|"},
		{"- AWS_ENDPOINT_URL=URL AWS_ENDPOINT_URL_STS=URL/sts", "", "POST|/sts/|"},
	} {
		for profile, action := range map[string]string{"ci": exchange, "role": "Action=AssumeRole&"} {
			s := newFixture(t, map[string]string{"web": "a.b.c"})
			writeConfig(t, s, "[profile ci]\nregion=us-east-1\nrole_arn="+ciRole+"\nweb_identity_token_file=HOME/web\n"+
				"[profile base]\naws_access_key_id=AKIABASE\naws_secret_access_key=b\n[profile role]\nregion=us-east-1\nrole_arn="+ciRole+"\nsource_profile=base\n")
			got := daypass(t, s, test.env, "get-authorization-token --domain abc --profile "+profile+test.args)
			if got.Exit != 0 || len(got.Requests) != 2 || !strings.HasPrefix(got.Requests[0], test.sts) || !strings.Contains(got.Requests[0], action) {
				t.Errorf("%s%s, %s: %+v", test.env, test.args, profile, got)
			}
		}
	}
}

func TestInvalidWebIdentitiesAreExplained(t *testing.T) {
	t.Parallel()
	const call = "get-authorization-token --endpoint-url URL --domain abc"
	for _, test := range []struct {
		env, args string
		code      int
		want      string
	}{
		{"-", " --web-identity-token-file HOME/web", exit.Usage, "--web-identity-token-file needs a role: give --role-arn, or AWS_ROLE_ARN in the environment"},
		{"- AWS_WEB_IDENTITY_TOKEN_FILE=HOME/web", "", exit.Usage, "AWS_WEB_IDENTITY_TOKEN_FILE needs a role: give --role-arn, or AWS_ROLE_ARN in the environment"},
		{"-", " --role-arn " + ciRole, exit.Usage, "--role-arn and --role-session-name need --web-identity-token-file, or AWS_WEB_IDENTITY_TOKEN_FILE in the environment"},
		{"-", " --web-identity-token-file HOME/none --role-arn " + ciRole, exit.Config, "--web-identity-token-file: unable to read the token: [Errno 2] No such file or directory: 'HOME/none'"},
		{"- AWS_ROLE_ARN=" + ciRole + " AWS_WEB_IDENTITY_TOKEN_FILE=HOME/none", "", exit.Config, "AWS_WEB_IDENTITY_TOKEN_FILE: unable to read the token: [Errno 2] No such file or directory: 'HOME/none'"},
		{"-", " --web-identity-token-file HOME --role-arn " + ciRole, exit.Config, "--web-identity-token-file: unable to read the token: [Errno 21] Is a directory: 'HOME'"},
		{"-", " --web-identity-token-file HOME/empty --role-arn " + ciRole, exit.Config, "--web-identity-token-file: the file 'HOME/empty' is empty: expected the token of an identity provider"},
		{"-", " --web-identity-token-file HOME/long --role-arn " + ciRole, exit.Config, "--web-identity-token-file: unable to read the token: it is too long"},
	} {
		s := newFixture(t, map[string]string{"web": "a.b.c", "empty": " \n", "long": strings.Repeat("secret", 20_000)})
		home := func(text string) string { return strings.ReplaceAll(text, "HOME", s.home) }
		got := daypass(t, s, home(test.env)+" AWS_REGION=us-east-1", home(call+test.args))
		if got.Exit != test.code || !strings.Contains(got.Stderr, test.want+"\n") || got.Requests != nil || strings.Contains(got.Stderr, "secret") {
			t.Errorf("%s%s: %+v, want %s", test.env, test.args, got, test.want)
		}
	}
}

func TestTheTokenCommandExplainsWebIdentities(t *testing.T) {
	t.Parallel()
	_, stdout, _ := inProcess(t, "", "get-authorization-token", "help")
	if !strings.Contains(stdout, "--web-identity-token-file FILE\n") || !strings.Contains(stdout, "--domain VALUE") {
		t.Error(stdout)
	}
	_, stdout, _ = inProcess(t, "", "codeartifact", "get-authorization-token", "help")
	if strings.Contains(stdout, "web-identity") {
		t.Error("the AWS CLI's command has options that the AWS CLI does not know")
	}
}

func TestARefusalOfSTSNamesTheOperationOfSTS(t *testing.T) {
	t.Parallel()
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredTokenException</Code><Message>Token expired</Message></Error></ErrorResponse>`)
	}))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("a.b.c"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := inProcess(t, "", "get-authorization-token", "--endpoint-url", server.URL, "--region", "us-east-1", "--domain", "abc",
		"--web-identity-token-file", file, "--role-arn", "arn:aws:iam::111122223333:role/ci")
	want := "\nAn error occurred (ExpiredTokenException) when calling the AssumeRoleWithWebIdentity operation: Token expired\n"
	if code != exit.Service || stderr != want || asked != 1 {
		t.Errorf("exit %d after %d requests, %s", code, asked, stderr)
	}
}
