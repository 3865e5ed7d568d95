package pypi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/blake2b"

	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/format/formattest"
	"daypass/internal/registry"
)

func TestAnUploadIsKeptWithWhatItSaysOfItself(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	file, content := wheelOf(t, "Acme.Hello", "1.0", "Summary: greets", "Home-page: https://acme.example/",
		"Project-URL: Source Code, https://acme.example/src", "License-Expression: MIT", "Requires-Python: >=3.8",
		"Requires-Dist: requests[socks] (>=2.8.1) ; python_version < \"4\"", "Requires-Dist: Acme_Dep",
		"Description-Content-Type: text/markdown", "", "# Hello", "world")
	status, text := b.upload(t, wheelForm("Acme.Hello", "v1.0", file, content))
	if status != 200 || text != "OK\n" {
		t.Fatalf("%d %s", status, text)
	}
	v := b.repository.Version(t, ref("acme-hello", "1.0"))
	want := format.Description{
		DisplayName: "Acme.Hello", Summary: "greets", HomePage: "https://acme.example/", SourceCode: "https://acme.example/src",
		Licenses: []format.License{{Name: "MIT"}}, Readme: "# Hello\nworld\n",
		Dependencies: []format.Dependency{
			{Package: "requests", Type: "Requires-Dist", Requirement: "[socks] (>=2.8.1) ; python_version < \"4\""},
			{Package: "acme-dep", Type: "Requires-Dist"},
		},
	}
	if diff := cmp.Diff(want, v.Description); diff != "" {
		t.Errorf("description (-want +got):\n%s", diff)
	}
	if got := string(v.Assets[0].Detail); got != `{"requiresPython":"\u003e=3.8"}` {
		t.Errorf("detail %s", got)
	}
	if got := v.Assets[0].Digests; got != formattest.Digests(content) {
		t.Errorf("digests %v", got)
	}
}

func TestWhatASourceDistributionLeavesOutComesFromTheForm(t *testing.T) {
	t.Parallel()
	more := fields("requires_python", ">=3.9", "requires_dist", "b>1", "requires_dist", "a", "summary", "from the form",
		"classifiers", "License :: OSI Approved :: MIT License", "classifiers", "Topic :: Software Development", "description", "text")
	pkgInfo := "Metadata-Version: 2.1\nName: acme-hello\nVersion: 1.0\nSummary: from the file\n"
	for title, content := range map[string][]byte{
		"PKG-INFO":    tarOf(t, "acme_hello-1.0/README", "x", "acme_hello-1.0/PKG-INFO", pkgInfo),
		"no PKG-INFO": tarOf(t, "acme_hello-1.0/README", "x", "acme_hello-1.0/sub/PKG-INFO", "Name: other\nVersion: 1\n"),
	} {
		b := newBundle(t)
		parts := append(fields(":action", "file_upload", "name", "acme-hello", "version", "1.0", "filetype", sdist, "pyversion", "source"), more...)
		status, text := b.upload(t, append(parts, part{"content", string(content), "acme_hello-1.0.tar.gz"}))
		if status != 200 {
			t.Fatalf("%s: %d %s", title, status, text)
		}
		v := b.repository.Version(t, ref("acme-hello", "1.0"))
		want := format.Description{
			DisplayName: "acme-hello", Summary: "from the form", Licenses: []format.License{{Name: "MIT License"}}, Readme: "text",
			Dependencies: []format.Dependency{{Package: "b", Type: "Requires-Dist", Requirement: ">1"}, {Package: "a", Type: "Requires-Dist"}},
		}
		if title == "PKG-INFO" {
			want.Summary = "from the file"
		}
		if diff := cmp.Diff(want, v.Description); diff != "" {
			t.Errorf("%s (-want +got):\n%s", title, diff)
		}
		var d detail
		if err := json.Unmarshal(v.Assets[0].Detail, &d); err != nil || d.RequiresPython != ">=3.9" || len(v.Assets) != 1 {
			t.Errorf("%s: detail %s, %d assets", title, v.Assets[0].Detail, len(v.Assets))
		}
	}
}

func TestTheSameBytesAgainAreASuccessAndOtherBytesAConflict(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	file, content := b.publish(t, "acme-hello", "1.0")
	b.publish(t, "acme-hello", "1.0")
	_, other := wheelOf(t, "acme-hello", "1.0", "Summary: changed")
	status, text := b.upload(t, wheelForm("acme-hello", "1.0", file, other))
	want := fmt.Sprintf("409 Conflict: %s already exists with other content: stored sha256=%s, uploaded sha256=%s.",
		file, formattest.Digests(content).SHA256, formattest.Digests(other).SHA256)
	if status != 409 || !strings.HasPrefix(text, want) {
		t.Errorf("%d %s\nwant %s", status, text, want)
	}
	if _, body := b.get(t, "simple/acme-hello/1.0/"+file); body != string(content) {
		t.Error("the refused upload changed the file")
	}
}

// anything returns a wheel with its own metadata and the given file name.
func (b *bundle) anything(t *testing.T, file, version, summary string) (status int, text string) {
	t.Helper()
	_, content := wheelOf(t, "acme-hello", strings.Split(file, "-")[1], "Summary: "+summary)
	return b.upload(t, wheelForm("acme-hello", version, file, content))
}

// 1.0, 1.00, v1.0 and 1.0.0 are one version (PEP 440), and a set of tags is the
// same in every order (PEP 425).
func TestAnUploadUnderAnotherSpellingIsComparedWithTheFile(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	if status, text := b.anything(t, "acme_hello-1.0-py2.py3-none-any.whl", "1.0", "first"); status != 200 {
		t.Fatalf("%d %s", status, text)
	}
	for _, row := range []struct{ file, version string }{
		{"acme_hello-1.0-py2.py3-none-any.whl", "1.0"},
		{"acme_hello-1.00-py2.py3-none-any.whl", "1.00"},
		{"acme_hello-1.0.0-py2.py3-none-any.whl", "1.0.0"},
		{"acme_hello-1-py2.py3-none-any.whl", "1"},
		{"acme_hello-v1.0-py2.py3-none-any.whl", "v1.0"},
		{"Acme.Hello-1.0-py2.py3-none-any.whl", "1.0"},
		{"acme_hello-1.0-py3.py2-none-any.whl", "1.0"},
		{"acme_hello-1.0-py3.py2.py3-none-ANY.whl", "1.0.0"},
		{"acme_hello-1.0-py2.py3-none-any.whl", "1.0.0"}, // the same name in another version
	} {
		status, text := b.anything(t, row.file, row.version, "second")
		if status != 409 || !strings.Contains(text, "already exists with other content") {
			t.Errorf("%s as %s: %d %s", row.file, row.version, status, text)
		}
	}
	// Another file is still allowed: another build tag, other compatibility tags.
	for _, file := range []string{"acme_hello-1.0-1-py2.py3-none-any.whl", "acme_hello-1.0-2-py2.py3-none-any.whl", "acme_hello-1.0.0-py3-none-any.whl"} {
		if status, text := b.anything(t, file, "1.0.0", "third"); status != 200 {
			t.Errorf("%s: %d %s", file, status, text)
		}
	}
	if status, text := b.anything(t, "acme_hello-1.0-01-py2.py3-none-any.whl", "1.0", "fourth"); status != 409 {
		t.Errorf("build 01 beside build 1: %d %s", status, text)
	}
	_, page := b.get(t, "simple/acme-hello/", "Accept", typeJSON)
	var got struct {
		Versions []string
		Files    []struct{ Filename string }
	}
	if err := json.Unmarshal([]byte(page), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1.0"}, got.Versions); diff != "" || len(got.Files) != 4 {
		t.Errorf("versions %v and files %v, want one version and four files", got.Versions, got.Files)
	}
}

func TestTheSameSourceDistributionUnderAnotherSpellingIsAConflict(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	send := func(file, version, readme string) int {
		content := tarOf(t, "a/PKG-INFO", "Name: acme-hello\nVersion: 1.0\n", "a/README", readme)
		status, _ := b.upload(t, append(fields(":action", "file_upload", "name", "acme-hello", "version", version, "filetype", sdist),
			part{"content", string(content), file}))
		return status
	}
	for _, row := range []struct {
		file, version, readme string
		status                int
	}{
		{"acme_hello-1.0.tar.gz", "1.0", "one", 200},
		{"acme-hello-1.0.0.tar.gz", "1.0.0", "one", 200}, // the same bytes
		{"acme-hello-1.0.tar.gz", "1.0", "two", 409},
		{"acme_hello-1.tar.gz", "1", "two", 409},
	} {
		if got := send(row.file, row.version, row.readme); got != row.status {
			t.Errorf("%s as %s: %d, want %d", row.file, row.version, got, row.status)
		}
	}
	if _, page := b.get(t, "simple/acme-hello/"); strings.Count(page, "<a ") != 1 {
		t.Errorf("page:\n%s", page)
	}
}

// PyPI takes such wheels, as Python's email parser does.
func TestALineOfMetadataWithoutAColonBeginsTheDescription(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.publish(t, "acme-hello", "1.0", "Summary: greets", "no field", "Home-page: https://late.example")
	about := b.repository.Version(t, ref("acme-hello", "1.0")).Description
	if about.Summary != "greets" || about.Readme != "no field\nHome-page: https://late.example\n" || about.HomePage != "" {
		t.Errorf("%+v", about)
	}
}

func TestRequiresPythonThatToolsWriteIsAccepted(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", ">=3.8", ">=3.8,<4", ">= 2.7, !=3.0.*, !=3.1.*", "~=3.6", "==3.*", "===3.9-custom", ">=3.6.*", ">=3.8,", ">3.7.1rc1"} {
		if err := checkSpecifier(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"3.8", "python>=3", ">=", ">=3.8;", ">=3.8 <4", "=>3", ",", ">=3.8,,<4", ">=*"} {
		if err := checkSpecifier(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestFilesMayBeAddedToAPublishedVersion(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.publish(t, "acme-hello", "1.0")
	content := tarOf(t, "acme_hello-1.0/PKG-INFO", "Name: acme-hello\nVersion: 1.0\n")
	status, text := b.upload(t, append(fields(":action", "file_upload", "name", "acme-hello", "version", "1.0", "filetype", sdist),
		part{"content", string(content), "acme_hello-1.0.tar.gz"}))
	if status != 200 {
		t.Fatalf("%d %s", status, text)
	}
	if _, page := b.get(t, "simple/acme-hello/"); strings.Count(page, "<a ") != 2 {
		t.Errorf("page:\n%s", page)
	}
}

// with returns the parts with one field changed, or left out if the value is
// "-".
func with(parts []part, name, value string) []part {
	parts = slices.Clone(parts)
	for i := range parts {
		if parts[i].name != name {
			continue
		}
		if value == "-" {
			return slices.Delete(parts, i, i+1)
		}
		parts[i].value = value
		return parts
	}
	return append([]part{{name: name, value: value}}, parts...)
}

func named(parts []part, file string) []part {
	parts = slices.Clone(parts)
	parts[len(parts)-1].file = file
	return parts
}

func TestABadUploadNamesTheFieldAndLeavesNothing(t *testing.T) {
	t.Parallel()
	file, content := wheelOf(t, "acme-hello", "1.0")
	good := wheelForm("acme-hello", "1.0", file, content)
	zeros := strings.Repeat("0", 64)
	const info, about = "acme_hello-1.0.dist-info/", "Metadata-Version: 2.1\nName: acme-hello\nVersion: 1.0\n"
	packed := func(pairs ...string) []part { return with(good, "content", string(zipOf(t, pairs...))) }
	for _, row := range []struct {
		title string
		parts []part
		text  string
	}{
		{"no action", with(good, ":action", "-"), "field :action is missing"},
		{"another action", with(good, ":action", "submit"), `field :action is "submit"; expected file_upload`},
		{"another protocol", with(good, "protocol_version", "2"), `protocol_version is "2"`},
		{"no name", with(good, "name", "-"), "field name is missing"},
		{"no version", with(good, "version", "-"), "field version is missing"},
		{"no filetype", with(good, "filetype", "-"), "field filetype is missing"},
		{"an egg", with(good, "filetype", "bdist_egg"), `filetype is "bdist_egg"; expected bdist_wheel or sdist`},
		{"no content", with(good, "content", "-"), "field content is missing"},
		{"content without a file name", append(good[:len(good)-1:len(good)-1], part{name: "content", value: "x"}), "field content has no file name"},
		{"bad name", with(good, "name", "-acme"), `Field name: "-acme" is not a project name`},
		{"bad version", with(good, "version", "one"), `Field version: "one" is not a version`},
		{"name twice", append([]part{{name: "name", value: "other"}}, good...), "field name is given twice"},
		{"content twice", append(good, good[len(good)-1]), "field content is given twice"},
		{"a file of another project", named(good, "other-1.0-py3-none-any.whl"), "is not named after the project acme-hello"},
		{"a file of another version", named(good, "acme_hello-1.1-py3-none-any.whl"), "is not named after the version 1.0"},
		{"not a wheel's name", named(good, "acme_hello-1.0.whl"), "is not the name of a wheel"},
		{"not an sdist's name", with(named(good, "acme_hello-1.0.tar.bz2"), "filetype", sdist), "is not the name of a source distribution"},
		{"bad build tag", named(good, "acme_hello-1.0-x1-py3-none-any.whl"), "does not begin with a digit"},
		{"bad tag", named(good, "acme_hello-1.0-py3-none-a+b.whl"), `"a+b"`},
		{"a path", named(good, "../acme_hello-1.0-py3-none-any.whl"), "is not a file name"},
		{"a path in the middle", named(good, "acme_hello-1.0-py3-none-any/x.whl"), "is not a file name"},
		{"a long name", named(good, "acme_hello-1.0-py3-none-"+strings.Repeat("a", 300)+".whl"), "at most 240"},
		{"wrong sha256", with(good, "sha256_digest", zeros), "field sha256_digest is " + clip(zeros) + ", but the file that arrived has " + formattest.Digests(content).SHA256},
		{"wrong md5", with(good, "md5_digest", zeros[:32]), "field md5_digest is"},
		{"wrong blake2", with(good, "blake2_256_digest", zeros), "field blake2_256_digest is"},
		{"wrong blake2 after the file", append(good[:len(good):len(good)], part{name: "blake2_256_digest", value: zeros}), "field blake2_256_digest is"},
		{"not a zip file", with(good, "content", "hello"), "is not a zip file"},
		{"no METADATA", packed("x.py", ""), "has no file NAME-VERSION.dist-info/METADATA"},
		{"two METADATA", packed("a.dist-info/METADATA", "", "b.dist-info/METADATA", ""), "has both"},
		{"metadata of another project", packed("acme_hello-1.0.dist-info/METADATA", "Name: other\nVersion: 1.0\n"), "metadata has the Name other, the upload acme-hello"},
		{"metadata of another version", packed("acme_hello-1.0.dist-info/METADATA", "Name: acme-hello\nVersion: 2\n"), "metadata has the Version 2, the upload 1.0"},
		{"metadata without a name", packed("acme_hello-1.0.dist-info/METADATA", "Version: 1.0\n"), "has no Name or no Version"},
		{"metadata that is none", packed(info+"METADATA", "hello\n"), "has no Name or no Version"},
		{"metadata that is a bomb", packed(info+"METADATA", strings.Repeat("\n", maxMetadata+1)), "larger than"},
		{"metadata after a byte order mark", packed(info+"METADATA", "\xef\xbb\xbf"+about), "begins with a byte order mark"},
		{"metadata in latin-1", packed(info+"METADATA", about+"Author: Ren\xe9\n"), "is not in UTF-8"},
		{"metadata in the folder of another project", packed("other-1.0.dist-info/METADATA", about), "in the folder other-1.0.dist-info; expected acme_hello-1.0.dist-info"},
		{"metadata in the folder of another version", packed("acme_hello-1.1.dist-info/METADATA", about), "in the folder acme_hello-1.1.dist-info"},
		{"metadata in a folder without a version", packed("acme_hello.dist-info/METADATA", about), "in the folder acme_hello.dist-info"},
		{"garbage in Requires-Python", packed(info+"METADATA", about+"Requires-Python: three or so\n"), `Requires-Python "three or so", in which "three or so" is no version specifier`},
		{"garbage in the form's Requires-Python", with(good, "requires_python", ">=3.8, nonsense"), `"nonsense" is no version specifier`},
		{"attestations", with(good, "attestations", "[]"), "field attestations is refused"},
		{"sdist that is not gzip", with(named(good, "acme_hello-1.0.tar.gz"), "filetype", sdist), "not compressed with gzip"},
		{"fields too large", slices.Insert(slices.Clone(good), 4, part{name: "description", value: strings.Repeat("x", maxForm+1)}), "fields of the upload have more than"},
		{"large fields before the name", with(good, "description", strings.Repeat("x", maxUnclaimed)), "must come before large fields"},
		{"a large header before the name", with(good, strings.Repeat("x", maxUnclaimed), "x"), "must come before large fields"},
	} {
		b := newBundle(t)
		status, text := b.upload(t, row.parts)
		if (status != 400 && status != 413) || !strings.Contains(text, row.text) {
			t.Errorf("%s: %d %s\nwant %s", row.title, status, text, row.text)
		}
		if r, _ := b.get(t, "simple/acme-hello/"); r.StatusCode != 404 {
			t.Errorf("%s: the project is there", row.title)
		}
	}
}

func TestRightDigestsAreAccepted(t *testing.T) {
	t.Parallel()
	file, content := wheelOf(t, "acme-hello", "1.0")
	good := wheelForm("acme-hello", "1.0", file, content)
	blake := fmt.Sprintf("%x", blake2b.Sum256(content))
	d := formattest.Digests(content)
	before := with(with(with(good, "sha256_digest", strings.ToUpper(d.SHA256)), "md5_digest", d.MD5), "blake2_256_digest", blake)
	after := append(good[:len(good):len(good)], fields("sha256_digest", d.SHA256, "md5_digest", d.MD5, "blake2_256_digest", blake)...)
	for _, parts := range [][]part{before, after} {
		if status, text := newBundle(t).upload(t, parts); status != 200 {
			t.Errorf("%d %s", status, text)
		}
	}
}

func TestNamesOfFilesThatToolsMake(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ file, kind, project, version string }{
		{"acme_hello-1.0-py3-none-any.whl", wheel, "acme-hello", "1.0"},
		{"Acme.Hello-1.0-1build-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", wheel, "acme-hello", "1.0.0"},
		{"acme-1!2.0+local.1-py3-none-any.whl", wheel, "acme", "1!2.0+local-1"},
		{"acme_hello-1.0.tar.gz", sdist, "acme-hello", "1.0"},
		{"acme-hello-1.0.tar.gz", sdist, "acme-hello", "1.0"},     // setuptools before PEP 625
		{"acme-hello-1.0-1.tar.gz", sdist, "acme-hello", "1.0-1"}, // an implicit post-release
		{"Acme.Hello-1.0.zip", sdist, "acme-hello", "1.0"},
	} {
		v, err := parseVersion(row.version)
		if err != nil {
			t.Fatal(err)
		}
		if err := checkFile(row.file, row.kind, row.project, v); err != nil {
			t.Errorf("%s: %v", row.file, err)
		}
	}
}

func TestWhoMayNotPublishIsToldBeforeTheFileIsKept(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	var asked string
	b.repository.Judge = func(_ []string, on registry.Subject) error {
		asked = on.ARN
		return fault.New(fault.AccessDenied, "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: codeartifact:PublishPackageVersion")
	}
	file, content := wheelOf(t, "Acme.Hello", "1.0")
	status, text := b.upload(t, wheelForm("Acme.Hello", "1.0", file, content))
	if status != 403 || !strings.HasPrefix(text, "403 Forbidden: User: arn:aws:iam::123456789012:user/ann is not authorized") {
		t.Errorf("%d %s", status, text)
	}
	if want := "arn:aws:codeartifact:us-east-1:123456789012:package/acme/" + b.repository.Name + "/pypi//acme-hello"; asked != want {
		t.Errorf("judged on %s, want %s", asked, want)
	}
}

// distutils of Python 2 sends its fields in the order of a dictionary, the file
// among them.
func TestAFileMayComeBeforeTheFieldsThatNameIt(t *testing.T) {
	t.Parallel()
	file, content := wheelOf(t, "acme-hello", "1.0")
	parts := wheelForm("acme-hello", "1.0", file, content)
	for i := range parts {
		b := newBundle(t)
		moved := slices.Insert(slices.Clone(parts[:len(parts)-1]), i, parts[len(parts)-1])
		status, text := b.upload(t, moved)
		if status != 200 {
			t.Fatalf("the file as part %d: %d %s", i, status, text)
		}
		b.repository.Version(t, ref("acme-hello", "1.0"))

		b.repository.Judge = func([]string, registry.Subject) error { return fault.New(fault.AccessDenied, "not authorized") }
		status, text = b.upload(t, moved)
		if status != 403 {
			t.Errorf("the file as part %d, without the right to publish: %d %s", i, status, text)
		}
	}
}

func TestAFileBeforeItsNameIsBounded(t *testing.T) {
	t.Parallel()
	repository := formattest.New(t, Format)
	head, contentType := formOf(t, []part{{"content", "", "acme_hello-1.0-py3-none-any.whl"}})
	end := bytes.LastIndex(head, []byte("\r\n--"))
	body := io.MultiReader(bytes.NewReader(head[:end]), io.LimitReader(zeros{}, maxUnnamed+1), bytes.NewReader(head[end:]))
	r, err := http.NewRequest("POST", "/", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	err = handleUpload(&discard{}, r, &format.Call{Repository: repository.Use(t, upload), MaxAsset: 2 * maxUnnamed})
	if !fault.Is(err, fault.BodyTooLarge) {
		t.Errorf("%v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestLittleOfAFormIsHeldForWhoMayNotPublish(t *testing.T) {
	t.Parallel()
	repository := formattest.New(t, Format)
	file, content := wheelOf(t, "acme-hello", "1.0")
	form := slices.Insert(wheelForm("acme-hello", "1.0", file, content), 4, part{name: "description", value: strings.Repeat("x", 1<<20)})
	for _, test := range []struct {
		name  string
		judge error
		room  int64
		kind  fault.Kind // the refusal's kind
		held  int64      // bytes, at most
	}{
		{"whoever may not publish", fault.New(fault.AccessDenied, "no"), maxForm, fault.AccessDenied, 16 << 10},
		{"where there is little room", nil, 64 << 10, fault.Unavailable, 80 << 10},
		{"whoever may", nil, maxForm, 0, 1<<20 + 16<<10},
	} {
		repository.Judge = func([]string, registry.Subject) error { return test.judge }
		body, contentType := formOf(t, form)
		r, err := http.NewRequest("POST", "/", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", contentType)
		held := int64(0)
		hold := func(n int64) error {
			if held += n; held > test.room {
				return fault.New(fault.Unavailable, "Too many requests are under way.")
			}
			return nil
		}
		err = handleUpload(&discard{}, r, &format.Call{Repository: repository.Use(t, upload), MaxAsset: 1 << 20, Hold: hold})
		if test.kind == 0 && err != nil || test.kind != 0 && !fault.Is(err, test.kind) {
			t.Errorf("%s: %v", test.name, err)
		}
		if held > test.held || test.kind == 0 && held < 1<<20 {
			t.Errorf("%s: %d bytes were held", test.name, held)
		}
	}
}

func TestTheMetadataInAFileIsHeldToo(t *testing.T) {
	t.Parallel()
	repository := formattest.New(t, Format)
	text := bytes.NewBufferString("Metadata-Version: 2.1\nName: acme-hello\nVersion: 1.0\n\n")
	for i := range 50_000 {
		text.WriteString(strconv.Itoa(i))
	}
	content := zipOf(t, "acme_hello-1.0.dist-info/METADATA", text.String())
	body, contentType := formOf(t, wheelForm("acme-hello", "1.0", "acme_hello-1.0-py3-none-any.whl", content))
	r, err := http.NewRequest("POST", "/", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	held := int64(0)
	hold := func(n int64) error { held += n; return nil }
	err = handleUpload(&discard{}, r, &format.Call{Repository: repository.Use(t, upload), MaxAsset: 4 << 20, Hold: hold})
	if least := int64(text.Len()); err != nil || held < least || held > least+16<<10 {
		t.Errorf("%d bytes were held, want %d and the fields: %v", held, least, err)
	}
}

func TestAnUploadPastTheLimitIsRefused(t *testing.T) {
	t.Parallel()
	repository := formattest.New(t, Format)
	file, content := wheelOf(t, "acme-hello", "1.0")
	body, contentType := formOf(t, wheelForm("acme-hello", "1.0", file, content))
	for _, limit := range []int64{int64(len(content)) - 1, int64(len(content))} {
		r, err := http.NewRequest("POST", "/", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", contentType)
		err = handleUpload(&discard{}, r, &format.Call{Repository: repository.Use(t, upload), MaxAsset: limit})
		if refused := fault.Is(err, fault.BodyTooLarge); refused != (limit < int64(len(content))) {
			t.Errorf("limit %d of %d: %v", limit, len(content), err)
		}
	}
}

type discard struct{ header http.Header }

func (d *discard) Header() http.Header {
	if d.header == nil {
		d.header = http.Header{}
	}
	return d.header
}
func (*discard) Write(p []byte) (int, error) { return len(p), nil }
func (*discard) WriteHeader(int)             {}

func TestABodyThatBreaksOffIsRefusedAndLeavesNothing(t *testing.T) {
	t.Parallel()
	file, content := wheelOf(t, "acme-hello", "1.0")
	body, contentType := formOf(t, wheelForm("acme-hello", "1.0", file, content))
	repository := formattest.New(t, Format)
	for cut := 0; cut < len(body); cut += 37 {
		r, err := http.NewRequest("POST", "/", io.MultiReader(bytes.NewReader(body[:cut]), broken{}))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", contentType)
		err = handleUpload(&discard{}, r, &format.Call{Repository: repository.Use(t, upload), MaxAsset: 1 << 20})
		if !fault.Is(err, fault.MalformedRequest) {
			t.Errorf("cut at %d: %v", cut, err)
		}
		if _, err := repository.Use(t, read).Package(t.Context(), format.Name{Name: "acme-hello"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("cut at %d: the package is there", cut)
		}
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func TestWhatIsNoFormIsRefused(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for _, contentType := range []string{"", "application/json", "multipart/form-data", "multipart/mixed; boundary=x"} {
		r, text := b.do(t, "POST", "", strings.NewReader("{}"), "Content-Type", contentType)
		if r.StatusCode != 400 || !strings.Contains(text, "multipart/form-data") {
			t.Errorf("%q: %d %s", contentType, r.StatusCode, text)
		}
	}
}

func TestUploadsGoToTheAddressWithAndWithoutItsSlash(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	file, content := wheelOf(t, "acme-hello", "1.0")
	body, contentType := formOf(t, wheelForm("acme-hello", "1.0", file, content))
	for _, url := range []string{b.URL, strings.TrimSuffix(b.URL, "/")} {
		r, err := http.Post(url, contentType, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != 200 || r.Request.Method != "POST" {
			t.Errorf("%s: %s %d", url, r.Request.Method, r.StatusCode)
		}
	}
}
