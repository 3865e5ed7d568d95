package server

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	signer "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codeartifact"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// sink is an http.ResponseWriter that discards the body.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(status int)      { s.status = status }
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }

func (s *sink) SetReadDeadline(time.Time) error  { return nil }
func (s *sink) SetWriteDeadline(time.Time) error { return nil }

// eachTrail runs a benchmark without and with an audit trail in a file.
func eachTrail(b *testing.B, run func(b *testing.B, trail string)) {
	b.Run("audit=off", func(b *testing.B) { run(b, auditOff) })
	b.Run("audit=file", func(b *testing.B) { run(b, filepath.Join(b.TempDir(), "audit.jsonl")) })
}

// benchServer starts a server in memory without a log, with one domain and one
// repository. It returns the server and a token for the domain.
func benchServer(b *testing.B, trail string) (*Server, string) {
	b.Helper()
	c, err := ParseConfig([]string{"--dev", "--audit-log", trail}, environment(map[string]string{
		"DAYPASS_ADMIN_ACCESS_KEY_ID": adminKey, "DAYPASS_ADMIN_SECRET_ACCESS_KEY": adminSecret,
	}), nil)
	if err != nil {
		b.Fatal(err)
	}
	s, err := Open(b.Context(), c, NewLogger("json", io.Discard), time.Now)
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
	_, err = client.CreateRepository(b.Context(), &codeartifact.CreateRepositoryInput{Domain: aws.String("dom"), Repository: aws.String("repo")})
	if err != nil {
		b.Fatal(err)
	}
	out, err := client.GetAuthorizationToken(b.Context(), &codeartifact.GetAuthorizationTokenInput{Domain: aws.String("dom")})
	if err != nil {
		b.Fatal(err)
	}
	return s, *out.AuthorizationToken
}

// repeat measures how the server answers one request.
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
	body, err := io.ReadAll(r.Body)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	before := processorTime(b)
	for b.Loop() {
		r.Body = io.NopCloser(bytes.NewReader(body))
		w := &sink{header: make(http.Header, 8)}
		s.handler.ServeHTTP(w, r.WithContext(ctx))
		if w.status != 0 && w.status != http.StatusOK {
			b.Fatalf("status %d", w.status)
		}
	}
	// The journal's work counts too, and it is not in the time of a request.
	b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
}

func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	if err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func BenchmarkGetAuthorizationToken(b *testing.B) { eachTrail(b, benchGetAuthorizationToken) }

func benchGetAuthorizationToken(b *testing.B, trail string) {
	s, _ := benchServer(b, trail)
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8787/v1/authorization-token?domain=dom", nil)
	empty := sha256.Sum256(nil)
	credentials := aws.Credentials{AccessKeyID: adminKey, SecretAccessKey: adminSecret}
	err := signer.NewSigner().SignHTTP(b.Context(), credentials, r, hex.EncodeToString(empty[:]), "codeartifact", "us-east-1", time.Now())
	if err != nil {
		b.Fatal(err)
	}
	repeat(b, s, r)
}

func BenchmarkAssumeRole(b *testing.B) { eachTrail(b, benchAssumeRole) }

func benchAssumeRole(b *testing.B, trail string) {
	s, _ := benchServer(b, trail)
	h := httptest.NewServer(s.handler)
	client := iam.New(iam.Options{BaseEndpoint: &h.URL, Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider(adminKey, adminSecret, "")})
	_, err := client.CreateRole(b.Context(), &iam.CreateRoleInput{RoleName: aws.String("role"), AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:root"},"Action":"sts:AssumeRole"}]}`)})
	h.Close()
	if err != nil {
		b.Fatal(err)
	}
	body := "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A000000000000%3Arole%2Frole&RoleSessionName=bench"
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8787/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	hash := sha256.Sum256([]byte(body))
	err = signer.NewSigner().SignHTTP(b.Context(), aws.Credentials{AccessKeyID: adminKey, SecretAccessKey: adminSecret}, r, hex.EncodeToString(hash[:]), "sts", "us-east-1", time.Now())
	if err != nil {
		b.Fatal(err)
	}
	repeat(b, s, r)
}

// uploading returns the request that twine sends for a file.
func uploading(b testing.TB, token, name, version string) *http.Request {
	b.Helper()
	var sdist bytes.Buffer
	zipped := gzip.NewWriter(&sdist)
	archive := tar.NewWriter(zipped)
	metadata := "Metadata-Version: 2.1\nName: " + name + "\nVersion: " + version + "\n"
	header := &tar.Header{Name: name + "-" + version + "/PKG-INFO", Size: int64(len(metadata)), Mode: 0o644}
	err := errors.Join(archive.WriteHeader(header), second(io.WriteString(archive, metadata)), archive.Close(), zipped.Close())
	if err != nil {
		b.Fatal(err)
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, field := range [][2]string{{":action", "file_upload"}, {"protocol_version", "1"}, {"name", name}, {"version", version}, {"filetype", "sdist"}, {"metadata_version", "2.1"}} {
		err = errors.Join(err, form.WriteField(field[0], field[1]))
	}
	part, partErr := form.CreateFormFile("content", name+"-"+version+".tar.gz")
	if partErr != nil {
		b.Fatal(partErr)
	}
	err = errors.Join(err, second(part.Write(sdist.Bytes())), form.Close())
	if err != nil {
		b.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8787/pypi/d/dom-000000000000/repo/", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.SetBasicAuth("aws", token)
	return r
}

func second[T any](_ T, err error) error { return err }

func BenchmarkSimplePage(b *testing.B) { eachTrail(b, benchSimplePage) }

func benchSimplePage(b *testing.B, trail string) {
	s, token := benchServer(b, trail)
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, uploading(b, token, "thing", "1.0"))
	if w.Code != http.StatusOK {
		b.Fatalf("upload: %d %s", w.Code, w.Body)
	}
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8787/pypi/d/dom-000000000000/repo/simple/thing/", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	repeat(b, s, r)
}
