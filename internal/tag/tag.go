// Package tag owns the question whether two tag keys are the same key. A policy
// cannot tell keys apart that differ by case alone, because condition keys have no
// case. The package is pure and knows neither what has tags nor what policies ask
// of them.
//
// Source: IAM User Guide, "AWS global condition context keys": the key of a tag
// is matched without regard to case.
package tag

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Same reports whether two keys are one key, by Unicode's simple case folding.
func Same(a, b string) bool { return strings.EqualFold(a, b) }

// Fold returns one spelling for all keys that are the [Same]: two keys are the
// same if and only if their folds are equal. ASCII letters become lower case.
func Fold(key string) string { return strings.Map(fold, key) }

func fold(r rune) rune {
	if r < utf8.RuneSelf {
		return foldASCII(r)
	}
	first := r
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		first = min(first, other)
	}
	return foldASCII(first)
}

func foldASCII(r rune) rune {
	if r >= 'A' && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

// Find returns the value of a key, and the number of tags whose key is the [Same].
// The value is empty unless that number is one.
func Find(tags map[string]string, key string) (value string, n int) {
	for k, v := range tags {
		if Same(k, key) {
			value = v
			n++
		}
	}
	if n > 1 {
		value = ""
	}
	return value, n
}

// Twins returns the first two keys of a list that are the [Same]. They may be
// equal.
func Twins(keys []string) (a, b string, found bool) {
	seen := make(map[string]string, len(keys))
	for _, key := range keys {
		twin, ok := seen[Fold(key)]
		if ok {
			return twin, key, true
		}
		seen[Fold(key)] = key
	}
	return "", "", false
}

// Clash returns the first key of added, in alphabetical order, that clashes with
// another spelling of it in existing or in added. The other spelling is twin.
func Clash(existing, added map[string]string) (key, twin string, found bool) {
	spellings := make(map[string][]string, len(existing))
	for _, k := range slices.Sorted(maps.Keys(existing)) {
		spellings[Fold(k)] = append(spellings[Fold(k)], k)
	}
	for _, k := range slices.Sorted(maps.Keys(added)) {
		for _, other := range spellings[Fold(k)] {
			if other != k {
				return k, other, true
			}
		}
		spellings[Fold(k)] = append(spellings[Fold(k)], k)
	}
	return "", "", false
}

// Reserved reports whether a key or a value begins with aws:, in any case. Only
// AWS itself sets such tags.
//
// Source: IAM User Guide, "Tags for IAM resources".
func Reserved(s string) bool {
	const prefix = "aws:"
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
