package document

import (
	"errors"
	"strconv"
	"strings"
	"unicode"
)

// ParseInt reads an integer as Python's int() does: it may have white space around
// it, a sign, leading zeros and single underscores between digits. The value is an
// int64, or a [*big.Int] if it does not fit.
func ParseInt(s string) (any, bool) {
	t := strings.TrimFunc(s, unicode.IsSpace)
	digits := t
	if t != "" && (t[0] == '+' || t[0] == '-') {
		digits = t[1:]
	}
	digits, ok := joinDigits(digits, 1)
	if !ok {
		return nil, false
	}
	if strings.HasPrefix(t, "-") {
		digits = "-" + digits
	}
	return Integer(digits), true
}

// joinDigits checks groups of at least least digits with single underscores
// between them and returns the digits alone.
func joinDigits(s string, least int) (string, bool) {
	if len(s) < least || strings.HasPrefix(s, "_") || strings.HasSuffix(s, "_") || strings.Contains(s, "__") {
		return "", false
	}
	s = strings.ReplaceAll(s, "_", "")
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return "", false
		}
	}
	return s, true
}

// ParseFloat reads a number as Python's float() does.
func ParseFloat(s string) (float64, bool) {
	t := strings.TrimFunc(s, unicode.IsSpace)
	if strings.ContainsAny(t, "xXpP") || strings.HasPrefix(t, "_") || strings.HasSuffix(t, "_") || strings.Contains(t, "__") {
		return 0, false
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(t, "_", ""), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, false
	}
	return f, true
}
