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

// GrammarError turns an error of the argument grammar into one for the user;
// known are the options that the grammar has.
func GrammarError(err error, known []*argument.Argument) error {
	hints := ""
	var e *argument.Error
	if errors.As(err, &e) {
		hints = hintsFor(e.Rest, known)
	}
	return exit.UsageError(err.Error() + strings.TrimSuffix("\n"+hints, "\n"))
}

// Unknown is the error for a word that is none of those that may stand in its
// place.
func Unknown(what, word string, words []string) error {
	return exit.Errorf(exit.Usage, "%s\ndaypass: error: unknown %s %q\n%s", exit.HowToUse, what, word, hint(word, words))
}

// unknownOptions lists what no parser knew. Values that stand behind an unknown
// option are listed with it.
func unknownOptions(rest []string, known []*argument.Argument) error {
	return exit.Errorf(exit.Usage, "%s\nUnknown options: %s\n%s", exit.HowToUse, strings.Join(rest, ", "), hintsFor(rest, known))
}

// hintsFor gives a hint for each option that was given and is none, a line each.
func hintsFor(rest []string, known []*argument.Argument) string {
	var names []string
	for _, a := range slices.Concat(known, Globals()) {
		names = append(names, a.Names...)
	}
	hints := ""
	for _, word := range rest {
		name, _, _ := strings.Cut(word, "=")
		switch {
		case !strings.HasPrefix(word, "--"):
		case slices.Contains(names, name):
			return "daypass: hint: what stands behind -- is no option\n"
		default:
			hints += "daypass: hint: unknown option " + name + either(argument.Near(name, names)) + "\n"
		}
	}
	return hints
}

// hint names what a word may have been meant for, in a line of its own; it is
// empty when nothing is near.
func hint(word string, words []string) string {
	meant := either(argument.Near(word, words))
	if meant == "" {
		return ""
	}
	return "daypass: hint: " + strings.TrimPrefix(meant, ": ") + "\n"
}

// either asks which of the words was meant; it is empty where there are none.
func either(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return ": did you mean " + strings.Join(words, " or ") + "?"
}
