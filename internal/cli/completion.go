package cli

import (
	"context"
	_ "embed" // the scripts
	"fmt"
	"io"
	"strings"

	"daypass/internal/cli/argument"
	"daypass/internal/cli/command"
)

// The scripts that shells read. A script calls this program for the next word, so
// that it knows no command itself.
var (
	//go:embed completion/daypass.bash
	bashScript string
	//go:embed completion/daypass.zsh
	zshScript string
	//go:embed completion/daypass.fish
	fishScript string
)

// completionCommand returns the command that prints a script for a shell.
func (a *App) completionCommand() *command.Command {
	shell := func(name, script, where string) *command.Command {
		return &command.Command{
			Name: name, Summary: "completion for " + name,
			Text:   "Prints a script that lets " + name + " complete commands, operations, options and their values.",
			Notes:  func() string { return "\n  " + where + "\n" },
			Parser: func([]string) argument.Parser { return argument.Parser{} },
			Run: func(_ context.Context, env *command.Env, _ argument.Values) error {
				_, err := io.WriteString(env.Stdout, script)
				return err
			},
		}
	}
	return &command.Command{
		Name: "completion", Noun: "shell", Summary: "a script that lets a shell complete commands and options",
		Commands: func() []*command.Command {
			return []*command.Command{
				shell("bash", bashScript, "source <(daypass completion bash)    # in ~/.bashrc"),
				shell("zsh", zshScript, "source <(daypass completion zsh)    # in ~/.zshrc, after compinit"),
				shell("fish", fishScript, "daypass completion fish > ~/.config/fish/completions/daypass.fish    # once"),
			}
		},
	}
}

// completionWord is the command that a script calls.
const completionWord = "__complete"

// complete prints the words that may stand in the place of the last word, one a
// line: the word, a tab and what it means.
func (a *App) complete(_ context.Context, env *command.Env, words []string) error {
	var b strings.Builder
	for _, e := range command.Complete(a.table(), words) {
		fmt.Fprintf(&b, "%s\t%s\n", e.Name, e.Help)
	}
	_, err := io.WriteString(env.Stdout, b.String())
	return err
}
