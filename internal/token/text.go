package token

import (
	"bytes"
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

	// MessagePrefix is the beginning of every authorization message. A message is no
	// credential: [Pattern] and [Valid] do not match it.
	MessagePrefix = "daypass-message_"

	// Pattern is a regular expression (RE2 and PCRE) for secret scanners. It matches
	// whole tokens of both kinds.
	Pattern = `\bdaypass(?:-session)?_[0-9A-Za-z_-]{120,}`

	// MaxLength is the maximum length of a token, in characters. Open refuses longer
	// strings unread. An authorization token of a caller without session policies
	// and session tags has at most 512.
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

// A buffer has room for one token. Buffers are pooled because every package request
// opens a token. A buffer in the pool holds no plaintext.
type buffer struct {
	text, sealed []byte
	plain        bytes.Buffer
}

var buffers = sync.Pool{New: func() any { return new(buffer) }}

// encodeText returns the sealed message as a token.
func (b *buffer) encodeText(prefix string) (string, error) {
	if len(prefix)+encoding.EncodedLen(len(b.sealed))+checksumLength > MaxLength {
		return "", ErrTooLong
	}
	b.text = append(b.text[:0], prefix...)
	b.text = encoding.AppendEncode(b.text, b.sealed)
	b.text = appendChecksum(b.text)
	return string(b.text), nil
}

// decodeText is the inverse of encodeText. It appends to dst.
func decodeText(dst []byte, prefix, s string) ([]byte, error) {
	if len(s) > MaxLength || !strings.HasPrefix(s, prefix) {
		return nil, ErrMalformed
	}
	if !hasChecksum(s) {
		return nil, ErrChecksum
	}
	text := s[len(prefix) : len(s)-checksumLength]
	if strings.ContainsAny(text, "\r\n") { // the decoder would skip them: one token would have several spellings
		return nil, ErrMalformed
	}
	sealed, err := encoding.AppendDecode(dst, []byte(text))
	if err != nil {
		return nil, ErrMalformed
	}
	return sealed, nil
}

// Valid reports whether s has the prefix and checksum of a token. It does not tell
// whether the token was ever issued.
func Valid(s string) bool {
	return (strings.HasPrefix(s, Prefix) || strings.HasPrefix(s, SessionPrefix)) && hasChecksum(s)
}

// hasChecksum reports whether s ends with the checksum of the rest.
func hasChecksum(s string) bool {
	if len(s) > MaxLength || len(s) < len(Prefix)+checksumLength {
		return false
	}
	b := buffers.Get().(*buffer)
	defer buffers.Put(b)
	n := len(s) - checksumLength
	b.text = appendChecksum(append(b.text[:0], s[:n]...))
	return string(b.text[n:]) == s[n:]
}

// Mask returns the part of a token that may be printed: its prefix and checksum.
// They tell whether two logged tokens are the same, and nothing else. For any other
// string it returns "…".
func Mask(s string) string {
	if !Valid(s) {
		return "…"
	}
	prefix, _, _ := strings.Cut(s, "_")
	return prefix + "_…" + s[len(s)-checksumLength:]
}
