package cli

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"daypass/internal/cli/exit"
)

// explainer returns the URL of a server whose explanations repeat the request.
func explainer(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil && r.URL.Path != "/daypass/v1/explain" {
			w.WriteHeader(http.StatusNotFound)
		}
		if err == nil {
			err = json.NewEncoder(w).Encode(map[string]any{"decision": "Deny", "explanation": []string{"Asked:", strings.TrimSpace(string(body))}})
		}
		if err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestExplainPrintsWordsUnlessAFormatIsAskedFor(t *testing.T) {
	t.Parallel()
	url := explainer(t)
	const asked = "explain --principal arn:aws:x --action iam:GetUser --resource *"
	for _, c := range []struct {
		args         string
		code         int
		stdout, says string
	}{
		{args: asked, stdout: "Asked:\n" + `{"action":"iam:GetUser","principalArn":"arn:aws:x","resource":"*"}` + "\n"},
		{args: asked + " --context aws:TagKeys=a aws:SourceIp=::1 aws:TagKeys=b=c",
			stdout: "Asked:\n" + `{"action":"iam:GetUser","context":{"aws:SourceIp":["::1"],"aws:TagKeys":["a","b=c"]},"principalArn":"arn:aws:x","resource":"*"}` + "\n"},
		{args: asked + " --output json --query decision", stdout: "\"Deny\"\n"},
		{args: asked + " --query decision --output text", stdout: "Deny\n"},
		{args: asked + " --context aws:TagKeys", code: exit.Usage, says: `Error parsing parameter '--context': Expected KEY=VALUE, received "aws:TagKeys"`},
		{args: asked + " --contexts a=b", code: exit.Usage, says: "--contexts"},
		{args: "explain --action iam:GetUser", code: exit.Usage, says: "--principal"},
		{args: asked + " extra", code: exit.Usage, says: "extra"},
		{args: "explain --principal x --action iam:GetUser --resource * --endpoint-url http://127.0.0.1:1", code: exit.General, says: "127.0.0.1:1"},
	} {
		words := append([]string{"--endpoint-url", url, "--no-sign-request", "--region", "us-east-1"}, strings.Fields(c.args)...)
		code, stdout, stderr := inProcess(t, "", words...)
		if code != c.code || !sameOutput(stdout, c.stdout) || !strings.Contains(stderr, c.says) {
			t.Errorf("%s: exit %d\n%s\n%s", c.args, code, stdout, stderr)
		}
	}
	code, stdout, _ := inProcess(t, "", "explain", "help")
	if code != 0 || !strings.Contains(stdout, "usage: daypass [options] explain [parameters]\n") {
		t.Errorf("help: exit %d, %s", code, stdout)
	}
}

// sameOutput compares outputs whose last line is an object, without regard to the
// order of its members.
func sameOutput(got, want string) bool {
	var a, b any
	gotLine, wantLine := got[strings.LastIndex(strings.TrimSpace(got), "\n")+1:], want[strings.LastIndex(strings.TrimSpace(want), "\n")+1:]
	if json.Unmarshal([]byte(gotLine), &a) != nil || json.Unmarshal([]byte(wantLine), &b) != nil {
		return got == want
	}
	again, err := json.Marshal(a)
	wanted, other := json.Marshal(b)
	return err == nil && other == nil && string(again) == string(wanted)
}
