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

// Parse reads the signature of r, from the Authorization header or from the
// query, and checks everything that can be known without a secret and a clock:
// that all parts are there once, well formed and within bounds, and that every
// header that must be signed is. A request without any signature is refused
// with the reason [Missing]. The error is always an [*Error].
func Parse(r *http.Request) (*Signature, error) {
	s, err := parse(r)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func parse(r *http.Request) (*Signature, *Error) {
	err := bounded(r)
	if err != nil {
		return nil, err
	}
	var query queryAuth
	err = query.read(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	header, err := single(r, headerAuthorization)
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
	return s, s.mustBeSigned(r)
}

// bounded refuses requests that are too large to be looked at.
func bounded(r *http.Request) *Error {
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

// single returns the value of a header that may be sent once at most; empty
// when it is not sent.
func single(r *http.Request, name string) (string, *Error) {
	switch values := r.Header[name]; len(values) {
	case 0:
		return "", nil
	case 1:
		return values[0], nil
	}
	return "", refuse(Malformed, "The header '%s' was sent more than once.", name)
}

// readHeader takes an Authorization header apart:
//
//	AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…
//
// Any run of commas and blanks separates, as at AWS.
func (s *Signature) readHeader(r *http.Request, header string) *Error {
	if len(header) > maxAuthorization {
		return refuse(Malformed, "The Authorization header is longer than %d bytes.", maxAuthorization)
	}
	algorithm, rest, _ := strings.Cut(header, " ")
	var credential, signed, signature string
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
		var into *string
		switch name {
		case "Credential":
			into = &credential
		case "SignedHeaders":
			into = &signed
		case "Signature":
			into = &signature
		default:
			continue
		}
		if *into != "" {
			return refuse(Malformed, "Authorization header has more than one '%s' parameter.", name)
		}
		*into = value
	}
	date, err := requestDate(r)
	if err != nil {
		return err
	}
	if missing := missingParts(credential, signature, signed, date); missing != "" {
		return refuse(Incomplete, "%s(Hashed with SHA-256 and encoded with Base64) Authorization=%s", missing, fingerprint(header))
	}
	return s.fill(algorithm, credential, signed, signature, date)
}

// missingParts lists what a header-signed request lacks, in the words of AWS.
func missingParts(credential, signature, signed, date string) string {
	if credential != "" && signature != "" && signed != "" && date != "" {
		return ""
	}
	var b strings.Builder
	for _, part := range [...]struct{ name, value string }{
		{"Credential", credential}, {"Signature", signature}, {"SignedHeaders", signed},
	} {
		if part.value == "" {
			b.WriteString("Authorization header requires '" + part.name + "' parameter. ")
		}
	}
	if date == "" {
		b.WriteString("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ")
	}
	return b.String()
}

// requestDate returns the date of a header-signed request in the form that is
// signed. X-Amz-Date wins over Date, which may be in either form.
func requestDate(r *http.Request) (string, *Error) {
	date, err := single(r, headerDate)
	if err != nil || date != "" {
		return date, err
	}
	date, err = single(r, "Date")
	if err != nil || date == "" {
		return "", err
	}
	t, parseErr := http.ParseTime(date)
	if parseErr == nil {
		return stamp(t), nil
	}
	return date, nil
}

// fill checks the parts that both forms share and keeps them.
func (s *Signature) fill(algorithm, credential, signed, signature, date string) *Error {
	if algorithm != Algorithm {
		return refuse(Malformed, "Unsupported AWS 'algorithm': '%s'.", shown(algorithm))
	}
	err := s.readCredential(credential)
	if err != nil {
		return err
	}
	err = s.readSigned(signed)
	if err != nil {
		return err
	}
	t, ok := instant(date)
	if !ok {
		return refuse(Malformed, "Date must be in ISO-8601 'basic format'. Got '%s'.", shown(date))
	}
	s.Date, s.date = t, date
	// Upper-case digits would be a second spelling of one signature.
	if len(signature) != 2*len(s.signature) || strings.ContainsAny(signature, "ABCDEF") {
		return mismatch()
	}
	_, decodeErr := hex.Decode(s.signature[:], []byte(signature))
	if decodeErr != nil {
		return mismatch()
	}
	return nil
}

// instant reads a date of the form [timeFormat], as [time.Parse] would at several
// times the price. A test compares the two.
func instant(date string) (time.Time, bool) {
	if len(date) != len(timeFormat) || date[8] != 'T' || date[15] != 'Z' {
		return time.Time{}, false
	}
	var two [7]int // numbers of two digits; the T is passed over
	for i, at := range [...]int{0, 2, 4, 6, 9, 11, 13} {
		tens, ones := date[at]-'0', date[at+1]-'0'
		if tens > 9 || ones > 9 {
			return time.Time{}, false
		}
		two[i] = 10*int(tens) + int(ones)
	}
	year, month, day, hour, minute, second := 100*two[0]+two[1], time.Month(two[2]), two[3], two[4], two[5], two[6]
	t := time.Date(year, month, day, hour, minute, second, 0, time.UTC)
	// What does not exist, such as the 30th of February, becomes another day.
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

// readSigned splits the list of signed headers and holds it to its canonical
// form: two spellings of a list would be two spellings of one signature.
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
	inHeader, err := single(r, headerSession)
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

// readPayload refuses payload modes in which the body is not under the
// signature (UNSIGNED-PAYLOAD) or is signed in chunks (STREAMING-…): no
// operation declares them, and AWS answers with a wrong signature.
func (s *Signature) readPayload(r *http.Request) *Error {
	hash, err := single(r, headerPayload)
	if err != nil {
		return err
	}
	if hash != "" && !isHash(hash) {
		return mismatch()
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

// mustBeSigned refuses a request with a header that means something and could
// be changed without the signer's knowledge: host, content-type and every
// x-amz-* that was sent.
//
// Source: IAM User Guide, "Create a signed AWS API request", step 1.
func (s *Signature) mustBeSigned(r *http.Request) *Error {
	if !s.signs("host") && !s.signs(":authority") {
		return refuse(Unsigned, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	const prefix = "x-amz-"
	for name, values := range r.Header {
		must := len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) ||
			strings.EqualFold(name, "content-type") && !implied(values)
		if must && !s.signs(name) {
			return refuse(Unsigned, "'%s' must be a 'SignedHeader' in the AWS Authorization.", shown(name))
		}
	}
	return nil
}

// implied reports whether a Content-Type is the one that curl adds to a body
// of its own accord, after it has signed (--aws-sigv4 with -d). It is what the
// query protocol has in any case, so to add or drop it changes nothing.
func implied(contentType []string) bool {
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
