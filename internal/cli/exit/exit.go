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
	Usage       = 252 // a command line or input that cannot be meant
	Config      = 253 // no region or credentials
	Service     = 254 // the service refused
	General     = 255 // everything else
)

// An Error is a message for standard error and the exit code that goes with
// it. An empty line is printed before the text and a newline behind it.
type Error struct {
	Code  int
	Text  string
	Cause error // nil: none that somebody asks for
}

func (e *Error) Error() string { return e.Text }
func (e *Error) Unwrap() error { return e.Cause }

// Errorf returns an [*Error] with a code.
func Errorf(code int, format string, args ...any) error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...)}
}

// HowToUse is what every usage error starts with.
const HowToUse = "usage: daypass [options] <command> [<operation>] [parameters]\n" +
	"\"daypass help\", \"daypass <command> help\" and \"daypass <command> <operation> help\" tell more.\n"

// UsageError shows how the command is used before what is wrong.
func UsageError(message string) error {
	return Errorf(Usage, "%s\ndaypass: error: %s\n", HowToUse, message)
}

// NotInt is what Python says of a text that is no integer.
func NotInt(text string) error {
	return Errorf(General, "invalid literal for int() with base 10: %s", document.Repr(text))
}
