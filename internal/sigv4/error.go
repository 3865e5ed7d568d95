package sigv4

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"daypass/internal/printable"
)

// A Reason is a way in which a signature can be wrong. The caller maps it to the
// error code and status of its protocol.
type Reason uint8

const (
	Missing         Reason = iota + 1 // there is no signature at all
	Incomplete                        // parts of it are missing
	NotKeyValue                       // the Authorization header is not a list of key=value
	Malformed                         // a part is not well formed, was sent twice, or is too long
	Mismatch                          // not the signature of this request under this secret
	Expired                           // the date is too old, or a presigned request has run out
	NotYetCurrent                     // the date is too far ahead
	WrongDate                         // the scope's date is not the request's
	WrongRegion                       // the scope's Region is not served here
	WrongService                      // the scope's service is another
	WrongTerminator                   // the scope does not end in aws4_request
	Unsigned                          // a header that must be signed is not
)

// Incomplete reports whether the reason belongs to AWS's error IncompleteSignature:
// the request cannot be verified as it was sent. Missing has an error of its own.
// All other reasons belong to InvalidSignature (in the query protocol
// SignatureDoesNotMatch).
func (r Reason) Incomplete() bool { return r == Incomplete || r == NotKeyValue || r == Malformed }

// Messages of AWS that are used more than once, or without arguments.
const (
	messageMissing  = "Missing Authentication Token"
	messageMismatch = "The request signature we calculated does not match the signature you provided. " +
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
	messageParameter = "AWS query-string parameters must include '%s'. Re-examine the query-string parameters."
	messageDate      = "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP"
)

// An Error says why a signature was refused. Its message may be sent to the client:
// it never contains the Authorization header, a signature or a session token.
type Error struct {
	Reason  Reason
	Message string
}

func (e *Error) Error() string { return e.Message }

func refuse(reason Reason, format string, args ...any) *Error {
	return &Error{Reason: reason, Message: fmt.Sprintf(format, args...)}
}

func errMismatch() *Error { return &Error{Mismatch, messageMismatch} }

// fingerprint returns the hash that replaces an Authorization header in messages, as
// AWS computes it.
func fingerprint(header string) string {
	sum := sha256.Sum256([]byte(header))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// printableText returns a string from a request as part of one line of a message.
func printableText(s string) string {
	const most = 64
	return printable.Text(printable.Short(s, most))
}
