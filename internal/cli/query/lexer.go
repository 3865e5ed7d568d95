package query

import (
	"fmt"
	"strings"

	"daypass/internal/cli/document"
)

// A kind is the kind of a token. Its text is the name in messages.
type kind string

type token struct {
	kind  kind
	value any // text, int64 (number) or any literal
	start int // in code points
}

const (
	eof        kind = "eof"
	unquoted   kind = "unquoted_identifier"
	quoted     kind = "quoted_identifier"
	literal    kind = "literal"
	number     kind = "number"
	lbracket   kind = "lbracket"
	rbracket   kind = "rbracket"
	lparen     kind = "lparen"
	rparen     kind = "rparen"
	lbrace     kind = "lbrace"
	rbrace     kind = "rbrace"
	comma      kind = "comma"
	colon      kind = "colon"
	dot        kind = "dot"
	star       kind = "star"
	current    kind = "current"
	flatten    kind = "flatten"
	filter     kind = "filter"
	pipe       kind = "pipe"
	orToken    kind = "or"
	andToken   kind = "and"
	expref     kind = "expref"
	notToken   kind = "not"
	eqToken    kind = "eq"
	neToken    kind = "ne"
	ltToken    kind = "lt"
	lteToken   kind = "lte"
	gtToken    kind = "gt"
	gteToken   kind = "gte"
	endOfInput      = rune(-1)
)

func singleToken(r rune) kind {
	switch r {
	case '.':
		return dot
	case '*':
		return star
	case ']':
		return rbracket
	case ',':
		return comma
	case ':':
		return colon
	case '@':
		return current
	case '(':
		return lparen
	case ')':
		return rparen
	case '{':
		return lbrace
	case '}':
		return rbrace
	}
	return ""
}

// An operatorToken is a character that is an operator alone, or together with a
// second one.
type operatorToken struct {
	second rune
	both   kind // of the two characters
	alone  kind // of the first one
}

func operatorOf(r rune) (operatorToken, bool) {
	switch r {
	case '|':
		return operatorToken{'|', orToken, pipe}, true
	case '&':
		return operatorToken{'&', andToken, expref}, true
	case '<':
		return operatorToken{'=', lteToken, ltToken}, true
	case '>':
		return operatorToken{'=', gteToken, gtToken}, true
	case '!':
		return operatorToken{'=', neToken, notToken}, true
	}
	return operatorToken{}, false
}

type lexer struct {
	text   []rune
	pos    int
	tokens []token
}

func tokenize(expression string) ([]token, error) {
	if expression == "" {
		return nil, document.Messagef("Invalid JMESPath expression: cannot be empty.")
	}
	l := &lexer{text: []rune(expression)}
	for l.pos < len(l.text) {
		err := l.next()
		if err != nil {
			return nil, err
		}
	}
	return append(l.tokens, token{eof, "", len(l.text)}), nil
}

func (l *lexer) runeAt(i int) rune {
	if i < len(l.text) {
		return l.text[i]
	}
	return endOfInput
}

func (l *lexer) emit(k kind, v any, start int) { l.tokens = append(l.tokens, token{k, v, start}) }

func isLetter(r rune) bool { return r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
func isDigit(r rune) bool  { return r >= '0' && r <= '9' }

func (l *lexer) next() error {
	start, r := l.pos, l.text[l.pos]
	if k := singleToken(r); k != "" {
		l.pos++
		l.emit(k, string(r), start)
		return nil
	}
	if op, ok := operatorOf(r); ok {
		l.pos++
		if l.runeAt(l.pos) == op.second {
			l.pos++
			l.emit(op.both, string(l.text[start:l.pos]), start)
		} else {
			l.emit(op.alone, string(r), start)
		}
		return nil
	}
	switch {
	case isLetter(r):
		for isLetter(l.runeAt(l.pos)) || isDigit(l.runeAt(l.pos)) {
			l.pos++
		}
		l.emit(unquoted, string(l.text[start:l.pos]), start)
	case r == ' ' || r == '\t' || r == '\n' || r == '\r':
		l.pos++
	case r == '[':
		l.bracket()
	case isDigit(r) || r == '-':
		return l.number()
	case r == '\'':
		s, err := l.until('\'')
		l.emit(literal, strings.ReplaceAll(s, `\'`, "'"), start)
		return err
	case r == '`':
		return l.literal()
	case r == '"':
		return l.identifier()
	case r == '=':
		return l.equals()
	default:
		return l.fail(start, "Unknown token "+string(r))
	}
	return nil
}

func (l *lexer) bracket() {
	start := l.pos
	l.pos++
	switch l.runeAt(l.pos) {
	case ']':
		l.pos++
		l.emit(flatten, "[]", start)
	case '?':
		l.pos++
		l.emit(filter, "[?", start)
	default:
		l.emit(lbracket, "[", start)
	}
}

func (l *lexer) number() error {
	start := l.pos
	l.pos++
	for isDigit(l.runeAt(l.pos)) {
		l.pos++
	}
	text := string(l.text[start:l.pos])
	if text == "-" {
		return l.fail(start, "Unknown token '-'")
	}
	l.emit(number, document.Integer(text), start)
	return nil
}

func (l *lexer) equals() error {
	start := l.pos
	if l.runeAt(start+1) == '=' {
		l.pos += 2
		l.emit(eqToken, "==", start)
		return nil
	}
	return l.fail(start, "Unknown token '='")
}

// until returns the text up to the next delimiter that no backslash escapes, and
// moves behind the delimiter. Backslashes stay in the text.
func (l *lexer) until(delimiter rune) (string, error) {
	start := l.pos
	for i := start + 1; i < len(l.text); i++ {
		switch l.text[i] {
		case delimiter:
			l.pos = i + 1
			return string(l.text[start+1 : i]), nil
		case '\\':
			i++
		}
	}
	return "", l.fail(start, fmt.Sprintf("Unclosed %c delimiter", delimiter))
}

func (l *lexer) literal() error {
	start := l.pos
	text, err := l.until('`')
	if err != nil {
		return err
	}
	text = strings.ReplaceAll(text, "\\`", "`")
	v, err := document.Decode(text)
	if err != nil { // JEP-12: a literal that is not JSON is a string
		v, err = document.Decode(`"` + strings.TrimLeft(text, " \t\n\r\v\f") + `"`)
	}
	if err != nil {
		return l.fail(start, "Bad token "+text)
	}
	l.emit(literal, v, start)
	return nil
}

func (l *lexer) identifier() error {
	start := l.pos
	text, err := l.until('"')
	if err != nil {
		return err
	}
	v, err := document.Decode(`"` + text + `"`)
	if err != nil {
		message, _, _ := strings.Cut(err.Error(), ":")
		return l.fail(start, message)
	}
	l.emit(quoted, v, start)
	return nil
}

func (l *lexer) fail(column int, message string) error {
	return document.Messagef("Bad jmespath expression: %s:\n%s\n%s^", message, string(l.text), strings.Repeat(" ", column))
}
