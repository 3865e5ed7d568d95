package oidc

import (
	"bytes"
	"strconv"
	"time"
)

// requiredClaims are the claims that STS demands, in the order in which it checks
// them.
var requiredClaims = []string{"iss", "aud", "sub", "exp", "iat"}

// skew is how far the clock of an issuer may be ahead of ours.
const skew = 5 * time.Minute

// Check refuses claims that are incomplete or not valid at now. Times are whole
// seconds since 1970. The errors are of type [*Error], with the reason Incomplete
// or Expired.
//
// Source: STS API reference, AssumeRoleWithWebIdentity; RFC 7519, 4.1.
func (c Claims) Check(now time.Time) error {
	for _, name := range requiredClaims {
		text, ok := c.Text(name)
		ok = ok && text != ""
		if name == "aud" {
			_, ok = c.List(name)
		}
		if !ok {
			return &Error{Reason: Incomplete, Detail: "Missing a required claim: " + name}
		}
	}
	expires, err := c.instant("exp")
	if err != nil {
		return err
	}
	for _, name := range []string{"iat", "nbf"} {
		if _, ok := c[name]; !ok {
			continue
		}
		begins, err := c.instant(name)
		if err != nil {
			return err
		}
		if begins > now.Add(skew).Unix() {
			return &Error{Reason: Incomplete, Detail: "The claim " + name + " is in the future: " + strconv.FormatInt(begins, 10)}
		}
	}
	if seconds := now.Unix(); seconds >= expires {
		return &Error{Reason: Expired, Detail: "Token expired: current date/time " + strconv.FormatInt(seconds, 10) +
			" must be before the expiration date/time " + strconv.FormatInt(expires, 10)}
	}
	return nil
}

// instant returns a claim that is a number of seconds since 1970.
func (c Claims) instant(name string) (int64, error) {
	seconds, err := strconv.ParseInt(string(bytes.TrimSpace(c[name])), 10, 64)
	if err != nil || seconds < 0 {
		return 0, &Error{Reason: Incomplete, Detail: "The claim " + name + " must be an integer"}
	}
	return seconds, nil
}
