package sigv4

import (
	"encoding/hex"
	"net/http"
	"strings"
	"time"
)

// Header names as net/http spells them.
const (
	headerAuthorization = "Authorization"
	headerDate          = "X-Amz-Date"
	headerSession       = "X-Amz-Security-Token"
	headerPayload       = "X-Amz-Content-Sha256"
)

// Parse reads the signature of r from the Authorization header or from the query.
// It checks everything that needs neither a secret nor a clock: each part occurs
// once, is well formed and within bounds, and every header that must be signed is.
// A request without a signature is refused with the reason [Missing]. The error is
// always an [*Error].
func Parse(r *http.Request) (*Signature, error) {
	s, err := parse(r)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func parse(r *http.Request) (*Signature, *Error) {
	err := checkBounds(r)
	if err != nil {
		return nil, err
	}
	var query queryAuth
	err = query.read(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	header, err := singleHeader(r, headerAuthorization)
	if err != nil {
		return nil, err
	}
	s := new(Signature)
	switch {
	case header != "" && query.present:
		return nil, refuse(Malformed, "A request may be signed in its Authorization header or in its query, not in both.")
	case header != "":
		err = s.readHeader(r, header)
	case query.present:
		err = s.readQuery(&query)
	default:
		return nil, &Error{Missing, messageMissing}
	}
	if err != nil {
		return nil, err
	}
	err = s.readSession(r, query.session)
	if err != nil {
		return nil, err
	}
	err = s.readPayload(r)
	if err != nil {
		return nil, err
	}
	return s, s.checkSigned(r)
}

// checkBounds refuses requests with a query, path or headers over the limits.
func checkBounds(r *http.Request) *Error {
	switch {
	case len(r.URL.RawQuery) > maxQuery:
		return refuse(Malformed, "The query string is longer than %d bytes.", maxQuery)
	case len(r.URL.Path) > maxPath || len(r.URL.RawPath) > maxPath:
		return refuse(Malformed, "The path is longer than %d bytes.", maxPath)
	case len(r.Header) > maxHeaders:
		return refuse(Malformed, "The request has more than %d headers.", maxHeaders)
	}
	return nil
}

// singleHeader returns the value of a header that may be sent at most once, or "".
func singleHeader(r *http.Request, name string) (string, *Error) {
	switch values := r.Header[name]; len(values) {
	case 0:
		return "", nil
	case 1:
		return values[0], nil
	}
	return "", refuse(Malformed, "The header '%s' was sent more than once.", name)
}

// readHeader reads an Authorization header:
//
//	AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…
//
// Any run of commas and blanks separates the pairs, as with AWS.
func (s *Signature) readHeader(r *http.Request, header string) *Error {
	if len(header) > maxAuthorization {
		return refuse(Malformed, "The Authorization header is longer than %d bytes.", maxAuthorization)
	}
	var p parts
	var rest string
	p.algorithm, rest, _ = strings.Cut(header, " ")
	for rest = strings.TrimLeft(rest, ", "); rest != ""; rest = strings.TrimLeft(rest, ", ") {
		var pair string
		if i := strings.IndexAny(rest, ", "); i >= 0 {
			pair, rest = rest[:i], rest[i:]
		} else {
			pair, rest = rest, ""
		}
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			return refuse(NotKeyValue, "Invalid key=value pair (missing equal-sign) in Authorization header "+
				"(hashed with SHA-256 and encoded with Base64): '%s'.", fingerprint(header))
		}
		var field *string
		switch name {
		case "Credential":
			field = &p.credential
		case "SignedHeaders":
			field = &p.signed
		case "Signature":
			field = &p.signature
		default:
			continue
		}
		if *field != "" {
			return refuse(Malformed, "Authorization header has more than one '%s' parameter.", name)
		}
		*field = value
	}
	date, err := requestDate(r)
	if err != nil {
		return err
	}
	p.date = date
	if missing := p.missing(); missing != "" {
		return refuse(Incomplete, "%s(Hashed with SHA-256 and encoded with Base64) Authorization=%s", missing, fingerprint(header))
	}
	return s.setParts(&p)
}

// parts are the parts of a signature that header and query have in common, as they
// were sent.
type parts struct{ algorithm, credential, signed, signature, date string }

// missing returns AWS's sentences for the parts that a header-signed request lacks,
// or "".
func (p *parts) missing() string {
	if p.credential != "" && p.signature != "" && p.signed != "" && p.date != "" {
		return ""
	}
	var b strings.Builder
	for _, part := range [...]struct{ name, value string }{
		{"Credential", p.credential}, {"Signature", p.signature}, {"SignedHeaders", p.signed},
	} {
		if part.value == "" {
			b.WriteString("Authorization header requires '" + part.name + "' parameter. ")
		}
	}
	if p.date == "" {
		b.WriteString("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ")
	}
	return b.String()
}

// requestDate returns the date of a header-signed request in the form that is
// signed. X-Amz-Date overrides Date, which may be in HTTP's form too.
func requestDate(r *http.Request) (string, *Error) {
	date, err := singleHeader(r, headerDate)
	if err != nil || date != "" {
		return date, err
	}
	date, err = singleHeader(r, "Date")
	if err != nil || date == "" {
		return "", err
	}
	t, parseErr := http.ParseTime(date)
	if parseErr == nil {
		return formatDate(t), nil
	}
	return date, nil
}

// setParts checks and stores the parts that header and query have in common.
func (s *Signature) setParts(p *parts) *Error {
	if p.algorithm != Algorithm {
		return refuse(Malformed, "Unsupported AWS 'algorithm': '%s'.", printableText(p.algorithm))
	}
	err := s.readCredential(p.credential)
	if err != nil {
		return err
	}
	err = s.readSigned(p.signed)
	if err != nil {
		return err
	}
	t, ok := parseDate(p.date)
	if !ok {
		return refuse(Malformed, "Date must be in ISO-8601 'basic format'. Got '%s'.", printableText(p.date))
	}
	s.Date, s.date = t, p.date
	// Upper-case digits would be a second spelling of one signature.
	if len(p.signature) != 2*len(s.signature) || strings.ContainsAny(p.signature, "ABCDEF") {
		return errMismatch()
	}
	_, decodeErr := hex.Decode(s.signature[:], []byte(p.signature))
	if decodeErr != nil {
		return errMismatch()
	}
	return nil
}

// parseDate reads a date in [timeFormat], several times as fast as [time.Parse]. A
// test compares the two.
func parseDate(date string) (time.Time, bool) {
	if len(date) != len(timeFormat) || date[8] != 'T' || date[15] != 'Z' {
		return time.Time{}, false
	}
	var numbers [7]int // of two digits each, without the T
	for i, at := range [...]int{0, 2, 4, 6, 9, 11, 13} {
		tens, ones := date[at]-'0', date[at+1]-'0'
		if tens > 9 || ones > 9 {
			return time.Time{}, false
		}
		numbers[i] = 10*int(tens) + int(ones)
	}
	year, month, day, hour, minute, second := 100*numbers[0]+numbers[1], time.Month(numbers[2]), numbers[3], numbers[4], numbers[5], numbers[6]
	t := time.Date(year, month, day, hour, minute, second, 0, time.UTC)
	// time.Date turns a day that does not exist, such as 30 February, into another.
	return t, t.Month() == month && t.Day() == day && hour < 24 && minute < 60 && second < 60
}

// readCredential splits key/date/region/service/terminator.
func (s *Signature) readCredential(credential string) *Error {
	parts := [...]*string{&s.AccessKeyID, &s.ScopeDate, &s.Region, &s.Service, &s.Terminator}
	rest, more := credential, true
	for _, part := range parts {
		if !more {
			return refuse(Malformed, "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.")
		}
		*part, rest, more = strings.Cut(rest, "/")
		if len(*part) > maxScopePart {
			return refuse(Malformed, "An element of Credential is longer than %d bytes.", maxScopePart)
		}
	}
	if more || s.AccessKeyID == "" {
		return refuse(Malformed, "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.")
	}
	return nil
}

// readSigned splits the list of signed headers. It refuses a list that is not in
// canonical form: otherwise one signature would have several spellings.
func (s *Signature) readSigned(list string) *Error {
	s.SignedHeaders = s.names[:0]
	last := ""
	for rest, more := list, true; more; {
		var name string
		name, rest, more = strings.Cut(rest, ";")
		if name <= last || !headerName(name) {
			return refuse(Malformed, "SignedHeaders must be lower-case header names, sorted, each once, separated by semicolons.")
		}
		if len(s.SignedHeaders) == maxSigned {
			return refuse(Malformed, "SignedHeaders has more than %d names.", maxSigned)
		}
		s.SignedHeaders = append(s.SignedHeaders, name)
		last = name
	}
	return nil
}

// headerName reports whether name is a token of RFC 9110 in lower case, or the
// pseudo-header that HTTP/2 has in the place of host.
func headerName(name string) bool {
	if name == ":authority" {
		return true
	}
	for i := range len(name) {
		c := name[i]
		if c <= ' ' || c >= 0x7f || 'A' <= c && c <= 'Z' || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return name != ""
}

func (s *Signature) readSession(r *http.Request, inQuery string) *Error {
	inHeader, err := singleHeader(r, headerSession)
	if err != nil {
		return err
	}
	if inHeader != "" && inQuery != "" {
		return refuse(Malformed, "The session token was sent in the header and in the query.")
	}
	s.SessionToken = inHeader + inQuery
	if len(s.SessionToken) > maxSession {
		return refuse(Malformed, "The session token is longer than %d bytes.", maxSession)
	}
	return nil
}

// readPayload reads x-amz-content-sha256. It refuses the payload modes in which the
// body is not signed (UNSIGNED-PAYLOAD) or signed in chunks (STREAMING-…): no
// operation declares them, and AWS refuses them as a wrong signature.
func (s *Signature) readPayload(r *http.Request) *Error {
	hash, err := singleHeader(r, headerPayload)
	if err != nil {
		return err
	}
	if hash != "" && !isHash(hash) {
		return errMismatch()
	}
	s.PayloadHash = hash
	return nil
}

// isHash reports whether s is a SHA-256 in lower-case hex.
func isHash(s string) bool {
	if len(s) != 2*32 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// checkSigned refuses a request in which a header that matters is not signed: host,
// content-type and every x-amz-* that was sent. Such a header could be changed in
// transit.
//
// Source: IAM User Guide, "Create a signed AWS API request", step 1.
func (s *Signature) checkSigned(r *http.Request) *Error {
	if !s.signs("host") && !s.signs(":authority") {
		return refuse(Unsigned, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	const prefix = "x-amz-"
	for name, values := range r.Header {
		must := len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) ||
			strings.EqualFold(name, "content-type") && !isFormType(values)
		if must && !s.signs(name) {
			return refuse(Unsigned, "'%s' must be a 'SignedHeader' in the AWS Authorization.", printableText(name))
		}
	}
	return nil
}

// isFormType reports whether a Content-Type is the one of forms. It need not be
// signed: curl adds it after signing (--aws-sigv4 with -d), and the query protocol
// has no other, so that adding or removing it changes nothing.
func isFormType(contentType []string) bool {
	return len(contentType) == 1 && contentType[0] == "application/x-www-form-urlencoded"
}

// signs reports whether a header is among the signed ones, in any case.
func (s *Signature) signs(name string) bool {
	for _, signed := range s.SignedHeaders {
		if strings.EqualFold(signed, name) {
			return true
		}
	}
	return false
}
