package profile

import (
	"runtime"
	"strings"

	"daypass/internal/cli/document"
)

// The errors for texts that end too early, in the words of Python's shlex.
const (
	errQuotes = document.Message("No closing quotation")
	errEscape = document.Message("No escaped character")
)

// Command splits the text of a command into words as the AWS CLI does on this system.
// It expands nothing, and characters with a meaning for a shell have none.
func Command(text string) ([]string, error) {
	if runtime.GOOS == "windows" {
		return windowsWords(text)
	}
	return Words(text)
}

// Words splits a text into words as a POSIX shell does: at white space, with both
// kinds of quotes and the backslash.
//
// Source: shlex.split of Python, which has the same errors.
func Words(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	inWord := false // an empty pair of quotes is a word too
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
			i, err = readQuoted(&word, text, i)
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

// readQuoted appends the text between the quote at start and the closing quote to
// word, and returns the index of the closing quote. In double quotes a backslash
// escapes a backslash or the quote.
func readQuoted(word *strings.Builder, text string, start int) (end int, err error) {
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

// windowsWords splits a text as Microsoft's C runtime splits a command line: at blanks
// and tabs. Only double quotes quote. A backslash has a meaning only in front of a
// quote.
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
