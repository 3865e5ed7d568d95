package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"daypass/api"
	"daypass/internal/cli/argument"
)

// commands are the words behind daypass, in the order in which help lists them.
// The token command stands here and below codeartifact.
var commands = []string{"get-authorization-token", "credentials", "token", "account", "keys", "explain", "audit", "serve", "codeartifact", "sts", "iam", "daypass", "version", "help"}

// hasOperations reports whether the word behind a command names what it does.
func hasOperations(command string) bool {
	return slices.Contains([]string{"token", "account", "keys", "codeartifact", "sts", "iam", "daypass"}, command)
}

// service returns the model of a command that is a service, or nil. Models are
// parsed when asked for, so that a command pays only for its own.
func service(name string) *api.Service {
	switch name {
	case "codeartifact":
		return api.CodeArtifact()
	case "sts":
		return api.STS()
	case "iam":
		return api.IAM()
	case "daypass":
		return api.Daypass()
	}
	return nil
}

func (s *session) dispatch(ctx context.Context, name string, args []string) error {
	switch name {
	case "help":
		return s.app.help()
	case "version":
		return s.app.version()
	case "serve":
		if code := s.app.serve(ctx, args); code != 0 {
			return fail(code, "the server stopped")
		}
		return nil
	case "get-authorization-token":
		return s.token(ctx, args)
	case "audit":
		return s.audit(ctx, args)
	case "credentials":
		return s.export(ctx, args)
	case "token", "account", "keys":
		return s.own(ctx, name, args)
	case "explain":
		return s.explain(ctx, args)
	}
	model := service(name)
	if model == nil {
		return unknown("command", name, commands)
	}
	operations := kebabOperations(model)
	names := slices.Sorted(maps.Keys(operations))
	parser := argument.Parser{Positionals: []*argument.Argument{{Names: []string{"operation"}, Dest: "operation", Required: true}}}
	values, rest, err := parser.Parse(args)
	if err != nil {
		return grammarError(err)
	}
	word := values["operation"].(string)
	if word == "help" {
		return s.app.helpService(name, model, names)
	}
	op := operations[word]
	if op == nil {
		return unknown(name+" operation", word, names)
	}
	return s.operate(ctx, op, rest)
}

func kebabOperations(model *api.Service) map[string]*api.Operation {
	out := make(map[string]*api.Operation, len(model.Operations))
	for name, op := range model.Operations {
		out[kebab(name)] = op
	}
	return out
}

func (a *App) version() error {
	_, err := fmt.Fprintln(a.Stdout, a.agent())
	return err
}
