// Package fault owns every error that a client can see: its code in each
// protocol, its HTTP status and its message. It knows nothing of HTTP writers
// or of wire formats, which render a fault. An error that is not a fault is an
// internal error, and its cause goes to the log alone.
package fault

import (
	"errors"
	"fmt"
)

// An Error is an error that a client can see.
type Error struct {
	Kind    Kind
	Message string // one line: the field, the value and what was expected

	// Members that some rest-json exceptions carry besides the message. Empty
	// ones are not sent.
	Reason       string // ValidationException: CANNOT_PARSE, FIELD_VALIDATION_FAILED, …
	ResourceID   string
	ResourceType string // domain, repository, package, package-version, asset
	RetryAfter   int    // seconds, for Throttling and Unavailable; 0: not sent

	// Hint is what Daypass adds to AWS's message: what it found and what it
	// expected, in one line. It goes to a header of the answer and to the log. It is
	// never part of the message, because clients compare messages.
	Hint string

	// Cause is for the log alone. No client sees it.
	Cause error
}

func (e *Error) Error() string {
	if e.Cause != nil {
		return e.Message + ": " + e.Cause.Error()
	}
	return e.Message
}

func (e *Error) Unwrap() error { return e.Cause }

// New returns a fault of a kind with a formatted message.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// Hinted returns a copy of the fault with a formatted hint.
func (e *Error) Hinted(format string, args ...any) *Error {
	hinted := *e
	hinted.Hint = fmt.Sprintf(format, args...)
	return &hinted
}

// Invalid returns a validation fault about a field of the input.
func Invalid(format string, args ...any) *Error {
	return &Error{Kind: Validation, Reason: "FIELD_VALIDATION_FAILED", Message: fmt.Sprintf(format, args...)}
}

// NotFoundResource returns a fault for a missing resource of a type that the
// CodeArtifact model names: domain, repository, package, package-version or
// asset.
func NotFoundResource(kind, id, format string, args ...any) *Error {
	return &Error{Kind: NotFound, ResourceType: kind, ResourceID: id, Message: fmt.Sprintf(format, args...)}
}

// ConflictResource is like [NotFoundResource] for a conflict.
func ConflictResource(kind, id, format string, args ...any) *Error {
	return &Error{Kind: Conflict, ResourceType: kind, ResourceID: id, Message: fmt.Sprintf(format, args...)}
}

// From returns err as a fault. An error that is not a fault becomes the cause of
// an internal one.
func From(err error) *Error {
	var f *Error
	if errors.As(err, &f) {
		return f
	}
	return &Error{Kind: Internal, Message: "Internal server error", Cause: err}
}

// Is reports whether err is a fault of kind.
func Is(err error, kind Kind) bool {
	if err == nil {
		return false // the common case, which must not allocate
	}
	var f *Error
	return errors.As(err, &f) && f.Kind == kind
}

// A Protocol is an AWS wire protocol. The code of a kind depends on it, and so
// does the status of some kinds.
type Protocol int

const (
	RestJSON Protocol = iota // CodeArtifact and Daypass's own service
	Query                    // STS and IAM
)

// Code returns the kind's code in a protocol, for example AccessDeniedException.
func (k Kind) Code(p Protocol) string {
	if p == Query {
		return table[k].query.code
	}
	return table[k].json.code
}

// Status returns the kind's HTTP status in a protocol.
func (k Kind) Status(p Protocol) int {
	if p == Query {
		return table[k].query.status
	}
	return table[k].json.status
}

// Kinds returns every kind, in the order of the table.
func Kinds() []Kind {
	kinds := make([]Kind, len(table))
	for i := range table {
		kinds[i] = Kind(i)
	}
	return kinds
}

// retryAfter is how long a client is asked to wait after a temporary failure, in
// seconds.
const retryAfter = 5

// TemporaryFailure returns the fault of a request that needs the database, the disk
// or the content store while it cannot be used. The cause says which one.
//
// Source: "Common Errors" of the STS and IAM API references, ServiceUnavailable.
func TemporaryFailure(cause error) *Error {
	return &Error{
		Kind: Unavailable, Message: "The request has failed due to a temporary failure of the server.",
		RetryAfter: retryAfter, Cause: cause,
	}
}
