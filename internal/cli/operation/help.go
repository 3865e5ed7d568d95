package operation

import (
	"fmt"
	"io"
	"strings"

	"daypass/api"
	"daypass/internal/cli/command"
)

// Help explains the command of an operation; more is about parameters
// that are not the operation's.
func Help(w io.Writer, op *api.Operation, more string) error {
	var b strings.Builder
	if op.Doc != "" {
		b.WriteString(command.Wrap(op.Doc, 0) + "\n\n")
	}
	fmt.Fprintf(&b, "usage: daypass [options] %s %s", op.Service.Name, kebab(op.Name))
	if streams(op) {
		b.WriteString(" <outfile>")
	}
	b.WriteString(" [parameters]\n\nParameters\n")
	seen := map[string]bool{}
	for _, o := range options(op) {
		if seen[o.Dest] {
			continue
		}
		seen[o.Dest] = true
		fmt.Fprintf(&b, "  %s (%s)%s\n", spelling(o), o.member.Shape.Kind, map[bool]string{true: ", required"}[o.member.Required])
		if o.member.Doc != "" {
			b.WriteString(command.Wrap(o.member.Doc, 6) + "\n")
		}
		if enum := o.member.Shape.Enum; len(enum) > 0 {
			b.WriteString(command.Wrap("One of "+strings.Join(enum, ", ")+".", 6) + "\n")
		}
	}
	if streams(op) {
		b.WriteString("  <outfile>, required\n      The file that takes the content.\n")
	} else {
		if op.Name == bootstrapOperation {
			b.WriteString(bootstrapHelp)
		}
		b.WriteString(documentHelp)
	}
	b.WriteString(more)
	if op.Output != nil {
		b.WriteString("\nResult\n")
		for _, m := range op.Output.Members {
			fmt.Fprintf(&b, "  %s (%s)\n", m.Name, m.Shape.Kind)
			if m.Doc != "" {
				b.WriteString(command.Wrap(m.Doc, 6) + "\n")
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

const documentHelp = `  --cli-input-json TEXT | --cli-input-yaml TEXT
      The parameters as a document, itself or as file://PATH. Options win over
      it. Only one of the two may be given.
  --generate-cli-skeleton [input | yaml-input | output]
      Sends nothing: prints a document to fill in (input, as JSON; it is the
      default), the same as YAML, or, after a check of the parameters, a sample
      of the result.
`

func spelling(o option) string {
	name := o.Names[0]
	switch o.member.Shape.Kind {
	case api.Boolean:
		return name + " | --no-" + name[2:]
	case api.List:
		return name + " VALUE ..."
	}
	return name + " VALUE"
}
