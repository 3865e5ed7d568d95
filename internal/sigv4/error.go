package sigv4

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"daypass/internal/printable"
)

// A Reason is one way in which a signature fails. A caller picks code and
// status of its protocol by it; the message is the same in each.
type Reason uint8

const (
	Missing         Reason = iota + 1 // there is no signature at all
	Incomplete                        // parts of it are missing
	NotKeyValue                       // the Authorization header is not a list of key=value
	Malformed                         // a part is there but not well formed, twice there, or too long
	Mismatch                          // not the signature of this request under this secret
	Expired                           // the date is too old, or a presigned request has run out
	NotYetCurrent                     // the date is too far ahead
	WrongDate                         // the scope's date is not the request's
	WrongRegion                       // the scope's Region is not served here
	WrongService                      // the scope's service is another
	WrongTerminator                   // the scope does not end in aws4_request
	Unsigned                          // a header that must be signed is not
)

// Incomplete reports whether the reason is of the family that AWS calls
// IncompleteSignature: the request cannot be judged as it stands. Missing is a
// family of its own; all others are of the family InvalidSignature (in the
// query protocol SignatureDoesNotMatch).
func (r Reason) Incomplete() bool { return r == Incomplete || r == NotKeyValue || r == Malformed }

// Messages that are used in more than one place, or word for word.
const (
	messageMissing  = "Missing Authentication Token"
	messageMismatch = "The request signature we calculated does not match the signature you provided. " +
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
	messageParameter = "AWS query-string parameters must include '%s'. Re-examine the query-string parameters."
	messageDate      = "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP"
)

// An Error says why a signature was refused. Its message may be shown to the
// client: it never holds the Authorization header, a signature or a session
// token.
type Error struct {
	Reason  Reason
	Message string
}

func (e *Error) Error() string { return e.Message }

func refuse(reason Reason, format string, args ...any) *Error {
	return &Error{Reason: reason, Message: fmt.Sprintf(format, args...)}
}

func mismatch() *Error { return &Error{Mismatch, messageMismatch} }

// fingerprint stands in for an Authorization header in messages. AWS used to
// echo the header and now hashes it in this way.
func fingerprint(header string) string {
	sum := sha256.Sum256([]byte(header))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// shown returns a stranger's string as a part of one line of a message.
func shown(s string) string {
	const most = 64
	return printable.Text(printable.Short(s, most))
}
