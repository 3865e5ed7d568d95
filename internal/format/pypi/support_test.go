package pypi

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"daypass/internal/format"
	"daypass/internal/format/formattest"
)

// zipOf returns a zip file of names and contents in turn.
func zipOf(t testing.TB, pairs ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		w, err := z.Create(pairs[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, pairs[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// tarOf returns a tar file, compressed with gzip, of names and contents in
// turn.
func tarOf(t testing.TB, pairs ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	g := gzip.NewWriter(&b)
	w := tar.NewWriter(g)
	for i := 0; i < len(pairs); i += 2 {
		if err := w.WriteHeader(&tar.Header{Name: pairs[i], Mode: 0o644, Size: int64(len(pairs[i+1]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, pairs[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// wheelOf returns a wheel with one module that pip can install: PEP 427,
// "File contents". More fields of its metadata may be given.
func wheelOf(t testing.TB, name, version string, fields ...string) (file string, content []byte) {
	t.Helper()
	stem := strings.ReplaceAll(name, "-", "_")
	info := stem + "-" + version + ".dist-info/"
	about := "Metadata-Version: 2.1\nName: " + name + "\nVersion: " + version + "\n"
	for _, f := range fields {
		about += f + "\n"
	}
	return stem + "-" + version + "-py3-none-any.whl", zipOf(t,
		stem+".py", "version = "+fmt.Sprintf("%q", version)+"\n",
		info+"METADATA", about,
		info+"WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
		info+"RECORD", stem+".py,,\n"+info+"METADATA,,\n"+info+"WHEEL,,\n"+info+"RECORD,,\n",
	)
}

// A part is one field of a form; a file if it has a file name.
type part struct{ name, value, file string }

func fields(pairs ...string) []part {
	var list []part
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, part{name: pairs[i], value: pairs[i+1]})
	}
	return list
}

// formOf returns a body and its Content-Type.
func formOf(t testing.TB, parts []part) ([]byte, string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for _, p := range parts {
		var w io.Writer
		var err error
		if p.file == "" {
			w, err = m.CreateFormField(p.name)
		} else {
			w, err = m.CreateFormFile(p.name, p.file)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, p.value); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), m.FormDataContentType()
}

// wheelForm returns the fields of an upload of a wheel, the file last.
func wheelForm(name, version, file string, content []byte) []part {
	return append(fields(":action", "file_upload", "protocol_version", "1", "name", name, "version", version, "filetype", wheel),
		part{"content", string(content), file})
}

// A bundle is a repository and its handler for a test.
type bundle struct {
	*formattest.Server
	repository *formattest.Repository
}

func newBundle(t testing.TB) *bundle {
	repository := formattest.New(t, Format)
	return &bundle{formattest.NewServer(t, repository, ""), repository}
}

func (b *bundle) do(t testing.TB, method, path string, body io.Reader, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, b.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(text)
}

func (b *bundle) get(t testing.TB, path string, header ...string) (*http.Response, string) {
	t.Helper()
	return b.do(t, "GET", path, nil, header...)
}

func (b *bundle) upload(t testing.TB, parts []part) (status int, text string) {
	t.Helper()
	body, contentType := formOf(t, parts)
	response, text := b.do(t, "POST", "", bytes.NewReader(body), "Content-Type", contentType)
	return response.StatusCode, text
}

// publish uploads a wheel and returns its file name and content.
func (b *bundle) publish(t testing.TB, name, version string, about ...string) (string, []byte) {
	t.Helper()
	file, content := wheelOf(t, name, version, about...)
	if status, text := b.upload(t, wheelForm(name, version, file, content)); status != http.StatusOK {
		t.Fatalf("upload %s: %d %s", file, status, text)
	}
	return file, content
}

func ref(name, version string) format.Ref {
	return format.Ref{Name: format.Name{Name: name}, Version: version}
}
