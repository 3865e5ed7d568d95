package test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codeartifact"
)

// serverEnvironment returns the environment of a server that no script starts.
func serverEnvironment() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + scratch, quickExit, unlimited}
}

// startServer starts a server that runs until the end of the test.
func startServer(t *testing.T, data string, args ...string) *server {
	t.Helper()
	s, err := serve(data, serverEnvironment(), args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	return s
}

// config returns the administrator's configuration of the AWS SDK for the server.
func (s *server) config(t *testing.T) aws.Config {
	t.Helper()
	id, secret, err := s.keys()
	if err != nil {
		t.Fatal(err)
	}
	return aws.Config{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(s.url),
		Credentials:  credentials.NewStaticCredentialsProvider(id, secret, ""),
	}
}

// A repository is a repository on a server, with a token for it.
type repository struct {
	url   string // of the simple index, with a slash at its end
	token string
}

// newRepository makes the domain demo with the repository main.
func (s *server) newRepository(t *testing.T) repository {
	t.Helper()
	ctx, api := t.Context(), codeartifact.NewFromConfig(s.config(t))
	if _, err := api.CreateDomain(ctx, &codeartifact.CreateDomainInput{Domain: aws.String("demo")}); err != nil {
		t.Fatal(err)
	}
	if _, err := api.CreateRepository(ctx, &codeartifact.CreateRepositoryInput{Domain: aws.String("demo"), Repository: aws.String("main")}); err != nil {
		t.Fatal(err)
	}
	return repository{url: s.url + "/pypi/d/demo-000000000000/main/", token: s.token(t)}
}

func (s *server) token(t *testing.T) string {
	t.Helper()
	out, err := codeartifact.NewFromConfig(s.config(t)).GetAuthorizationToken(t.Context(),
		&codeartifact.GetAuthorizationTokenInput{Domain: aws.String("demo")})
	if err != nil {
		t.Fatal(err)
	}
	return *out.AuthorizationToken
}

// onServer returns the same repository on another replica.
func (r repository) onServer(s *server) repository {
	_, path, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(r.url, "http://"), "https://"), "/")
	return repository{url: s.url + "/" + path, token: r.token}
}

func (r repository) get(ctx context.Context, path string) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url+path, nil)
	if err != nil {
		return 0, nil, err
	}
	req.SetBasicAuth("aws", r.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return res.StatusCode, body, err
}

// indexStatus returns the status of a read of the index of a project that does not
// exist.
func (r repository) indexStatus(t *testing.T) int {
	t.Helper()
	status, _, err := r.get(t.Context(), "simple/none/")
	if err != nil {
		t.Fatal(err)
	}
	return status
}

// uploadClient sends no content before the server asks for it, so that a test knows
// when an upload has begun.
var uploadClient = &http.Client{Transport: &http.Transport{ExpectContinueTimeout: patience}}

// upload sends a source archive as twine does. The content is sent as a stream, so
// that the server has received a part of it before the rest is sent. After half of the
// content midway is called, unless it is nil.
func (r repository) upload(ctx context.Context, name, version string, content []byte, midway func()) error {
	body, form := io.Pipe()
	w := multipart.NewWriter(form)
	sum := sha256.Sum256(content)
	go func() {
		err := writeUpload(w, name, version, hex.EncodeToString(sum[:]), content, midway)
		form.CloseWithError(errors.Join(err, w.Close()))
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, body)
	if err != nil {
		return err
	}
	req.SetBasicAuth("aws", r.token)
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("Expect", "100-continue")
	res, err := uploadClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	said, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("upload of %s %s: %s: %s", name, version, res.Status, said)
	}
	return nil
}

func writeUpload(w *multipart.Writer, name, version, digest string, content []byte, midway func()) error {
	fields := [][2]string{
		{":action", "file_upload"}, {"protocol_version", "1"}, {"name", name}, {"version", version},
		{"filetype", "sdist"}, {"pyversion", "source"}, {"metadata_version", "2.1"}, {"sha256_digest", digest},
	}
	for _, f := range fields {
		if err := w.WriteField(f[0], f[1]); err != nil {
			return err
		}
	}
	part, err := w.CreateFormFile("content", sdistName(name, version))
	if err != nil {
		return err
	}
	half := len(content) / 2
	if _, err := part.Write(content[:half]); err != nil {
		return err
	}
	if midway != nil {
		midway()
	}
	_, err = part.Write(content[half:])
	return err
}

func sdistName(name, version string) string { return name + "-" + version + ".tar.gz" }

var anchor = regexp.MustCompile(`<a [^>]*href="([^"#]+)#sha256=([0-9a-f]{64})"`)

// listFiles returns the files of a project's HTML page: digests by address.
func (r repository) listFiles(ctx context.Context, project string) (map[string]string, error) {
	status, page, err := r.get(ctx, "simple/"+project+"/")
	if err != nil {
		return nil, err
	}
	if status == http.StatusNotFound {
		return nil, nil
	}
	if status != http.StatusOK {
		return nil, fmt.Errorf("index of %s: %d %s", project, status, page)
	}
	files := map[string]string{}
	for _, m := range anchor.FindAllSubmatch(page, -1) {
		files[string(m[1])] = string(m[2])
	}
	if want := bytes.Count(page, []byte("<a ")); want != len(files) {
		return nil, fmt.Errorf("%d files are listed, %d with a digest", want, len(files))
	}
	return files, nil
}
