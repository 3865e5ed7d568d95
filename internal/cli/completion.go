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

// Scripts that shells read. Each asks this program for what may stand next, so
// that they know no command themselves.
var (
	//go:embed completion/daypass.bash
	bashScript string
	//go:embed completion/daypass.zsh
	zshScript string
	//go:embed completion/daypass.fish
	fishScript string
)

// completionCommand prints a script for a shell.
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
				shell("zsh", zshScript, "source <(daypass completion zsh)    # in ~/.zshrc, behind compinit"),
				shell("fish", fishScript, "daypass completion fish > ~/.config/fish/completions/daypass.fish    # once"),
			}
		},
	}
}

// completionWord is the command by which a script asks.
const completionWord = "__complete"

// complete prints what may stand where the last word is, a line each: the word,
// a tab and what it means.
func (a *App) complete(_ context.Context, env *command.Env, words []string) error {
	var b strings.Builder
	for _, e := range command.Complete(a.table(), words) {
		fmt.Fprintf(&b, "%s\t%s\n", e.Name, e.Help)
	}
	_, err := io.WriteString(env.Stdout, b.String())
	return err
}
