package sigv4

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// checkParsed holds for every request that a stranger can send.
func checkParsed(t *testing.T, r *http.Request, genuine bool) {
	t.Helper()
	s, err := Parse(r)
	if err != nil {
		var e *Error
		if !errors.As(err, &e) || e.Reason == 0 || e.Message == "" || s != nil {
			t.Fatalf("error %#v", err)
		}
		if strings.ContainsFunc(e.Message, unicode.IsControl) || len(e.Message) > 1000 {
			t.Errorf("message %q", e.Message)
		}
		return
	}
	if !slices.IsSorted(s.SignedHeaders) || !slices.Contains(s.SignedHeaders, "host") && !slices.Contains(s.SignedHeaders, ":authority") {
		t.Errorf("signed headers %q", s.SignedHeaders)
	}
	if s.AccessKeyID == "" || s.Date.IsZero() || s.Expires < 0 || s.Expires > maxExpires || formatDate(s.Date) != s.date {
		t.Errorf("parsed as %+v", s)
	}
	if err := s.CheckScope(Scope{}, goldenTime); err != nil && strings.ContainsFunc(err.Error(), unicode.IsControl) {
		t.Errorf("message %q", err)
	}
	if err := s.Verify(r, goldenSecret, EmptyPayload); (err == nil) != genuine {
		t.Errorf("verified: %v, genuine: %v", err, genuine)
	}
}

func FuzzAuthorization(f *testing.F) {
	g := goldens[0]
	good := g.authorization()
	for _, seed := range []string{good, "", "AWS4-HMAC-SHA256", "Bearer x", good + ",", strings.ReplaceAll(good, "host", "host;x-a"), good[:60]} {
		f.Add(seed, goldenDate, "")
	}
	f.Add(good, "2024-01-02", "UNSIGNED-PAYLOAD")
	want := g.request(f)
	want.Header.Del("Authorization")
	f.Fuzz(func(t *testing.T, authorization, date, content string) {
		r := want.Clone(t.Context())
		r.Header["Authorization"] = []string{authorization}
		r.Header["X-Amz-Date"] = []string{date}
		if content != "" {
			r.Header["X-Amz-Content-Sha256"] = []string{content}
		}
		// The key is not part of what is signed, and separators may vary.
		genuine := date == goldenDate && content == "" && strings.Contains(authorization, g.signature) &&
			strings.Contains(authorization, "/20240102/us-east-1/codeartifact/aws4_request") && strings.Contains(authorization, "SignedHeaders=host;x-amz-date")
		checkParsed(t, r, genuine)
	})
}

func FuzzQuery(f *testing.F) {
	g := goldens[3]
	good := g.request(f).URL.RawQuery
	for _, seed := range []string{good, "", "X-Amz-Signature=", good + "&a=%2", strings.ReplaceAll(good, "%2F", "/"), good[:100], "&&&" + good, "X-Amz-Security-Token=x"} {
		f.Add(seed)
	}
	want, err := url.ParseQuery(good)
	if err != nil {
		f.Fatal(err)
	}
	want.Del("X-Amz-Signature")
	f.Fuzz(func(t *testing.T, query string) {
		r := g.request(t)
		r.URL.RawQuery = query
		got, err := url.ParseQuery(query)
		genuine := err == nil && got.Get("X-Amz-Signature") == g.signature
		got.Del("X-Amz-Signature")
		checkParsed(t, r, genuine && got.Encode() == want.Encode())
	})
}
