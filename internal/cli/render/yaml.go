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

// foldColumn is the column after which a space in a long scalar becomes a line break.
const foldColumn = 80

// writeYAML prints a document in block style with sorted names. Quotes and line breaks
// follow libyaml's emitter, which the AWS CLI uses. The YAML libraries for Go break
// and indent lines in other ways. A document that is a scalar is printed as JSON.
func writeYAML(w io.Writer, v any) error {
	if document.IsScalar(v) {
		_, err := io.WriteString(w, document.Indented(v)+"\n")
		return err
	}
	e := &emitter{indention: true, whitespace: true}
	e.writeNode(v, -1, outside)
	e.write("\n")
	_, err := io.WriteString(w, e.b.String())
	return err
}

type emitter struct {
	b          strings.Builder
	column     int
	whitespace bool // the last character written was a space or indention
	indention  bool // this line has only indention and indicators so far
}

func (e *emitter) write(s string) {
	e.b.WriteString(s)
	for _, r := range s {
		e.column++
		if r == '\n' {
			e.column = 0
		}
	}
}

// writeIndicator writes an indicator of the syntax. With space there is white space
// before it. isIndention says that it counts as a part of the indention.
func (e *emitter) writeIndicator(s string, space, isIndention bool) {
	if space && !e.whitespace {
		e.write(" ")
	}
	e.write(s)
	e.whitespace = false
	e.indention = e.indention && isIndention
}

// newline moves to the column of an indent. It begins a new line unless this line has
// nothing but an indention up to there.
func (e *emitter) newline(indent int) {
	indent = max(indent, 0)
	if !e.indention || e.column > indent || e.column == indent && !e.whitespace {
		e.write("\n")
	}
	e.write(repeat(" ", indent-e.column))
	e.whitespace, e.indention = true, true
}

func nextIndent(indent int) int {
	if indent < 0 {
		return 0
	}
	return indent + 2
}

// A place is the place of a node in its mapping, if it is in one.
type place int

const (
	outside   place = iota // not in a mapping
	inMapping              // a value, or a name on a line of its own
	simpleKey              // a name on the line of its value
)

// writeNode writes a value. indent is that of the surrounding node.
func (e *emitter) writeNode(v any, indent int, p place) {
	switch v := v.(type) {
	case *document.Object:
		if v.Len() == 0 {
			e.writeIndicator("{", true, false)
			e.writeIndicator("}", false, false)
			return
		}
		e.writeMapping(v, nextIndent(indent))
	case []any:
		if len(v) == 0 {
			e.writeIndicator("[", true, false)
			e.writeIndicator("]", false, false)
			return
		}
		if p == outside || e.indention {
			indent = nextIndent(indent)
		}
		for _, element := range v {
			e.newline(indent)
			e.writeIndicator("-", true, true)
			e.writeNode(element, indent, outside)
		}
	default:
		e.writeScalar(v, nextIndent(indent), p == simpleKey)
	}
}

func (e *emitter) writeMapping(o *document.Object, indent int) {
	names := o.Names()
	slices.Sort(names)
	for _, name := range names {
		e.newline(indent)
		a := analyse(name)
		if len(name) <= 128 && !a.multiline {
			e.writeNode(name, indent, simpleKey)
			e.writeIndicator(":", false, false)
		} else {
			e.writeIndicator("?", true, true)
			e.writeNode(name, indent, inMapping)
			e.newline(indent)
			e.writeIndicator(":", true, true)
		}
		v, _ := o.Get(name)
		e.writeNode(v, indent, inMapping)
	}
}

func (e *emitter) writeScalar(v any, indent int, simpleKey bool) {
	switch v := v.(type) {
	case nil:
		e.writePlain("null", indent, false)
	case bool:
		e.writePlain(strings.ToLower(document.Repr(v)), indent, false)
	case float64:
		e.writePlain(yamlFloat(v), indent, false)
	case time.Time:
		e.writePlain(document.Str(v), indent, false)
	case string:
		a := analyse(v)
		switch {
		case a.doubleOnly || simpleKey && a.multiline:
			e.writeDoubleQuoted(v, indent, !simpleKey)
		case !a.plain || v == "" || needsQuotes(v):
			e.writeSingleQuoted(v, indent, !simpleKey)
		default:
			e.writePlain(v, indent, !simpleKey)
		}
	default:
		e.writePlain(document.Str(v), indent, false)
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

// notString matches the plain scalars that are not strings in YAML 1.2. The dates are
// those of the AWS CLI's YAML library.
var notString = sync.OnceValue(func() *regexp.Regexp {
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

// needsQuotes reports whether a string without quotes would be read as another type.
func needsQuotes(s string) bool {
	if s == "-" || s == "+" {
		return false
	}
	return notString().MatchString(s)
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

// analyse finds out in which styles a scalar can be written, as libyaml does.
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

func (e *emitter) writePlain(s string, indent int, fold bool) {
	if !e.whitespace && s != "" {
		e.write(" ")
	}
	runes := []rune(s)
	spaces := false
	for i, r := range runes {
		if r == ' ' && fold && !spaces && e.column > foldColumn && i+1 < len(runes) && runes[i+1] != ' ' {
			e.newline(indent)
		} else {
			e.write(string(r))
			e.indention = e.indention && r == ' '
		}
		spaces = r == ' '
	}
	e.whitespace, e.indention = false, false
}

func (e *emitter) writeSingleQuoted(s string, indent int, fold bool) {
	e.writeIndicator("'", true, false)
	runes := []rune(s)
	spaces, breaks := false, false
	for i, r := range runes {
		switch {
		case r == ' ':
			if fold && !spaces && e.column > foldColumn && i > 0 && i+1 < len(runes) && runes[i+1] != ' ' {
				e.newline(indent)
			} else {
				e.write(" ")
			}
			spaces = true
			continue
		case isBreak(r):
			if !breaks && r == '\n' {
				e.write("\n")
			}
			e.write(string(r))
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
			e.write("'")
		}
		e.write(string(r))
		e.indention, spaces, breaks = false, false, false
	}
	if breaks {
		e.newline(indent)
	}
	e.writeIndicator("'", false, false)
	e.whitespace, e.indention = false, false
}

// escapes are the characters that have a short form in double quotes.
const escapes = "\x000\x07a\bb\tt\nn\vv\ff\rr\x1be\"\"\\\\\u0085N\u00a0_\u2028L\u2029P"

func (e *emitter) writeDoubleQuoted(s string, indent int, fold bool) {
	e.writeIndicator(`"`, true, false)
	runes := []rune(s)
	spaces := false
	for i, r := range runes {
		switch {
		case !isPrintable(r) || isBreak(r) || r == '"' || r == '\\':
			e.write(escaped(r))
			spaces = false
		case r == ' ':
			if fold && !spaces && e.column > foldColumn && i > 0 && i+1 < len(runes) {
				e.newline(indent)
				if runes[i+1] == ' ' {
					e.write(`\`)
				}
			} else {
				e.write(" ")
			}
			spaces = true
		default:
			e.write(string(r))
			spaces = false
		}
	}
	e.writeIndicator(`"`, false, false)
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
