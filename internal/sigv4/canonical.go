package sigv4

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A scratch holds the buffers of one verification. They are pooled, so that a
// verification allocates nothing of its own.
type scratch struct {
	path, query, headers, buf []byte

	escaped []byte // the query's names and values, escaped and concatenated
	pairs   []pair
	sum     [sha256.Size]byte
}

// A pair is one query parameter, as offsets in scratch.escaped: of the name, the
// value, and the end.
type pair struct{ start, mid, end int }

var scratches = sync.Pool{New: func() any { return new(scratch) }}

const upperHex = "0123456789ABCDEF"

// unreserved holds the bytes that are never escaped: RFC 3986 §2.3.
var unreserved = func() (table [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~") {
		table[c] = true
	}
	return table
}()

func appendByte(dst []byte, c byte) []byte {
	if unreserved[c] {
		return append(dst, c)
	}
	return append(dst, '%', upperHex[c>>4], upperHex[c&15])
}

// appendEscaped escapes an escaped path a second time, except for its slashes.
func appendEscaped(dst []byte, path string) []byte {
	for i := range len(path) {
		if path[i] == '/' {
			dst = append(dst, '/')
		} else {
			dst = appendByte(dst, path[i])
		}
	}
	return dst
}

// needsCleaning reports whether a path has empty segments or dot segments.
func needsCleaning(path string) bool {
	return strings.Contains(path, "//") || strings.Contains(path, "/./") || strings.Contains(path, "/../") ||
		strings.HasSuffix(path, "/.") || strings.HasSuffix(path, "/..")
}

// clean removes empty and dot segments from an absolute escaped path, as AWS
// clients do before they sign. It differs from RFC 3986 §5.2.4 at the end: a
// last dot segment leaves no slash.
func clean(path string) string {
	var segments []string
	for segment := range strings.SplitSeq(path, "/") {
		switch segment {
		case "", ".":
		case "..":
			segments = segments[:max(0, len(segments)-1)]
		default:
			segments = append(segments, segment)
		}
	}
	last := ""
	if strings.HasSuffix(path, "/") && len(segments) > 0 {
		last = "/"
	}
	return "/" + strings.Join(segments, "/") + last
}

// canonicalQuery builds the canonical query: each name and value is unescaped and
// escaped in the canonical way; parameters are sorted by name, then value. The
// signature of a presigned request is left out.
func (c *scratch) canonicalQuery(raw string, presigned bool) *Error {
	c.escaped, c.pairs, c.query = c.escaped[:0], c.pairs[:0], c.query[:0]
	for rest := raw; rest != ""; {
		var parameter string
		parameter, rest, _ = strings.Cut(rest, "&")
		name, value, _ := strings.Cut(parameter, "=")
		if parameter == "" || presigned && name == signatureParameter {
			continue
		}
		if len(c.pairs) == maxParameters {
			return refuse(Malformed, "The query has more than %d parameters.", maxParameters)
		}
		var ok, also bool
		p := pair{start: len(c.escaped)}
		c.escaped, ok = appendReescaped(c.escaped, name)
		p.mid = len(c.escaped)
		c.escaped, also = appendReescaped(c.escaped, value)
		p.end = len(c.escaped)
		if !ok || !also {
			return refuse(Malformed, "The query parameter '%s' is not well escaped.", printableText(name))
		}
		c.pairs = append(c.pairs, p)
	}
	slices.SortFunc(c.pairs, func(a, b pair) int {
		if order := bytes.Compare(c.escaped[a.start:a.mid], c.escaped[b.start:b.mid]); order != 0 {
			return order
		}
		return bytes.Compare(c.escaped[a.mid:a.end], c.escaped[b.mid:b.end])
	})
	for i, p := range c.pairs {
		if i > 0 {
			c.query = append(c.query, '&')
		}
		c.query = append(c.query, c.escaped[p.start:p.mid]...)
		c.query = append(c.query, '=')
		c.query = append(c.query, c.escaped[p.mid:p.end]...)
	}
	return nil
}

// appendReescaped unescapes s and escapes it in the canonical way. A + is a blank,
// as it is for the decoder of the query. It reports false if s has a percent sign
// without two hex digits.
func appendReescaped(dst []byte, s string) ([]byte, bool) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '+':
			dst = append(dst, "%20"...)
		case '%':
			if i+2 >= len(s) {
				return dst, false
			}
			high, low := unhex(s[i+1]), unhex(s[i+2])
			if high < 0 || low < 0 {
				return dst, false
			}
			dst = appendByte(dst, byte(high<<4|low))
			i += 2
		default:
			dst = appendByte(dst, c)
		}
	}
	return dst, true
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// canonicalHeaders builds the canonical headers. If a signed header was not sent,
// the signature is not that of this request.
func (c *scratch) canonicalHeaders(s *Signature, r *http.Request) *Error {
	c.headers = c.headers[:0]
	var one [1]string // room for a value that is not in the header map
	for _, name := range s.SignedHeaders {
		values := headerValues(r, name, &one)
		if len(values) == 0 {
			return errMismatch()
		}
		c.headers = append(c.headers, name...)
		c.headers = append(c.headers, ':')
		for i, value := range values {
			if len(c.headers)+len(value) > maxSignedBytes {
				return refuse(Malformed, "The signed headers are longer than %d bytes.", maxSignedBytes)
			}
			if i > 0 {
				c.headers = append(c.headers, ',')
			}
			c.headers = appendTrimmed(c.headers, value)
		}
		c.headers = append(c.headers, '\n')
	}
	return nil
}

// headerValues returns the values of a header by its lower-case name. net/http keeps
// two headers outside of the header map; their value is returned in one.
func headerValues(r *http.Request, name string, one *[1]string) []string {
	switch name {
	case "host", ":authority":
		one[0] = r.Host
		return one[:]
	case "x-amz-date":
		return r.Header[headerDate]
	case "x-amz-security-token":
		return r.Header[headerSession]
	case "x-amz-content-sha256":
		return r.Header[headerPayload]
	case "content-length":
		if values := r.Header["Content-Length"]; len(values) > 0 || r.ContentLength < 0 {
			return values
		}
		one[0] = strconv.FormatInt(r.ContentLength, 10)
		return one[:]
	}
	return r.Header[textproto.CanonicalMIMEHeaderKey(name)]
}

// appendTrimmed appends a header value without leading and trailing blanks, and with
// one blank for each run of them.
func appendTrimmed(dst []byte, value string) []byte {
	value = strings.Trim(value, " \t")
	for i := range len(value) {
		if value[i] != ' ' || value[i-1] != ' ' {
			dst = append(dst, value[i])
		}
	}
	return dst
}

// requestHash returns the hash of the canonical request, which consists of c.path,
// c.query and c.headers among others.
func (c *scratch) requestHash(s *Signature, method, payloadHash string) [sha256.Size]byte {
	b := append(c.buf[:0], method...)
	b = append(b, '\n')
	b = append(b, c.path...)
	b = append(b, '\n')
	b = append(b, c.query...)
	b = append(b, '\n')
	b = append(b, c.headers...)
	b = append(b, '\n')
	for i, name := range s.SignedHeaders {
		if i > 0 {
			b = append(b, ';')
		}
		b = append(b, name...)
	}
	b = append(b, '\n')
	c.buf = append(b, payloadHash...)
	return sha256.Sum256(c.buf)
}

// stringToSign leaves the string to sign in c.buf.
func (c *scratch) stringToSign(s *Signature, request [sha256.Size]byte) {
	b := append(c.buf[:0], Algorithm...)
	for _, part := range [...]struct {
		before byte
		text   string
	}{{'\n', s.date}, {'\n', s.ScopeDate}, {'/', s.Region}, {'/', s.Service}, {'/', s.Terminator}} {
		b = append(b, part.before)
		b = append(b, part.text...)
	}
	b = append(b, '\n')
	c.buf = hex.AppendEncode(b, request[:])
}
