// Package operation owns the operations of the AWS APIs as commands. It makes their
// options, skeletons, input documents and help from the models in package api, and
// prints results, as the AWS CLI, version 2, does it. It knows an operation by name
// only if the AWS CLI has code of its own for it.
package operation

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"daypass/api"
	"daypass/internal/cli/argument"
	"daypass/internal/cli/command"
	"daypass/internal/cli/document"
)

// An option is an option of an operation's command, with the member of the input
// that it gives.
type option struct {
	*argument.Argument
	member *api.Member
}

const (
	inputJSON = "cli-input-json"
	inputYAML = "cli-input-yaml"
	skeleton  = "generate-cli-skeleton"
	outfile   = "outfile"
)

// options returns the options of an operation. A boolean member has two.
func options(op *api.Operation) []option {
	var list []option
	for _, m := range op.Input.Members {
		name := commandName(m.Name)
		a := &argument.Argument{
			Names: []string{"--" + name}, Dest: m.Name, Required: m.Required,
			Placeholder: "VALUE (" + m.Shape.Kind.String() + ")", Help: cmp.Or(m.Doc, boundsHelp(m.Shape)), Likely: m.Shape.Enum,
		}
		switch m.Shape.Kind {
		case api.Boolean:
			a.Count, a.Value, a.Required, a.Placeholder = argument.NoValues, true, false, "(boolean)"
			no := &argument.Argument{Names: []string{"--no-" + name}, Dest: m.Name, Count: argument.NoValues, Value: false}
			list = append(list, option{a, m}, option{no, m})
			continue
		case api.List:
			a.Count, a.Placeholder, a.Likely = argument.Any, "VALUE ... (list)", m.Shape.Elem.Enum
		case api.Long:
			a.Type = argument.Int
		}
		list = append(list, option{a, m})
	}
	return list
}

// hasStreamingOutput reports whether the output of an operation is a streaming
// payload, which goes to a file.
func hasStreamingOutput(op *api.Operation) bool {
	return op.Output != nil && op.Output.Payload != nil && op.Output.Payload.Shape.Streaming
}

// operationParser returns the grammar of an operation's command line.
func operationParser(op *api.Operation, list []option, args []string) argument.Parser {
	p := argument.Parser{}
	optional := isOptional(args)
	for _, o := range list {
		a := *o.Argument
		a.Required = a.Required && !optional
		p.Options = append(p.Options, &a)
	}
	p.Options = withPages(op, p.Options)
	p.Options = append(p.Options, bootstrapOptions(op, optional)...)
	if hasStreamingOutput(op) {
		p.Positionals = append(p.Positionals, &argument.Argument{Names: []string{outfile}, Dest: outfile, Required: !optional, Help: "The file to write the content to."})
	} else {
		p.Options = append(p.Options,
			&argument.Argument{
				Names: []string{"--" + inputJSON}, Dest: inputJSON, Placeholder: "TEXT",
				Help: "A JSON document with the parameters, or file://PATH. Options win over the document.",
			},
			&argument.Argument{Names: []string{"--" + inputYAML}, Dest: inputYAML, Placeholder: "TEXT", Help: "The same as YAML. Give only one of the two."},
			&argument.Argument{
				Names: []string{"--" + skeleton}, Dest: skeleton, Count: argument.Maybe, Value: "input", Choices: []string{"input", "output", "yaml-input"},
				Placeholder: "[input | yaml-input | output]",
				Help:        "Print a document and send nothing: a JSON document to fill in (input, the default), the same as YAML (yaml-input), or a sample of the result after a check of the parameters (output).",
			},
		)
	}
	p.Positionals = append(p.Positionals, &argument.Argument{Names: []string{"help"}, Dest: command.HelpArgument, Count: argument.Maybe})
	return p
}

// isOptional reports whether required options may be left out, because a document
// gives them or a skeleton is asked for. A skeleton of the output needs them. Only the
// full name of an option counts, as a word of its own, as in the AWS CLI.
func isOptional(args []string) bool {
	if slices.Contains(args, "--"+inputJSON) || slices.Contains(args, "--"+inputYAML) {
		return true
	}
	i := slices.Index(args, "--"+skeleton)
	return i >= 0 && (i+1 == len(args) || args[i+1] != "output")
}

// unserved marks the operations that a Daypass server refuses.
const unserved = "(AWS only)"

// Commands returns the commands of a service's operations and waiters, sorted by
// name.
func Commands(service *api.Service) []*command.Command {
	var commands []*command.Command
	for _, op := range service.Operations {
		commands = append(commands, New(op))
	}
	if len(service.Waiters) > 0 {
		commands = append(commands, waitCommand(service))
	}
	slices.SortFunc(commands, func(a, b *command.Command) int { return strings.Compare(a.Name, b.Name) })
	return commands
}

// New returns the command of an operation.
func New(op *api.Operation) *command.Command {
	c := &command.Command{
		Name:    commandName(op.Name),
		Summary: summary(op.Doc),
		Text:    op.Doc,
		Parser:  func(args []string) argument.Parser { return operationParser(op, options(op), args) },
		Run: func(ctx context.Context, env *command.Env, values argument.Values) error {
			return run(ctx, env, op, values)
		},
		Notes: func() string { return resultHelp(op) },
	}
	if hasStreamingOutput(op) {
		c.Usage = "<outfile> [parameters]"
	}
	if op.Unserved {
		c.Summary += " " + unserved
		c.Text += "\n\nAWS serves this operation; a Daypass server refuses it."
	}
	return c
}

// run runs the command of an operation.
func run(ctx context.Context, env *command.Env, op *api.Operation, values argument.Values) error {
	input, isDone, err := parameters(ctx, env, op, values)
	if err != nil || isDone {
		return err
	}
	c := call{op: op, input: input}
	c.window, err = readWindow(env, op, values, input)
	if err != nil {
		return err
	}
	c.file, _ = values[outfile].(string)
	if method, ok := values[bootstrapMethod].(string); ok {
		c.bootstrap, err = openBootstrap(c.file, method)
		if err != nil {
			return err
		}
	}
	return c.run(ctx, env)
}

// parameters makes the input of a call from options and documents. If a skeleton is
// asked for, it prints that instead and isDone is true.
func parameters(ctx context.Context, env *command.Env, op *api.Operation, values argument.Values) (input *document.Object, isDone bool, err error) {
	input, err = optionInput(values, options(op))
	if err != nil {
		return nil, false, err
	}
	err = addInputDocuments(values, input)
	if err != nil {
		return nil, false, err
	}
	switch values[skeleton] {
	case "input":
		return nil, true, inputSkeleton(env.Stdout, op)
	case "yaml-input":
		return nil, true, yamlSkeleton(env.Stdout, op)
	case "output":
		return nil, true, outputSkeleton(ctx, env, op, input)
	}
	return input, false, nil
}

// optionInput makes the input of a call from the options.
func optionInput(values argument.Values, list []option) (*document.Object, error) {
	input := &document.Object{}
	for _, o := range list {
		v, ok := values[o.Dest]
		if !ok || input.Has(o.member.Name) {
			continue
		}
		v, err := optionValue(o, v)
		if err != nil {
			return nil, err
		}
		input.Set(o.member.Name, v)
	}
	return input, nil
}
