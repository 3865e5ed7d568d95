package sigv4

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// queryAuth has the signature parameters of a query.
type queryAuth struct {
	present bool // it has a parameter of the presigned form other than the session token

	parts
	expires, session string
}

// signatureParameter is the one parameter that is not signed.
const signatureParameter = "X-Amz-Signature"

// read finds the parameters of the presigned form by their unescaped names. A
// parameter with an escaped name is an ordinary one, and signed like one.
func (q *queryAuth) read(raw string) *Error {
	if !strings.Contains(raw, "X-Amz-") {
		return nil
	}
	for rest := raw; rest != ""; {
		var pair string
		pair, rest, _ = strings.Cut(rest, "&")
		name, value, _ := strings.Cut(pair, "=")
		field := q.field(name)
		if field == nil {
			continue
		}
		if *field != "" {
			return refuse(Malformed, "The query parameter '%s' was sent more than once.", name)
		}
		plain, err := url.QueryUnescape(value)
		if err != nil {
			return refuse(Malformed, "The query parameter '%s' is not well escaped.", name)
		}
		if plain == "" {
			return refuse(Incomplete, messageParameter, name)
		}
		*field = plain
		q.present = q.present || field != &q.session
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

// readQuery checks and stores the parameters of a presigned request. X-Amz-Expires
// may be missing: the AWS SDK for Go omits it by default.
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
	return s.setParts(&q.parts)
}
