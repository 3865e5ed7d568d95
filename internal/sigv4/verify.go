package sigv4

import (
	"crypto/subtle"
	"net/http"
)

// Verify reports whether s is the signature of r under secret. It is
// [Verifier.Verify] without a cache of signing keys.
func (s *Signature) Verify(r *http.Request, secret, payloadHash string) error {
	return (*Verifier)(nil).Verify(s, r, secret, payloadHash)
}

// Verify reports whether s, which was parsed from r, is the signature of r
// under secret. The payloadHash is that of the body ([HashPayload]). Where the
// body is too large to be read first, a caller may pass s.PayloadHash, and
// MUST then compare the body with it while reading. A nil error means that
// method, path, query, the signed headers and the payload hash are the
// signer's. Otherwise the error is an [*Error] whose reason is [Mismatch] or
// [Malformed].
//
// Paths are normalised before they are compared: two paths that differ only in "//",
// "/./" or "x/../" have the same signature, as with AWS. A caller that routes MUST
// therefore not give such paths different meanings.
func (v *Verifier) Verify(s *Signature, r *http.Request, secret, payloadHash string) error {
	if secret == "" || !isHash(payloadHash) || s.PayloadHash != "" && s.PayloadHash != payloadHash {
		return errMismatch()
	}
	path := r.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	if r.URL.Opaque != "" || path[0] != '/' {
		return errMismatch()
	}
	c := scratches.Get().(*scratch)
	defer scratches.Put(c)
	err := c.canonicalQuery(r.URL.RawQuery, s.Presigned)
	if err != nil {
		return err
	}
	err = c.canonicalHeaders(s, r)
	if err != nil {
		return err
	}
	key, known := v.key(s, secret)
	if !c.verifyPath(s, key, r.Method, path, payloadHash) {
		return errMismatch()
	}
	if !known {
		v.remember(s, key)
	}
	return nil
}

// verifyPath reports whether the signature matches the request, with its path in one
// of the forms that clients sign.
func (c *scratch) verifyPath(s *Signature, key *signingKey, method, path, payloadHash string) bool {
	if s.Service == "s3" { // neither normalised nor escaped a second time
		c.path = append(c.path[:0], path...)
		return c.matches(s, key, method, payloadHash)
	}
	if !needsCleaning(path) {
		c.path = appendEscaped(c.path[:0], path)
		return c.matches(s, key, method, payloadHash)
	}
	c.path = appendEscaped(c.path[:0], clean(path))
	if c.matches(s, key, method, payloadHash) {
		return true
	}
	// The AWS SDK for Go signs the path without normalising it. Such a signature is
	// valid for this one path only, so that it is safe to accept.
	c.path = appendEscaped(c.path[:0], path)
	return c.matches(s, key, method, payloadHash)
}

// matches computes the signature of the canonical request and compares it with the
// one that was sent, in constant time.
func (c *scratch) matches(s *Signature, key *signingKey, method, payloadHash string) bool {
	c.stringToSign(s, c.requestHash(s, method, payloadHash))
	key.mac(c)
	return subtle.ConstantTimeCompare(c.sum[:], s.signature[:]) == 1
}
