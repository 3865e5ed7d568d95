package sigv4

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

func hashed(header string) string {
	sum := sha256.Sum256([]byte(header))
	return base64.StdEncoding.EncodeToString(sum[:])
}

const standard = "The request signature we calculated does not match the signature you provided. " +
	"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."

// Texts: IAM User Guide, "Troubleshoot Signature Version 4 signing", and replies
// of AWS services in public issue trackers.
func TestRefusals(t *testing.T) {
	t.Parallel()
	header := func(value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", value) }
	}
	replace := func(old, with string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, with, 1))
		}
	}
	set := func(name string, values ...string) func(*http.Request) {
		return func(r *http.Request) { r.Header[name] = values }
	}
	unsign := func(name string) func(*http.Request) { return replace(name+";", "") }
	both := func(a, b func(*http.Request)) func(*http.Request) {
		return func(r *http.Request) { a(r); b(r) }
	}
	query := func(extra string) func(*http.Request) {
		return func(r *http.Request) { r.URL.RawQuery += extra }
	}
	const parts = "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term."
	const list = "SignedHeaders must be lower-case header names, sorted, each once, separated by semicolons."
	good := goldens[0].authorization()
	for _, c := range []struct {
		name    string
		change  func(*http.Request)
		now     time.Duration // after the vector's time
		reason  Reason
		message string // a trailing * stands for anything
	}{
		// 1
		{"no signature at all", func(r *http.Request) { r.Header.Del("Authorization") }, 0, Missing, "Missing Authentication Token"},
		// 2
		{"nothing after the algorithm", header("AWS4-HMAC-SHA256"), 0, Incomplete,
			"Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. " +
				"Authorization header requires 'SignedHeaders' parameter. (Hashed with SHA-256 and encoded with Base64) Authorization=" + hashed("AWS4-HMAC-SHA256")},
		{"no Credential", replace("Credential", "Credentials"), 0, Incomplete, "Authorization header requires 'Credential' parameter. (Hashed*"},
		{"no Signature", header(strings.Split(good, ", Signature")[0]), 0, Incomplete, "Authorization header requires 'Signature' parameter. (Hashed*"},
		{"no SignedHeaders", replace("SignedHeaders=host;x-amz-date, ", ""), 0, Incomplete, "Authorization header requires 'SignedHeaders' parameter. (Hashed*"},
		{"no date", func(r *http.Request) { r.Header.Del("X-Amz-Date") }, 0, Incomplete,
			"Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. (Hashed*"},
		{"Basic credentials", header("Basic YXdzOnRva2Vu="), 0, Incomplete, "Authorization header requires 'Credential' parameter. *"},
		// 3
		{"not key=value", header("Bearer daypass_secret"), 0, NotKeyValue,
			"Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '" + hashed("Bearer daypass_secret") + "'."},
		// 6
		{"a wrong signature", replace("Signature=2", "Signature=3"), 0, Mismatch, standard},
		{"a short signature", header(good[:len(good)-1]), 0, Mismatch, standard},
		{"a signature in upper case", replace("20da64", "20DA64"), 0, Mismatch, standard},
		{"a signature that is no hex", replace("20da64", "20dax4"), 0, Mismatch, standard},
		{"another method", func(r *http.Request) { r.Method = "PUT" }, 0, Mismatch, standard},
		{"another path", func(r *http.Request) { r.URL.Path = "/v1/authorization-tokem" }, 0, Mismatch, standard},
		{"another query", func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "900", "901", 1) }, 0, Mismatch, standard},
		{"one more parameter", query("&x"), 0, Mismatch, standard},
		{"another host", func(r *http.Request) { r.Host = "evil.example" }, 0, Mismatch, standard},
		{"an opaque URL", func(r *http.Request) { r.URL.Opaque = "x" }, 0, Mismatch, standard},
		{"a path without a slash", func(r *http.Request) { r.URL.Path = "*" }, 0, Mismatch, standard},
		{"a signed header that was not sent", replace("host;", "host;x-absent;"), 0, Mismatch, standard},
		{"an unsigned payload", both(set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"), replace("host;", "host;x-amz-content-sha256;")), 0, Mismatch, standard},
		{"a chunked payload", both(set("X-Amz-Content-Sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"), replace("host;", "host;x-amz-content-sha256;")), 0, Mismatch, standard},
		{"the hash of another payload", both(set("X-Amz-Content-Sha256", strings.Repeat("0", 64)), replace("host;", "host;x-amz-content-sha256;")), 0, Mismatch, standard},
		// 7
		{"too old", nil, 5*time.Minute + time.Second, Expired,
			"Signature expired: 20240102T030405Z is now earlier than 20240102T030406Z (20240102T030906Z - 5 min.)"},
		// 8
		{"too far ahead", nil, -5*time.Minute - time.Second, NotYetCurrent,
			"Signature not yet current: 20240102T030405Z is still later than 20240102T030404Z (20240102T025904Z + 5 min.)"},
		// 9
		{"another day in the scope", replace("/20240102/", "/20240101/"), 0, WrongDate,
			"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP"},
		// 10
		{"another Region", replace("us-east-1", "eu-west-1"), 0, WrongRegion, "Credential should be scoped to a valid region, not 'eu-west-1'."},
		{"no Region", replace("us-east-1", ""), 0, WrongRegion, "Credential should be scoped to a valid region, not ''."},
		// 11
		{"another service", replace("/codeartifact/", "/sts/"), 0, WrongService, "Credential should be scoped to correct service: 'codeartifact'."},
		// 12
		{"another terminator", replace("aws4_request", "aws5_request"), 0, WrongTerminator,
			"Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'"},
		{"several wrong parts", replace("us-east-1/codeartifact", "mars/'\x01"), 0, WrongRegion,
			"Credential should be scoped to a valid region, not 'mars'. Credential should be scoped to correct service: 'codeartifact'."},

		{"host is not signed", unsign("host"), 0, Unsigned, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."},
		{"an x-amz header is not signed", set("X-Amz-Meta-Evil", "1"), 0, Unsigned, "'X-Amz-Meta-Evil' must be a 'SignedHeader' in the AWS Authorization."},
		{"a session token is not signed", set("X-Amz-Security-Token", "t"), 0, Unsigned, "'X-Amz-Security-Token' must be *"},
		{"the content type is not signed", set("Content-Type", "text/plain"), 0, Unsigned, "'Content-Type' must be *"},

		{"two content types are not signed", set("Content-Type", "application/x-www-form-urlencoded", "application/x-www-form-urlencoded"), 0, Unsigned, "'Content-Type' must be *"},

		{"another algorithm", replace("SHA256", "SHA1"), 0, Malformed, "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1'."},
		{"SigV4A", replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), 0, Malformed, "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'."},
		{"a credential of four parts", replace("/us-east-1/", "/"), 0, Malformed, parts},
		{"a credential of six parts", replace("aws4_request", "aws4_request/"), 0, Malformed, parts},
		{"no access key", replace(goldenKey, ""), 0, Malformed, parts},
		{"an endless access key", replace(goldenKey, strings.Repeat("A", 129)), 0, Malformed, "An element of Credential is longer than 128 bytes."},
		{"signed headers out of order", replace("host;x-amz-date", "x-amz-date;host"), 0, Malformed, list},
		{"a signed header twice", replace("host;", "host;host;"), 0, Malformed, list},
		{"a signed header in upper case", replace("host;", "Host;"), 0, Malformed, list},
		{"a signed header that is no token", replace("host;", "ho:st;"), 0, Malformed, list},
		{"an empty signed header", replace("host;", "host;;"), 0, Malformed, list},
		{"a date in another form", set("X-Amz-Date", "2024-01-02T03:04:05Z"), 0, Malformed, "Date must be in ISO-8601 'basic format'. Got '2024-01-02T03:04:05Z'."},
		{"a date with fractions", set("X-Amz-Date", "20240102T030405.5Z"), 0, Malformed, "Date must be in ISO-8601 'basic format'. Got '20240102T030405.5Z'."},
		{"a Date in no form", both(func(r *http.Request) { r.Header.Del("X-Amz-Date") }, set("Date", "yesterday'\n")), 0, Malformed, "Date must be in ISO-8601 'basic format'. Got 'yesterday'\\u000a'."},
		{"Credential twice", replace("Credential", "Credential=x, Credential"), 0, Malformed, "Authorization header has more than one 'Credential' parameter."},
		{"Authorization twice", set("Authorization", good, good), 0, Malformed, "The header 'Authorization' was sent more than once."},
		{"X-Amz-Date twice", set("X-Amz-Date", goldenDate, goldenDate), 0, Malformed, "The header 'X-Amz-Date' was sent more than once."},
		{"session token twice", set("X-Amz-Security-Token", "a", "a"), 0, Malformed, "The header 'X-Amz-Security-Token' was sent more than once."},
		{"payload hash twice", set("X-Amz-Content-Sha256", EmptyPayload, EmptyPayload), 0, Malformed, "The header 'X-Amz-Content-Sha256' was sent more than once."},
		{"session token in both places", both(set("X-Amz-Security-Token", "a"), query("&X-Amz-Security-Token=a")), 0, Malformed, "The session token was sent in the header and in the query."},
		{"signed in both places", query("&X-Amz-Signature=00"), 0, Malformed, "A request may be signed in its Authorization header or in its query, not in both."},
		{"a query that is not well escaped", query("&x=%zz"), 0, Malformed, "The query parameter 'x' is not well escaped."},

		{"an endless Authorization", header("AWS4-HMAC-SHA256 " + strings.Repeat("a=b,", 3000)), 0, Malformed, "The Authorization header is longer than 8192 bytes."},
		{"an endless query", query("&" + strings.Repeat("x", maxQuery)), 0, Malformed, "The query string is longer than 32768 bytes."},
		{"endless parameters", query(strings.Repeat("&x", maxParameters)), 0, Malformed, "The query has more than 256 parameters."},
		{"an endless path", func(r *http.Request) { r.URL.Path = "/" + strings.Repeat("x", maxPath) }, 0, Malformed, "The path is longer than 8192 bytes."},
		{"an endless session token", set("X-Amz-Security-Token", strings.Repeat("x", maxSession+1)), 0, Malformed, "The session token is longer than 16384 bytes."},
		{"endless headers", func(r *http.Request) {
			for i := range maxHeaders {
				r.Header["X-"+strings.Repeat("A", i)] = nil
			}
		}, 0, Malformed, "The request has more than 256 headers."},
		{"endless signed headers", replace("host;", "host;"+manyNames(maxSigned)), 0, Malformed, "SignedHeaders has more than 64 names."},
		{"an endless signed header", both(set("X-Long", strings.Repeat("x", maxSignedBytes)), replace("x-amz-date", "x-amz-date;x-long")), 0, Malformed, "The signed headers are longer than 65536 bytes."},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := goldens[0].request(t)
			if c.change != nil {
				c.change(r)
			}
			refused(t, r, goldens[0].scope(), goldenTime.Add(c.now), c.reason, c.message)
		})
	}
}

func manyNames(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("i" + strings.Repeat("a", i) + ";")
	}
	return b.String()
}

func refused(t *testing.T, r *http.Request, scope Scope, now time.Time, reason Reason, message string) {
	t.Helper()
	_, err := judge(r, scope, now, "", goldenSecret, new(Verifier))
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("accepted, or another error: %v", err)
	}
	if e.Reason != reason {
		t.Errorf("reason %d, want %d", e.Reason, reason)
	}
	if start, open := strings.CutSuffix(message, "*"); open && !strings.HasPrefix(e.Message, start) || !open && e.Message != message {
		t.Errorf("message\n%s\nwant\n%s", e.Message, message)
	}
	if header := r.Header.Get("Authorization"); header != "" && strings.Contains(e.Message, header) || strings.Contains(e.Message, goldens[0].signature) {
		t.Error("the Authorization header is echoed")
	}
	incomplete := reason == Incomplete || reason == NotKeyValue || reason == Malformed
	if reason.Incomplete() != incomplete {
		t.Errorf("Incomplete() = %v", reason.Incomplete())
	}
}

func TestPresignedRefusals(t *testing.T) {
	t.Parallel()
	g := goldens[3]
	const must = "AWS query-string parameters must include '%s'. Re-examine the query-string parameters."
	for _, c := range []struct {
		name, old, with string
		now             time.Duration
		reason          Reason
		message         string
	}{
		{"no algorithm", "X-Amz-Algorithm=AWS4-HMAC-SHA256&", "", 0, Incomplete, strings.Replace(must, "%s", "X-Amz-Algorithm", 1)},
		{"no credential", "X-Amz-Credential=", "x=", 0, Incomplete, strings.Replace(must, "%s", "X-Amz-Credential", 1)},
		{"no date", "X-Amz-Date=", "x=", 0, Incomplete, strings.Replace(must, "%s", "X-Amz-Date", 1)},
		{"no signed headers", "X-Amz-SignedHeaders=host", "", 0, Incomplete, strings.Replace(must, "%s", "X-Amz-SignedHeaders", 1)},
		{"no signature", "X-Amz-Signature=", "x=", 0, Incomplete, strings.Replace(must, "%s", "X-Amz-Signature", 1)},
		{"an empty signature first", "X-Amz-Signature=", "X-Amz-Signature=&X-Amz-Signature=", 0, Incomplete, strings.Replace(must, "%s", "X-Amz-Signature", 1)},
		{"another algorithm", "SHA256", "SHA512", 0, Malformed, "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA512'."},
		{"the date twice", "X-Amz-Date=", "X-Amz-Date=20240102T030405Z&X-Amz-Date=", 0, Malformed, "The query parameter 'X-Amz-Date' was sent more than once."},
		{"a bad escape", "%2Fus", "%2us", 0, Malformed, "The query parameter 'X-Amz-Credential' is not well escaped."},
		{"no time to live", "Expires=3600", "Expires=0", 0, Malformed, "X-Amz-Expires must be a number of seconds from 1 to 604800."},
		{"too long to live", "Expires=3600", "Expires=604801", 0, Malformed, "X-Amz-Expires must be a number of seconds from 1 to 604800."},
		{"a negative life", "Expires=3600", "Expires=-1", 0, Malformed, "X-Amz-Expires must be a number of seconds from 1 to 604800."},
		{"a life beyond numbers", "Expires=3600", "Expires=99999999999999999999", 0, Malformed, "X-Amz-Expires must be a number of seconds from 1 to 604800."},
		{"run out", "", "", time.Hour + time.Second, Expired, "Signature expired: 20240102T030405Z is now earlier than 20240102T030406Z (20240102T040406Z - 60 min.)"},
		{"run out after seconds", "Expires=3600", "Expires=90", 91 * time.Second, Expired, "Signature expired: 20240102T030405Z is now earlier than 20240102T030406Z (20240102T030536Z - 90 sec.)"},
		{"not yet", "", "", -6 * time.Minute, NotYetCurrent, "Signature not yet current: 20240102T030405Z is still later than 20240102T030305Z (20240102T025805Z + 5 min.)"},
		{"a life that was not signed", "Expires=3600", "Expires=7200", 0, Mismatch, standard},
		{"another action", "GetCallerIdentity", "GetSessionToken", 0, Mismatch, standard},
		{"a session token that was not signed", "X-Amz-Date", "X-Amz-Security-Token=x&X-Amz-Date", 0, Mismatch, standard},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := g.request(t)
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, c.old, c.with, 1)
			refused(t, r, g.scope(), goldenTime.Add(c.now), c.reason, c.message)
		})
	}
}

func TestEdgesOfTheWindowAreInside(t *testing.T) {
	t.Parallel()
	for _, now := range []time.Duration{-5 * time.Minute, 0, 5 * time.Minute} {
		if _, err := judge(goldens[0].request(t), goldens[0].scope(), goldenTime.Add(now), "", goldenSecret, nil); err != nil {
			t.Errorf("at %v: %v", now, err)
		}
	}
	if _, err := judge(goldens[3].request(t), goldens[3].scope(), goldenTime.Add(time.Hour), "", goldenSecret, nil); err != nil {
		t.Errorf("presigned, in its last second: %v", err)
	}
}

func TestTheDateHeaderStandsInForXAmzDate(t *testing.T) {
	t.Parallel()
	for _, date := range []string{goldenDate, "Tue, 02 Jan 2024 03:04:05 GMT"} {
		// X-Amz-Date is signed in the vector, so all but the signature fits.
		r := goldens[0].request(t)
		r.Header.Del("X-Amz-Date")
		r.Header.Set("Date", date)
		s, err := Parse(r)
		if err != nil {
			t.Fatal(err)
		}
		if !s.Date.Equal(goldenTime) || s.date != goldenDate {
			t.Errorf("Date %q read as %v", date, s.Date)
		}
		r.Header.Set("X-Amz-Date", "20240102T030406Z")
		if s, err := Parse(r); err != nil || !s.Date.Equal(goldenTime.Add(time.Second)) {
			t.Errorf("Date wins over X-Amz-Date: %v", err)
		}
	}
}

func TestCurlMayAddTheContentTypeOfForms(t *testing.T) {
	t.Parallel()
	r := goldens[0].request(t)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if _, err := judge(r, goldens[0].scope(), goldenTime, "", goldenSecret, nil); err != nil {
		t.Error(err)
	}
}

func TestSeparatorsOfAuthorizationMayVary(t *testing.T) {
	t.Parallel()
	for _, with := range []string{",", " ", " , ", ",,  "} {
		r := goldens[0].request(t)
		r.Header.Set("Authorization", strings.ReplaceAll(goldens[0].authorization(), ", ", with))
		if _, err := judge(r, goldens[0].scope(), goldenTime, "", goldenSecret, nil); err != nil {
			t.Errorf("separated by %q: %v", with, err)
		}
	}
}

func TestNothingIsVerifiedWithoutASecretOrAHash(t *testing.T) {
	t.Parallel()
	r := goldens[0].request(t)
	s, err := Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]string{
		{"", EmptyPayload}, {goldenSecret, ""}, {goldenSecret, "UNSIGNED-PAYLOAD"}, {goldenSecret, strings.ToUpper(EmptyPayload)},
	} {
		if s.Verify(r, c[0], c[1]) == nil {
			t.Errorf("verified with secret %q and payload hash %q", c[0], c[1])
		}
	}
}
