// Package terminal owns what the command does with the terminal that its
// process belongs to: how wide it is, and questions to whoever sits there.
package terminal

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/term"
)

// ErrNone means that there is nobody to ask.
var ErrNone = errors.New("no terminal")

// Ask prompts on the terminal that the process belongs to, wherever its standard
// streams go: the AWS SDKs keep both outputs of a process that they ask for
// credentials. What is typed is not shown. An interruption leaves the terminal as
// it was.
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
