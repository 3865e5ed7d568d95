package sigv4

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// A sent request is what travels: the bytes on the wire.
type sent struct {
	wire        []byte
	credentials aws.Credentials
	scope       Scope
}

var (
	segments = rapid.SampledFrom([]string{
		"a", "v1", "authorization-token", "", ".", "..", "...", "%20", "x%20y", "%2F", "%2e%2e", "%41", "~", "-_.", "a+b", "a:b@c",
		"(x)", "%C3%A9", "a=b&c", "$", "!*'", "%25", ";p",
	})
	words = rapid.SampledFrom([]string{
		"", "a", "A", "a b", "a+b", "a/b", "a-b", "a%b", "é", "日本", "=", "&", "#", "~", "\x00", "domain", "domain-owner", "111122223333", "*", "a;b", "\"",
	})
	names  = rapid.SampledFrom([]string{"X-Custom", "If-Match", "Content-Type", "X-Amz-Meta-Thing", "X-Amz-Target", "Accept", "Cache-Control", "X-A", "X-A-B"})
	values = rapid.StringMatching(` {0,2}[!-~]{0,8}( {1,3}[!-~]{1,8}){0,3} {0,2}`)
)

// drawRequest makes a request as a client could.
func drawRequest(t *rapid.T, presigned bool) (*http.Request, []byte) {
	hosts := []string{"codeartifact.us-east-1.amazonaws.com", "localhost:8787", "[::1]:8787", "example.com:443"}
	if presigned { // the SDK signs without a default port and leaves it in the URL
		hosts = hosts[:3]
	}
	address := "https://" + rapid.SampledFrom(hosts).Draw(t, "host")
	for _, segment := range rapid.SliceOfN(segments, 0, 5).Draw(t, "path") {
		address += "/" + segment
	}
	query := url.Values{}
	for range rapid.IntRange(0, 5).Draw(t, "parameters") {
		query.Add(words.Draw(t, "name"), words.Draw(t, "value"))
	}
	var body []byte
	method := rapid.SampledFrom([]string{"GET", "POST", "PUT", "DELETE", "HEAD"}).Draw(t, "method")
	if method == "POST" || method == "PUT" {
		body = rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "body")
	}
	if presigned && rapid.Bool().Draw(t, "expires") {
		query.Set("X-Amz-Expires", fmt.Sprint(rapid.IntRange(1, 604800).Draw(t, "seconds")))
	}
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	r, err := http.NewRequest(method, address, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for range rapid.IntRange(0, 5).Draw(t, "headers") {
		r.Header.Add(names.Draw(t, "header"), values.Draw(t, "value"))
	}
	if !presigned && rapid.Bool().Draw(t, "content hash") {
		r.Header.Set("X-Amz-Content-Sha256", HashPayload(body))
	}
	return r, body
}

// drawSent has the SDK sign a request and puts it on the wire.
func drawSent(t *rapid.T) sent {
	presigned := rapid.Bool().Draw(t, "presigned")
	r, body := drawRequest(t, presigned)
	s := sent{
		credentials: aws.Credentials{
			AccessKeyID:     "AKIAIOSFODNN7EXAMPLE",
			SecretAccessKey: rapid.StringMatching(`[A-Za-z0-9/+]{40}`).Draw(t, "secret"),
			SessionToken:    rapid.SampledFrom([]string{"", "FwoEXAMPLETOKEN==", "daypass-session_a-b_c"}).Draw(t, "session"),
		},
		scope: Scope{
			Region:  rapid.SampledFrom([]string{"us-east-1", "eu-central-1"}).Draw(t, "region"),
			Service: rapid.SampledFrom([]string{"codeartifact", "sts", "iam"}).Draw(t, "service"), Skew: 5 * time.Minute,
		},
	}
	signer := v4.NewSigner()
	if !presigned {
		err := signer.SignHTTP(context.Background(), s.credentials, r, HashPayload(body), s.scope.Service, s.scope.Region, goldenTime)
		if err != nil {
			t.Fatal(err)
		}
	} else {
		address, headers, err := signer.PresignHTTP(context.Background(), s.credentials, r, HashPayload(body), s.scope.Service, s.scope.Region, goldenTime)
		if err != nil {
			t.Fatal(err)
		}
		r, err = http.NewRequest(r.Method, address, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		headers.Del("Host")
		headers.Del("Content-Length")
		r.Header = headers
	}
	var wire bytes.Buffer
	if err := r.Write(&wire); err != nil {
		t.Fatal(err)
	}
	s.wire = wire.Bytes()
	return s
}

// A meaning is what a verified request makes the server do, computed without
// the code under test.
type meaning struct {
	Method, Path, Key, Session, Host string
	Directory                        bool
	Query                            []string
	Headers                          []string
	Body                             string
}

// receive does what the server does: read, judge, understand.
func (s *sent) receive(wire []byte) (*meaning, error) {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(wire)))
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	signature, err := judge(r, s.scope, goldenTime, string(body), s.credentials.SecretAccessKey, nil)
	if err != nil {
		return nil, err
	}
	if signature.AccessKeyID != s.credentials.AccessKeyID || signature.SessionToken != s.credentials.SessionToken {
		return nil, fmt.Errorf("unknown key")
	}
	m := &meaning{
		Method: r.Method, Path: path.Clean("/" + r.URL.EscapedPath()), Directory: strings.HasSuffix(r.URL.EscapedPath(), "/"),
		Key: signature.AccessKeyID, Session: signature.SessionToken, Host: r.Host, Body: string(body),
	}
	m.Directory = m.Directory && m.Path != "/"
	parameters, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	for name, values := range parameters {
		for _, value := range values {
			m.Query = append(m.Query, name+"="+value)
		}
	}
	slices.Sort(m.Query)
	for _, name := range signature.SignedHeaders {
		for _, value := range r.Header.Values(name) {
			m.Headers = append(m.Headers, name+": "+strings.Join(strings.Fields(value), " "))
		}
	}
	return m, nil
}

// Whatever the AWS SDK signs verifies; and if any byte of it is changed on the
// way, either nothing verifies or the request still means exactly the same (as
// when a letter changes in a header that is not signed).
func TestWhatTheSDKSignsVerifiesAndNoChangeOfItDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawSent(t)
		want, err := s.receive(s.wire)
		if err != nil {
			t.Fatalf("refused: %v\n%s", err, s.wire)
		}
		for range 40 {
			i := rapid.IntRange(0, len(s.wire)-1).Draw(t, "position")
			changed := bytes.Clone(s.wire)
			changed[i] ^= byte(rapid.IntRange(1, 255).Draw(t, "change"))
			got, err := s.receive(changed)
			if err != nil {
				continue
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("verifies with another meaning:\n%s\nsigned:\n%q\nchanged:\n%q", diff, s.wire, changed)
			}
		}
	})
}

// The same, byte by byte, for a request of the most important kind.
func TestEveryByteOfASignedRequestCounts(t *testing.T) {
	t.Parallel()
	s := sent{
		credentials: aws.Credentials{AccessKeyID: goldenKey, SecretAccessKey: goldenSecret, SessionToken: "FwoEXAMPLETOKEN=="},
		scope:       Scope{Region: "us-east-1", Service: "codeartifact", Skew: 5 * time.Minute},
	}
	const body = "a body"
	r, err := http.NewRequest("POST", "http://localhost:8787/v1/authorization-token?domain=my-domain&duration=900", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	err = v4.NewSigner().SignHTTP(t.Context(), s.credentials, r, HashPayload([]byte(body)), "codeartifact", "us-east-1", goldenTime)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("User-Agent", "u") // the only header that is not signed
	var wire bytes.Buffer
	if err := r.Write(&wire); err != nil {
		t.Fatal(err)
	}
	want, err := s.receive(wire.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for i := range wire.Len() {
		for change := 1; change < 256; change++ {
			changed := bytes.Clone(wire.Bytes())
			changed[i] ^= byte(change)
			if got, err := s.receive(changed); err == nil && !cmp.Equal(want, got) {
				t.Errorf("byte %d changed from %q to %q verifies:\n%s", i, wire.Bytes()[i], changed[i], cmp.Diff(want, got))
			}
		}
	}
}

func TestDatesAreReadAsPackageTimeReadsThem(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		upTo := func(most int, name string) int { return rapid.IntRange(0, most).Draw(t, name) }
		date := fmt.Sprintf("%04d%02d%02dT%02d%02d%02dZ",
			upTo(9999, "year"), upTo(13, "month"), upTo(32, "day"), upTo(25, "hour"), upTo(61, "minute"), upTo(61, "second"))
		if rapid.Bool().Draw(t, "alter") {
			at := upTo(len(date)-1, "at")
			date = date[:at] + rapid.SampledFrom([]string{"", "0", "9", "/", ":", "T", "Z", ".", ",", "é", "00"}).Draw(t, "with") + date[at+1:]
		}
		want, err := time.Parse(timeFormat, date)
		valid := err == nil && len(date) == len(timeFormat)
		got, ok := parseDate(date)
		if ok != valid || ok && !got.Equal(want) {
			t.Errorf("%q is %v, %v; package time has %v, %v", date, got, ok, want, err)
		}
	})
}
