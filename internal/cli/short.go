package cli

import (
	"context"
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

// A shortCommand is a short spelling of an operation of Daypass's own service.
type shortCommand struct {
	group, name, operation string
	text                   string
	options                []shortOption
	exactly                bool // one of the options, no more and no fewer
}

// A shortOption gives a member of the input. A secret one is read from standard
// input for "-" and from a file for file://PATH, so that it need not stand among
// the arguments of a process, which others can list.
type shortOption struct {
	name, member, placeholder string
	secret, required          bool
}

func tokenGroup() *command.Command {
	return group("token", "revoke and describe tokens of a Daypass server", []shortCommand{
		{
			name: "revoke", operation: "RevokeToken", exactly: true,
			text: "Makes tokens useless at once: one by itself or by its id, all of a principal, or all that were issued before a time, such as 2026-11-23T08:00:00Z or 1h ago.",
			options: []shortOption{
				{name: "token", member: "token", placeholder: "T", secret: true},
				{name: "token-id", member: "tokenId", placeholder: "ID"},
				{name: "principal", member: "principalArn", placeholder: "ARN"},
				{name: "issued-before", member: "issuedBefore", placeholder: "TIME"},
			},
		},
		{
			name: "describe", operation: "DescribeToken",
			text:    "Tells whose a token is, for which domain, when it was issued, when it expires and whether it is still good.",
			options: []shortOption{{name: "token", member: "token", placeholder: "T", secret: true, required: true}},
		},
	})
}

func accountGroup() *command.Command {
	return group("account", "create and list accounts of a Daypass server", []shortCommand{
		{
			name: "create", operation: "CreateAccount",
			text:    "Makes an account with a user named admin and an access key; the secret is shown this once.",
			options: []shortOption{{name: "account-id", member: "accountId", placeholder: "NUMBER"}, {name: "name", member: "name", placeholder: "NAME"}},
		},
		{
			name: "list", operation: "ListAccounts",
			text:    "Lists the accounts of the server.",
			options: []shortOption{{name: "max-results", member: "maxResults", placeholder: "N"}, {name: "next-token", member: "nextToken", placeholder: "TOKEN"}},
		},
	})
}

func keysGroup() *command.Command {
	return group("keys", "rotate and list the keys that seal tokens", []shortCommand{
		{name: "rotate", operation: "RotateKeys", text: "Seals new tokens with a new key; tokens that live stay good."},
		{name: "list", operation: "ListKeys", text: "Lists the keys that seal tokens, without their secrets."},
	})
}

// group returns a word with short commands behind it.
func group(name, summary string, short []shortCommand) *command.Command {
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
	made := &command.Command{
		Name: c.name, Summary: strings.TrimSuffix(c.text, "."), Text: c.text,
		Usage:  command.Usage(c.parser().Options, c.exactly),
		Parser: func([]string) argument.Parser { return c.parser() },
		Run:    c.run,
	}
	if c.takesSecret() {
		made.Notes = func() string { return secretHelp }
	}
	return made
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
			v, err = env.Secret("--"+o.name, v)
			if err != nil {
				return err
			}
		}
		typed, err := c.typed(env, o, op.Input.Member(o.member).Shape, v)
		if err != nil {
			return err
		}
		input.Set(o.member, typed)
	}
	return operation.Call(ctx, env, op, input)
}

// typed turns the text of an option into a value of its member. Times are read as
// the other commands of our own read them; a number of seconds is one too.
func (c *shortCommand) typed(env *command.Env, o shortOption, shape *api.Shape, text string) (any, error) {
	if shape.Kind != api.Timestamp {
		return operation.FromText("--"+o.name, shape, text)
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err == nil {
		return seconds, nil
	}
	return moment(env.Session.Now(), c.group+" "+c.name, "--"+o.name, text)
}
