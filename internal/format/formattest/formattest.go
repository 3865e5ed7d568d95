// Package formattest owns what tests of formats share: the real registry over a
// memory store, with failures to inject, a server around it, the suite of what
// formats rely on, and how tests find real clients. It must never be part of the
// program.
package formattest

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"

	"daypass/internal/format"
)

// Digests returns the digests of content.
func Digests(b []byte) format.Digests {
	return format.Digests{
		MD5:    fmt.Sprintf("%x", md5.Sum(b)),
		SHA1:   fmt.Sprintf("%x", sha1.Sum(b)),
		SHA256: fmt.Sprintf("%x", sha256.Sum256(b)),
		SHA512: fmt.Sprintf("%x", sha512.Sum512(b)),
	}
}
