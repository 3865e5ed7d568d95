package main

import (
	"fmt"
	"regexp"
	"strings"
)

// The patterns of the models are Java's (java.util.regex.Pattern). RE2 spells these
// differently:
const (
	// Java's \s matches the vertical tab, RE2's does not.
	javaSpace = `\t\n\x0B\f\r `
	// Java's \p{IsWhitespace} is the Unicode property White_Space (PropList.txt).
	whiteSpace = `\t-\r \x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}`
)

// rewritten replaces patterns that RE2 cannot express. What a replacement loses is
// in the shape's bounds.
var rewritten = map[string]string{
	// No two hyphens in a row; 3 to 63 characters (min and max of the shape).
	`^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$`: `^[a-z0-9](-?[a-z0-9])+$`,
}

// toRE2 translates a pattern for package regexp and checks that it compiles.
func toRE2(java string) (string, error) {
	if re, ok := rewritten[java]; ok {
		return re, nil
	}
	var b strings.Builder
	inClass := false
	for i := 0; i < len(java); i++ {
		rest := java[i:]
		switch {
		case strings.HasPrefix(rest, `\p{IsWhitespace}`) && inClass:
			b.WriteString(whiteSpace)
			i += len(`\p{IsWhitespace}`) - 1
		case strings.HasPrefix(rest, `\s`):
			b.WriteString(bracket(javaSpace, inClass))
			i++
		case strings.HasPrefix(rest, `\S`) && !inClass:
			b.WriteString("[^" + javaSpace + "]")
			i++
		case strings.HasPrefix(rest, `\u`):
			n := hexDigits(rest[2:])
			fmt.Fprintf(&b, `\x{%s}`, rest[2:2+n])
			i += 1 + n
		case rest[0] == '\\':
			b.WriteString(rest[:2])
			i++
		default:
			inClass = (inClass || rest[0] == '[') && rest[0] != ']'
			b.WriteByte(rest[0])
		}
	}
	_, err := regexp.Compile(b.String())
	if err != nil {
		return "", err
	}
	return b.String(), nil
}

func bracket(set string, inClass bool) string {
	if inClass {
		return set
	}
	return "[" + set + "]"
}

// hexDigits returns how many digits belong to a \u escape. Java reads four. The
// models also write \u10000 and \u10FFFF, which can only mean code points of that
// number.
func hexDigits(s string) int {
	switch {
	case strings.HasPrefix(s, "10FFFF"):
		return 6
	case strings.HasPrefix(s, "10000"):
		return 5
	}
	return 4
}
