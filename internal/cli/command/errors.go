package command

import (
	"errors"
	"slices"
	"strings"

	"daypass/internal/cli/argument"
	"daypass/internal/cli/exit"
)

// ParameterError returns an error about the value of an option. The name has its
// dashes unless the AWS CLI leaves them out.
func ParameterError(name, format string, args ...any) error {
	return exit.Errorf(exit.Usage, "Error parsing parameter '"+strings.ReplaceAll(name, "%", "%%")+"': "+format, args...)
}

// GrammarError turns an error of package argument into one for the user. known are
// the options of the grammar.
func GrammarError(err error, known []*argument.Argument) error {
	hints := ""
	var e *argument.Error
	if errors.As(err, &e) {
		hints = hintsFor(e.Unknown, known)
	}
	return exit.UsageError(err.Error() + strings.TrimSuffix("\n"+hints, "\n"))
}

// Unknown returns the error for a word of a kind that is not one of the known words.
func Unknown(kind, word string, known []string) error {
	return exit.Errorf(exit.Usage, "%s\ndaypass: error: unknown %s %q\n%s", exit.HowToUse, kind, word, hint(word, known))
}

// unknownOptions returns the error for arguments that no parser knows: unknown
// options and the values after them.
func unknownOptions(rest []string, known []*argument.Argument) error {
	return exit.Errorf(exit.Usage, "%s\nUnknown options: %s\n%s", exit.HowToUse, strings.Join(rest, ", "), hintsFor(rest, known))
}

// hintsFor returns a line with a hint for each word that looks like an option and is
// unknown.
func hintsFor(rest []string, known []*argument.Argument) string {
	var names []string
	for _, a := range slices.Concat(known, GlobalOptions()) {
		names = append(names, a.Names...)
	}
	hints := ""
	for _, word := range rest {
		name, _, _ := strings.Cut(word, "=")
		switch {
		case !strings.HasPrefix(word, "--"):
		case slices.Contains(names, name):
			return "daypass: hint: words after -- are not options\n"
		default:
			hints += "daypass: hint: unknown option " + name + didYouMean(argument.Near(name, names)) + "\n"
		}
	}
	return hints
}

// hint returns a line with the known words that are similar to a word; "" if there
// are none.
func hint(word string, known []string) string {
	meant := didYouMean(argument.Near(word, known))
	if meant == "" {
		return ""
	}
	return "daypass: hint: " + strings.TrimPrefix(meant, ": ") + "\n"
}

// didYouMean returns the question which candidate was meant; "" if there are none.
func didYouMean(candidates []string) string {
	if len(candidates) == 0 {
		return ""
	}
	return ": did you mean " + strings.Join(candidates, " or ") + "?"
}
