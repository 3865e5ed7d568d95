package oidc

import (
	"bytes"
	"strconv"
	"time"
)

// required are the claims that STS does not do without, in the order in which
// it asks for them.
var required = []string{"iss", "aud", "sub", "exp", "iat"}

// skew is how far the clock of an issuer may be ahead of ours.
const skew = 5 * time.Minute

// Check refuses claims that are incomplete, or not of this time: exp and iat
// are whole seconds, and the token must have begun and not have ended.
//
// Source: STS API reference, AssumeRoleWithWebIdentity; RFC 7519, 4.1.
func (c Claims) Check(now time.Time) error {
	for _, name := range required {
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
	if at := now.Unix(); at >= expires {
		return &Error{Reason: Expired, Detail: "Token expired: current date/time " + strconv.FormatInt(at, 10) +
			" must be before the expiration date/time " + strconv.FormatInt(expires, 10)}
	}
	return nil
}

// instant reads a number of seconds since 1970.
func (c Claims) instant(name string) (int64, error) {
	seconds, err := strconv.ParseInt(string(bytes.TrimSpace(c[name])), 10, 64)
	if err != nil || seconds < 0 {
		return 0, &Error{Reason: Incomplete, Detail: "The claim " + name + " must be an integer"}
	}
	return seconds, nil
}
