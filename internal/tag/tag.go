// Package tag owns which keys of tags are one key. Condition keys have no case,
// so two keys that differ by case alone cannot be told apart in a policy. It is
// pure and knows neither what has tags nor what policies ask of them.
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

// Fold returns the spelling that all keys have in common which are the [Same].
// ASCII letters become small.
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

// Find returns the value of a key, and how many of the tags have a key that is
// the [Same]. The value is empty unless there is one.
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

// Clash returns the first key in order that cannot be added to what there is:
// another spelling of it is there, or is to be added too.
func Clash(there, add map[string]string) (key, twin string, found bool) {
	spelt := make(map[string][]string, len(there))
	for _, k := range slices.Sorted(maps.Keys(there)) {
		spelt[Fold(k)] = append(spelt[Fold(k)], k)
	}
	for _, k := range slices.Sorted(maps.Keys(add)) {
		for _, other := range spelt[Fold(k)] {
			if other != k {
				return k, other, true
			}
		}
		spelt[Fold(k)] = append(spelt[Fold(k)], k)
	}
	return "", "", false
}

// Reserved reports whether a key or a value begins with aws:, in any case. Such
// are AWS's own.
//
// Source: IAM User Guide, "Tags for IAM resources".
func Reserved(s string) bool {
	const prefix = "aws:"
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
