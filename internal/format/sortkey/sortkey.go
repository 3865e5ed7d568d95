// Package sortkey owns the encodings for sort keys of versions: texts whose byte
// order is the order of the versions. It must never know a format's rules.
//
// A key holds only digits and lower-case letters, so that it has the same order by
// bytes and under every collation of a database. The encodings rely on digits sorting
// before letters.
package sortkey

import (
	"encoding/hex"
	"fmt"
	"strings"
)

const (
	Invalid = "0" // begins the key of a text that is no version
	Valid   = "1" // begins the key of a version
	End     = "0" // ends a list; every item begins with a letter
	None    = "0" // encodes an absent part, and sorts before every present one
)

// OfInvalid returns the key of a text that is no version.
func OfInvalid(text string) string { return Invalid + hex.EncodeToString([]byte(text)) }

// Number writes a number, given as digits without leading zeros, so that more
// digits sort after fewer: a letter for their count, then the digits.
func Number(b *strings.Builder, digits string) {
	if n := len(digits); n <= 25 {
		b.WriteByte('a' + byte(n-1)) // a to y
	} else {
		fmt.Fprintf(b, "z%03d", n)
	}
	b.WriteString(digits)
}

// Word writes a word of lower-case letters and digits, so that it sorts after
// every word that it begins with. It begins with a letter.
func Word(b *strings.Builder, word string) {
	for i := range len(word) {
		b.WriteByte('a') // the word goes on; its end is smaller than that
		b.WriteByte(word[i])
	}
	b.WriteString(End)
}
