package client

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"daypass/internal/cli/exit"
	"daypass/internal/cli/terminal"
)

// code returns a one-time code of an MFA device: the code from the command line, once,
// or else what is typed at the terminal.
func (s *Session) code(ctx context.Context, serial string) (string, error) {
	if code := s.tokenCode; code != "" {
		s.tokenCode = ""
		return code, nil
	}
	code, err := s.Ask(ctx, "Enter MFA code for "+serial+": ")
	if errors.Is(err, terminal.ErrNone) {
		name := cmp.Or(s.settings.name, "default")
		return "", exit.Errorf(exit.Config, "A one-time code of the MFA device %s is needed, and there is no terminal to ask for it: run \"daypass credentials --profile %s\" in a terminal first, or give it the code with --token-code.", serial, name)
	}
	if err != nil {
		return "", err
	}
	if code = strings.TrimSpace(code); !IsCode(code) {
		return "", exit.Errorf(exit.Usage, "The MFA code must be six digits.")
	}
	return code, nil
}

// IsCode reports whether a text can be a one-time code.
func IsCode(s string) bool {
	return len(s) == 6 && strings.Trim(s, "0123456789") == ""
}
