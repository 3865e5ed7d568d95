package serve_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/format/serve"
)

func request(method string, header ...string) *http.Request {
	r := httptest.NewRequest(method, "/", nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func TestADocumentIsCompressedForWhoTakesIt(t *testing.T) {
	t.Parallel()
	d := format.NewDocument([]byte(strings.Repeat("once upon a time ", 100) + format.Base()))
	const base = "http://packages.example/"
	want := strings.Repeat("once upon a time ", 100) + base
	tags := map[bool]string{}
	for _, row := range []struct {
		accept string
		packed bool
	}{
		{"", false}, {"identity", false}, {"br", false}, {"gzip;q=0", false}, {"*;q=0", false}, {"gzip;q=0, *", false},
		{"gzip", true}, {"gzip, deflate", true}, {"deflate, GZIP;q=0.5", true}, {"*", true}, {"x-gzip", true},
	} {
		w := httptest.NewRecorder()
		serve.Document(w, request("GET", "Accept-Encoding", row.accept), d, base, "text/plain")
		var body io.Reader = w.Body
		if n := w.Header().Get("Content-Length"); n != strconv.Itoa(w.Body.Len()) {
			t.Errorf("%q: Content-Length %s of %d", row.accept, n, w.Body.Len())
		}
		if packed := w.Header().Get("Content-Encoding") == "gzip"; packed != row.packed {
			t.Errorf("%q: compressed: %v", row.accept, packed)
			continue
		}
		if row.packed {
			z, err := gzip.NewReader(body)
			if err != nil {
				t.Fatal(err)
			}
			body = z
		}
		if got, err := io.ReadAll(body); string(got) != want || err != nil {
			t.Errorf("%q: %q, %v", row.accept, got, err)
		}
		if w.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: Vary %q", row.accept, w.Header().Get("Vary"))
		}
		tag := w.Header().Get("ETag")
		if tags[row.packed] == "" {
			tags[row.packed] = tag
		}
		if tag != tags[row.packed] || tag[0] != '"' {
			t.Errorf("%q: ETag %s", row.accept, tag)
		}
		again := httptest.NewRecorder()
		serve.Document(again, request("GET", "Accept-Encoding", row.accept, "If-None-Match", tag), d, base, "text/plain")
		if again.Code != http.StatusNotModified || again.Body.Len() > 0 || again.Header().Get("ETag") != tag {
			t.Errorf("%q: again %d", row.accept, again.Code)
		}
	}
	if tags[true] == tags[false] {
		t.Errorf("other bytes have the same strong tag %s", tags[true])
	}
}

var uploaded = time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC)

// once is content that is being stored: it can be read once.
type once struct{ io.Reader }

func (once) Close() error { return nil }

func asset(size int64, sha256 string) format.Asset {
	return format.Asset{Name: "a", Size: size, Digests: format.Digests{SHA256: sha256}, Uploaded: uploaded}
}

func TestContentMayBeAFileAStreamOrElsewhere(t *testing.T) {
	t.Parallel()
	rest := func() *format.Content {
		return &format.Content{Asset: asset(5, "abc"), Body: struct {
			io.ReadSeeker
			io.Closer
		}{strings.NewReader("hello"), io.NopCloser(nil)}}
	}
	stream := func() *format.Content {
		return &format.Content{Asset: asset(5, "abc"), Body: once{strings.NewReader("hello")}}
	}
	endless := func() *format.Content {
		return &format.Content{Asset: asset(-1, ""), Body: once{strings.NewReader("hello")}}
	}
	elsewhere := func() *format.Content {
		return &format.Content{Asset: asset(5, "abc"), Redirect: "https://bucket.example/a?signed"}
	}
	for _, row := range []struct {
		title   string
		content *format.Content
		request *http.Request
		status  int
		body    string
		header  map[string]string
	}{
		{"a file", rest(), request("GET"), 200, "hello", map[string]string{"ETag": `"abc"`, "Accept-Ranges": "bytes", "Last-Modified": "Mon, 23 Nov 2026 08:30:00 GMT"}},
		{"a range of a file", rest(), request("GET", "Range", "bytes=1-2"), 206, "el", nil},
		{"a file that the client has", rest(), request("GET", "If-None-Match", `"abc"`), 304, "", nil},
		{"a stream", stream(), request("GET"), 200, "hello", map[string]string{"ETag": `"abc"`, "Content-Length": "5", "Accept-Ranges": "none", "Last-Modified": "Mon, 23 Nov 2026 08:30:00 GMT"}},
		{"a range of a stream", stream(), request("GET", "Range", "bytes=1-2"), 200, "hello", nil},
		{"a stream that the client has", stream(), request("GET", "If-None-Match", `"abc"`), 304, "", nil},
		{"the head of a stream", stream(), request("HEAD"), 200, "", map[string]string{"Content-Length": "5"}},
		{"a stream of unknown length", endless(), request("GET"), 200, "hello", map[string]string{"Content-Length": "", "ETag": ""}},
		{"elsewhere", elsewhere(), request("GET"), 307, "", map[string]string{"Location": "https://bucket.example/a?signed", "Cache-Control": "private, no-store"}},
		{"elsewhere, and the client has it", elsewhere(), request("GET", "If-None-Match", `"abc"`), 304, "", map[string]string{"Location": ""}},
	} {
		w := httptest.NewRecorder()
		if err := serve.Content(w, row.request, row.content, "application/octet-stream"); err != nil {
			t.Errorf("%s: %v", row.title, err)
		}
		if w.Code != row.status || w.Body.String() != row.body {
			t.Errorf("%s: %d %q, want %d %q", row.title, w.Code, w.Body, row.status, row.body)
		}
		for name, want := range row.header {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s %q, want %q", row.title, name, got, want)
			}
		}
		if err := row.content.Close(); err != nil {
			t.Errorf("%s: %v", row.title, err)
		}
	}
}

func TestAStreamThatBreaksIsAnError(t *testing.T) {
	t.Parallel()
	lost := errors.New("lost")
	for title, row := range map[string]struct {
		body io.Reader
		want error
	}{
		"broken":    {io.MultiReader(strings.NewReader("he"), broken{lost}), lost},
		"too short": {strings.NewReader("he"), io.ErrUnexpectedEOF},
	} {
		err := serve.Content(httptest.NewRecorder(), request("GET"), &format.Content{Asset: asset(5, ""), Body: once{row.body}}, "text/plain")
		if !errors.Is(err, row.want) {
			t.Errorf("%s: %v", title, err)
		}
	}
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

func TestARefusalKeepsNothingOfTheAnswer(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	for _, name := range []string{"ETag", "Last-Modified", "Content-Encoding", "Content-Length", "Accept-Ranges"} {
		w.Header().Set(name, "1")
	}
	e := fault.New(fault.Throttling, "slow down")
	e.RetryAfter = 7
	serve.Refuse(w, e, "text/plain", "429\n")
	want := http.Header{"Content-Type": {"text/plain"}, "X-Content-Type-Options": {"nosniff"}, "Cache-Control": {"no-store"}, "Retry-After": {"7"}}
	if w.Code != 429 || w.Body.String() != "429\n" || len(w.Header()) != len(want) {
		t.Errorf("%d %q %v", w.Code, w.Body, w.Header())
	}
	for name := range want {
		if w.Header().Get(name) != want.Get(name) {
			t.Errorf("%s: %q", name, w.Header().Get(name))
		}
	}
}

func TestARefusedBodyIsDrainedWithinABound(t *testing.T) {
	t.Parallel()
	body := bytes.NewReader(make([]byte, 33<<20))
	serve.Drain(httptest.NewRequest("POST", "/", body))
	if left := body.Len(); left != 1<<20 {
		t.Errorf("%d bytes are left, want all but 32 MiB", left)
	}
}
