// Package cli owns the command daypass as a client: the table of its commands,
// the options that all of them take, help, completion, and the commands that
// the AWS CLI does not have. The operations of package api are commands too, which
// package operation makes. They are spelled and printed as in the AWS CLI, version
// 2, so that daypass can replace aws in a script. All commands work against AWS as
// well as against Daypass. The package knows nothing of a store, a registry or a
// decision. It knows the services by their models alone.
//
// Exit codes are the AWS CLI's: 0 for success, 130 if interrupted, 252 for an
// invalid command line or input, 253 without a region or credentials, 254 if the
// service refused, and 255 for everything else.
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

// An App is one run of the command. It uses the environment and the AWS
// configuration files of the process, since the AWS SDK reads them too.
type App struct {
	Args    []string // without the program's name
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	Version string // of the program; "" is the version in the build information

	// Serve runs the server with the arguments after "serve" and returns the exit
	// code. Nil means that this program has no server.
	Serve func(ctx context.Context, args []string) int

	Now    func() time.Time                           // nil: time.Now
	Sleep  func(ctx context.Context, d time.Duration) // waits between tries; nil: really, until ctx ends
	Random func() float64                             // jitter in [0, 1); nil: math/rand

	// Ask prompts at the terminal and returns the line that is typed, which is not
	// shown. Nil means the terminal of the process.
	Ask func(ctx context.Context, prompt string) (string, error)
}

// Main runs the command and returns its exit code.
func (a *App) Main(ctx context.Context) int {
	a.defaults()
	if raw, rest := command.FindRaw(a.table(), a.Args); raw != nil { // it handles signals itself
		env, err := a.env(nil)
		if err != nil {
			return a.report(err)
		}
		return a.report(raw.Raw(ctx, env, rest))
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	err := a.run(ctx)
	if err != nil && ctx.Err() != nil {
		fmt.Fprintln(a.Stdout)
		return exit.Interrupted
	}
	return a.report(err)
}

// report prints an error that has a text, and returns its exit code.
func (a *App) report(err error) int {
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

// serve runs the server, which prints its errors itself.
func (a *App) serve(ctx context.Context, _ *command.Env, args []string) error {
	if a.Serve == nil {
		return exit.Errorf(exit.General, "daypass: error: this program was built without the server")
	}
	if code := a.Serve(ctx, args); code != 0 {
		return &exit.Error{Code: code}
	}
	return nil
}
