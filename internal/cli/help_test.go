package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"unicode/utf8"

	"daypass/internal/cli/command"
)

// everyCommand calls fn with the words of each command that has help of its own.
func everyCommand(t *testing.T, fn func(words []string, c *command.Command)) {
	t.Helper()
	var walk func(words []string, list []*command.Command)
	walk = func(words []string, list []*command.Command) {
		for _, c := range list {
			if c.Raw != nil {
				continue
			}
			path := append(words[:len(words):len(words)], c.Name)
			fn(path, c)
			if c.Commands != nil {
				walk(path, c.Commands())
			}
		}
	}
	walk(nil, (&App{}).table())
}

func TestHelpOfEveryCommandFitsIntoEightyColumns(t *testing.T) {
	t.Parallel()
	checked := 0
	everyCommand(t, func(words []string, _ *command.Command) {
		checked++
		code, stdout, stderr := inProcess(t, "", append(words, "help")...)
		if code != 0 || stderr != "" || !strings.Contains(stdout, "usage: daypass [options] "+words[0]) {
			t.Errorf("%q: exit %d, %s%s", words, code, stdout, stderr)
		}
		for line := range strings.Lines(stdout) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 && strings.Contains(strings.TrimSpace(line), " ") {
				t.Errorf("%q: %d columns: %s", words, n, line)
			}
		}
	})
	if checked < 200 {
		t.Errorf("only %d commands", checked)
	}
}

func TestHelpListsTheTableAndEveryOptionWithAText(t *testing.T) {
	t.Parallel()
	_, help, _ := inProcess(t, "", "help")
	for _, c := range (&App{}).table() {
		if c.Summary == "" || !strings.Contains(help, "\n  "+c.Name+" ") {
			t.Errorf("%s is not told of", c.Name)
		}
	}
	for _, o := range command.Globals() {
		if !strings.Contains(help, o.Names[0]) {
			t.Errorf("%s is not told of", o.Names[0])
		}
	}
}

// A command that is another program's protocol gets its words as they are.
func TestRawCommandsGetTheirWords(t *testing.T) {
	t.Parallel()
	var got []string
	c := &command.Command{Name: "helper", Noun: "helper", Commands: func() []*command.Command {
		return []*command.Command{{Name: "cargo", Raw: func(_ context.Context, _ *command.Env, args []string) error {
			got = args
			return nil
		}}}
	}}
	err := c.Do(t.Context(), &command.Env{Stdout: &bytes.Buffer{}}, []string{"cargo", "--cargo-plugin", "help", "--", "-x"})
	if err != nil || strings.Join(got, " ") != "--cargo-plugin help -- -x" {
		t.Errorf("%q, %v", got, err)
	}
}
