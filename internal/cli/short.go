package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"daypass/api"
	"daypass/internal/cli/argument"
	"daypass/internal/cli/command"
	"daypass/internal/cli/document"
	"daypass/internal/cli/exit"
	"daypass/internal/cli/operation"
)

// A shortCommand is a short name for an operation of Daypass's own service.
type shortCommand struct {
	group, name, operation string
	text                   string
	options                []shortOption
	oneOption              bool // one of the options, no more and no fewer
}

// A shortOption sets a member of the input. A secret is read from standard input
// for "-" and from a file for file://PATH, because other users can see the
// arguments of a process.
type shortOption struct {
	name, member, placeholder string
	secret, required          bool
}

func tokenCommands() *command.Command {
	return shortGroup("token", "revoke and describe tokens of a Daypass server", []shortCommand{
		{
			name: "revoke", operation: "RevokeToken", oneOption: true,
			text: "Revokes tokens at once: one token, given itself or by its id, all tokens of a principal, or all tokens issued before a time, such as 2026-11-23T08:00:00Z, or 1h for an hour ago.",
			options: []shortOption{
				{name: "token", member: "token", placeholder: "T", secret: true},
				{name: "token-id", member: "tokenId", placeholder: "ID"},
				{name: "principal", member: "principalArn", placeholder: "ARN"},
				{name: "issued-before", member: "issuedBefore", placeholder: "TIME"},
			},
		},
		{
			name: "describe", operation: "DescribeToken",
			text:    "Tells whose token it is, for which domain, when it was issued, when it expires and whether it is still valid.",
			options: []shortOption{{name: "token", member: "token", placeholder: "T", secret: true, required: true}},
		},
	})
}

func accountCommands() *command.Command {
	return shortGroup("account", "create and list accounts of a Daypass server", []shortCommand{
		{
			name: "create", operation: "CreateAccount",
			text:    "Creates an account with a user named admin and an access key. The secret access key is shown only this once.",
			options: []shortOption{{name: "account-id", member: "accountId", placeholder: "NUMBER"}, {name: "name", member: "name", placeholder: "NAME"}},
		},
		{
			name: "list", operation: "ListAccounts",
			text:    "Lists the accounts of the server.",
			options: []shortOption{{name: "max-results", member: "maxResults", placeholder: "N"}, {name: "next-token", member: "nextToken", placeholder: "TOKEN"}},
		},
	})
}

func keysCommands() *command.Command {
	return shortGroup("keys", "rotate and list the keys that seal tokens", []shortCommand{
		{name: "rotate", operation: "RotateKeys", text: "Seals new tokens with a new key. Existing tokens stay valid."},
		{name: "list", operation: "ListKeys", text: "Lists the keys that seal tokens, without their secrets."},
	})
}

// shortGroup returns a command whose commands are short commands.
func shortGroup(name, summary string, short []shortCommand) *command.Command {
	g := &command.Command{
		Name: name, Summary: summary, Noun: name + " command",
		Commands: func() []*command.Command {
			var commands []*command.Command
			for i := range short {
				short[i].group = name
				commands = append(commands, short[i].command())
			}
			return commands
		},
	}
	if slices.ContainsFunc(short, func(c shortCommand) bool { return c.takesSecret() }) {
		g.Notes = func() string { return secretHelp }
	}
	return g
}

const secretHelp = "\nT is the token itself, - for standard input, or file://PATH.\n"

func (c *shortCommand) command() *command.Command {
	full := &command.Command{
		Name: c.name, Summary: strings.TrimSuffix(c.text, "."), Text: c.text,
		Usage:  command.Usage(c.parser().Options, c.oneOption),
		Parser: func([]string) argument.Parser { return c.parser() },
		Run:    c.run,
	}
	if c.takesSecret() {
		full.Notes = func() string { return secretHelp }
	}
	return full
}

func (c *shortCommand) takesSecret() bool {
	return slices.ContainsFunc(c.options, func(o shortOption) bool { return o.secret })
}

func (c *shortCommand) parser() argument.Parser {
	var parser argument.Parser
	for _, o := range c.options {
		parser.Options = append(parser.Options, &argument.Argument{Names: []string{"--" + o.name}, Dest: o.member, Required: o.required, Placeholder: o.placeholder})
	}
	return parser
}

func (c *shortCommand) run(ctx context.Context, env *command.Env, values argument.Values) error {
	if c.oneOption && len(values) != 1 {
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
			v, err = env.Secret("--"+o.name, v)
			if err != nil {
				return err
			}
		}
		value, err := c.memberValue(env, o, op.Input.Member(o.member).Shape, v)
		if err != nil {
			return err
		}
		input.Set(o.member, value)
	}
	return operation.Call(ctx, env, op, input)
}

// memberValue turns the text of an option into a value of its member. A time is a
// number of seconds since 1970, or what [parseInstant] reads.
func (c *shortCommand) memberValue(env *command.Env, o shortOption, shape *api.Shape, text string) (any, error) {
	if shape.Kind != api.Timestamp {
		return operation.FromText("--"+o.name, shape, text)
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err == nil {
		return seconds, nil
	}
	at, err := parseInstant(env.Session.Now(), text)
	if err != nil {
		return nil, exit.UsageError(fmt.Sprintf("%s %s: --%s %s", c.group, c.name, o.name, err))
	}
	return at, nil
}
