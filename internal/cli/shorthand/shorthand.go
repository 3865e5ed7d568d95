// Package shorthand owns the short syntax of structured values on the command line:
// key=value,key=value, with lists in commas or brackets and structures in braces. The
// grammar and the texts of its errors are the AWS CLI's, and so are the names of the
// parser's methods. It knows nothing of models: values are texts, lists and objects.
package shorthand

import (
	"fmt"
	"strings"
	"unicode"

	"daypass/internal/cli/document"
)

// maxDepth bounds nested brackets and braces.
const maxDepth = 100

// Parse reads one value. The text of an error has a caret under the position of the
// error.
func Parse(text string) (o *document.Object, err error) {
	p := &parser{text: []rune(text)}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case failure:
			o, err = nil, r.error
		default:
			panic(r)
		}
	}()
	return p.parameter(), nil
}

// A failure carries a syntax error up through the recursive descent, as a panic.
type failure struct{ error }

type parser struct {
	text  []rune
	pos   int
	depth int
}

const end = rune(-1)

func (p *parser) current() rune {
	if p.pos < len(p.text) {
		return p.text[p.pos]
	}
	return end
}

// location returns the text with a caret under a position, which may be on one of
// several lines.
func (p *parser) location(pos int) string {
	consumed, remaining, column := string(p.text), "", pos
	before, after := string(p.text[:pos]), string(p.text[pos:])
	if i := strings.LastIndexByte(before, '\n'); i >= 0 {
		column = len([]rune(before[i+1:]))
	}
	if i := strings.IndexByte(after, '\n'); i >= 0 {
		consumed, remaining = before+after[:i], after[i:]
	}
	return consumed + "\n" + strings.Repeat(" ", column) + "^" + remaining
}

func (p *parser) fail(expected, received string) {
	panic(failure{document.Messagef("Expected: '%s', received: '%s' for input:\n%s", expected, received, p.location(min(p.pos, len(p.text))))})
}

func (p *parser) skipSpace() {
	for p.current() != end && strings.ContainsRune(" \t\n\r\v\f", p.current()) {
		p.pos++
	}
}

func (p *parser) expect(r rune) {
	if p.current() == end {
		p.fail(string(r), "EOF")
	}
	if p.current() != r {
		p.fail(string(r), string(p.current()))
	}
	p.pos++
}

func (p *parser) expectWithSpace(r rune) {
	p.skipSpace()
	p.expect(r)
	p.skipSpace()
}

func (p *parser) parameter() *document.Object {
	o := &document.Object{}
	key, value := p.keyValue()
	o.Set(key, value)
	last := p.pos
	for p.pos < len(p.text) {
		p.expectWithSpace(',')
		key, value := p.keyValue()
		if o.Has(key) {
			panic(failure{document.Messagef("Second instance of key \"%s\" encountered for input:\n%s\nThis is often because there is a preceding \",\" instead of a space.", key, p.location(min(last+1, len(p.text))))})
		}
		o.Set(key, value)
		last = p.pos
	}
	return o
}

func (p *parser) keyValue() (string, any) {
	key := p.key()
	p.expectWithSpace('=')
	return key, p.values()
}

func (p *parser) key() string {
	start := p.pos
	for r := p.current(); r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r != end && strings.ContainsRune("-_.#/:", r); r = p.current() {
		p.pos++
	}
	return string(p.text[start:p.pos])
}

func (p *parser) values() any {
	switch p.current() {
	case end:
		return ""
	case '[':
		return p.list()
	case '{':
		return p.hash()
	}
	return p.csvValue()
}

// csvValue reads a value, or several with commas between them. A word after a comma may
// be another value or the next key, so it is read before that is known.
func (p *parser) csvValue() any {
	first := p.firstValue()
	p.skipSpace()
	if p.current() != ',' {
		return first
	}
	p.expectWithSpace(',')
	list := []any{first}
	for {
		value, name := p.secondValue()
		if name == "" {
			p.skipSpace()
			if p.current() == end {
				list = append(list, value)
				break
			}
			if p.current() == ',' {
				p.expectWithSpace(',')
				list = append(list, value)
				continue
			}
		} else if p.current() == end {
			p.fail("<"+name+">", "<none>")
		}
		for p.text[p.pos] != ',' { // it was a key: go back to the comma before it
			p.pos--
		}
		break
	}
	if len(list) == 1 {
		return first
	}
	return list
}

func (p *parser) list() any {
	p.enter()
	defer p.leave()
	p.expectWithSpace('[')
	list := []any{}
	for p.current() != ']' {
		list = append(list, p.explicitValue())
		p.skipSpace()
		if p.current() != ']' {
			p.expect(',')
			p.skipSpace()
		}
	}
	p.expect(']')
	return list
}

func (p *parser) hash() any {
	p.enter()
	defer p.leave()
	p.expectWithSpace('{')
	o := &document.Object{}
	for p.current() != '}' {
		key := p.key()
		p.expectWithSpace('=')
		value := p.explicitValue()
		p.skipSpace()
		if p.current() != '}' {
			p.expect(',')
			p.skipSpace()
		}
		o.Set(key, value)
	}
	p.expect('}')
	return o
}

func (p *parser) enter() {
	p.depth++
	if p.depth > maxDepth {
		panic(failure{fmt.Errorf("brackets nest deeper than %d levels", maxDepth)})
	}
}

func (p *parser) leave() { p.depth-- }

func (p *parser) explicitValue() any {
	switch p.current() {
	case '[':
		return p.list()
	case '{':
		return p.hash()
	}
	return p.firstValue()
}

// firstValue reads a value that cannot be a key: in quotes, or a word that may have
// equals signs and opening brackets inside. The value is empty if there is none.
func (p *parser) firstValue() string {
	if r := p.current(); r == '\'' || r == '"' {
		s, name := p.quoted(r)
		if name != "" {
			p.fail("<"+name+">", "<none>")
		}
		return s
	}
	s, _ := p.word(func(r rune) bool { return r != ']' && r != '}' })
	return s
}

// secondValue reads a value after a comma, which may not contain an equals sign. If
// there is none, it reads nothing and returns the name of what is missing.
func (p *parser) secondValue() (s, missing string) {
	if r := p.current(); r == '\'' || r == '"' {
		return p.quoted(r)
	}
	s, ok := p.word(func(r rune) bool { return r != '=' })
	if !ok {
		return "", "second"
	}
	return s, ""
}

// isWordRune reports whether a word may contain a character.
func isWordRune(r rune) bool {
	return unicode.IsSpace(r) || r >= '!' && r <= 0xffff && r != '"' && r != '\'' && r != ','
}

// beginsWord reports whether a word may begin with a character.
func beginsWord(r rune) bool {
	return isWordRune(r) && !unicode.IsSpace(r) && r != '=' && r != '[' && r != '{' || r >= 0x80 && r <= 0xffff
}

// word reads the characters of a word that allows accepts. A comma after a backslash
// is a part of the word. White space at its end is not.
func (p *parser) word(allows func(rune) bool) (string, bool) {
	var b strings.Builder
	for first := true; ; first = false {
		r := p.current()
		switch {
		case r == '\\' && p.pos+1 < len(p.text) && p.text[p.pos+1] == ',':
			b.WriteByte(',')
			p.pos += 2
		case r != end && (first && beginsWord(r) || !first && isWordRune(r) && allows(r)):
			b.WriteRune(r)
			p.pos++
		default:
			return strings.TrimRightFunc(b.String(), unicode.IsSpace), !first
		}
	}
}

// quoted reads a text in quotes, in which a backslash escapes a quote or a backslash.
// A text without a closing quote ends at its last escaped quote.
func (p *parser) quoted(quote rune) (s, missing string) {
	closing := -1
	for i := p.pos + 1; i < len(p.text); i++ {
		if p.text[i] == quote {
			closing = i
			break
		}
		if p.text[i] == '\\' && i+1 < len(p.text) && (p.text[i+1] == '\\' || p.text[i+1] == quote) {
			i++
			if p.text[i] == quote {
				closing = -2 - i
			}
		}
	}
	if closing < -1 {
		closing = -2 - closing
	}
	if closing < 0 {
		return "", map[rune]string{'\'': "singled quoted", '"': "double quoted"}[quote]
	}
	s = string(p.text[p.pos+1 : closing])
	p.pos = closing + 1
	s = strings.ReplaceAll(s, `\`+string(quote), string(quote))
	return strings.ReplaceAll(s, `\\`, `\`), ""
}
