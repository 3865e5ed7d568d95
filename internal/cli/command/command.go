// Package command owns the shape of a command: what the table of commands
// lists, what dispatch, help and completion read, and what a command is given
// when it runs. It lists no command itself: each room offers its own, and
// package cli has the table.
package command

import (
	"context"

	"daypass/internal/cli/argument"
)

// A Command is a word of the command line and what stands behind it. It has
// either commands of its own, or a parser and a function, or Raw.
type Command struct {
	Name    string
	Summary string // what it does, for a list of commands: a line without a full stop
	Text    string // what it does, for its own help, in sentences; "" is Summary
	Usage   string // what stands behind the name; "" is made from what it has
	Notes   func() string
	Hidden  bool // in no list of commands

	// Commands are the words that may stand behind this one, in the order in which
	// help lists them. They are made when asked for, so that a run pays for no
	// other model than its own.
	Commands func() []*Command
	// Noun names one of Commands in messages, such as "iam operation".
	Noun string
	// RawCommands says that Commands are raw.
	RawCommands bool

	// Parser is the grammar of the arguments. It sees them, since the grammar of
	// the AWS CLI depends on some.
	Parser func(args []string) argument.Parser
	// Run gets the values that Parser found.
	Run func(ctx context.Context, env *Env, values argument.Values) error

	// Raw gets the arguments as they are: for grammars that are not ours, such as
	// the server's or that of a protocol which another program speaks with us. See
	// [FindRaw].
	Raw func(ctx context.Context, env *Env, args []string) error
}

// Do runs the command with what stands behind its name.
func (c *Command) Do(ctx context.Context, env *Env, args []string) error {
	return c.do(ctx, env, c.Name, args)
}

// do is Do; path are the words that led here.
func (c *Command) do(ctx context.Context, env *Env, path string, args []string) error {
	switch {
	case c.Raw != nil:
		return c.Raw(ctx, env, args)
	case c.Commands != nil:
		return c.choose(ctx, env, path, args)
	case len(args) == 1 && args[0] == helpWord:
		return c.help(env.Stdout, path)
	}
	parser := c.parser(args)
	values, rest, err := parser.Parse(args)
	if err != nil {
		return GrammarError(err, parser.Options)
	}
	if word, ok := values[HelpArgument].(string); ok {
		if word == helpWord {
			return c.help(env.Stdout, path)
		}
		rest = append(rest, word)
	}
	if len(rest) > 0 {
		return unknownOptions(rest, parser.Options)
	}
	return c.Run(ctx, env, values)
}

func (c *Command) parser(args []string) argument.Parser {
	if c.Parser == nil {
		return argument.Parser{}
	}
	return c.Parser(args)
}

const helpWord = "help"

// HelpArgument is where a parser may store a last word, which is refused unless
// it asks for help.
const HelpArgument = "help"

// choose runs the command that the first word behind this one names.
func (c *Command) choose(ctx context.Context, env *Env, path string, args []string) error {
	parser := argument.Parser{Positionals: []*argument.Argument{{Names: []string{"operation"}, Dest: "operation", Required: true}}}
	values, rest, err := parser.Parse(args)
	if err != nil {
		return GrammarError(err, nil)
	}
	word := values["operation"].(string)
	if word == helpWord {
		return c.help(env.Stdout, path)
	}
	commands := c.Commands()
	if chosen := Find(commands, word); chosen != nil {
		return chosen.do(ctx, env, path+" "+word, rest)
	}
	return Unknown(c.Noun, word, Names(commands))
}

// Find returns the command with a name, or nil.
func Find(commands []*Command, name string) *Command {
	for _, c := range commands {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// FindRaw returns the raw command that the first of the words lead to, and the
// words behind it; nil where they lead to none. What stands behind it may look
// like an option that every command takes, and is not.
func FindRaw(table []*Command, words []string) (c *Command, rest []string) {
	for i, word := range words {
		c = Find(table, word)
		switch {
		case c == nil:
			return nil, nil
		case c.Raw != nil:
			return c, words[i+1:]
		case !c.RawCommands:
			return nil, nil
		}
		table = c.Commands()
	}
	return nil, nil
}

// Names returns the names of the commands that are not hidden, in their order.
func Names(commands []*Command) []string {
	var names []string
	for _, c := range commands {
		if !c.Hidden {
			names = append(names, c.Name)
		}
	}
	return names
}
