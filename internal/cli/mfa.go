package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/term"
)

// errNoTerminal means that there is nobody to ask.
var errNoTerminal = errors.New("no terminal")

// code returns a one-time code of an MFA device: the one of --token-code, once,
// else what is typed at the terminal.
func (s *session) code(ctx context.Context, serial string) (string, error) {
	if code := s.tokenCode; code != "" {
		s.tokenCode = ""
		return code, nil
	}
	code, err := s.app.Ask(ctx, "Enter MFA code for "+serial+": ")
	if errors.Is(err, errNoTerminal) {
		name := either(s.settings.name, "default")
		return "", fail(exitConfig, "A one-time code of the MFA device %s is needed, and there is no terminal to ask for it: run \"daypass credentials --profile %s\" in a terminal first, or give it the code with --token-code.", serial, name)
	}
	if err != nil {
		return "", err
	}
	if code = strings.TrimSpace(code); !isCode(code) {
		return "", fail(exitUsage, "The MFA code must be six digits.")
	}
	return code, nil
}

func isCode(s string) bool {
	return len(s) == 6 && strings.Trim(s, "0123456789") == ""
}

// ask prompts on the terminal that the process belongs to, wherever its standard
// streams go: the AWS SDKs keep both outputs of a process that they ask for
// credentials. What is typed is not shown. An interruption leaves the terminal as
// it was.
func ask(ctx context.Context, prompt string) (string, error) {
	in, out, err := openTerminal()
	if err != nil {
		return "", errNoTerminal
	}
	defer in.Close()
	defer out.Close()
	fd := int(in.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", errNoTerminal
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
