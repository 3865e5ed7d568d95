package arn

import "strings"

const (
	lower  = "abcdefghijklmnopqrstuvwxyz"
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits = "0123456789"
)

// The functions below run in each request, on texts of any length. A regular
// expression would take longer than the rest of a look-up, and a set of
// characters made for each text longer than to look at the characters.

func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func alphanumeric(c byte) bool { return isLower(c) || isUpper(c) || isDigit(c) }

// all reports whether each character of a text is one of a kind.
func all(s string, is func(c byte) bool) bool {
	for i := range len(s) {
		if !is(s[i]) {
			return false
		}
	}
	return true
}

// IsAccount reports whether s is the number of an account: 12 digits.
func IsAccount(s string) bool { return len(s) == 12 && all(s, isDigit) }

// IsRegion reports whether s has the shape of a Region's name:
// [a-z]{2,4}(-[a-z]+)+-[0-9]+.
func IsRegion(s string) bool {
	parts := strings.Split(s, "-")
	last := len(parts) - 1
	if last < 2 || len(parts[0]) < 2 || len(parts[0]) > 4 || parts[last] == "" || strings.Trim(parts[last], digits) != "" {
		return false
	}
	for _, part := range parts[:last] {
		if part == "" || strings.Trim(part, lower) != "" {
			return false
		}
	}
	return true
}

// IsDomain reports whether s can name a domain: [a-z][a-z0-9-]{0,48}[a-z0-9].
//
// Source: CodeArtifact service model.
func IsDomain(s string) bool {
	return len(s) >= 2 && len(s) <= 50 && isLower(s[0]) && s[len(s)-1] != '-' &&
		all(s, func(c byte) bool { return isLower(c) || isDigit(c) || c == '-' })
}

// IsRepository reports whether s can name a repository:
// [A-Za-z0-9][A-Za-z0-9._-]{1,99}.
//
// Source: CodeArtifact service model.
func IsRepository(s string) bool {
	return len(s) >= 2 && len(s) <= 100 && alphanumeric(s[0]) &&
		all(s, func(c byte) bool { return alphanumeric(c) || c == '.' || c == '_' || c == '-' })
}
