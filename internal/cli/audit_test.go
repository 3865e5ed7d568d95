package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/cli/exit"
)

// trail is five records and the beginning of a sixth. One of them has control
// characters that a stranger sent.
var trail = strings.Join([]string{
	`{"eventTime":"2026-09-21T09:00:00Z","eventName":"GetAuthorizationToken","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::1:user/a","accessKeyId":"AKIAEXAMPLEEXAMPLE22"},"requestParameters":{"domainName":"d"},"additionalEventData":{"tokenId":"ABIAEXAMPLEEXAMPLE22"},"sourceIPAddress":"192.0.2.7"}`,
	`{"eventTime":"2026-09-21T10:00:00Z","eventName":"ReadFromRepository","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::1:user/a","accessKeyId":"ABIAEXAMPLEEXAMPLE22"},"requestParameters":{"domainName":"d","repositoryName":"r","packageFormat":"npm","packageNamespace":"types","packageName":"node","packageVersion":"1.0"},"sourceIPAddress":"192.0.2.7"}`,
	`{"eventTime":"2026-09-21T11:00:00Z","eventName":"CreateUser","userIdentity":{"type":"Root"},"requestParameters":{"userName":"b"},"resources":[{"ARN":"arn:aws:iam::1:user/b"}]}`,
	`{"eventTime":"2026-09-21T11:30:00Z","eventName":"ReadFromRepository","userIdentity":{"type":"Unknown"},"requestParameters":{"domainName":"d","repositoryName":"\u001b[2J\t"},"errorCode":"UnrecognizedClientException"}`,
	`{"eventTime":"2026-09-21T12:00:00Z","eventName":"GetCallerIdentity","userIdentity":{"type":"Unknown"},"requestParameters":null,"additionalEventData":{"unverifiedAccessKeyId":"AKIACLAIMEDCLAIMED22"},"errorCode":"InvalidClientTokenId","errorMessage":"The security token included in the request is invalid."}`,
	`{"eventTime":"2026-09-21T12:0`,
}, "\n")

func TestAuditPrintsTheMatchingRecords(t *testing.T) {
	t.Parallel()
	all := strings.SplitAfter(trail, "\n")
	const (
		token  = "2026-09-21T09:00:00Z\tGetAuthorizationToken\tarn:aws:iam::1:user/a\tAKIAEXAMPLEEXAMPLE22\td\t192.0.2.7\t-\n"
		use    = "2026-09-21T10:00:00Z\tReadFromRepository\tarn:aws:iam::1:user/a\tABIAEXAMPLEEXAMPLE22\td/r/npm/types/node@1.0\t192.0.2.7\t-\n"
		root   = "2026-09-21T11:00:00Z\tCreateUser\tRoot\t-\tarn:aws:iam::1:user/b\t-\t-\n"
		trick  = "2026-09-21T11:30:00Z\tReadFromRepository\tUnknown\t-\td/\\u001b[2J\\u0009\t-\tUnrecognizedClientException\n"
		claims = "2026-09-21T12:00:00Z\tGetCallerIdentity\tUnknown\tAKIACLAIMEDCLAIMED22\t-\t-\tInvalidClientTokenId: The security token included in the request is invalid.\n"
	)
	for args, want := range map[string]string{
		"": strings.Join(all[:5], ""),
		"--output text --token ABIAEXAMPLEEXAMPLE22":                        token + use,
		"--output text --access-key-id AKIACLAIMEDCLAIMED22":                claims,
		"--output text --principal arn:aws:iam::1:user/a --since 2h30m":     use,
		"--output text --repository d/r":                                    use,
		"--output text --event createuser":                                  root,
		"--output text --errors":                                            trick + claims,
		"--output text --errors --limit 1":                                  claims,
		"--output text --limit 2":                                           trick + claims,
		"--output text --limit 9 --until 2026-09-21T11:00:00Z":              token + use,
		"--output text --since 2026-09-21 --until 2026-09-21T10:00:00":      token,
		"--output text --since 2026-09-21T11:00:00+00:00 --until 0h":        root + trick,
		"--output text --since 1d --until 150m":                             token,
		"--output table --repository d/r":                                   "TIME                  EVENT               PRINCIPAL              ACCESS KEY            ABOUT                   ADDRESS    ERROR\n2026-09-21T10:00:00Z  ReadFromRepository  arn:aws:iam::1:user/a  ABIAEXAMPLEEXAMPLE22  d/r/npm/types/node@1.0  192.0.2.7  -\n",
		"--output text --repository d/none":                                 "",
		"--output json --event CreateUser --access-key-id AKIAEXAMPLE22222": "",
	} {
		words := args
		if words == "" {
			words = "--output json"
		}
		code, stdout, stderr := inProcess(t, trail, append(strings.Fields("audit --file -"), strings.Fields(words)...)...)
		if diff := cmp.Diff(want, stdout); diff != "" || code != 0 || stderr != "daypass: standard input: the last line is incomplete and was passed over\n" {
			t.Errorf("%s: exit %d, %s\n%s", args, code, stderr, diff)
		}
	}
}

func TestInvalidAuditOptionsAreRefused(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"--principal alice":       `--principal "alice": expected an ARN`,
		"--token daypass_secret":  "--token: expected the token's id (ABIA…)",
		"--access-key-id a/b":     "--access-key-id: expected 16 to 128 letters and digits",
		"--repository d":          `--repository "d": expected DOMAIN/REPOSITORY`,
		"--repository d/r/x":      `--repository "d/r/x": expected DOMAIN/REPOSITORY`,
		"--since soon":            `--since "soon": expected a time such as`,
		"--until -1h":             `--until`,
		"--until 99999999999d":    `--until "99999999999d": expected`,
		"--limit 0":               "--limit 0: expected a number from 1 to",
		"--output yaml":           "--output yaml: expected json, text or table",
		"--follow --output table": "--follow does not work with a table",
		"--follow":                "--follow needs a file",
		"--query x --output json": "--query does not apply to records",
		"--nope":                  "nope",
		"--token ABIAEXAMPLEEXAMPLE22 --access-key-id AKIAEXAMPLEEXAMPLE22": "give one of",
	} {
		code, stdout, stderr := inProcess(t, trail, append(strings.Fields("audit --file - "), strings.Fields(args)...)...)
		if code != exit.Usage || stdout != "" || !strings.Contains(stderr, want) || strings.Contains(stderr, "daypass_secret") {
			t.Errorf("%s: exit %d, %s%s", args, code, stdout, stderr)
		}
	}
	code, _, stderr := inProcess(t, "", "audit", "--file", filepath.Join(t.TempDir(), "none", "none"))
	if code != exit.General || !strings.Contains(stderr, "[Errno 2] No such file or directory") {
		t.Errorf("exit %d, %s", code, stderr)
	}
	code, stdout, _ := inProcess(t, "", "audit", "help")
	if code != 0 || !strings.Contains(stdout, "calls no server") {
		t.Errorf("help: exit %d, %s", code, stdout)
	}
}

func TestFollowPrintsTheNewestAndThenNewRecords(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	line := func(name string) string { return fmt.Sprintf("{\"eventName\":%q}\n", name) }
	err := os.WriteFile(path, []byte(line("A")+line("B")), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var out, errOut bytes.Buffer
	var seen []string
	app := &App{
		Args: []string{"audit", "--file", path, "--follow", "--limit", "1", "--output", "json"}, Stdout: &out, Stderr: &errOut,
		Sleep: func(context.Context, time.Duration) {
			seen = append(seen, out.String())
			if len(seen) == 3 {
				stop()
				return
			}
			file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Error(err)
				return
			}
			defer file.Close()
			if _, err = file.WriteString(line("C")); err != nil {
				t.Error(err)
			}
		},
	}
	code := app.Main(ctx)
	want := []string{line("B"), line("B") + line("C"), line("B") + line("C") + line("C")}
	if diff := cmp.Diff(want, seen); diff != "" || code != exit.Interrupted || errOut.Len() > 0 {
		t.Errorf("exit %d, %s\n%s", code, &errOut, diff)
	}
}
