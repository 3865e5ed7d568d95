// Package oidc owns the question whether an identity token is genuine. It reads a
// token, finds the keys of its issuer and verifies the signature. It knows neither
// who may use an issuer, nor what a claim is good for, nor how a refusal is worded.
// No error contains a token's text.
package oidc

// A Reason is what is wrong with a token, or with its issuer.
type Reason int

const (
	Malformed   Reason = iota + 1 // not a signed JWT
	Incomplete                    // a claim is missing or is not what it must be
	Expired                       // the token has ended
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
