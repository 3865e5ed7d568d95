package pypi

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// A sort key holds only digits and lower-case letters, so that it has the same
// order byte by byte and under every collation that a database may use. Digits
// sort before letters; the encodings below lean on that.
const (
	keyInvalid = "0"
	keyValid   = "1"
	keyEnd     = "0" // ends a list; every item begins with a letter
	keyNone    = "0" // sorts before anything that is there
)

// SortKey returns a text whose order is PEP 440's order of versions; equal
// versions, such as 1.0 and 1.0.0, have equal keys. What is no such version
// sorts before all that are.
func SortKey(s string) string {
	v, err := parseVersion(s)
	if err != nil {
		return keyInvalid + hex.EncodeToString([]byte(s))
	}
	return v.sortKey()
}

// sortKey follows PEP 440, "Summary of permitted suffixes and relative
// ordering": of one release come first its development releases, then
// pre-releases, the release, post-releases; a suffix .devN sorts before, and a
// local label after, what it is attached to.
func (v version) sortKey() string {
	var b strings.Builder
	b.WriteString(keyValid)
	keyNumber(&b, v.epoch)
	release := v.release
	for len(release) > 0 && release[len(release)-1] == "0" {
		release = release[:len(release)-1]
	}
	for _, n := range release {
		keyNumber(&b, n)
	}
	b.WriteString(keyEnd)

	switch {
	case v.pre != "":
		b.WriteByte(v.pre[0]) // a, b, r
		keyNumber(&b, v.preN)
	case v.post == "" && v.dev != "":
		b.WriteString(keyNone)
	default:
		b.WriteByte('z')
	}
	if v.post == "" {
		b.WriteString(keyNone)
	} else {
		b.WriteByte('1')
		keyNumber(&b, v.post)
	}
	if v.dev == "" {
		b.WriteByte('z')
	} else {
		b.WriteByte('1')
		keyNumber(&b, v.dev)
	}
	keyLocal(&b, v.local)
	return b.String()
}

// keyNumber writes a number so that more digits sort after fewer: a letter for
// their count, then the digits.
func keyNumber(b *strings.Builder, digits string) {
	if n := len(digits); n <= 25 {
		b.WriteByte('a' + byte(n-1)) // a to y
	} else {
		fmt.Fprintf(b, "z%03d", n)
	}
	b.WriteString(digits)
}

// keyLocal writes a local label: words sort before numbers, and a label before
// those that it begins.
func keyLocal(b *strings.Builder, segments []string) {
	if len(segments) == 0 {
		b.WriteString(keyNone)
		return
	}
	b.WriteByte('1')
	for _, s := range segments {
		if isNumber(s) {
			b.WriteByte('b')
			keyNumber(b, s)
			continue
		}
		b.WriteByte('a')
		for i := range len(s) {
			b.WriteByte('a') // the word goes on; its end is smaller than that
			b.WriteByte(s[i])
		}
		b.WriteString(keyEnd)
	}
	b.WriteString(keyEnd)
}
