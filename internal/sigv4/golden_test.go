package sigv4

import (
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The vectors were made with botocore, with the clock at goldenTime, and
// computed again by an independent program. The secret is the one of AWS's
// documentation.
const (
	goldenKey    = "AKIAIOSFODNN7EXAMPLE"
	goldenSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	goldenDate   = "20240102T030405Z"
)

var goldenTime = time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)

// A golden is one vector.
type golden struct {
	name, method, url, service string
	header                     map[string]string
	body                       string
	key, signed                string
	canonical, signature       string
	presigned                  bool
}

var goldens = []golden{
	{
		name: "A: GetAuthorizationToken", method: "POST", service: "codeartifact", key: goldenKey,
		url:       "https://codeartifact.us-east-1.amazonaws.com/v1/authorization-token?domain=my-domain&domain-owner=111122223333&duration=900",
		signed:    "host;x-amz-date",
		canonical: "0e929b47a6db1bbe404bf96ab5ce03a0945a471f75e84d013c8d65c06a28f520",
		signature: "20da64342707081386a79953adc44d8665fa4175464a5d49a5b31a4f193d7bc3",
	},
	{
		name: "B: with a session token", method: "POST", service: "codeartifact", key: "ASIAIOSFODNN7EXAMPLE",
		url:       "https://codeartifact.us-east-1.amazonaws.com/v1/authorization-token?domain=my-domain",
		header:    map[string]string{"X-Amz-Security-Token": "FwoEXAMPLETOKEN=="},
		signed:    "host;x-amz-date;x-amz-security-token",
		canonical: "e2630e1ffe07d09ad9388d4c0c0356698d0e6bbb83a33fd0ba8f7245966401f6",
		signature: "785998aeb64df2381d6e492001b8bc1a5605f3a167fd25611b58da9ebc4a7416",
	},
	{
		name: "C: query protocol with a body", method: "POST", service: "sts", key: goldenKey,
		url:       "https://sts.us-east-1.amazonaws.com/",
		header:    map[string]string{"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
		body:      "Action=GetCallerIdentity&Version=2011-06-15",
		signed:    "content-type;host;x-amz-date",
		canonical: "408860d3684b6b0bf8e1d6b078f4b787ea5ddffe808fe00e7cc4e2c4ede11f29",
		signature: "3d3352e06d6d7e581d90f0ff1c6053f61df71bdca391272e851beb78c2abbbdf",
	},
	{
		name: "D: presigned", method: "GET", service: "sts", key: goldenKey, presigned: true,
		url: "https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256" +
			"&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20240102%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Date=20240102T030405Z" +
			"&X-Amz-Expires=3600&X-Amz-SignedHeaders=host",
		signed:    "host",
		canonical: "b5829f2a9ac365d3456d839a32f969223bfc867af0e4325cb04d2b45a7b2a718",
		signature: "9319108db26ce7036967499cf337cd2d663c03c86fbbb1f760f31a421fcb4fef",
	},
	{
		name: "E: odd path and query", method: "GET", service: "codeartifact", key: goldenKey,
		url:       "https://example.us-east-1.amazonaws.com/a%20b//c/../d/%C3%A9?b=2&a=x%20y&a=1&k",
		signed:    "host;x-amz-date",
		canonical: "f8eeeda1c6d84a6751c9df698225bdc38c1d1f9dd2752e8d3da95d6a00ef05b8",
		signature: "af23bbfc676c3e0f8a7c135124d0ee2667b94b742e67c47270ee0404a3e89c32",
	},
}

// request builds the vector's request as the server sees it.
func (g *golden) request(t testing.TB) *http.Request {
	t.Helper()
	url := g.url
	if g.presigned {
		url += "&X-Amz-Signature=" + g.signature
	}
	r, err := http.NewRequest(g.method, url, strings.NewReader(g.body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range g.header {
		r.Header.Set(name, value)
	}
	if !g.presigned {
		r.Header.Set("X-Amz-Date", goldenDate)
		r.Header.Set("Authorization", g.authorization())
	}
	return r
}

func (g *golden) authorization() string {
	return "AWS4-HMAC-SHA256 Credential=" + g.key + "/20240102/us-east-1/" + g.service + "/aws4_request, SignedHeaders=" + g.signed + ", Signature=" + g.signature
}

func (g *golden) scope() Scope {
	return Scope{Region: "us-east-1", Service: g.service, Skew: 5 * time.Minute}
}

// judge does what a door does. It returns the access key of the signer.
func judge(r *http.Request, scope Scope, now time.Time, body, secret string, v *Verifier) (*Signature, error) {
	s, err := Parse(r)
	if err != nil {
		return nil, err
	}
	if err := s.CheckScope(scope, now); err != nil {
		return nil, err
	}
	return s, v.Verify(s, r, secret, HashPayload([]byte(body)))
}

func TestGoldenVectorsVerify(t *testing.T) {
	t.Parallel()
	for _, g := range goldens {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			r := g.request(t)
			s, err := judge(r, g.scope(), goldenTime, g.body, goldenSecret, new(Verifier))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Verify(r, goldenSecret, HashPayload([]byte(g.body))); err != nil {
				t.Errorf("without a Verifier: %v", err)
			}
			if got := canonicalHash(t, s, r, HashPayload([]byte(g.body))); got != g.canonical {
				t.Errorf("hash of the canonical request is %s, want %s\n%s", got, g.canonical, got)
			}
			if s.AccessKeyID != g.key || !s.Date.Equal(goldenTime) || s.ScopeDate != "20240102" || s.Region != "us-east-1" ||
				s.Service != g.service || s.Terminator != "aws4_request" || s.SessionToken != g.header["X-Amz-Security-Token"] || s.Presigned != g.presigned {
				t.Errorf("parsed as %+v", s)
			}
			if diff := cmp.Diff(strings.Split(g.signed, ";"), s.SignedHeaders); diff != "" {
				t.Errorf("signed headers:\n%s", diff)
			}
		})
	}
}

func canonicalHash(t *testing.T, s *Signature, r *http.Request, payloadHash string) string {
	t.Helper()
	c := new(scratch)
	c.path = appendEscaped(nil, clean(r.URL.EscapedPath()))
	if err := c.canonicalQuery(r.URL.RawQuery, s.Presigned); err != nil {
		t.Fatal(err)
	}
	if err := c.canonicalHeaders(s, r); err != nil {
		t.Fatal(err)
	}
	sum := c.requestHash(s, r.Method, payloadHash)
	return hex.EncodeToString(sum[:])
}

func TestPathAndQueryOfVectorE(t *testing.T) {
	t.Parallel()
	r := goldens[4].request(t)
	c := new(scratch)
	if err := c.canonicalQuery(r.URL.RawQuery, false); err != nil {
		t.Fatal(err)
	}
	if got, want := string(c.query), "a=1&a=x%20y&b=2&k="; got != want {
		t.Errorf("canonical query %q, want %q", got, want)
	}
	if got, want := string(appendEscaped(nil, clean(r.URL.EscapedPath()))), "/a%2520b/d/%25C3%25A9"; got != want {
		t.Errorf("canonical path %q, want %q", got, want)
	}
}

func TestSigningKey(t *testing.T) {
	t.Parallel()
	s := &Signature{ScopeDate: "20240102", Region: "us-east-1", Service: "codeartifact", Terminator: "aws4_request"}
	if got, want := hex.EncodeToString(signingKeyBytes(s, goldenSecret)), "2e91a0588b22db6f2c218641a1a56f8879a41af6d1ddd13a5f3cd07bc1a138a6"; got != want {
		t.Errorf("signing key %s, want %s", got, want)
	}
}

// Expected values were computed with botocore 1.43.11, normalize_url_path.
func TestPathsAreCleanedAsClientsDo(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/": "/", "//": "/", "/a": "/a", "/a/": "/a/", "/a//b/": "/a/b/", "/./a/.": "/a", "/a/./": "/a/",
		"/..": "/", "/../a": "/a", "/a/..": "/", "/a/../": "/", "/a/b/..": "/a", "/a/b/../": "/a/",
		"/.../a": "/.../a", "/a/%2e%2e/b": "/a/%2e%2e/b", "/a/.b/..c": "/a/.b/..c",
	} {
		if got := clean(path); got != want {
			t.Errorf("clean(%q) = %q, want %q", path, got, want)
		}
		if needsCleaning(path) != (path != want) {
			t.Errorf("unclean(%q) = %v", path, needsCleaning(path))
		}
	}
}
