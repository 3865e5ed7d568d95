package cli

import (
	"context"
	"slices"
	"strings"

	"daypass/api"
	"daypass/internal/cli/argument"
	"daypass/internal/cli/document"
)

// An option is a member of an operation's input as an option of its command.
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

// options makes the options of an operation; a boolean has two.
func options(op *api.Operation) []option {
	var list []option
	for _, m := range op.Input.Members {
		name := kebab(m.Name)
		a := &argument.Argument{Names: []string{"--" + name}, Dest: m.Name, Required: m.Required}
		switch m.Shape.Kind {
		case api.Boolean:
			a.Count, a.Value, a.Required = argument.NoValues, true, false
			no := &argument.Argument{Names: []string{"--no-" + name}, Dest: m.Name, Count: argument.NoValues, Value: false}
			list = append(list, option{a, m}, option{no, m})
			continue
		case api.List:
			a.Count = argument.Any
		case api.Long:
			a.Type = argument.Int
		}
		list = append(list, option{a, m})
	}
	return list
}

// streams reports whether the output of an operation goes to a file.
func streams(op *api.Operation) bool {
	return op.Output != nil && op.Output.Payload != nil && op.Output.Payload.Shape.Streaming
}

// grammar is the command line of an operation.
func grammar(op *api.Operation, list []option, args []string) argument.Parser {
	p := argument.Parser{}
	optional := isOptional(args)
	for _, o := range list {
		a := *o.Argument
		a.Required = a.Required && !optional
		p.Options = append(p.Options, &a)
	}
	p.Options = append(p.Options, bootstrapOptions(op, optional)...)
	if streams(op) {
		p.Positionals = append(p.Positionals, &argument.Argument{Names: []string{outfile}, Dest: outfile, Required: !optional})
	} else {
		p.Options = append(p.Options,
			&argument.Argument{Names: []string{"--" + inputJSON}, Dest: inputJSON},
			&argument.Argument{Names: []string{"--" + inputYAML}, Dest: inputYAML},
			&argument.Argument{Names: []string{"--" + skeleton}, Dest: skeleton, Count: argument.Maybe, Value: "input", Choices: []string{"input", "output", "yaml-input"}},
		)
	}
	p.Positionals = append(p.Positionals, &argument.Argument{Names: []string{"help"}, Dest: "help", Count: argument.Maybe})
	return p
}

// isOptional reports whether required options may be left out: a document gives
// them, or a skeleton is asked for. A skeleton of the output needs them. Only the
// option's full name as a word of its own counts, as in the AWS CLI.
func isOptional(args []string) bool {
	if slices.Contains(args, "--"+inputJSON) || slices.Contains(args, "--"+inputYAML) {
		return true
	}
	i := slices.Index(args, "--"+skeleton)
	return i >= 0 && (i+1 == len(args) || args[i+1] != "output")
}

// operate runs the command of an operation.
func (s *session) operate(ctx context.Context, op *api.Operation, args []string) error {
	if len(args) == 1 && args[0] == "help" {
		return s.app.helpOperation(op, "")
	}
	list := options(op)
	p := grammar(op, list, args)
	values, rest, err := p.Parse(args)
	if err != nil {
		return grammarError(err)
	}
	if word, ok := values["help"].(string); ok {
		if word == "help" {
			return s.app.helpOperation(op, "")
		}
		rest = append(rest, word)
	}
	if len(rest) > 0 {
		return unknownOptions(rest, p.Options)
	}
	input, err := s.input(values, list)
	if err != nil {
		return err
	}
	if err := s.documents(values, input); err != nil {
		return err
	}
	switch values[skeleton] {
	case "input":
		return s.inputSkeleton(op)
	case "yaml-input":
		return s.yamlSkeleton(op)
	case "output":
		return s.outputSkeleton(ctx, op, input)
	}
	file, _ := values[outfile].(string)
	if method, ok := values[bootstrapMethod].(string); ok {
		if s.bootstrap, err = openBootstrap(file, method); err != nil {
			return err
		}
	}
	return s.call(ctx, op, input, file)
}

// unknownOptions lists what no parser knew. Values that stand behind an unknown
// option are listed with it.
func unknownOptions(rest []string, known []*argument.Argument) error {
	var names []string
	for _, a := range slices.Concat(known, globals()) {
		names = append(names, a.Names...)
	}
	return fail(exitUsage, "%s\nUnknown options: %s\n%s", usage, strings.Join(rest, ", "), hintsFor(rest, names))
}

// input makes the parameters of a call from the options.
func (s *session) input(values argument.Values, list []option) (*document.Object, error) {
	input := &document.Object{}
	for _, o := range list {
		v, ok := values[o.Dest]
		if !ok || input.Has(o.member.Name) {
			continue
		}
		v, err := unpack(o, v)
		if err != nil {
			return nil, err
		}
		input.Set(o.member.Name, v)
	}
	return input, nil
}
