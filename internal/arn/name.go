package arn

import "strings"

const (
	lower  = "abcdefghijklmnopqrstuvwxyz"
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits = "0123456789"
)

// The functions below run in each request, on texts of any length. A regular
// expression would take longer than the rest of a look-up.

// IsAccount reports whether s is the number of an account: 12 digits.
func IsAccount(s string) bool { return len(s) == 12 && strings.Trim(s, digits) == "" }

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
	return len(s) >= 2 && len(s) <= 50 && strings.Trim(s, lower+digits+"-") == "" &&
		strings.IndexByte(lower, s[0]) >= 0 && s[len(s)-1] != '-'
}

// IsRepository reports whether s can name a repository:
// [A-Za-z0-9][A-Za-z0-9._-]{1,99}.
//
// Source: CodeArtifact service model.
func IsRepository(s string) bool {
	return len(s) >= 2 && len(s) <= 100 && strings.Trim(s, lower+upper+digits+"._-") == "" && strings.IndexByte("._-", s[0]) < 0
}
