// Package sigv4 owns the verification of AWS Signature Version 4 requests, in
// the header form and in the query (presigned) form: what a request claims,
// whether its scope and date fit, and whether its signature is that of a given
// secret. It is pure: it never looks up a key, reads a body or a clock, and
// never decides what a caller may do. It is a package of its own because all of its
// input comes from callers that are not yet authenticated.
//
// The order in which a caller uses it:
//
//	s, err := sigv4.Parse(r)            // what the request claims
//	err = s.CheckScope(scope, now)      // Region, service, date
//	secret := …                         // look up s.AccessKeyID, open s.SessionToken
//	err = verifier.Verify(s, r, secret, sigv4.HashPayload(body))
//
// Only after the last line is anything in the Signature more than a claim.
//
// Sources: IAM User Guide, "Create a signed AWS API request" and
// "Troubleshoot Signature Version 4 signing". SigV4A is not supported.
package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// Algorithm is the only signing algorithm that is accepted.
const Algorithm = "AWS4-HMAC-SHA256"

// EmptyPayload is the payload hash of a request without a body.
const EmptyPayload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// Limits on requests that are not yet authenticated. They are far above what AWS
// clients send, and bound the work of one verification.
const (
	maxAuthorization = 8 << 10  // bytes of the Authorization header
	maxSession       = 16 << 10 // bytes of a session token
	maxPath          = 8 << 10  // bytes of the escaped path
	maxQuery         = 32 << 10 // bytes of the raw query
	maxParameters    = 256      // pairs in the query
	maxHeaders       = 256      // distinct headers of the request
	maxSigned        = 64       // names in SignedHeaders
	maxSignedBytes   = 64 << 10 // bytes of the signed headers' values
	maxScopePart     = 128      // bytes of each part of the credential
)

// maxExpires is the longest validity of a presigned request, seven days.
//
// Source: IAM User Guide, "Authentication methods" (X-Amz-Expires).
const maxExpires = 604800 * time.Second

// A Signature is what a request claims about its signer. Nothing in it may be
// relied upon before it was verified.
type Signature struct {
	AccessKeyID string
	Date        time.Time // when it was signed: UTC, whole seconds
	ScopeDate   string    // yyyymmdd
	Region      string
	Service     string
	Terminator  string // aws4_request, once CheckScope has passed

	SignedHeaders []string // lower case, sorted, each once; host among them
	SessionToken  string   // from the header or the query; empty for long-term keys
	PayloadHash   string   // value of x-amz-content-sha256: 64 hex digits, or empty if not sent

	Presigned bool
	Expires   time.Duration // of a presigned request; 0 if it does not say

	date      string // Date as it is signed, yyyymmddThhmmssZ
	signature [sha256.Size]byte
	names     [12]string // backs SignedHeaders of ordinary requests
}

// HashPayload returns the payload hash of a body as [Verifier.Verify] wants
// it: SHA-256 in lower-case hex.
func HashPayload(body []byte) string {
	if len(body) == 0 {
		return EmptyPayload
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
