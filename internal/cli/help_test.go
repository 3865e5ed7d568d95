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
	var out bytes.Buffer
	app := &App{Args: []string{"help"}, Stdout: &out, Stderr: &out, Serve: func(context.Context, []string) int { return 0 }}
	app.Main(t.Context())
	help := out.String()
	for _, c := range app.table() {
		if c.Hidden {
			continue
		}
		if c.Summary == "" || !strings.Contains(help, "\n  "+c.Name+" ") {
			t.Errorf("%s is not told of", c.Name)
		}
	}
	for _, o := range command.GlobalOptions() {
		if !strings.Contains(help, o.Names[0]) {
			t.Errorf("%s is not told of", o.Names[0])
		}
	}
}

// A raw command gets its words as they are, also those that look like global options.
func TestRawCommandsGetTheirWords(t *testing.T) {
	t.Parallel()
	keyring, plain := &command.Command{Name: "keyring", Raw: func(context.Context, *command.Env, []string) error { return nil }}, &command.Command{Name: "plain"}
	table := []*command.Command{
		plain,
		{Name: "helper", RawCommands: true, Commands: func() []*command.Command { return []*command.Command{keyring} }},
		{Name: "iam", Commands: func() []*command.Command { t.Error("a model was read"); return nil }},
	}
	for line, want := range map[string]string{
		"helper keyring --output=json get URL --help": "--output=json get URL --help",
		"helper keyring":           "",
		"helper":                   "-",
		"helper other --x":         "-",
		"--debug helper keyring x": "-", // goes the way of all commands
		"iam keyring":              "-",
		"plain":                    "-",
		"":                         "-",
	} {
		c, rest := command.FindRaw(table, strings.Fields(line))
		got := "-"
		if c != nil {
			got = strings.Join(rest, " ")
		}
		if got != want || c != nil && c != keyring {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}
