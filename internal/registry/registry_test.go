package registry_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/blob"
	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/registry"
	"daypass/internal/store"
	"daypass/internal/store/storetest"
)

const owner = "111122223333"

var noon = time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)

// growing is a format as simple as they get; fixed is one whose published
// versions take no more files.
var (
	growing = &format.Format{Name: "pypi", SortKey: func(v string) string { return v }, GrowsVersions: true}
	fixed   = &format.Format{Name: "npm", SortKey: func(v string) string { return v }}
)

// A bench is a registry with a domain and a repository to work on.
type bench struct {
	*registry.Registry
	t   *testing.T
	now time.Time
}

func newBench(t *testing.T, db *store.DB) *bench {
	t.Helper()
	b := &bench{t: t, now: noon}
	memory := blob.NewMemory()
	memory.Now = b.clock
	b.Registry = registry.New(registry.Config{DB: db, Blobs: memory, Now: b.clock, Region: "us-east-1"})
	b.seed()
	return b
}

func (b *bench) clock() time.Time { return b.now }

func (b *bench) seed() {
	b.t.Helper()
	d, err := b.CreateDomain(b.t.Context(), store.Domain{Region: "us-east-1", Owner: owner, Name: "dom", Created: noon})
	if err != nil {
		b.t.Fatal(err)
	}
	_, err = b.CreateRepository(b.t.Context(), d, store.Repository{Name: "repo", Administrator: owner, Created: noon}, nil)
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) repository(name string) *registry.Repository {
	b.t.Helper()
	r, err := b.Resolve(b.t.Context(), owner, "dom", name)
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

func allow(context.Context, []string, registry.Subject) error { return nil }

// A caller is a [registry.Caller] that may not change during a call.
type caller struct {
	judge     func(ctx context.Context, actions []string, on registry.Subject) error
	observe   func(verb *format.Verb, ref format.Ref) // nil: nobody listens
	countRows func(rows int)                          // nil: nobody pays
}

func (c *caller) Judge(ctx context.Context, actions []string, on registry.Subject) error {
	return c.judge(ctx, actions, on)
}

func (c *caller) Again(context.Context) error { return nil }

func (c *caller) Observe(verb *format.Verb, ref format.Ref) {
	if c.observe != nil {
		c.observe(verb, ref)
	}
}

func (c *caller) CountRows(rows int) {
	if c.countRows != nil {
		c.countRows(rows)
	}
}

// everything is a verb that may read and publish.
var everything = []*format.Verb{{Name: "test", Repository: []string{format.Read}, Package: []string{format.Publish}}}

// bind is the repository as a format sees it.
func (b *bench) bind(f *format.Format) format.Repository {
	b.t.Helper()
	bound, err := b.repository("repo").Bind(b.t.Context(), registry.Binding{Format: f, Verbs: everything, Now: b.now, Caller: &caller{judge: allow}})
	if err != nil {
		b.t.Fatal(err)
	}
	return bound
}

func ref(name, version string) format.Ref {
	return format.Ref{Name: format.Name{Name: name}, Version: version}
}

// publish uploads files, given as name and content in turn.
func publish(ctx context.Context, r format.Repository, at format.Ref, release format.VersionEdit, files ...string) error {
	p, err := r.Begin(ctx, everything[0])
	if err != nil {
		return err
	}
	defer p.Close()
	_, err = p.Claim(ctx, at)
	if err != nil {
		return err
	}
	release.Version = at.Version
	for i := 0; i < len(files); i += 2 {
		staged, err := p.Stage(ctx, 1<<20)
		if err != nil {
			return err
		}
		_, err = io.WriteString(staged, files[i+1])
		if err != nil {
			return err
		}
		release.Assets = append(release.Assets, format.NewAsset{Name: files[i], Content: staged, Detail: []byte(`{"of":"` + files[i] + `"}`)})
	}
	return p.Commit(ctx, &format.Edit{Versions: []format.VersionEdit{release}})
}

func (b *bench) publish(f *format.Format, at format.Ref, files ...string) error {
	return publish(b.t.Context(), b.bind(f), at, format.VersionEdit{Description: &format.Description{Summary: "s"}}, files...)
}

func (b *bench) mustPublish(f *format.Format, at format.Ref, files ...string) {
	b.t.Helper()
	err := b.publish(f, at, files...)
	if err != nil {
		b.t.Fatal(err)
	}
}

// read returns the content of an asset.
func read(ctx context.Context, r format.Repository, at format.Ref, name string) (string, error) {
	c, err := r.Open(ctx, at, name)
	if err != nil {
		return "", err
	}
	defer c.Close()
	content, err := io.ReadAll(c.Body)
	return string(content), err
}

// listing is what lists show of a package: versions with their assets.
func listing(ctx context.Context, r format.Repository, name string) string {
	p, err := r.Package(ctx, format.Name{Name: name})
	if err != nil {
		return err.Error()
	}
	var s []string
	for _, v := range p.Versions {
		names := v.Version + ":"
		for _, a := range v.Assets {
			names += " " + a.Name
		}
		s = append(s, names)
	}
	return strings.Join(s, "; ")
}

// index returns the names of the packages of a format.
func (b *bench) index(f *format.Format) string {
	b.t.Helper()
	d, err := b.bind(f).Index(b.t.Context(), "names", func(names iter.Seq2[format.Name, error]) ([]byte, error) {
		var list []byte
		for n, err := range names {
			if err != nil {
				return nil, err
			}
			list = append(append(list, n.Name...), ' ')
		}
		return list, nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return text(d)
}

func text(d *format.Document) string {
	var b strings.Builder
	_ = d.Write(&b, "")
	return b.String()
}

func kind(err error) fault.Kind {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Kind
	}
	return -1
}

func TestWhatIsPublishedIsReadBack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := newBench(t, db), t.Context()
		release := format.VersionEdit{Description: &format.Description{
			DisplayName: "Pack.Age", Summary: "about", HomePage: "https://example.org", SourceCode: "https://example.org/src",
			Licenses:     []format.License{{Name: "MIT"}},
			Dependencies: []format.Dependency{{Package: "other", Type: "Requires-Dist", Requirement: ">=1"}},
			Readme:       "# read\x00 me", Detail: []byte(`{"requires-python":">=3.9"}`),
		}}
		err := publish(ctx, b.bind(growing), ref("pack-age", "1.0"), release, "b.tar.gz", "two", "a.whl", "one")
		if err != nil {
			t.Fatal(err)
		}
		b.mustPublish(growing, ref("pack-age", "0.9"), "c.whl", "three")

		r := b.bind(growing)
		p, err := r.Package(ctx, format.Name{Name: "pack-age"})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := listing(ctx, r, "pack-age"), "0.9: c.whl; 1.0: a.whl b.tar.gz"; got != want {
			t.Errorf("listing = %q, want %q", got, want)
		}
		got := p.Versions[1]
		if len(got.Revision) != 44 {
			t.Errorf("revision = %q, want the base64 of 32 bytes", got.Revision)
		}
		want := format.Version{Version: "1.0", Status: format.Published, Revision: got.Revision, Published: noon,
			Detail: release.Description.Detail,
			Assets: []format.Asset{
				{Name: "a.whl", Size: 3, Uploaded: noon, Detail: []byte(`{"of":"a.whl"}`), Digests: format.Digests{
					// printf one | md5sum, sha1sum, sha256sum, sha512sum
					MD5:    "f97c5d29941bfb1b2fdab0874906ab82",
					SHA1:   "fe05bcdcdc4928012781a5f1a2a77cbb5398e106",
					SHA256: "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed",
					SHA512: "05f70341078acf6a06d423d21720f9643d5f953626d88a02636dc3a9e79582aeb0c820857fd3f8dc502aa8360d2c8fa97a985fda5b629b809cad18ffb62d3899",
				}},
				got.Assets[1],
			}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("version (-want +got):\n%s", diff)
		}
		about := store.Description{Readme: "# read me", Text: `{"displayName":"Pack.Age","summary":"about","homePage":"https://example.org",` +
			`"sourceCode":"https://example.org/src","licenses":[{"Name":"MIT","URL":""}],` +
			`"dependencies":[{"Namespace":"","Package":"other","Type":"Requires-Dist","Requirement":"\u003e=1"}]}`}
		if diff := cmp.Diff(about, b.description(growing, ref("pack-age", "1.0"))); diff != "" {
			t.Errorf("description (-want +got):\n%s", diff)
		}
		for name, want := range map[string]string{"a.whl": "one", "b.tar.gz": "two"} {
			content, err := read(ctx, r, ref("pack-age", "1.0"), name)
			if content != want || err != nil {
				t.Errorf("content of %s = %q, %v; want %q", name, content, err, want)
			}
		}
	})
}

func TestTheStatusDecidesWhatPackageManagersSee(t *testing.T) {
	t.Parallel()
	const missing = "Package not found. Package 'p' does not exist in repository 'repo'"
	tests := []struct {
		status  format.Status
		listing string
		content string // "": refused
	}{
		{format.Published, "1.0: a.whl", "one"},
		{format.Unlisted, missing, "one"},
		{format.Unfinished, missing, ""},
		{format.Archived, missing, ""},
		{format.Disposed, missing, ""},
	}
	for _, test := range tests {
		t.Run(string(test.status), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, storetest.Memory(t))
			b.mustPublish(growing, ref("p", "1.0"), "a.whl", "one")
			b.setStatus(growing, ref("p", "1.0"), test.status)
			if got := listing(t.Context(), b.bind(growing), "p"); got != test.listing {
				t.Errorf("listing = %q, want %q", got, test.listing)
			}
			content, err := read(t.Context(), b.bind(growing), ref("p", "1.0"), "a.whl")
			if content != test.content || (err != nil) != (test.content == "") {
				t.Errorf("content = %q, %v; want %q", content, err, test.content)
			}
			if names := b.index(growing); (names == "p ") != (test.status == format.Published) {
				t.Errorf("names = %q; want p only while it is published", names)
			}
		})
	}
}

func TestNamesThatCannotBeStoredAreRefused(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := newBench(t, db), t.Context()
		for _, at := range []format.Ref{ref("", "1"), ref("a b", "1"), ref("a/b", "1"), ref("a#b", "1"), ref("a\x00", "1"), ref("a\xff", "1"),
			ref(strings.Repeat("a", 256), "1"), ref("a", ""), ref("a", "1\x00"),
			{Name: format.Name{Namespace: "a\x00", Name: "b"}, Version: "1"}} {
			if err := b.publish(growing, at, "f", "x"); kind(err) != fault.Validation {
				t.Errorf("publish %q = %v, want a validation fault", at, err)
			}
			if at.Version != "1" {
				continue
			}
			if _, err := b.bind(growing).Package(ctx, at.Name); kind(err) != fault.NotFound {
				t.Errorf("Package %q = %v, want NotFound", at.Name, err)
			}
		}
		if _, err := b.bind(growing).Open(ctx, ref("p", "1"), "\x00"); kind(err) != fault.NotFound {
			t.Errorf("Asset = %v, want NotFound", err)
		}
		for _, name := range []string{"\x00", "a\xff", "a/b", ""} {
			r, err := b.Resolve(ctx, owner, "dom", name)
			if err != nil || r.Exists() {
				t.Errorf("Resolve %q = %v, want the place of a repository that does not exist", name, err)
			}
		}
	})
}

func TestWarmReadsDoNotTouchTheDatabase(t *testing.T) {
	t.Parallel()
	b, ctx := newBench(t, storetest.Memory(t)), t.Context()
	b.mustPublish(growing, ref("p", "1.0"), "a", "one")
	rendered := 0
	render := func(p *format.Package) ([]byte, error) {
		rendered++
		return fmt.Append(nil, len(p.Versions)), nil
	}
	visit := func() error {
		r, err := b.Resolve(ctx, owner, "dom", "repo")
		if err != nil {
			return err
		}
		bound, err := r.Bind(ctx, registry.Binding{Format: growing, Verbs: everything, Now: noon, Caller: &caller{judge: allow}})
		if err != nil {
			return err
		}
		_, err = bound.Document(ctx, format.Name{Name: "p"}, "html", render)
		if err != nil {
			return err
		}
		content, err := read(ctx, bound, ref("p", "1.0"), "a")
		if err == nil && content != "one" {
			err = fmt.Errorf("content = %q", content)
		}
		return err
	}
	if err := visit(); err != nil {
		t.Fatal(err)
	}
	b.DB.Close()
	if err := visit(); err != nil {
		t.Errorf("a second visit with the database closed: %v", err)
	}
	if rendered != 1 {
		t.Errorf("rendered %d times, want once", rendered)
	}
}

func TestWhoMissesPaysForTheRowsThatAreRead(t *testing.T) {
	t.Parallel()
	b, ctx := newBench(t, storetest.Memory(t)), t.Context()
	for _, version := range []string{"1", "2", "3"} {
		b.mustPublish(growing, ref("p", version), "a-"+version, "one", "b-"+version, "two")
	}
	for i := range 20 {
		b.mustPublish(growing, ref(fmt.Sprint("q", i), "1"), "a", "one")
	}
	page := func(r format.Repository, name string) error {
		_, err := r.Document(ctx, format.Name{Name: name}, "html", func(*format.Package) ([]byte, error) { return nil, nil })
		return err
	}
	list := func(r format.Repository) error {
		_, err := r.Index(ctx, "html", func(names iter.Seq2[format.Name, error]) ([]byte, error) {
			for _, err := range names {
				if err != nil {
					return nil, err
				}
			}
			return nil, nil
		})
		return err
	}
	for _, step := range []struct {
		name string
		ask  func(format.Repository) error
		want int
	}{
		{"a page of 3 versions with 2 assets each", func(r format.Repository) error { return page(r, "p") }, 9},
		{"the same page", func(r format.Repository) error { return page(r, "p") }, 0},
		{"a page of 1 version", func(r format.Repository) error { return page(r, "q1") }, 2},
		{"the list of 21 packages", list, 21},
		{"the same list", list, 0},
	} {
		rows := 0
		r, err := b.repository("repo").Bind(ctx, registry.Binding{Format: growing, Verbs: everything, Now: noon, Caller: &caller{judge: allow, countRows: func(n int) { rows += n }}})
		if err == nil {
			err = step.ask(r)
		}
		if err != nil || rows != step.want {
			t.Errorf("%s: %d rows, %v; want %d", step.name, rows, err, step.want)
		}
	}
}

func TestAChangeOfIdentitiesKeepsPackages(t *testing.T) {
	t.Parallel()
	b, ctx := newBench(t, storetest.Memory(t)), t.Context()
	b.mustPublish(growing, ref("p", "1.0"), "a", "one")
	visit := func(r format.Repository) error {
		_, err := r.Document(ctx, format.Name{Name: "p"}, "html", func(*format.Package) ([]byte, error) { return nil, nil })
		if err == nil {
			_, err = read(ctx, r, ref("p", "1.0"), "a")
		}
		return err
	}
	if err := visit(b.bind(growing)); err != nil {
		t.Fatal(err)
	}
	err := b.DB.Update(ctx, func(tx *store.Tx) error { tx.Touch(); return nil })
	if err != nil {
		t.Fatal(err)
	}
	r := b.bind(growing) // the repository, which has a policy, is read again
	b.DB.Close()
	if err := visit(r); err != nil {
		t.Errorf("after a change of identities, with the database closed: %v; want what was kept", err)
	}
}

func TestReadsOfPackageManagersNeverReadDescriptions(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "db")
	b, ctx := &bench{t: t, now: noon}, t.Context()
	b.Registry = registry.New(registry.Config{DB: storetest.Open(t, store.Config{Path: path}), Blobs: blob.NewMemory(), Now: b.clock, Region: "us-east-1"})
	b.seed()
	b.mustPublish(growing, ref("p", "1.0"), "a", "one")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, "DROP TABLE descriptions")
	if err != nil {
		t.Fatal(err)
	}
	r := b.bind(growing)
	if got, want := listing(ctx, r, "p"), "1.0: a"; got != want {
		t.Errorf("Package = %q, want %q", got, want)
	}
	_, err = r.Document(ctx, format.Name{Name: "p"}, "html", func(*format.Package) ([]byte, error) { return nil, nil })
	if err != nil {
		t.Errorf("Document: %v", err)
	}
	if content, err := read(ctx, r, ref("p", "1.0"), "a"); content != "one" || err != nil {
		t.Errorf("Asset = %q, %v; want one", content, err)
	}
	if got := b.index(growing); got != "p " {
		t.Errorf("names = %q, want p", got)
	}
}

func TestAPublicationIsSeenAtOnce(t *testing.T) {
	t.Parallel()
	b, ctx := newBench(t, storetest.Memory(t)), t.Context()
	document := func() string {
		d, err := b.bind(growing).Document(ctx, format.Name{Name: "p"}, "v", func(p *format.Package) ([]byte, error) {
			return fmt.Append(nil, len(p.Versions)), nil
		})
		if err != nil {
			return err.Error()
		}
		return text(d) + d.Tag("", false)
	}
	b.mustPublish(growing, ref("p", "1.0"), "a", "one")
	one := document()
	b.mustPublish(growing, ref("p", "2.0"), "b", "one")
	two := document()
	if one[:1] != "1" || two[:1] != "2" || one[1:] == two[1:] {
		t.Errorf("documents = %s and %s, want one and two versions under different tags", one, two)
	}
}
