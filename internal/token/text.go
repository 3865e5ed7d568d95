package token

import (
	"encoding/base64"
	"hash/crc32"
	"strings"
	"sync"
)

const (
	// Prefix is the beginning of every authorization token.
	Prefix = "daypass_"
	// SessionPrefix is the beginning of every session token.
	SessionPrefix = "daypass-session_"

	// MessagePrefix is the beginning of every authorization message. It opens
	// nothing: [Pattern] and [Valid] pass it over.
	MessagePrefix = "daypass-message_"

	// Pattern is a regular expression (RE2 and PCRE) for secret scanners. It
	// matches both kinds of tokens, whole.
	Pattern = `\bdaypass(?:-session)?_[0-9A-Za-z_-]{120,}`

	// MaxLength is the length in characters that no token exceeds, and the most
	// that is looked at when one is opened. An authorization token of a caller
	// without session policies and session tags has at most 512.
	MaxLength = 16 << 10

	checksumLength = 6
)

var encoding = base64.RawURLEncoding.Strict()

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// appendChecksum appends the CRC-32 of b in base62, most significant digit
// first.
func appendChecksum(b []byte) []byte {
	sum := crc32.ChecksumIEEE(b)
	n := len(b)
	b = append(b, "000000"...)
	for i := n + checksumLength - 1; i >= n; i-- {
		b[i] = base62[sum%62]
		sum /= 62
	}
	return b
}

// A buffer is room for one token, pooled because every package request opens
// one. It holds nothing that was unsealed once it is back in the pool.
type buffer struct{ text, sealed []byte }

var buffers = sync.Pool{New: func() any { return new(buffer) }}

// compose spells a sealed message.
func compose(prefix string, sealed []byte) (string, error) {
	if len(prefix)+encoding.EncodedLen(len(sealed))+checksumLength > MaxLength {
		return "", ErrTooLong
	}
	b := buffers.Get().(*buffer)
	defer buffers.Put(b)
	b.text = append(b.text[:0], prefix...)
	b.text = encoding.AppendEncode(b.text, sealed)
	b.text = appendChecksum(b.text)
	return string(b.text), nil
}

// decompose is the inverse of compose. It appends to dst.
func decompose(dst []byte, prefix, s string) ([]byte, error) {
	if len(s) > MaxLength || !strings.HasPrefix(s, prefix) {
		return nil, ErrMalformed
	}
	if !checks(s) {
		return nil, ErrChecksum
	}
	text := s[len(prefix) : len(s)-checksumLength]
	if strings.ContainsAny(text, "\r\n") { // the decoder would skip them: two spellings of one token
		return nil, ErrMalformed
	}
	sealed, err := encoding.AppendDecode(dst, []byte(text))
	if err != nil {
		return nil, ErrMalformed
	}
	return sealed, nil
}

// Valid reports whether s begins like a token and its checksum fits. It says
// nothing of whether the token was ever issued.
func Valid(s string) bool {
	return (strings.HasPrefix(s, Prefix) || strings.HasPrefix(s, SessionPrefix)) && checks(s)
}

// checks reports whether the checksum of what begins with a prefix fits.
func checks(s string) bool {
	if len(s) > MaxLength || len(s) < len(Prefix)+checksumLength {
		return false
	}
	b := buffers.Get().(*buffer)
	defer buffers.Put(b)
	n := len(s) - checksumLength
	b.text = appendChecksum(append(b.text[:0], s[:n]...))
	return string(b.text[n:]) == s[n:]
}

// Mask returns what may be printed of a token: its prefix and its checksum,
// by which two prints of one token can be matched and nothing else be learned.
// Of any other string it returns "…".
func Mask(s string) string {
	if !Valid(s) {
		return "…"
	}
	prefix, _, _ := strings.Cut(s, "_")
	return prefix + "_…" + s[len(s)-checksumLength:]
}
