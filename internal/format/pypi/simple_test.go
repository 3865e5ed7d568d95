package pypi

import (
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/format"
)

// The first rows are the table of the CodeArtifact User Guide, "Python
// compatibility"; then what clients send, and RFC 9110's rules on quality.
func TestAcceptDecidesWhatAPageIs(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ accept, want string }{
		{"application/vnd.pypi.simple.v1+json", typeJSON},
		{"application/vnd.pypi.simple.latest+json", typeJSON},
		{"application/vnd.pypi.simple.v1+html", typeHTML},
		{"application/vnd.pypi.simple.latest+html", typeHTML},
		{"text/html", typeText},
		{"*/*", typeText},
		{"", typeText},
		{"application/json", ""},
		{"text/plain, application/json;q=0.5", ""},

		{"application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01", typeJSON}, // pip
		{"application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01", typeJSON},   // uv
		{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", typeText},                                    // browsers
		{"application/vnd.pypi.simple.v1+json;q=0.2, text/html;q=0.9", typeText},
		{"APPLICATION/VND.PYPI.SIMPLE.V1+JSON ; Q=1.0", typeJSON},
		{"application/vnd.pypi.simple.v1+json;q=0", ""},
		{"application/vnd.pypi.simple.v1+json;q=0, */*", typeText},
		{"text/html;q=0, */*", typeJSON},
		{"text/*", typeText},
		{"application/*", typeJSON},
		{"application/json, */*;q=0.1", typeText},
		{"application/vnd.pypi.simple.v1+json;q=much", typeJSON},
		{"application/vnd.pypi.simple.v2+json", ""},
	} {
		var headers []string
		if row.accept != "" {
			headers = []string{row.accept}
		}
		if got := negotiate(headers); got != row.want {
			t.Errorf("Accept: %s\n got %q\nwant %q", row.accept, got, row.want)
		}
	}
}

// hashed is an asset with digests that a reader can tell apart.
func hashed(name, digit string, size int64, d *detail) format.Asset {
	a := format.Asset{
		Name: name, Size: size, Uploaded: time.Date(2026, 11, 23, 8, 30, 0, 123456789, time.UTC),
		Digests: format.Digests{MD5: strings.Repeat(digit, 32), SHA256: strings.Repeat(digit, 64)},
	}
	if d != nil {
		a.Detail, _ = json.Marshal(d)
	}
	return a
}

func example() *format.Package {
	why := `broken: see <issue> & "log"`
	return &format.Package{Name: format.Name{Name: "acme-hello"}, Versions: []format.Version{
		{Version: "1.0", Yanked: &why, Assets: []format.Asset{
			hashed("acme_hello-1.0-py3-none-any.whl", "1", 1024, &detail{RequiresPython: ">=3.8,<4"}),
			hashed("acme_hello-1.0-py3-none-any.whl.metadata", "2", 99, nil),
			hashed("acme_hello-1.0.tar.gz", "3", 2048, &detail{}),
		}},
		{Version: "1!2.0+local.1", Yanked: new(string), Assets: []format.Asset{
			hashed("acme_hello-1!2.0+local.1-py3-none-any.whl", "4", 7, nil),
		}},
	}}
}

func TestThePageAsHTML(t *testing.T) {
	t.Parallel()
	got, err := renderHTML(example())
	if err != nil {
		t.Fatal(err)
	}
	// Attributes: PEP 503 (sha256, requires-python with < and > escaped), PEP
	// 592, PEP 629, PEP 658 and 714, and data-upload-time as CodeArtifact has it.
	want := `<!DOCTYPE html>
<html>
<head>
<meta name="pypi:repository-version" content="1.1">
<title>Links for acme-hello</title>
</head>
<body>
<h1>Links for acme-hello</h1>
<a href="1.0/acme_hello-1.0-py3-none-any.whl#sha256=` + strings.Repeat("1", 64) + `" data-requires-python="&gt;=3.8,&lt;4" data-core-metadata="sha256=` + strings.Repeat("2", 64) + `" data-dist-info-metadata="sha256=` + strings.Repeat("2", 64) + `" data-upload-time="2026-11-23T08:30:00.123456Z" data-yanked="broken: see &lt;issue&gt; &amp; &#34;log&#34;">acme_hello-1.0-py3-none-any.whl</a><br>
<a href="1.0/acme_hello-1.0.tar.gz#sha256=` + strings.Repeat("3", 64) + `" data-upload-time="2026-11-23T08:30:00.123456Z" data-yanked="broken: see &lt;issue&gt; &amp; &#34;log&#34;">acme_hello-1.0.tar.gz</a><br>
<a href="1%212.0+local.1/acme_hello-1%212.0+local.1-py3-none-any.whl#sha256=` + strings.Repeat("4", 64) + `" data-upload-time="2026-11-23T08:30:00.123456Z" data-yanked="">acme_hello-1!2.0+local.1-py3-none-any.whl</a><br>
</body>
</html>
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("page (-want +got):\n%s", diff)
	}
}

func TestThePageAsJSON(t *testing.T) {
	t.Parallel()
	body, err := renderJSON(example())
	if err != nil {
		t.Fatal(err)
	}
	want := `{
	 "meta": {"api-version": "1.1"}, "name": "acme-hello", "versions": ["1.0", "1!2.0+local.1"],
	 "files": [
	  {"filename": "acme_hello-1.0-py3-none-any.whl", "url": "1.0/acme_hello-1.0-py3-none-any.whl",
	   "hashes": {"sha256": "` + strings.Repeat("1", 64) + `"},
	   "requires-python": ">=3.8,<4", "size": 1024, "upload-time": "2026-11-23T08:30:00.123456Z",
	   "yanked": "broken: see <issue> & \"log\"", "core-metadata": {"sha256": "` + strings.Repeat("2", 64) + `"}},
	  {"filename": "acme_hello-1.0.tar.gz", "url": "1.0/acme_hello-1.0.tar.gz",
	   "hashes": {"sha256": "` + strings.Repeat("3", 64) + `"},
	   "size": 2048, "upload-time": "2026-11-23T08:30:00.123456Z",
	   "yanked": "broken: see <issue> & \"log\"", "core-metadata": false},
	  {"filename": "acme_hello-1!2.0+local.1-py3-none-any.whl", "url": "1%212.0+local.1/acme_hello-1%212.0+local.1-py3-none-any.whl",
	   "hashes": {"sha256": "` + strings.Repeat("4", 64) + `"},
	   "size": 7, "upload-time": "2026-11-23T08:30:00.123456Z", "yanked": true, "core-metadata": false}
	 ]}`
	var g, w any
	if err := json.Unmarshal(body, &g); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w, g); diff != "" {
		t.Errorf("page (-want +got):\n%s", diff)
	}
}

func TestPagesAreSentOnlyWhenTheyChanged(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.publish(t, "acme-hello", "1.0")
	first, body := b.get(t, "simple/acme-hello/")
	tag := first.Header.Get("ETag")
	if first.StatusCode != http.StatusOK || !strings.Contains(body, "acme_hello-1.0-py3-none-any.whl") || tag == "" {
		t.Fatalf("%d, ETag %q: %s", first.StatusCode, tag, body)
	}
	want := http.Header{"Cache-Control": {"private, no-cache"}, "Content-Type": {"text/html; charset=utf-8"}, "Vary": {"Accept", "Accept-Encoding"}, "X-Content-Type-Options": {"nosniff"}}
	for name, values := range want {
		if diff := cmp.Diff(values, first.Header[name]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for header, status := range map[string]int{tag: 304, "W/" + tag: 304, `"x", ` + tag: 304, "*": 304, `"x"`: 200} {
		if r, _ := b.get(t, "simple/acme-hello/", "If-None-Match", header); r.StatusCode != status || r.Header.Get("ETag") != tag {
			t.Errorf("If-None-Match: %s gets %d, ETag %s", header, r.StatusCode, r.Header.Get("ETag"))
		}
	}
	if r, text := b.do(t, "HEAD", "simple/acme-hello/", nil); r.StatusCode != 200 || text != "" || r.ContentLength != int64(len(body)) {
		t.Errorf("HEAD gets %d, length %d", r.StatusCode, r.ContentLength)
	}
	b.publish(t, "acme-hello", "1.1")
	if r, text := b.get(t, "simple/acme-hello/", "If-None-Match", tag); r.StatusCode != 200 || !strings.Contains(text, "acme_hello-1.1") {
		t.Errorf("after another upload: %d %s", r.StatusCode, text)
	}
	if r, _ := b.get(t, "simple/acme-hello/", "Accept", "application/vnd.pypi.simple.v1+json"); r.Header.Get("ETag") == tag || r.Header.Get("Content-Type") != typeJSON {
		t.Errorf("JSON: ETag %s, Content-Type %s", r.Header.Get("ETag"), r.Header.Get("Content-Type"))
	}
}

func TestOtherSpellingsAreRedirected(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.publish(t, "acme-hello", "1.0")
	for path, want := range map[string]string{
		"simple/acme-hello": "simple/acme-hello/", "simple/Acme.Hello": "simple/acme-hello/",
		"simple/Acme__Hello/": "simple/acme-hello/", "simple": "simple/",
	} {
		r, _ := b.get(t, path)
		to, err := r.Location()
		if err != nil || r.StatusCode != http.StatusMovedPermanently || to.String() != b.URL+want {
			t.Errorf("%s: %d to %v, want %s", path, r.StatusCode, to, want)
		}
	}
}

func TestWhatIsNotThereGetsAReason(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.publish(t, "acme-hello", "1.0")
	for _, row := range []struct {
		path, accept string
		status       int
		text         string
	}{
		{"simple/other/", "", 404, "404 Not Found: Package not found. Package 'other' does not exist in repository"},
		{"simple/-x-/", "", 404, `404 Not Found: "-x-" is not a project name`},
		{"simple/acme-hello/", "application/json", 406, "406 Not Acceptable: this page can be had as application/vnd.pypi.simple.v1+json"},
		{"simple/acme-hello/1.0/other.whl", "", 404, "404 Not Found: Asset not found. Version '1.0' of package 'acme-hello' in repository"},
		{"simple/acme-hello/1.0/%2e%2e%2fsecret", "", 404, "is not the name of a file"},
		{"simple/acme-hello/one/x.whl", "", 404, `"one" is not a version`},
		{"simple/a%2fb/", "", 404, `"a/b" is not a project name`},
		{"simple/other/", "text/html", 404, "<p>404 Not Found: Package not found. Package &#39;other&#39; does not exist in repository"},
		{"simple/other/", "text/html;q=0.01", 404, "404 Not Found: Package not found. Package 'other'"},
		{"simple/%3Cscript%3E/", "text/html", 404, "&lt;script&gt;"},
	} {
		r, text := b.get(t, row.path, "Accept", row.accept)
		if r.StatusCode != row.status || !strings.Contains(text, row.text) {
			t.Errorf("%s: %d %s", row.path, r.StatusCode, text)
		}
	}
}

func TestOnlyPublishedVersionsAreListedAndUnlistedOnesStayDownloadable(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		status               format.Status
		listed, downloadable bool
	}{
		{format.Published, true, true}, {format.Unlisted, false, true}, {format.Archived, false, false},
		{format.Disposed, false, false}, {format.Unfinished, false, false},
	} {
		b := newBundle(t)
		b.publish(t, "acme-hello", "1.0")
		file, _ := b.publish(t, "acme-hello", "2.0")
		b.repository.SetStatus(t, ref("acme-hello", "2.0"), row.status)
		for _, accept := range []string{typeText, typeJSON} {
			if _, text := b.get(t, "simple/acme-hello/", "Accept", accept); strings.Contains(text, "2.0") != row.listed {
				t.Errorf("%s as %s: listed is not %v", row.status, accept, row.listed)
			}
		}
		if r, _ := b.get(t, "simple/acme-hello/2.0/"+file); (r.StatusCode == 200) != row.downloadable {
			t.Errorf("%s: download gets %d", row.status, r.StatusCode)
		}
	}
}

func TestTheListNamesEveryProject(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	if r, text := b.get(t, "simple/", "Accept", typeJSON); r.StatusCode != 200 || text != `{"meta":{"api-version":"1.1"},"projects":[]}`+"\n" {
		t.Errorf("empty: %d %s", r.StatusCode, text)
	}
	want := []string{"acme-dep", "acme-hello", "other"}
	for _, name := range want {
		b.publish(t, name, "1.0")
	}
	b.publish(t, "hidden", "1.0")
	b.repository.SetStatus(t, ref("hidden", "1.0"), format.Archived)
	_, text := b.get(t, "simple/", "Accept", typeJSON)
	var page struct{ Projects []struct{ Name string } }
	if err := json.Unmarshal([]byte(text), &page); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range page.Projects {
		got = append(got, p.Name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	_, text = b.get(t, "simple/")
	if links := regexp.MustCompile(`<a href="([a-z-]+)/">`).FindAllString(text, -1); len(links) != len(want) {
		t.Errorf("HTML has %d links, want %d", len(links), len(want))
	}
}

func TestAListThatCannotBeReadIsNotTakenForWhole(t *testing.T) {
	t.Parallel()
	gone := errors.New("the database is gone")
	for kind, render := range map[string]func(iter.Seq2[format.Name, error]) ([]byte, error){"html": listHTML, "json": listJSON} {
		_, err := render(func(yield func(format.Name, error) bool) {
			_ = yield(format.Name{Name: "a"}, nil) && yield(format.Name{}, gone)
		})
		if !errors.Is(err, gone) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	b := newBundle(t)
	b.repository.Fail = func(string) error { return gone }
	if r, text := b.get(t, "simple/"); r.StatusCode != http.StatusInternalServerError || strings.Contains(text, "gone") {
		t.Errorf("%d %s", r.StatusCode, text)
	}
}
