// Package sortkey owns the encodings of which formats make keys for versions:
// texts whose byte order is the order of what they stand for. It must never
// know a format's rules.
//
// A key holds only digits and lower-case letters, so that it has the same order
// byte by byte and under every collation that a database may use. Digits sort
// before letters; the encodings lean on that.
package sortkey

import (
	"encoding/hex"
	"fmt"
	"strings"
)

const (
	Invalid = "0" // begins the key of what a format's rules do not cover
	Valid   = "1" // begins every other key
	End     = "0" // ends a list; every item begins with a letter
	None    = "0" // stands for what is not there, and sorts before anything that is
)

// OfInvalid is the key of a text that is no version.
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
