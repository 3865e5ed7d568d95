// Package printable owns which characters of a stranger's text may reach a log,
// a record, an error message or a terminal, and how the others are written:
// controls (C0, DEL, C1) move a terminal's cursor or rewrite its title, and
// direction marks show a line in another order than it has. They are told as
// escapes, so that nothing is lost. It knows nothing of who prints.
package printable

import (
	"encoding/binary"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Text returns s as one line: what is not printable is written as \u009b, and
// bytes that are no UTF-8 as \ufffd.
func Text(s string) string { return text(s, false) }

// Lines is like [Text] but keeps the ends of lines.
func Lines(s string) string { return text(s, true) }

// Cut returns the beginning of s, of at most most bytes and without a character
// that is cut in two, and whether that is all of it.
func Cut(s string, most int) (beginning string, whole bool) {
	if len(s) <= most {
		return s, true
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most], false
}

// Short returns s, or where that is longer than most bytes its beginning and
// "…".
func Short(s string, most int) string {
	beginning, whole := Cut(s, most)
	if whole {
		return s
	}
	return beginning + "…"
}

// JSON returns a line of JSON, or several, with escapes for what is not
// printable inside of its strings. It means the same to whoever parses it. A line
// without such characters is returned as it is.
func JSON(line []byte) []byte {
	start := plain(line)
	if start == len(line) {
		return line
	}
	out := append(make([]byte, 0, len(line)+len(line)/8+64), line[:start]...)
	for rest := line[start:]; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		// Below a blank JSON has the space between its parts alone.
		if r < ' ' || is(r, size) {
			out = append(out, rest[:size]...)
		} else {
			out = escape(out, r)
		}
		rest = rest[size:]
	}
	return out
}

func text(s string, lines bool) string {
	clean := true
	for i := 0; i < len(s) && clean; i++ {
		clean = s[i] >= ' ' && s[i] < 0x7f
	}
	if clean {
		return s
	}
	var out []byte
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if is(r, size) || lines && r == '\n' {
			out = append(out, s[i:i+size]...)
		} else {
			out = escape(out, r)
		}
		i += size
	}
	return string(out)
}

// is reports whether a character that was decoded from size bytes is printable.
func is(r rune, size int) bool {
	return unicode.IsPrint(r) && (r != utf8.RuneError || size > 1)
}

// escape appends the escape that JSON has for a character.
func escape(b []byte, r rune) []byte {
	if high, low := utf16.EncodeRune(r); high != unicode.ReplacementChar {
		return escape(escape(b, high), low)
	}
	const digits = "0123456789abcdef"
	return append(b, '\\', 'u', digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15])
}

// plain returns how many bytes line begins with that need no look: eight at a
// time, as each request's line comes by.
func plain(line []byte) int {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	n := 0
	for ; n+8 <= len(line); n += 8 {
		word := binary.LittleEndian.Uint64(line[n:])
		// One more makes the high bit of DEL, and a carry comes only from a byte
		// that has it.
		if (word|(word+ones))&high != 0 {
			return n
		}
	}
	for ; n < len(line) && line[n] < 0x7f; n++ {
	}
	return n
}
