package wire

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"daypass/api"
	"daypass/api/codeartifact"
	"daypass/api/sts"
)

func BenchmarkDecodeGetAuthorizationToken(b *testing.B) {
	op := api.CodeArtifact().Operations["GetAuthorizationToken"]
	r := httptest.NewRequest("POST", "/v1/authorization-token?domain=my-domain&domain-owner=111122223333&duration=3600", nil)
	b.ReportAllocs()
	for b.Loop() {
		var in codeartifact.GetAuthorizationTokenInput
		if err := Decode(op, r, nil, &in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRoute(b *testing.B) {
	s := api.CodeArtifact()
	r := httptest.NewRequest("POST", "/v1/authorization-token?domain=my-domain", nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Route(r, s, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// sink is a ResponseWriter that drops the body.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(int)             {}
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }

func BenchmarkWriteResultGetAuthorizationToken(b *testing.B) {
	op := api.CodeArtifact().Operations["GetAuthorizationToken"]
	token := strings.Repeat("daypass_", 50)
	at := time.UnixMilli(1790000000123)
	w := &sink{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		out := &codeartifact.GetAuthorizationTokenOutput{AuthorizationToken: token, Expiration: &at}
		if err := WriteResult(w, op, out, "0123"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeAssumeRole(b *testing.B) {
	op := api.STS().Operations["AssumeRole"]
	body := []byte("Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fci&RoleSessionName=build&DurationSeconds=900")
	r := httptest.NewRequest("POST", "/", nil)
	b.ReportAllocs()
	for b.Loop() {
		var in sts.AssumeRoleInput
		if err := Decode(op, r, body, &in); err != nil {
			b.Fatal(err)
		}
	}
}
