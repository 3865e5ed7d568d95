package document

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds how deep a document may nest. Python's limit is about the same.
const maxDepth = 900

// A SyntaxError says where a JSON text is wrong, in the words of Python's json
// module, because the AWS CLI shows them. Columns and characters are code points. The
// first line and column are 1, and the first character is 0.
type SyntaxError struct {
	Message string
	Line    int
	Column  int
	Char    int
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s: line %d column %d (char %d)", e.Message, e.Line, e.Column, e.Char)
}

// Decode reads one JSON text and keeps the order of members. Of two members with the
// same name the last value counts. Like Python it also accepts NaN, Infinity and
// -Infinity. The errors are of type [*SyntaxError].
func Decode(text string) (any, error) {
	d := decoder{text: text}
	d.skipSpace()
	v, err := d.value()
	if err != nil {
		return nil, err
	}
	d.skipSpace()
	if d.pos < len(d.text) {
		return nil, d.fail("Extra data", d.pos)
	}
	return v, nil
}

type decoder struct {
	text  string
	pos   int
	depth int
}

func (d *decoder) fail(message string, offset int) error {
	before := d.text[:min(offset, len(d.text))]
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	return &SyntaxError{message, strings.Count(before, "\n") + 1, column, utf8.RuneCountInString(before)}
}

func (d *decoder) skipSpace() {
	for d.pos < len(d.text) {
		switch d.text[d.pos] {
		case ' ', '\t', '\n', '\r':
			d.pos++
		default:
			return
		}
	}
}

func (d *decoder) peek() byte {
	if d.pos < len(d.text) {
		return d.text[d.pos]
	}
	return 0
}

// literals are the literals of JSON and Python's additions to them.
var literals = [...]struct {
	text  string
	value any
}{
	{"null", nil}, {"true", true}, {"false", false},
	{"NaN", math.NaN()}, {"Infinity", math.Inf(1)}, {"-Infinity", math.Inf(-1)},
}

func (d *decoder) value() (any, error) {
	switch c := d.peek(); {
	case c == '"':
		return d.str()
	case c == '{' || c == '[':
		d.depth++
		defer func() { d.depth-- }()
		if d.depth > maxDepth {
			return nil, d.fail("Too deeply nested", d.pos)
		}
		if c == '{' {
			return d.object()
		}
		return d.list()
	}
	for _, w := range literals {
		if strings.HasPrefix(d.text[d.pos:], w.text) {
			d.pos += len(w.text)
			return w.value, nil
		}
	}
	if v, ok := d.number(); ok {
		return v, nil
	}
	return nil, d.fail("Expecting value", d.pos)
}

func (d *decoder) object() (any, error) {
	o := &Object{}
	d.pos++
	d.skipSpace()
	if d.peek() == '}' {
		d.pos++
		return o, nil
	}
	for {
		if d.peek() != '"' {
			return nil, d.fail("Expecting property name enclosed in double quotes", d.pos)
		}
		name, err := d.str()
		if err != nil {
			return nil, err
		}
		d.skipSpace()
		if d.peek() != ':' {
			return nil, d.fail("Expecting ':' delimiter", d.pos)
		}
		d.pos++
		d.skipSpace()
		v, err := d.value()
		if err != nil {
			return nil, err
		}
		o.Set(name, v)
		done, err := d.separator('}')
		if done || err != nil {
			return o, err
		}
	}
}

func (d *decoder) list() (any, error) {
	list := []any{}
	d.pos++
	d.skipSpace()
	if d.peek() == ']' {
		d.pos++
		return list, nil
	}
	for {
		v, err := d.value()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		done, err := d.separator(']')
		if done || err != nil {
			return list, err
		}
	}
}

// separator reads what follows an element: a comma, or the end of the list or
// object.
func (d *decoder) separator(end byte) (done bool, err error) {
	d.skipSpace()
	switch d.peek() {
	case end:
		d.pos++
		return true, nil
	case ',':
		d.pos++
		d.skipSpace()
		return false, nil
	}
	return false, d.fail("Expecting ',' delimiter", d.pos)
}

func (d *decoder) str() (string, error) {
	start := d.pos
	d.pos++
	plain := d.pos
	var b strings.Builder
	for {
		if d.pos >= len(d.text) {
			return "", d.fail("Unterminated string starting at", start)
		}
		switch c := d.text[d.pos]; {
		case c == '"':
			b.WriteString(d.text[plain:d.pos])
			d.pos++
			return b.String(), nil
		case c < ' ':
			return "", d.fail("Invalid control character at", d.pos)
		case c == '\\':
			b.WriteString(d.text[plain:d.pos])
			err := d.escape(&b, start)
			if err != nil {
				return "", err
			}
			plain = d.pos
		default:
			d.pos++
		}
	}
}

func (d *decoder) escape(b *strings.Builder, start int) error {
	backslash := d.pos
	d.pos += 2
	if backslash+1 >= len(d.text) {
		return d.fail("Unterminated string starting at", start)
	}
	c := d.text[backslash+1]
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
		b.WriteByte("\"\\/\b\f\n\r\t"[i])
		return nil
	}
	if c != 'u' {
		return d.fail(`Invalid \escape`, backslash)
	}
	r, ok := d.hex(d.pos)
	if !ok {
		return d.fail(`Invalid \uXXXX escape`, backslash+1)
	}
	d.pos += 4
	if utf16.IsSurrogate(r) && strings.HasPrefix(d.text[d.pos:], `\u`) {
		if low, ok := d.hex(d.pos + 2); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				r = pair
				d.pos += 6
			}
		}
	}
	b.WriteRune(r)
	return nil
}

func (d *decoder) hex(offset int) (rune, bool) {
	if offset+4 > len(d.text) {
		return 0, false
	}
	n, err := strconv.ParseUint(d.text[offset:offset+4], 16, 16)
	return rune(n), err == nil
}

// number reads a JSON number. ok is false if there is none.
func (d *decoder) number() (v any, ok bool) {
	i := d.pos
	digits := func() bool {
		from := i
		for i < len(d.text) && d.text[i] >= '0' && d.text[i] <= '9' {
			i++
		}
		return i > from
	}
	if i < len(d.text) && d.text[i] == '-' {
		i++
	}
	if i < len(d.text) && d.text[i] == '0' {
		i++
	} else if !digits() {
		return nil, false
	}
	end, float := i, false
	if i < len(d.text) && d.text[i] == '.' {
		i++
		if digits() {
			end, float = i, true
		}
		i = end
	}
	if i < len(d.text) && (d.text[i] == 'e' || d.text[i] == 'E') {
		i++
		if i < len(d.text) && (d.text[i] == '+' || d.text[i] == '-') {
			i++
		}
		if digits() {
			end, float = i, true
		}
	}
	text := d.text[d.pos:end]
	d.pos = end
	if float {
		f, _ := strconv.ParseFloat(text, 64) // out of range gives an infinity, as in Python
		return f, true
	}
	return Integer(text), true
}

// Integer returns decimal digits with an optional sign as an int64, or as a
// [*big.Int] if they do not fit. It returns nil for any other text.
func Integer(digits string) any {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err == nil {
		return n
	}
	if n, ok := new(big.Int).SetString(digits, 10); ok {
		return n
	}
	return nil
}
