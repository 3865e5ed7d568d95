// Package cli owns the command daypass as a client: the table of its commands,
// the options that all of them take, help, completion, and the commands that
// the AWS CLI does not have. The operations of package api are commands too,
// spelled and printed as the AWS CLI, version 2, does it, so that aws can be
// replaced by daypass in a script; package operation makes them. All works
// against AWS as well as against Daypass. Nothing here may know a store, a
// registry or a decision: what it knows of services is the API's model.
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
	"time"

	"daypass/internal/cli/command"
	"daypass/internal/cli/exit"
	"daypass/internal/cli/terminal"
	"daypass/internal/printable"
)

// An App is one run of the command. The environment and the AWS configuration
// files are the process's own, since the AWS SDK reads them too.
type App struct {
	Args    []string // without the program's name
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	Version string // of the program; "" is what the build knows

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

// Main runs the command and returns its exit code.
func (a *App) Main(ctx context.Context) int {
	a.defaults()
	if raw, rest := command.FindRaw(a.table(), a.Args); raw != nil { // signals are its own business too
		env, err := a.env(nil)
		if err != nil {
			return a.code(err)
		}
		return a.code(raw.Raw(ctx, env, rest))
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	err := a.run(ctx)
	if err != nil && ctx.Err() != nil {
		fmt.Fprintln(a.Stdout)
		return exit.Interrupted
	}
	return a.code(err)
}

// code tells an error, unless it has no text, and returns its exit code.
func (a *App) code(err error) int {
	if err == nil {
		return 0
	}
	code := exit.General
	var f *exit.Error
	if errors.As(err, &f) {
		code = f.Code
	}
	if text := err.Error(); text != "" {
		fmt.Fprintf(a.Stderr, "\n%s\n", printable.Lines(text))
	}
	return code
}

func (a *App) defaults() {
	if a.Now == nil {
		a.Now = time.Now
	}
	if a.Ask == nil {
		a.Ask = terminal.Ask
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

// serve runs the server, which tells of its errors itself.
func (a *App) serve(ctx context.Context, _ *command.Env, args []string) error {
	if a.Serve == nil {
		return exit.Errorf(exit.General, "daypass: error: this program was built without the server")
	}
	if code := a.Serve(ctx, args); code != 0 {
		return &exit.Error{Code: code}
	}
	return nil
}
