// Package printable owns the question which characters of a stranger's text may
// reach a log, a record, an error message or a terminal. Control characters (C0,
// DEL, C1) move a terminal's cursor or rewrite its title. Direction marks show a
// line in another order than it has. The package replaces such characters with
// escapes, so that nothing is lost. It knows nothing of who prints.
package printable

import (
	"encoding/binary"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Text returns s as one line. Characters that are not printable become escapes
// such as \u009b, and bytes that are not UTF-8 become \ufffd.
func Text(s string) string { return text(s, false) }

// Lines is like [Text] but keeps line ends.
func Lines(s string) string { return text(s, true) }

// Cut returns the beginning of s, in at most most bytes, without cutting a
// character in two. whole reports whether that is all of s.
func Cut(s string, most int) (beginning string, whole bool) {
	if len(s) <= most {
		return s, true
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most], false
}

// Short returns s, or its beginning and "…" if s is longer than most bytes.
func Short(s string, most int) string {
	beginning, whole := Cut(s, most)
	if whole {
		return s
	}
	return beginning + "…"
}

// JSON returns one or more lines of JSON with escapes for the characters in its
// strings that are not printable. The result has the same meaning. A line without
// such characters is returned as it is.
func JSON(line []byte) []byte {
	start := plainPrefix(line)
	if start == len(line) {
		return line
	}
	out := append(make([]byte, 0, len(line)+len(line)/8+64), line[:start]...)
	for rest := line[start:]; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		// In JSON a character below the blank is white space between tokens.
		if r < ' ' || isPrintable(r, size) {
			out = append(out, rest[:size]...)
		} else {
			out = escape(out, r)
		}
		rest = rest[size:]
	}
	return out
}

// AppendJSON appends s as a string of JSON, with escapes for what is not
// printable.
func AppendJSON(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := verbatimPrefix(s); i < len(s); {
		if verbatim[s[i]] {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r != '"' && r != '\\' && isPrintable(r, size) {
			i += size
			continue
		}
		b = append(b, s[start:i]...)
		switch r {
		case '"', '\\':
			b = append(b, '\\', byte(r))
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = escape(b, r)
		}
		i += size
		start = i
	}
	return append(append(b, s[start:]...), '"')
}

// verbatimPrefix returns how many bytes s begins with that stand for themselves,
// eight at a time, as each text of each request comes by.
func verbatimPrefix(s string) int {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	n := 0
	for ; n+8 <= len(s); n += 8 {
		eight := s[n : n+8]
		word := uint64(eight[0]) | uint64(eight[1])<<8 | uint64(eight[2])<<16 | uint64(eight[3])<<24 |
			uint64(eight[4])<<32 | uint64(eight[5])<<40 | uint64(eight[6])<<48 | uint64(eight[7])<<56
		quote, backslash := word^ones*'"', word^ones*'\\'
		// A byte below a number borrows from its high bit, and one more than DEL
		// makes the high bit. What is found beside a byte that was looked for may be a
		// mistake, and is looked at again.
		if (word|(word+ones)|(word-ones*' ')|(quote-ones)|(backslash-ones))&high != 0 {
			break
		}
	}
	return n
}

// verbatim are the bytes that stand for themselves in a string of JSON: almost
// all that come by.
var verbatim = func() (v [256]bool) {
	for c := ' '; c <= '~'; c++ {
		v[c] = c != '"' && c != '\\'
	}
	return v
}()

func text(s string, keepLineEnds bool) string {
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
		if isPrintable(r, size) || keepLineEnds && r == '\n' {
			out = append(out, s[i:i+size]...)
		} else {
			out = escape(out, r)
		}
		i += size
	}
	return string(out)
}

// isPrintable reports whether a character is printable. size is how many bytes it
// was decoded from: a replacement character of one byte stands for broken UTF-8.
func isPrintable(r rune, size int) bool {
	return unicode.IsPrint(r) && (r != utf8.RuneError || size > 1)
}

// escape appends the JSON escape of a character to b.
func escape(b []byte, r rune) []byte {
	if high, low := utf16.EncodeRune(r); high != unicode.ReplacementChar {
		return escape(escape(b, high), low)
	}
	const digits = "0123456789abcdef"
	return append(b, '\\', 'u', digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15])
}

// plainPrefix returns the length of the beginning of line that needs no escape. It
// reads eight bytes at a time, because it runs on the log line of each request.
func plainPrefix(line []byte) int {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	n := 0
	for ; n+8 <= len(line); n += 8 {
		word := binary.LittleEndian.Uint64(line[n:])
		// Adding one to DEL sets its high bit. Only a byte that has its high bit
		// set already carries into the next one.
		if (word|(word+ones))&high != 0 {
			return n
		}
	}
	for ; n < len(line) && line[n] < 0x7f; n++ {
	}
	return n
}
