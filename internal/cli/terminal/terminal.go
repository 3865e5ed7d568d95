// Package terminal owns what the command does with the terminal of its process: it
// finds out how wide it is, and asks questions there.
package terminal

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/term"
)

// ErrNone means that the process has no terminal, so nobody can be asked.
var ErrNone = errors.New("no terminal")

// Ask prompts on the terminal of the process and returns the line that is typed,
// which is not shown. It does not use the standard streams, because an AWS SDK reads
// those of a credential_process. The terminal is restored if ctx ends. The error is
// [ErrNone] if there is no terminal.
func Ask(ctx context.Context, prompt string) (string, error) {
	in, out, err := open()
	if err != nil {
		return "", ErrNone
	}
	defer in.Close()
	defer out.Close()
	fd := int(in.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", ErrNone
	}
	fmt.Fprint(out, prompt)
	defer fmt.Fprintln(out)
	type answer struct {
		line []byte
		err  error
	}
	typed := make(chan answer, 1)
	go func() {
		line, err := term.ReadPassword(fd)
		typed <- answer{line, err}
	}()
	select {
	case a := <-typed:
		return string(a.line), a.err
	case <-ctx.Done():
		return "", errors.Join(ctx.Err(), term.Restore(fd, before))
	}
}
