package test

import (
	"fmt"
	"os/exec"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdCode is "code NAME SEEDFILE [WHEN]". It sets NAME to the one-time code that the
// authenticator oathtool shows for a seed, now or at a time such as "30 seconds ago".
// The seed goes to oathtool's standard input.
func cmdCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code NAME SEEDFILE [WHEN]")
	}
	c := oathtool()
	ts.Check(c.err)
	argv := append(c.argv[1:len(c.argv):len(c.argv)], "--totp", "--base32")
	if len(args) > 2 {
		argv = append(argv, "--now", strings.Join(args[2:], " "))
	}
	cmd := exec.Command(c.argv[0], append(argv, "-")...)
	cmd.Stdin = strings.NewReader(ts.ReadFile(args[1]))
	out, err := cmd.CombinedOutput()
	if err != nil {
		ts.Check(fmt.Errorf("oathtool: %w: %s", err, out))
	}
	ts.Setenv(args[0], strings.TrimSpace(string(out)))
}
