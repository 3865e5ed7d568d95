package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"daypass/api"
	"daypass/internal/cli/argument"
	"daypass/internal/cli/document"
	"daypass/internal/cli/profile"
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

// own runs a short command.
func (s *session) own(ctx context.Context, group string, args []string) error {
	var words []string
	for _, c := range ownCommands {
		if c.words[0] == group {
			words = append(words, c.words[1])
		}
	}
	parser := argument.Parser{Positionals: []*argument.Argument{{Names: []string{"operation"}, Dest: "operation", Required: true}}}
	values, rest, err := parser.Parse(args)
	if err != nil {
		return grammarError(err)
	}
	word := values["operation"].(string)
	if word == "help" {
		return s.app.helpOwn(group, "")
	}
	for _, c := range ownCommands {
		if c.words == [2]string{group, word} {
			return s.runOwn(ctx, &c, rest)
		}
	}
	return unknown(group+" command", word, words)
}

func (s *session) runOwn(ctx context.Context, c *ownCommand, args []string) error {
	if len(args) == 1 && args[0] == "help" {
		return s.app.helpOwn(c.words[0], c.words[1])
	}
	var parser argument.Parser
	var names []string
	for _, o := range c.options {
		parser.Options = append(parser.Options, &argument.Argument{Names: []string{"--" + o.name}, Dest: o.member, Required: o.required})
		names = append(names, "--"+o.name)
	}
	values, rest, err := parser.Parse(args)
	if err != nil {
		return grammarError(err)
	}
	if len(rest) > 0 {
		return unknownOptions(rest, parser.Options)
	}
	if c.exactly && len(values) != 1 {
		return usageError("give exactly one of " + strings.Join(names, ", "))
	}
	op := api.Daypass().Operations[c.operation]
	input := &document.Object{}
	for _, o := range c.options {
		v, ok := values[o.member].(string)
		if !ok {
			continue
		}
		if o.secret {
			if v, err = s.app.secret("--"+o.name, v); err != nil {
				return err
			}
		}
		typed, err := fromText("--"+o.name, op.Input.Member(o.member).Shape, v)
		if err != nil {
			return err
		}
		input.Set(o.member, typed)
	}
	return s.call(ctx, op, input, "")
}

// maxSecret bounds a token that is read, in bytes.
const maxSecret = 64 << 10

// secret returns a value that may stand on standard input or in a file. Space
// around it is dropped.
func (a *App) secret(option, v string) (string, error) {
	var from io.Reader
	switch path, isFile := strings.CutPrefix(v, "file://"); {
	case v == "-":
		from = a.Stdin
	case isFile:
		path = profile.Expand(path)
		file, err := os.Open(path)
		if err != nil {
			return "", parameterError(option, "Unable to load paramfile %s: %s", v, systemError(err, path))
		}
		defer file.Close()
		from = file
	default:
		return v, nil
	}
	if from == nil {
		return "", parameterError(option, "there is no standard input")
	}
	data, err := io.ReadAll(io.LimitReader(from, maxSecret+1))
	if err == nil && len(data) > maxSecret {
		err = errors.New("too long")
	}
	if err != nil {
		return "", parameterError(option, "%s", err)
	}
	return strings.TrimSpace(string(data)), nil
}

func (a *App) helpOwn(group, word string) error {
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
		b.WriteString("\n" + wrap(c.help, 6) + "\n")
		secrets = secrets || slices.ContainsFunc(c.options, func(o ownOption) bool { return o.secret })
	}
	if secrets {
		b.WriteString("\nT is the token itself, - for standard input, or file://PATH.\n")
	}
	_, err := io.WriteString(a.Stdout, b.String())
	return err
}
