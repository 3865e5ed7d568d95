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

// maxDepth bounds how deep a document may nest; it is near Python's own limit.
const maxDepth = 900

// A SyntaxError says where a JSON text is wrong, in the words of Python's json
// module, because the AWS CLI passes them on. Line, column and character count
// code points; the first line and column are 1, the first character is 0.
type SyntaxError struct {
	Message string
	Line    int
	Column  int
	Char    int
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s: line %d column %d (char %d)", e.Message, e.Line, e.Column, e.Char)
}

// Decode reads one JSON text, keeping the order of members; of two members with
// one name the last value counts. Like Python's reader it also takes NaN,
// Infinity and -Infinity. Errors are [*SyntaxError].
func Decode(text string) (any, error) {
	d := decoder{text: text}
	d.space()
	v, err := d.value()
	if err != nil {
		return nil, err
	}
	d.space()
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

func (d *decoder) fail(message string, at int) error {
	before := d.text[:min(at, len(d.text))]
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	return &SyntaxError{message, strings.Count(before, "\n") + 1, column, utf8.RuneCountInString(before)}
}

func (d *decoder) space() {
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

// words are the literals, with Python's additions to JSON.
var words = [...]struct {
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
	for _, w := range words {
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
	d.space()
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
		d.space()
		if d.peek() != ':' {
			return nil, d.fail("Expecting ':' delimiter", d.pos)
		}
		d.pos++
		d.space()
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
	d.space()
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

// separator reads what stands behind an element: a comma, or the end.
func (d *decoder) separator(end byte) (done bool, err error) {
	d.space()
	switch d.peek() {
	case end:
		d.pos++
		return true, nil
	case ',':
		d.pos++
		d.space()
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
	at := d.pos
	d.pos += 2
	if at+1 >= len(d.text) {
		return d.fail("Unterminated string starting at", start)
	}
	c := d.text[at+1]
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
		b.WriteByte("\"\\/\b\f\n\r\t"[i])
		return nil
	}
	if c != 'u' {
		return d.fail(`Invalid \escape`, at)
	}
	r, ok := d.hex(d.pos)
	if !ok {
		return d.fail(`Invalid \uXXXX escape`, at+1)
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

func (d *decoder) hex(at int) (rune, bool) {
	if at+4 > len(d.text) {
		return 0, false
	}
	n, err := strconv.ParseUint(d.text[at:at+4], 16, 16)
	return rune(n), err == nil
}

// number reads a number as JSON writes it; ok is false where none stands.
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
// [*big.Int] where they do not fit; nil when they are no such digits.
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
