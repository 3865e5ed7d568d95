package pypi

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"daypass/internal/format/formattest"
)

func TestDownloadsHaveRangesAndConditions(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	file, content := b.publish(t, "acme-hello", "1.0")
	path := "simple/acme-hello/1.0/" + file
	tag := `"` + formattest.Digests(content).SHA256 + `"`
	for _, row := range []struct {
		title, method string
		header        []string
		status        int
		body          string
	}{
		{"whole", "GET", nil, 200, string(content)},
		{"head", "HEAD", nil, 200, ""},
		{"first bytes", "GET", []string{"Range", "bytes=0-9"}, 206, string(content[:10])},
		{"last bytes, as poetry asks", "GET", []string{"Range", "bytes=-100"}, 206, string(content[len(content)-100:])},
		{"from the middle on", "GET", []string{"Range", "bytes=20-"}, 206, string(content[20:])},
		{"several ranges, which are answered whole", "GET", []string{"Range", "bytes=0-9,20-29"}, 200, string(content)},
		{"past the end", "GET", []string{"Range", "bytes=99999999-"}, 416, "invalid range: failed to overlap\n"},
		{"same", "GET", []string{"If-None-Match", tag}, 304, ""},
		{"other", "GET", []string{"If-None-Match", `"x"`}, 200, string(content)},
		{"range of what changed", "GET", []string{"Range", "bytes=0-9", "If-Range", `"x"`}, 200, string(content)},
		{"range of the same", "GET", []string{"Range", "bytes=0-9", "If-Range", tag}, 206, string(content[:10])},
	} {
		r, body := b.do(t, row.method, path, nil, row.header...)
		if r.StatusCode != row.status || body != row.body {
			t.Errorf("%s: %d with %d bytes, want %d with %d", row.title, r.StatusCode, len(body), row.status, len(row.body))
		}
		if r.StatusCode < 400 && r.Header.Get("ETag") != tag {
			t.Errorf("%s: ETag %s", row.title, r.Header.Get("ETag"))
		}
	}
	r, _ := b.get(t, path)
	for name, want := range map[string]string{
		"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes", "X-Content-Type-Options": "nosniff",
		"Cache-Control": "private, max-age=31536000, immutable", "Last-Modified": "Mon, 23 Nov 2026 08:30:00 GMT",
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestOtherSpellingsOfADownloadAreFound(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	file, content := b.publish(t, "acme-hello", "1.0rc1")
	for _, path := range []string{"simple/Acme.Hello/1.0rc1/", "simple/acme-hello/1.0-RC.1/", "simple/acme-hello/v1.0c1/"} {
		if r, body := b.get(t, path+file); r.StatusCode != 200 || body != string(content) {
			t.Errorf("%s: %d", path, r.StatusCode)
		}
	}
}

func TestTheMetadataFileIsTheWheelsOwn(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	file, _ := b.publish(t, "acme-hello", "1.0", "Requires-Dist: acme-dep>=1", "Requires-Python: >=3.8")
	r, body := b.get(t, "simple/acme-hello/1.0/"+file+".metadata")
	want := "Metadata-Version: 2.1\nName: acme-hello\nVersion: 1.0\nRequires-Dist: acme-dep>=1\nRequires-Python: >=3.8\n"
	if r.StatusCode != 200 || body != want || r.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("%d %q as %s", r.StatusCode, body, r.Header.Get("Content-Type"))
	}
	_, page := b.get(t, "simple/acme-hello/")
	if attr := `data-core-metadata="sha256=` + formattest.Digests([]byte(want)).SHA256 + `"`; !strings.Contains(page, attr) {
		t.Errorf("the page lacks %s:\n%s", attr, page)
	}
	if strings.Contains(page, ">"+file+".metadata<") {
		t.Error("the page lists the metadata file by itself")
	}
}

func TestAFailingReadIsToldBeforeTheBody(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	file, _ := b.publish(t, "acme-hello", "1.0")
	b.repository.Fail = func(string) error { return errors.New("the disk says 000") }
	r, text := b.get(t, "simple/acme-hello/1.0/"+file)
	if r.StatusCode != http.StatusInternalServerError || strings.Contains(text, "000") || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %s, Cache-Control %s", r.StatusCode, text, r.Header.Get("Cache-Control"))
	}
}
