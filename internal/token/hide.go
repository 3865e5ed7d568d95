package token

import "bytes"

const (
	// begin is what every token begins with, and shortest how long what matches
	// [Pattern] is at least.
	begin    = "daypass"
	secret   = 120 // characters behind the prefix
	shortest = len(Prefix) + secret
)

// Hide returns text with by in the place of whatever looks like a token: what
// [Pattern] matches, wherever it begins, as %2F or \n may stand before a token in
// what was encoded. It is for logs and records, where each text comes by.
func Hide(text, by string) string {
	if len(text) < shortest {
		return text
	}
	hidden, found := hide([]byte(text), by)
	if !found {
		return text
	}
	return string(hidden)
}

// HideBytes is like [Hide], for a longer text that was encoded already. It
// changes b.
func HideBytes(b []byte, by string) []byte {
	hidden, _ := hide(b, by)
	return hidden
}

func hide(b []byte, by string) (hidden []byte, found bool) {
	if len(by) > shortest {
		panic("token: what stands for a token is longer")
	}
	out := b[:0]       // never overtakes rest
	rest, kept := b, 0 // of rest
	for {
		i := bytes.Index(rest[kept:], []byte(begin))
		if i < 0 {
			break
		}
		start := kept + i
		kept = start + len(begin)
		if end := tokenEnd(rest, kept); end > 0 {
			out = append(append(out, rest[:start]...), by...)
			rest, kept, found = rest[end:], 0, true
		}
	}
	if !found {
		return b, false
	}
	return append(out, rest...), true
}

// tokenEnd returns where the token ends that is at the end of "daypass" at i, or
// 0 if it is none.
func tokenEnd(b []byte, i int) int {
	if rest := b[i:]; bytes.HasPrefix(rest, []byte(SessionPrefix[len(begin):])) {
		i += len(SessionPrefix) - len(begin)
	} else if bytes.HasPrefix(rest, []byte(Prefix[len(begin):])) {
		i += len(Prefix) - len(begin)
	} else {
		return 0
	}
	start := i
	for i < len(b) && tokenBytes[b[i]] {
		i++
	}
	if i-start < secret {
		return 0
	}
	return i
}

// tokenBytes are what stands behind a token's prefix.
var tokenBytes = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_' || c == '-'
	}
	return t
}()
