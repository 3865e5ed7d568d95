package sigv4

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// queryAuth is what a query says of a signature.
type queryAuth struct {
	present bool // any parameter of the presigned form but the session token

	algorithm, credential, date, expires, signed, signature, session string
}

// signatureParameter is the one parameter that does not take part in what is
// signed.
const signatureParameter = "X-Amz-Signature"

// read finds the parameters of the presigned form. Their names count only as
// literally spelled; an escaped spelling is an ordinary parameter, and signed
// as one.
func (q *queryAuth) read(raw string) *Error {
	if !strings.Contains(raw, "X-Amz-") {
		return nil
	}
	for rest := raw; rest != ""; {
		var pair string
		pair, rest, _ = strings.Cut(rest, "&")
		name, value, _ := strings.Cut(pair, "=")
		into := q.field(name)
		if into == nil {
			continue
		}
		if *into != "" {
			return refuse(Malformed, "The query parameter '%s' was sent more than once.", name)
		}
		plain, err := url.QueryUnescape(value)
		if err != nil {
			return refuse(Malformed, "The query parameter '%s' is not well escaped.", name)
		}
		if plain == "" {
			return refuse(Incomplete, messageParameter, name)
		}
		*into = plain
		q.present = q.present || into != &q.session
	}
	return nil
}

func (q *queryAuth) field(name string) *string {
	switch name {
	case "X-Amz-Algorithm":
		return &q.algorithm
	case "X-Amz-Credential":
		return &q.credential
	case "X-Amz-Date":
		return &q.date
	case "X-Amz-Expires":
		return &q.expires
	case "X-Amz-SignedHeaders":
		return &q.signed
	case signatureParameter:
		return &q.signature
	case headerSession:
		return &q.session
	}
	return nil
}

// readQuery keeps the parameters of a presigned request. X-Amz-Expires may be
// missing: the AWS SDK for Go leaves it out unless it is asked for.
func (s *Signature) readQuery(q *queryAuth) *Error {
	for _, part := range [...]struct{ name, value string }{
		{"X-Amz-Algorithm", q.algorithm}, {"X-Amz-Credential", q.credential}, {signatureParameter, q.signature},
		{"X-Amz-SignedHeaders", q.signed}, {"X-Amz-Date", q.date},
	} {
		if part.value == "" {
			return refuse(Incomplete, messageParameter, part.name)
		}
	}
	s.Presigned = true
	if q.expires != "" {
		seconds, err := strconv.ParseUint(q.expires, 10, 32)
		s.Expires = time.Duration(seconds) * time.Second
		if err != nil || seconds == 0 || s.Expires > maxExpires {
			return refuse(Malformed, "X-Amz-Expires must be a number of seconds from 1 to %d.", maxExpires/time.Second)
		}
	}
	return s.fill(q.algorithm, q.credential, q.signed, q.signature, q.date)
}
