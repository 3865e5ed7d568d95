// Package shorthand owns the short form of structured values on the command
// line, key=value,key=value, with lists in commas or brackets and structures in
// braces. The grammar and the texts of its errors are the AWS CLI's. It knows
// nothing of models: what it returns holds texts, lists and objects.
package shorthand

import (
	"fmt"
	"strings"
	"unicode"

	"daypass/internal/cli/document"
)

// maxDepth bounds nested brackets and braces.
const maxDepth = 100

// Parse reads one value. Errors show the place with a caret.
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

// location shows the text with a caret under the place, which may be on one of
// several lines.
func (p *parser) location(at int) string {
	consumed, remaining, column := string(p.text), "", at
	before, after := string(p.text[:at]), string(p.text[at:])
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

func (p *parser) space() {
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

func (p *parser) expectAmidSpace(r rune) {
	p.space()
	p.expect(r)
	p.space()
}

func (p *parser) parameter() *document.Object {
	o := &document.Object{}
	key, value := p.keyValue()
	o.Set(key, value)
	last := p.pos
	for p.pos < len(p.text) {
		p.expectAmidSpace(',')
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
	p.expectAmidSpace('=')
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
	return p.commas()
}

// commas reads a value, or several with commas between them: whether what
// follows a comma is another value or the next key shows only further on.
func (p *parser) commas() any {
	first := p.first()
	p.space()
	if p.current() != ',' {
		return first
	}
	p.expectAmidSpace(',')
	list := []any{first}
	for {
		value, name := p.second()
		if name == "" {
			p.space()
			if p.current() == end {
				list = append(list, value)
				break
			}
			if p.current() == ',' {
				p.expectAmidSpace(',')
				list = append(list, value)
				continue
			}
		} else if p.current() == end {
			p.fail("<"+name+">", "<none>")
		}
		for p.text[p.pos] != ',' { // that was a key: back to the comma before it
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
	p.expectAmidSpace('[')
	list := []any{}
	for p.current() != ']' {
		list = append(list, p.explicit())
		p.space()
		if p.current() != ']' {
			p.expect(',')
			p.space()
		}
	}
	p.expect(']')
	return list
}

func (p *parser) hash() any {
	p.enter()
	defer p.leave()
	p.expectAmidSpace('{')
	o := &document.Object{}
	for p.current() != '}' {
		key := p.key()
		p.expectAmidSpace('=')
		value := p.explicit()
		p.space()
		if p.current() != '}' {
			p.expect(',')
			p.space()
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

func (p *parser) explicit() any {
	switch p.current() {
	case '[':
		return p.list()
	case '{':
		return p.hash()
	}
	return p.first()
}

// first reads a value that nothing tells from a key: quoted, or a word that may
// hold equals signs and opening brackets inside. No word is an empty value.
func (p *parser) first() string {
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

// second reads a value behind a comma; a word may not hold an equals sign. When
// there is none it returns the name of what is missing and reads nothing.
func (p *parser) second() (s, missing string) {
	if r := p.current(); r == '\'' || r == '"' {
		return p.quoted(r)
	}
	s, ok := p.word(func(r rune) bool { return r != '=' })
	if !ok {
		return "", "second"
	}
	return s, ""
}

// isInside reports whether a character may stand in a word at all.
func isInside(r rune) bool {
	return unicode.IsSpace(r) || r >= '!' && r <= 0xffff && r != '"' && r != '\'' && r != ','
}

// begins reports whether a word may begin with a character.
func begins(r rune) bool {
	return isInside(r) && !unicode.IsSpace(r) && r != '=' && r != '[' && r != '{' || r >= 0x80 && r <= 0xffff
}

// word reads characters as far as may allows; a comma behind a backslash is
// part of the word. Space at its end is not.
func (p *parser) word(may func(rune) bool) (string, bool) {
	var b strings.Builder
	for first := true; ; first = false {
		r := p.current()
		switch {
		case r == '\\' && p.pos+1 < len(p.text) && p.text[p.pos+1] == ',':
			b.WriteByte(',')
			p.pos += 2
		case r != end && (first && begins(r) || !first && isInside(r) && may(r)):
			b.WriteRune(r)
			p.pos++
		default:
			return strings.TrimRightFunc(b.String(), unicode.IsSpace), !first
		}
	}
}

// quoted reads a text in quotes, in which a backslash may stand before a quote
// or a backslash. A text without an end that holds an escaped quote ends there.
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
