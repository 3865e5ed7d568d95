// Package cli owns the command daypass as a client: a command for every
// operation that package api describes, spelled and printed as the AWS CLI,
// version 2, does it, so that aws can be replaced by daypass in a script; and
// Daypass's own commands, which are short spellings of its own service's
// operations. It works against AWS as well as against Daypass. It must never
// know a store, a registry or a decision: what it knows of services is the API's
// model.
//
// Exit codes are the AWS CLI's: 0; 130 interrupted; 252 a command line or
// input that cannot be meant; 253 no region or credentials; 254 the service
// refused; 255 everything else.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"strings"
	"time"

	"daypass/internal/cli/argument"
)

// An App is one run of the command. The environment and the AWS configuration
// files are the process's own, since the AWS SDK reads them too.
type App struct {
	Args    []string // without the program's name
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	Version string // of the program, for --version and the User-Agent header

	// Serve runs the server with the arguments behind "serve" and returns the
	// exit code. Nil means that this program has no server.
	Serve func(ctx context.Context, args []string) int

	Now    func() time.Time                           // nil: time.Now
	Sleep  func(ctx context.Context, d time.Duration) // between tries; nil: the real one
	Random func() float64                             // jitter in [0, 1); nil: math/rand

	// Ask shows a prompt to whoever sits at the terminal and returns the line that
	// they type, which is not shown. Nil: the terminal of the process.
	Ask func(ctx context.Context, prompt string) (string, error)
}

// Exit codes.
const (
	exitInterrupted = 130
	exitUsage       = 252
	exitConfig      = 253
	exitService     = 254
	exitGeneral     = 255
)

// A failure is a message for standard error and the exit code that goes with
// it. An empty line is printed before the text and a newline behind it.
type failure struct {
	code int
	text string
}

func (f *failure) Error() string { return f.text }

func fail(code int, format string, args ...any) error {
	return &failure{code, fmt.Sprintf(format, args...)}
}

// Main runs the command and returns its exit code.
func (a *App) Main(ctx context.Context) int {
	a.defaults()
	if len(a.Args) > 0 && a.Args[0] == "serve" {
		return a.serve(ctx, a.Args[1:])
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	err := a.run(ctx)
	switch {
	case err == nil:
		return 0
	case ctx.Err() != nil:
		fmt.Fprintln(a.Stdout)
		return exitInterrupted
	}
	code := exitGeneral
	var f *failure
	if errors.As(err, &f) {
		code = f.code
	}
	fmt.Fprintf(a.Stderr, "\n%s\n", err)
	return code
}

func (a *App) defaults() {
	if a.Now == nil {
		a.Now = time.Now
	}
	if a.Ask == nil {
		a.Ask = ask
	}
	if a.Random == nil {
		a.Random = rand.Float64
	}
	if a.Sleep == nil {
		a.Sleep = func(ctx context.Context, d time.Duration) {
			select {
			case <-ctx.Done():
			case <-time.After(d):
			}
		}
	}
}

func (a *App) serve(ctx context.Context, args []string) int {
	if a.Serve == nil {
		fmt.Fprint(a.Stderr, "\ndaypass: error: this program was built without the server\n")
		return exitGeneral
	}
	return a.Serve(ctx, args)
}

const usage = "usage: daypass [options] <command> [<operation>] [parameters]\n" +
	"\"daypass help\", \"daypass <command> help\" and \"daypass <command> <operation> help\" tell more.\n"

// usageError shows how the command is used before what is wrong.
func usageError(message string) error {
	return fail(exitUsage, "%s\ndaypass: error: %s\n", usage, message)
}

// grammarError turns an error of the argument grammar into one for the user.
func grammarError(err error) error {
	hints := ""
	var e *argument.Error
	if errors.As(err, &e) {
		hints = hintsFor(e.Rest, e.Missing)
	}
	return usageError(err.Error() + strings.TrimSuffix("\n"+hints, "\n"))
}

// unknown is the error for a word that is none of those that may stand in its
// place.
func unknown(what, word string, words []string) error {
	return fail(exitUsage, "%s\ndaypass: error: unknown %s %q\n%s", usage, what, word, hint(word, words))
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
