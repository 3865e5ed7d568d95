package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/cli/command"
)

// completions returns the words that completion offers for the last word of a command
// line.
func completions(t *testing.T, words ...string) []string {
	t.Helper()
	code, stdout, stderr := inProcess(t, "", append([]string{completionWord}, words...)...)
	if code != 0 || stderr != "" {
		t.Errorf("%q: exit %d, %s", words, code, stderr)
	}
	var list []string
	for line := range strings.Lines(stdout) {
		word, _, _ := strings.Cut(line, "\t")
		list = append(list, word)
	}
	return list
}

func TestCompletionOffersWhatMayStandNext(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][]string{
		"cod":                                    {"codeartifact"},
		"key":                                    {"keys"},
		"token ":                                 {"revoke", "describe"},
		"iam create-ro":                          {"create-role"},
		"--region x iam create-ro":               {"create-role"},
		"iam --output json create-ro":            {"create-role"},
		"iam --output=json create-ro":            {"create-role"},
		"iam create-role --role":                 {"--role-name"},
		"iam create-role --role-name r --assume": {"--assume-role-policy-document"},
		"iam create-role --role-name r --role":   nil,
		"get-authorization-token --web":          {"--web-identity-token-file"},
		"get-authorization-token --endp":         {"--endpoint-url"},
		"get-authorization-token --domain ":      nil, // only the user knows
		"iam get-role --output j":                {"json"},
		"iam get-role --output = j":              {"json"}, // as bash parts it
		"iam get-role --output=j":                {"--output=json"},
		"credentials --format env":               {"env", "env-no-export"},
		"codeartifact list-packages --format py": {"pypi"},
		"completion ":                            {"bash", "zsh", "fish"},
	} {
		got := completions(t, strings.Split(line, " ")...)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", line, diff)
		}
	}
	if diff := cmp.Diff(command.Names((&App{}).table()), completions(t, "")); diff != "" {
		t.Errorf("the first word (-table +offered):\n%s", diff)
	}
}

// After a command its options are offered even before a dash is typed.
func TestCompletionKnowsEveryOperationAndItsOptions(t *testing.T) {
	t.Parallel()
	everyCommand(t, func(words []string, c *command.Command) {
		got := completions(t, append(words, "")...)
		switch {
		case c.Commands != nil:
			if diff := cmp.Diff(command.Names(c.Commands()), got); diff != "" {
				t.Errorf("%q:\n%s", words, diff)
			}
		case c.Parser != nil:
			for _, o := range c.Parser(nil).Options {
				if !slices.Contains(got, o.Names[0]) {
					t.Errorf("%q: %s is not offered", words, o.Names[0])
				}
			}
		}
	})
}

func TestBashCompletesWithTheScript(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, "daypass")); err != nil {
		t.Skip(err)
	}
	script := `source <(daypass completion bash)
complete -p daypass
COMP_WORDS=(daypass iam create-ro); COMP_CWORD=2; _daypass; echo "${COMPREPLY[@]}"
COMP_WORDS=(daypass iam get-role --output = j); COMP_CWORD=5; _daypass; echo "${COMPREPLY[@]}"
COMP_WORDS=(daypass token ""); COMP_CWORD=2; _daypass; echo "${COMPREPLY[@]}"
`
	cmd := exec.Command(bash, "--norc", "-c", script)
	cmd.Env = []string{"PATH=" + dir + ":/usr/bin:/bin", "HOME=" + dir, "CLI_UNDER_TEST=1"}
	out, err := cmd.CombinedOutput()
	want := "complete -F _daypass daypass\ncreate-role\njson\nrevoke describe\n"
	if err != nil || string(out) != want {
		t.Errorf("%v\n%s\nwant %s", err, out, want)
	}
}
