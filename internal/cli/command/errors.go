package command

import (
	"errors"
	"slices"
	"strings"

	"daypass/internal/cli/argument"
	"daypass/internal/cli/exit"
)

// ParameterError is an error about the value of an option; name has its dashes
// unless the AWS CLI leaves them out.
func ParameterError(name, format string, args ...any) error {
	return exit.Errorf(exit.Usage, "Error parsing parameter '"+strings.ReplaceAll(name, "%", "%%")+"': "+format, args...)
}

// GrammarError turns an error of the argument grammar into one for the user.
func GrammarError(err error) error {
	hints := ""
	var e *argument.Error
	if errors.As(err, &e) {
		hints = hintsFor(e.Rest, e.Missing)
	}
	return exit.UsageError(err.Error() + strings.TrimSuffix("\n"+hints, "\n"))
}

// Unknown is the error for a word that is none of those that may stand in its
// place.
func Unknown(what, word string, words []string) error {
	return exit.Errorf(exit.Usage, "%s\ndaypass: error: unknown %s %q\n%s", exit.HowToUse, what, word, hint(word, words))
}

// hintsFor gives a hint for each unknown option.
func hintsFor(rest, names []string) string {
	hints := ""
	for _, word := range rest {
		if name, _, _ := strings.Cut(word, "="); strings.HasPrefix(word, "--") {
			hints += hint(name, names)
		}
	}
	return hints
}

// hint names what a word may have been meant for, in a line of its own; it is
// empty when nothing is near.
func hint(word string, words []string) string {
	near := argument.Near(word, words)
	if len(near) == 0 {
		return ""
	}
	return "daypass: hint: did you mean " + strings.Join(near, " or ") + "?\n"
}

// unknownOptions lists what no parser knew. Values that stand behind an unknown
// option are listed with it.
func unknownOptions(rest []string, known []*argument.Argument) error {
	var names []string
	for _, a := range slices.Concat(known, Globals()) {
		names = append(names, a.Names...)
	}
	return exit.Errorf(exit.Usage, "%s\nUnknown options: %s\n%s", exit.HowToUse, strings.Join(rest, ", "), hintsFor(rest, names))
}
