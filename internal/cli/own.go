package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"daypass/api"
	"daypass/internal/cli/argument"
	"daypass/internal/cli/command"
	"daypass/internal/cli/document"
	"daypass/internal/cli/exit"
	"daypass/internal/cli/operation"
)

// An ownCommand is a short spelling of an operation of Daypass's own service.
type ownCommand struct {
	words     [2]string
	operation string
	options   []ownOption
	exactly   bool // one of the options, no more and no fewer
	help      string
}

// An ownOption gives a member of the input. A secret one is read from standard
// input for "-" and from a file for file://PATH, so that it need not stand among
// the arguments of a process, which others can list.
type ownOption struct {
	name, member, value string
	secret, required    bool
}

var ownCommands = []ownCommand{
	{
		words: [2]string{"token", "revoke"}, operation: "RevokeToken", exactly: true,
		options: []ownOption{
			{name: "token", member: "token", value: "T", secret: true},
			{name: "token-id", member: "tokenId", value: "ID"},
			{name: "principal", member: "principalArn", value: "ARN"},
			{name: "issued-before", member: "issuedBefore", value: "TIME"},
		},
		help: "Makes tokens useless at once: one by itself or by its id, all of a principal, or all that were issued before a time, such as 2026-11-23T08:00:00Z.",
	},
	{
		words: [2]string{"token", "describe"}, operation: "DescribeToken",
		options: []ownOption{{name: "token", member: "token", value: "T", secret: true, required: true}},
		help:    "Tells whose a token is, for which domain, when it was issued, when it expires and whether it is still good.",
	},
	{
		words: [2]string{"account", "create"}, operation: "CreateAccount",
		options: []ownOption{{name: "account-id", member: "accountId", value: "NUMBER"}, {name: "name", member: "name", value: "NAME"}},
		help:    "Makes an account with a user named admin and an access key; the secret is shown this once.",
	},
	{words: [2]string{"account", "list"}, operation: "ListAccounts", options: []ownOption{
		{name: "max-results", member: "maxResults", value: "N"}, {name: "next-token", member: "nextToken", value: "TOKEN"},
	}, help: "Lists the accounts of the server."},
	{words: [2]string{"keys", "rotate"}, operation: "RotateKeys", help: "Seals new tokens with a new key; tokens that live stay good."},
	{words: [2]string{"keys", "list"}, operation: "ListKeys", help: "Lists the keys that seal tokens, without their secrets."},
}

// own returns the short commands of a group.
func own(group string) []*command.Command {
	var commands []*command.Command
	for i := range ownCommands {
		c := &ownCommands[i]
		if c.words[0] == group {
			commands = append(commands, &command.Command{
				Name:   c.words[1],
				Parser: func([]string) argument.Parser { return c.parser() },
				Run:    c.run,
				Help:   func(w io.Writer) error { return helpOwn(w, group, c.words[1]) },
			})
		}
	}
	return commands
}

// ownGroup returns a word with short commands behind it.
func ownGroup(name string) *command.Command {
	return &command.Command{
		Name: name, Noun: name + " command",
		Commands: func() []*command.Command { return own(name) },
		Help:     func(w io.Writer) error { return helpOwn(w, name, "") },
	}
}

func (c *ownCommand) parser() argument.Parser {
	var parser argument.Parser
	for _, o := range c.options {
		parser.Options = append(parser.Options, &argument.Argument{Names: []string{"--" + o.name}, Dest: o.member, Required: o.required})
	}
	return parser
}

func (c *ownCommand) run(ctx context.Context, env *command.Env, values argument.Values) error {
	if c.exactly && len(values) != 1 {
		var names []string
		for _, o := range c.options {
			names = append(names, "--"+o.name)
		}
		return exit.UsageError("give exactly one of " + strings.Join(names, ", "))
	}
	op := api.Daypass().Operations[c.operation]
	input := &document.Object{}
	for _, o := range c.options {
		v, ok := values[o.member].(string)
		if !ok {
			continue
		}
		if o.secret {
			var err error
			if v, err = env.Secret("--"+o.name, v); err != nil {
				return err
			}
		}
		typed, err := operation.FromText("--"+o.name, op.Input.Member(o.member).Shape, v)
		if err != nil {
			return err
		}
		input.Set(o.member, typed)
	}
	return operation.Call(ctx, env, op, input)
}

func helpOwn(w io.Writer, group, word string) error {
	var b strings.Builder
	secrets := false
	for _, c := range ownCommands {
		if c.words[0] != group || word != "" && c.words[1] != word {
			continue
		}
		fmt.Fprintf(&b, "usage: daypass [options] %s %s", group, c.words[1])
		for i, o := range c.options {
			separator := " "
			if c.exactly && i > 0 {
				separator = " | "
			}
			text := "--" + o.name + " " + o.value
			if !o.required && !c.exactly {
				text = "[" + text + "]"
			}
			b.WriteString(separator + text)
		}
		b.WriteString("\n" + command.Wrap(c.help, 6) + "\n")
		secrets = secrets || slices.ContainsFunc(c.options, func(o ownOption) bool { return o.secret })
	}
	if secrets {
		b.WriteString("\nT is the token itself, - for standard input, or file://PATH.\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
