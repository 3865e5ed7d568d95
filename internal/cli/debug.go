package cli

import (
	"strings"

	"daypass/internal/cli/client"
	"daypass/internal/cli/command"
)

// debugArguments prints the command line without its values, because any of them
// may be a secret, a token or a document with one in it.
func (a *App) debugArguments(s *client.Session, table []*command.Command, chosen string) {
	if !s.Options.Debug {
		return
	}
	var words []string
	for _, word := range a.Args {
		name, _, hasValue := strings.Cut(word, "=")
		switch {
		case strings.HasPrefix(word, "--") && hasValue:
			words = append(words, name+"="+client.Masked)
		case strings.HasPrefix(word, "--"), command.Find(table, word) != nil, word == chosen:
			words = append(words, word)
		default:
			words = append(words, client.Masked)
		}
	}
	s.Debug("%s", a.agent())
	s.Debug("arguments: %s", strings.Join(words, " "))
}
