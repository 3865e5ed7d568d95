package server

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	signer "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/codeartifact"
)

// sink is an http.ResponseWriter that costs nothing.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(status int)      { s.status = status }
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }

// benchServer is a server in memory that logs to nowhere, with one domain.
func benchServer(b *testing.B) *Server {
	b.Helper()
	c, err := ParseConfig([]string{"--dev"}, environment(map[string]string{
		"DAYPASS_ADMIN_ACCESS_KEY_ID": adminKey, "DAYPASS_ADMIN_SECRET_ACCESS_KEY": adminSecret,
	}), nil)
	if err != nil {
		b.Fatal(err)
	}
	s, err := Open(b.Context(), c, slog.New(slog.NewJSONHandler(io.Discard, nil)), time.Now)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	h := httptest.NewServer(s.handler)
	defer h.Close()
	client := bundle{server: s, url: h.URL}.artifacts()
	_, err = client.CreateDomain(b.Context(), &codeartifact.CreateDomainInput{Domain: aws.String("dom")})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// repeat has the server answer one request over and over.
func repeat(b *testing.B, s *Server, request *http.Request) {
	b.Helper()
	var raw bytes.Buffer
	err := request.Write(&raw)
	if err != nil {
		b.Fatal(err)
	}
	r, err := http.ReadRequest(bufio.NewReader(&raw))
	if err != nil {
		b.Fatal(err)
	}
	r.RemoteAddr = "127.0.0.1:1"
	ctx := context.WithoutCancel(b.Context())
	b.ReportAllocs()
	for b.Loop() {
		w := &sink{header: make(http.Header, 8)}
		s.handler.ServeHTTP(w, r.WithContext(ctx))
		if w.status != 0 && w.status != http.StatusOK {
			b.Fatalf("status %d", w.status)
		}
	}
}

func BenchmarkGetAuthorizationToken(b *testing.B) {
	s := benchServer(b)
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8787/v1/authorization-token?domain=dom", nil)
	empty := sha256.Sum256(nil)
	credentials := aws.Credentials{AccessKeyID: adminKey, SecretAccessKey: adminSecret}
	err := signer.NewSigner().SignHTTP(b.Context(), credentials, r, hex.EncodeToString(empty[:]), "codeartifact", "us-east-1", time.Now())
	if err != nil {
		b.Fatal(err)
	}
	repeat(b, s, r)
}
