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
		Summary: "explain why a request is allowed or denied",
		Text:    "Explains whether a user, a role or a role session may do something now, and why. Nothing is done. The explanation is printed as sentences, or the whole result with --output or --query.",
		Parser: func([]string) argument.Parser {
			return argument.Parser{Options: []*argument.Argument{
				{Names: []string{"--principal"}, Dest: "principalArn", Required: true, Placeholder: "ARN", Help: "The user, the role or the role session."},
				{Names: []string{"--action"}, Dest: "action", Required: true, Placeholder: "ACTION", Help: "The action, such as codeartifact:ReadFromRepository."},
				{Names: []string{"--resource"}, Dest: "resource", Required: true, Placeholder: "ARN", Help: "The resource of the action, or * for an action without one."},
				{
					Names: []string{"--context"}, Dest: "context", Count: argument.Some, Placeholder: "KEY=VALUE ...",
					Help: "Condition keys that the request would have, such as aws:SourceIp=203.0.113.9. A key with several values is repeated for each of them.",
				},
			}}
		},
		Run: runExplain,
	}
}

// runExplain calls ExplainDecision. It prints the sentences of the result, or the
// whole result if --output or --query is given.
func runExplain(ctx context.Context, env *command.Env, values argument.Values) error {
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
	explanation, _ := result.Get("explanation")
	var text strings.Builder
	for _, sentence := range explanation.([]any) {
		text.WriteString(sentence.(string) + "\n")
	}
	_, err = io.WriteString(env.Stdout, text.String())
	return err
}

// contextKeys reads pairs KEY=VALUE into an object of lists. The keys are in the
// order of their first appearance.
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
