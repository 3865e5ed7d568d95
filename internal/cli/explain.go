package cli

import (
	"context"
	"io"
	"strings"

	"daypass/api"
	"daypass/internal/cli/argument"
	"daypass/internal/cli/command"
	"daypass/internal/cli/document"
	"daypass/internal/cli/operation"
)

func explainCommand() *command.Command {
	return &command.Command{
		Name:    "explain",
		Summary: "tell why something is allowed or denied",
		Text:    "Tells whether a user, role or role session may do something now, and why. Nothing is done. Words are printed; with --output or --query the whole answer is.",
		Parser: func([]string) argument.Parser {
			return argument.Parser{Options: []*argument.Argument{
				{Names: []string{"--principal"}, Dest: "principalArn", Required: true, Placeholder: "ARN", Help: "The user, the role or the role session."},
				{Names: []string{"--action"}, Dest: "action", Required: true, Placeholder: "ACTION", Help: "What it would do, such as codeartifact:ReadFromRepository."},
				{Names: []string{"--resource"}, Dest: "resource", Required: true, Placeholder: "ARN", Help: "What it would do it with."},
				{
					Names: []string{"--context"}, Dest: "context", Count: argument.Some, Placeholder: "KEY=VALUE ...",
					Help: "Condition keys that the request would have, such as aws:SourceIp=203.0.113.9; a key with several values several times.",
				},
			}}
		},
		Run: explain,
	}
}

// explain asks why something is allowed or denied, and prints the words of the
// answer unless a format is asked for.
func explain(ctx context.Context, env *command.Env, values argument.Values) error {
	input := &document.Object{}
	for _, name := range []string{"principalArn", "action", "resource"} {
		input.Set(name, values[name])
	}
	given, _ := values["context"].([]any)
	if len(given) > 0 {
		keys, err := contextKeys(given)
		if err != nil {
			return err
		}
		input.Set("context", keys)
	}
	op := api.Daypass().Operations["ExplainDecision"]
	if env.Format != "" || env.Query != nil {
		return operation.Call(ctx, env, op, input)
	}
	result, err := env.Session.Call(ctx, op, input)
	if err != nil {
		return err
	}
	lines, _ := result.Get("explanation")
	var words strings.Builder
	for _, line := range lines.([]any) {
		words.WriteString(line.(string) + "\n")
	}
	_, err = io.WriteString(env.Stdout, words.String())
	return err
}

// contextKeys reads KEY=VALUE, in the order of their first appearance.
func contextKeys(given []any) (*document.Object, error) {
	keys := &document.Object{}
	for _, pair := range given {
		key, value, ok := strings.Cut(pair.(string), "=")
		if !ok || key == "" {
			return nil, command.ParameterError("--context", "Expected KEY=VALUE, received %q", pair)
		}
		known, _ := keys.Get(key)
		list, _ := known.([]any)
		keys.Set(key, append(list, value))
	}
	return keys, nil
}
