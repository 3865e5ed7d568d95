// Package exit owns the exit codes of the command and the errors that carry
// one. The codes are the AWS CLI's. It prints nothing and ends no process.
package exit

import (
	"fmt"

	"daypass/internal/cli/document"
)

// Exit codes.
const (
	Interrupted = 130
	Usage       = 252 // the command line or the input is invalid
	Config      = 253 // no region or credentials
	Service     = 254 // the service refused
	General     = 255 // everything else
)

// An Error is a message for standard error with its exit code. An empty line is
// printed before the text and a newline after it.
type Error struct {
	Code  int
	Text  string
	Cause error // for [errors.As]; nil if no caller needs it
}

func (e *Error) Error() string { return e.Text }
func (e *Error) Unwrap() error { return e.Cause }

// Errorf returns an [*Error] with a code.
func Errorf(code int, format string, args ...any) error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...)}
}

// HowToUse is the beginning of every usage error.
const HowToUse = "usage: daypass [options] <command> [<operation>] [parameters]\n" +
	"\"daypass help\", \"daypass <command> help\" and \"daypass <command> <operation> help\" tell more.\n"

// UsageError returns an [*Error] with the code [Usage]. Its text begins with
// [HowToUse].
func UsageError(message string) error {
	return Errorf(Usage, "%s\ndaypass: error: %s\n", HowToUse, message)
}

// NotInt returns the error that Python's int() has for a text.
func NotInt(text string) error {
	return Errorf(General, "invalid literal for int() with base 10: %s", document.Repr(text))
}
