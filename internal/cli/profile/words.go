package profile

import (
	"runtime"
	"strings"

	"daypass/internal/cli/document"
)

// The errors of texts that are not whole.
const (
	errQuotes = document.Message("No closing quotation")
	errEscape = document.Message("No escaped character")
)

// Command splits the text of a command into its words as the AWS CLI does on this
// system. Nothing is expanded and nothing else than words comes of it, whatever a
// shell would make of the text.
func Command(text string) ([]string, error) {
	if runtime.GOOS == "windows" {
		return windowsWords(text)
	}
	return Words(text)
}

// Words splits a text as a POSIX shell splits it into words: at white space, with
// both kinds of quotes and the backslash. Source: shlex.split of Python, of which
// the errors have the words too.
func Words(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	inWord := false // else a pair of quotes with nothing in it would be no word
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case ' ', '\t', '\r', '\n':
			if inWord {
				words = append(words, word.String())
			}
			inWord = false
			word.Reset()
			continue
		case '\\':
			i++
			if i == len(text) {
				return nil, errEscape
			}
			word.WriteByte(text[i])
		case '\'', '"':
			var err error
			i, err = quoted(&word, text, i)
			if err != nil {
				return nil, err
			}
		default:
			word.WriteByte(c)
		}
		inWord = true
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}

// quoted writes what stands between the quote at start and its end, and returns
// where that is. In double quotes a backslash protects another one and the quote.
func quoted(word *strings.Builder, text string, start int) (end int, err error) {
	quote := text[start]
	for i := start + 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == quote:
			return i, nil
		case c == '\\' && quote == '"' && i+1 == len(text):
			return 0, errEscape
		case c == '\\' && quote == '"' && i+1 < len(text) && (text[i+1] == '"' || text[i+1] == '\\'):
			i++
			word.WriteByte(text[i])
		default:
			word.WriteByte(c)
		}
	}
	return 0, errQuotes
}

// windowsWords splits a text as programs of Microsoft's C run time split their
// command line: at blanks and tabs; only double quotes quote; a backslash is one
// but in front of a quote.
//
// Source: "Parsing C++ command-line arguments", Microsoft Learn.
func windowsWords(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	inWord, inQuotes := false, false
	for i := 0; i < len(text); i++ {
		c := text[i]
		if (c == ' ' || c == '\t') && !inQuotes {
			if inWord {
				words = append(words, word.String())
			}
			inWord = false
			word.Reset()
			continue
		}
		inWord = true
		slashes := len(text[i:]) - len(strings.TrimLeft(text[i:], `\`))
		i += slashes
		switch {
		case i < len(text) && text[i] == '"':
			word.WriteString(strings.Repeat(`\`, slashes/2))
			if slashes%2 == 1 {
				word.WriteByte('"')
			} else {
				inQuotes = !inQuotes
			}
		case slashes > 0:
			word.WriteString(strings.Repeat(`\`, slashes))
			i--
		default:
			word.WriteByte(c)
		}
	}
	if inQuotes {
		return nil, errQuotes
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}
