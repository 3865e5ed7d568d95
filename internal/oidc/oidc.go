// Package oidc owns the question whether an identity token is genuine: reading
// a token, finding the keys of its issuer, and verifying the one with the
// other. It must never know who may use an issuer, what a claim is good for, or
// how a refusal is told; a token's text is in none of its errors.
package oidc

// A Reason is what is wrong with a token, or with its issuer.
type Reason int

const (
	Malformed   Reason = iota + 1 // not a signed JWT
	Incomplete                    // a claim is missing or is not what it must be
	Expired                       // out of its time
	Forged                        // the issuer's key does not fit the signature
	NoKey                         // the issuer has no such key, or its documents are unusable
	Certificate                   // the issuer's certificate is not trusted
	Unreachable                   // the issuer does not answer
)

// An Error says why a token is not accepted.
type Error struct {
	Reason Reason
	Detail string // one line for an operator
	Cause  error
}

func (e *Error) Error() string {
	if e.Cause != nil {
		return e.Detail + ": " + e.Cause.Error()
	}
	return e.Detail
}

func (e *Error) Unwrap() error { return e.Cause }
