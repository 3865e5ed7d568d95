package operation

import (
	"strings"

	"daypass/api"
	"daypass/internal/cli/command"
)

// summary is the first sentence of a description, without its full stop.
func summary(doc string) string {
	sentence, _, _ := strings.Cut(doc, ". ")
	return strings.TrimSuffix(sentence, ".")
}

// resultHelp returns the section about the members of an operation's result.
func resultHelp(op *api.Operation) string {
	if op.Output == nil {
		return ""
	}
	var members []command.Entry
	for _, m := range op.Output.Members {
		members = append(members, command.Entry{Name: m.Name + " (" + m.Shape.Kind.String() + ")", Help: m.Doc})
	}
	return command.Section("Result", members)
}
