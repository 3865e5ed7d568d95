// Package command owns the type of commands, which dispatch, help and completion
// read, and the environment that a command runs in. It lists no command itself:
// other packages make the commands, and package cli has the table of them.
package command

import (
	"context"

	"daypass/internal/cli/argument"
)

// A Command is a word of the command line. It has either commands of its own, or
// Parser and Run, or Raw.
type Command struct {
	Name    string
	Summary string        // what it does, for lists of commands: a line without a full stop
	Text    string        // what it does, for its own help, in sentences; "" means Summary
	Usage   string        // the usage after the name; "" means a usage that is made from Parser
	Notes   func() string // text at the end of its help; nil for none
	Hidden  bool          // it is in no list of commands

	// Commands returns the commands whose names may follow this one, in the order of
	// help. It is called only when they are needed, so that a run parses no model
	// but its own.
	Commands func() []*Command
	// Noun names one of Commands in messages, such as "iam operation".
	Noun string
	// RawCommands says that Commands have Raw.
	RawCommands bool

	// Parser returns the grammar of the arguments. The arguments are known to it,
	// since the grammar of the AWS CLI depends on some of them.
	Parser func(args []string) argument.Parser
	// Run gets the values that Parser found.
	Run func(ctx context.Context, env *Env, values argument.Values) error

	// Raw gets the arguments as they are. It is for other grammars, such as the
	// server's, or a protocol that another program speaks with this one. See
	// [FindRaw].
	Raw func(ctx context.Context, env *Env, args []string) error
}

// Do runs the command with the arguments after its name.
func (c *Command) Do(ctx context.Context, env *Env, args []string) error {
	return c.do(ctx, env, c.Name, args)
}

// do is Do. path is the names of the commands that led here.
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

// HelpArgument is the Dest of an optional last argument. It is refused unless it is
// the word help.
const HelpArgument = "help"

// choose runs the command that the first argument names.
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

// FindRaw returns the command with Raw that the first words lead to, and the words
// after them; nil if they lead to none. The words after them may look like global
// options, and are none.
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
