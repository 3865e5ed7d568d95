package render

import (
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"daypass/internal/cli/document"
)

// foldAt is the column behind which a space of a long scalar becomes a line
// break.
const foldAt = 80

// writeYAML prints a document in block style with sorted names. The rules for
// quotes and folding are those of libyaml's emitter, which the AWS CLI uses: the
// YAML libraries for Go fold and indent in other ways. A bare scalar is printed
// as JSON.
func writeYAML(w io.Writer, v any) error {
	if document.IsScalar(v) {
		_, err := io.WriteString(w, document.Indented(v)+"\n")
		return err
	}
	e := &emitter{indention: true, whitespace: true}
	e.node(v, -1, false, false)
	e.put("\n")
	_, err := io.WriteString(w, e.b.String())
	return err
}

type emitter struct {
	b          strings.Builder
	column     int
	whitespace bool // the last character written was a space or indention
	indention  bool // nothing but indention and indicators on this line yet
}

func (e *emitter) put(s string) {
	e.b.WriteString(s)
	for _, r := range s {
		e.column++
		if r == '\n' {
			e.column = 0
		}
	}
}

// indicator writes a mark of the syntax, with a space before it where one is
// needed.
func (e *emitter) indicator(s string, space, isIndention bool) {
	if space && !e.whitespace {
		e.put(" ")
	}
	e.put(s)
	e.whitespace = false
	e.indention = e.indention && isIndention
}

// newline goes to the column of an indent, on a new line unless this one has
// only come so far.
func (e *emitter) newline(indent int) {
	indent = max(indent, 0)
	if !e.indention || e.column > indent || e.column == indent && !e.whitespace {
		e.put("\n")
	}
	e.put(repeat(" ", indent-e.column))
	e.whitespace, e.indention = true, true
}

func deeper(indent int) int {
	if indent < 0 {
		return 0
	}
	return indent + 2
}

// node writes a value. indent is that of what surrounds it; inMapping tells that
// it is a member's value, simpleKey that it is a name on the line of its value.
func (e *emitter) node(v any, indent int, inMapping, simpleKey bool) {
	switch v := v.(type) {
	case *document.Object:
		if v.Len() == 0 {
			e.indicator("{", true, false)
			e.indicator("}", false, false)
			return
		}
		e.mapping(v, deeper(indent))
	case []any:
		if len(v) == 0 {
			e.indicator("[", true, false)
			e.indicator("]", false, false)
			return
		}
		if !inMapping || e.indention {
			indent = deeper(indent)
		}
		for _, element := range v {
			e.newline(indent)
			e.indicator("-", true, true)
			e.node(element, indent, false, false)
		}
	default:
		e.scalar(v, deeper(indent), simpleKey)
	}
}

func (e *emitter) mapping(o *document.Object, indent int) {
	names := o.Names()
	slices.Sort(names)
	for _, name := range names {
		e.newline(indent)
		a := analyse(name)
		if len(name) <= 128 && !a.multiline {
			e.node(name, indent, true, true)
			e.indicator(":", false, false)
		} else {
			e.indicator("?", true, true)
			e.node(name, indent, true, false)
			e.newline(indent)
			e.indicator(":", true, true)
		}
		v, _ := o.Get(name)
		e.node(v, indent, true, false)
	}
}

func (e *emitter) scalar(v any, indent int, simpleKey bool) {
	switch v := v.(type) {
	case nil:
		e.plain("null", indent, false)
	case bool:
		e.plain(strings.ToLower(document.Repr(v)), indent, false)
	case float64:
		e.plain(yamlFloat(v), indent, false)
	case time.Time:
		e.plain(document.Str(v), indent, false)
	case string:
		a := analyse(v)
		switch {
		case a.doubleOnly || simpleKey && a.multiline:
			e.double(v, indent, !simpleKey)
		case !a.plain || v == "" || resolves(v):
			e.single(v, indent, !simpleKey)
		default:
			e.plain(v, indent, !simpleKey)
		}
	default:
		e.plain(document.Str(v), indent, false)
	}
}

func yamlFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return ".nan"
	case math.IsInf(f, 1):
		return ".inf"
	case math.IsInf(f, -1):
		return "-.inf"
	}
	return document.Float(f)
}

// typed matches what a reader of YAML 1.2 would not take for a string. The dates
// are those that the AWS CLI's YAML library knows.
var typed = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:` + strings.Join([]string{
		`true|True|TRUE|false|False|FALSE|~|null|Null|NULL|<<|=`,
		`[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?`,
		`[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+`,
		`[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?`,
		`[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)`,
		`[-+]?0b[0-1_]+|[-+]?0o?[0-7_]+|[-+]?0x[0-9a-fA-F_]+`,
		`[-+0-9][0-9_]*`,
		`[0-9]{4}-[0-9]{2}-[0-9]{2}`,
		`[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9][0-9]?(?::[0-9][0-9])?))?`,
	}, "|") + `)$`)
})

func resolves(s string) bool {
	if s == "-" || s == "+" {
		return false
	}
	return typed().MatchString(s)
}

type analysis struct {
	multiline  bool
	plain      bool // may stand without quotes in block style
	doubleOnly bool
}

func isBreak(r rune) bool {
	return r == '\n' || r == '\r' || r == 0x85 || r == 0x2028 || r == 0x2029
}

func isPrintable(r rune) bool {
	return r == '\n' || r >= ' ' && r <= '~' || r >= 0xa0 && r <= 0xffff && r != 0xfeff && r < 0xfffe && (r < 0xd800 || r > 0xdfff)
}

func isBlank(r rune) bool { return r == ' ' || r == '\t' || r == 0 || isBreak(r) }

// analyse finds out in which styles a scalar can be written; it follows libyaml.
func analyse(s string) analysis {
	runes := []rune(s)
	var special, leading, trailing, breakSpace, spaceBreak, previousSpace, previousBreak bool
	indicators := strings.HasPrefix(s, "---") || strings.HasPrefix(s, "...")
	var a analysis
	preceded := true
	for i, r := range runes {
		first, last := i == 0, i == len(runes)-1
		followed := last || isBlank(runes[i+1])
		switch {
		case first && strings.ContainsRune("#,[]{}&*!|>'\"%@`", r):
			indicators = true
		case first && strings.ContainsRune("?:-", r), r == ':':
			indicators = indicators || followed
		case r == '#':
			indicators = indicators || preceded
		}
		special = special || !isPrintable(r)
		if isBreak(r) {
			a.multiline = true
		}
		if r == ' ' || isBreak(r) {
			leading, trailing = leading || first, trailing || last
		}
		breakSpace = breakSpace || r == ' ' && previousBreak
		spaceBreak = spaceBreak || isBreak(r) && previousSpace
		previousSpace, previousBreak = r == ' ', isBreak(r)
		preceded = isBlank(r)
	}
	a.doubleOnly = special || breakSpace || spaceBreak
	a.plain = !a.multiline && !leading && !trailing && !indicators && !a.doubleOnly
	return a
}

func (e *emitter) plain(s string, indent int, fold bool) {
	if !e.whitespace && s != "" {
		e.put(" ")
	}
	runes := []rune(s)
	spaces := false
	for i, r := range runes {
		if r == ' ' && fold && !spaces && e.column > foldAt && i+1 < len(runes) && runes[i+1] != ' ' {
			e.newline(indent)
		} else {
			e.put(string(r))
			e.indention = e.indention && r == ' '
		}
		spaces = r == ' '
	}
	e.whitespace, e.indention = false, false
}

func (e *emitter) single(s string, indent int, fold bool) {
	e.indicator("'", true, false)
	runes := []rune(s)
	spaces, breaks := false, false
	for i, r := range runes {
		switch {
		case r == ' ':
			if fold && !spaces && e.column > foldAt && i > 0 && i+1 < len(runes) && runes[i+1] != ' ' {
				e.newline(indent)
			} else {
				e.put(" ")
			}
			spaces = true
			continue
		case isBreak(r):
			if !breaks && r == '\n' {
				e.put("\n")
			}
			e.put(string(r))
			if r != '\n' {
				e.column = 0
			}
			e.indention, breaks = true, true
			continue
		}
		if breaks {
			e.newline(indent)
		}
		if r == '\'' {
			e.put("'")
		}
		e.put(string(r))
		e.indention, spaces, breaks = false, false, false
	}
	if breaks {
		e.newline(indent)
	}
	e.indicator("'", false, false)
	e.whitespace, e.indention = false, false
}

// escapes are the characters that have a short form in double quotes.
const escapes = "\x000\x07a\bb\tt\nn\vv\ff\rr\x1be\"\"\\\\\u0085N\u00a0_\u2028L\u2029P"

func (e *emitter) double(s string, indent int, fold bool) {
	e.indicator(`"`, true, false)
	runes := []rune(s)
	spaces := false
	for i, r := range runes {
		switch {
		case !isPrintable(r) || isBreak(r) || r == '"' || r == '\\':
			e.put(escaped(r))
			spaces = false
		case r == ' ':
			if fold && !spaces && e.column > foldAt && i > 0 && i+1 < len(runes) {
				e.newline(indent)
				if runes[i+1] == ' ' {
					e.put(`\`)
				}
			} else {
				e.put(" ")
			}
			spaces = true
		default:
			e.put(string(r))
			spaces = false
		}
	}
	e.indicator(`"`, false, false)
	e.whitespace, e.indention = false, false
}

func escaped(r rune) string {
	pairs := []rune(escapes)
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] == r {
			return `\` + string(pairs[i+1])
		}
	}
	switch {
	case r <= 0xff:
		return fmt.Sprintf(`\x%02X`, r)
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04X`, r)
	}
	return fmt.Sprintf(`\U%08X`, r)
}
