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

// boundsHelp returns the bounds of a parameter as a sentence, for one that the model
// does not describe; "" if it has none that say something.
func boundsHelp(s *api.Shape) string {
	bounds := s.Bounds()
	if bounds == "" || s.Max == nil && *s.Min <= 1 {
		return ""
	}
	unit := ""
	switch s.Kind {
	case api.String:
		unit = " characters"
	case api.Blob:
		unit = " bytes"
	case api.List, api.Map:
		unit = " entries"
	}
	return strings.ToUpper(bounds[:1]) + bounds[1:] + unit + "."
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
