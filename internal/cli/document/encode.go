package document

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// Compact returns a value as JSON on one line without spaces. Characters beyond ASCII
// are escaped.
func Compact(v any) string {
	var b strings.Builder
	w := encoder{b: &b, ascii: true}
	w.value(v, 0)
	return b.String()
}

// Indented returns a value as JSON with four spaces a level and without a final
// newline. Characters beyond ASCII are not escaped.
func Indented(v any) string {
	var b strings.Builder
	w := encoder{b: &b, indent: "    "}
	w.value(v, 0)
	return b.String()
}

type encoder struct {
	b      *strings.Builder
	indent string // of one level; "" puts all on one line
	ascii  bool
}

func (w *encoder) value(v any, level int) {
	switch v := v.(type) {
	case nil:
		w.b.WriteString("null")
	case bool:
		w.b.WriteString(strings.ToLower(Repr(v)))
	case float64:
		w.b.WriteString(jsonFloat(v))
	case string:
		w.text(v)
	case []byte:
		w.text(string(v))
	case time.Time:
		w.text(v.Format("2006-01-02T15:04:05"))
	case []any:
		w.sequence("[]", len(v), level, func(i int) { w.value(v[i], level+1) })
	case *Object:
		w.sequence("{}", v.Len(), level, func(i int) {
			m := v.Members()[i]
			w.text(m.Name)
			w.b.WriteByte(':')
			if w.indent != "" {
				w.b.WriteByte(' ')
			}
			w.value(m.Value, level+1)
		})
	default:
		w.b.WriteString(Repr(v))
	}
}

func jsonFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return Float(f)
}

// sequence writes n elements between two brackets.
func (w *encoder) sequence(brackets string, n, level int, element func(int)) {
	w.b.WriteByte(brackets[0])
	for i := range n {
		if i > 0 {
			w.b.WriteByte(',')
		}
		w.newline(level + 1)
		element(i)
	}
	if n > 0 {
		w.newline(level)
	}
	w.b.WriteByte(brackets[1])
}

func (w *encoder) newline(level int) {
	if w.indent == "" {
		return
	}
	w.b.WriteByte('\n')
	for range level {
		w.b.WriteString(w.indent)
	}
}

func (w *encoder) text(s string) {
	w.b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			w.b.WriteByte('\\')
			w.b.WriteRune(r)
		case r == '\n':
			w.b.WriteString(`\n`)
		case r == '\r':
			w.b.WriteString(`\r`)
		case r == '\t':
			w.b.WriteString(`\t`)
		case r == '\b':
			w.b.WriteString(`\b`)
		case r == '\f':
			w.b.WriteString(`\f`)
		case r < ' ':
			fmt.Fprintf(w.b, `\u%04x`, r)
		case w.ascii && r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(w.b, `\u%04x\u%04x`, high, low)
		case w.ascii && r >= utf8.RuneSelf:
			fmt.Fprintf(w.b, `\u%04x`, r)
		default:
			w.b.WriteRune(r)
		}
	}
	w.b.WriteByte('"')
}
