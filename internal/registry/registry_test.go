package registry_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
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

func allow(context.Context, registry.Subject) error { return nil }

// bind is the repository as a format sees it.
func (b *bench) bind(f *format.Format) format.Repository {
	b.t.Helper()
	return b.repository("repo").Bind(registry.Binding{Format: f, Now: b.now, Allow: allow})
}

func ref(name, version string) format.Ref {
	return format.Ref{Name: format.Name{Name: name}, Version: version}
}

// publish uploads files, given as name and content in turn.
func publish(ctx context.Context, r format.Repository, at format.Ref, release format.Release, files ...string) error {
	p, err := r.Publish(ctx, at)
	if err != nil {
		return err
	}
	defer p.Close()
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
	return p.Commit(ctx, &release)
}

func (b *bench) publish(f *format.Format, at format.Ref, files ...string) error {
	return publish(b.t.Context(), b.bind(f), at, format.Release{Description: format.Description{Summary: "s"}}, files...)
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
	a, err := r.Asset(ctx, at, name)
	if err != nil {
		return "", err
	}
	file, err := r.Open(ctx, a)
	if err != nil {
		return "", err
	}
	defer file.Close()
	content, err := io.ReadAll(file)
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
		release := format.Release{Description: format.Description{
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
		release.Readme = "" // lists do without
		want := format.Version{Version: "1.0", Status: format.Published, Revision: got.Revision, Published: noon, Description: release.Description,
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
		for name, want := range map[string]string{"a.whl": "one", "b.tar.gz": "two"} {
			content, err := read(ctx, r, ref("pack-age", "1.0"), name)
			if content != want || err != nil {
				t.Errorf("content of %s = %q, %v; want %q", name, content, err, want)
			}
		}
	})
}

func TestPublishedVersionsAreImmutable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		format *format.Format
		status format.Status // of the version that has a.whl with content "one"
		files  []string
		want   fault.Kind // -1: success
		after  string     // assets
		new    bool       // the revision changes
	}{
		{"the same file again succeeds and changes nothing", growing, format.Published, []string{"a.whl", "one"}, -1, "a.whl", false},
		{"a file with other content is refused", growing, format.Published, []string{"a.whl", "two"}, fault.Conflict, "a.whl", false},
		{"a new file is added where versions grow", growing, format.Published, []string{"b.whl", "two"}, -1, "a.whl b.whl", true},
		{"a new file with the bytes of another is added", growing, format.Published, []string{"b.whl", "one"}, -1, "a.whl b.whl", true},
		{"one refused file refuses the release", growing, format.Published, []string{"b.whl", "two", "a.whl", "two"}, fault.Conflict, "a.whl", false},
		{"a new file is refused where versions do not grow", fixed, format.Published, []string{"b.tgz", "two"}, fault.Conflict, "a.whl", false},
		{"the same file again succeeds there too", fixed, format.Published, []string{"a.whl", "one"}, -1, "a.whl", false},
		{"an unfinished version takes new files", fixed, format.Unfinished, []string{"b.tgz", "two"}, -1, "a.whl b.tgz", true},
		{"an unlisted version grows", growing, format.Unlisted, []string{"b.whl", "two"}, -1, "a.whl b.whl", true},
		{"an archived version refuses even the same file", growing, format.Archived, []string{"a.whl", "one"}, fault.Conflict, "a.whl", false},
		{"a disposed version refuses even the same file", growing, format.Disposed, []string{"a.whl", "one"}, fault.Conflict, "a.whl", false},
		{"a name twice in one release is refused", growing, format.Published, []string{"b", "1", "b", "1"}, fault.Validation, "a.whl", false},
		{"a release without a file is refused", growing, format.Published, nil, fault.Validation, "a.whl", false},
		{"a name with a control character is refused", growing, format.Published, []string{"b\n", "1"}, fault.Validation, "a.whl", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, storetest.Memory(t))
			at := ref("p", "1.0")
			b.mustPublish(test.format, at, "a.whl", "one")
			before := b.setStatus(test.format, test.status)
			err := b.publish(test.format, at, test.files...)
			if got := kind(err); got != test.want {
				t.Errorf("publish = %v, want kind %d", err, test.want)
			}
			after, names := b.stored(test.format)
			if names != test.after {
				t.Errorf("assets = %q, want %q", names, test.after)
			}
			if changed := after != before; changed != test.new {
				t.Errorf("revision changed: %v, want %v", changed, test.new)
			}
		})
	}
}

// stored returns the revision and the assets of version 1.0 of package p.
func (b *bench) stored(f *format.Format) (revision, names string) {
	b.t.Helper()
	err := b.DB.View(b.t.Context(), func(tx *store.Tx) error {
		v, err := b.version(tx, f)
		if err != nil {
			return err
		}
		assets, err := tx.AssetsOfVersion(b.t.Context(), v.ID)
		for _, a := range assets {
			names += " " + a.Name
		}
		revision = v.Revision
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return revision, strings.TrimSpace(names)
}

func (b *bench) version(tx *store.Tx, f *format.Format) (*store.Version, error) {
	p, err := tx.Package(b.t.Context(), store.PackageKey{Repository: b.repository("repo").ID, Format: f.Name, Name: "p"})
	if err != nil {
		return nil, err
	}
	return tx.Version(b.t.Context(), p.ID, "1.0")
}

// setStatus changes the status of version 1.0 of package p.
func (b *bench) setStatus(f *format.Format, status format.Status) (revision string) {
	b.t.Helper()
	id := ""
	err := b.DB.View(b.t.Context(), func(tx *store.Tx) error {
		v, err := b.version(tx, f)
		if err == nil {
			id, revision = v.ID, v.Revision
		}
		return err
	})
	if err == nil {
		err = b.DB.Update(b.t.Context(), func(tx *store.Tx) error {
			tx.Touch()
			return tx.SetVersionState(b.t.Context(), id, string(status), revision)
		})
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return revision
}

func TestAConflictNamesBothDigests(t *testing.T) {
	t.Parallel()
	b := newBench(t, storetest.Memory(t))
	b.mustPublish(growing, ref("p", "1.0"), "a.whl", "one")
	err := b.publish(growing, ref("p", "1.0"), "a.whl", "two")
	for _, want := range []string{
		"7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed", // printf one | sha256sum
		"3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3", // printf two | sha256sum
		"a.whl",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("publish = %v, want an error with %s", err, want)
		}
	}
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
			b.setStatus(growing, test.status)
			if got := listing(t.Context(), b.bind(growing), "p"); got != test.listing {
				t.Errorf("listing = %q, want %q", got, test.listing)
			}
			content, err := read(t.Context(), b.bind(growing), ref("p", "1.0"), "a.whl")
			if content != test.content || (err != nil) != (test.content == "") {
				t.Errorf("content = %q, %v; want %q", content, err, test.content)
			}
			names, err := b.bind(growing).Packages(t.Context(), format.Name{}, 10)
			if err != nil || (len(names) == 1) != (test.status == format.Published) {
				t.Errorf("Packages = %v, %v; want p only while it is published", names, err)
			}
		})
	}
}

func TestAnUnfinishedVersionIsFinishedByTheNextRelease(t *testing.T) {
	t.Parallel()
	b, ctx := newBench(t, storetest.Memory(t)), t.Context()
	for _, step := range []struct {
		name       string
		unfinished bool
		files      []string
		listing    string
	}{
		{"the first file", true, []string{"a", "1"}, "Package not found. Package 'p' does not exist in repository 'repo'"},
		{"the second file", true, []string{"b", "2"}, "Package not found. Package 'p' does not exist in repository 'repo'"},
		{"a known file finishes", false, []string{"a", "1"}, "1.0: a b"},
		{"a finished version stays so", true, []string{"a", "1"}, "1.0: a b"},
	} {
		err := publish(ctx, b.bind(fixed), ref("p", "1.0"), format.Release{Unfinished: step.unfinished}, step.files...)
		if err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if got := listing(ctx, b.bind(fixed), "p"); got != step.listing {
			t.Errorf("%s: listing = %q, want %q", step.name, got, step.listing)
		}
	}
}

func TestPublishingIsJudgedOnThePackageBeforeAnythingElse(t *testing.T) {
	t.Parallel()
	b, ctx := newBench(t, storetest.Memory(t)), t.Context()
	denied := fault.New(fault.AccessDenied, "no")
	var judged []string
	refuse := func(_ context.Context, s registry.Subject) error {
		judged = append(judged, s.ARN+" of "+s.Account+" and "+s.Admin)
		return denied
	}
	at := format.Ref{Name: format.Name{Namespace: "parity", Name: "ui"}, Version: "1.0"}
	for _, name := range []string{"repo", "absent"} {
		_, err := b.repository(name).Bind(registry.Binding{Format: fixed, Now: noon, Allow: refuse}).Publish(ctx, at)
		if !errors.Is(err, denied) {
			t.Errorf("Publish in %s = %v, want the refusal whether it exists or not", name, err)
		}
	}
	_, err := b.repository("repo").Bind(registry.Binding{Format: fixed, Now: noon}).Publish(ctx, at)
	if kind(err) != fault.AccessDenied {
		t.Errorf("Publish without a judge = %v, want a refusal", err)
	}
	_, err = b.repository("absent").Bind(registry.Binding{Format: fixed, Now: noon, Allow: allow}).Publish(ctx, at)
	if kind(err) != fault.NotFound {
		t.Errorf("Publish in a repository that does not exist = %v, want NotFound", err)
	}
	want := []string{
		"arn:aws:codeartifact:us-east-1:111122223333:package/dom/repo/npm/parity/ui of 111122223333 and 111122223333",
		"arn:aws:codeartifact:us-east-1:111122223333:package/dom/absent/npm/parity/ui of 111122223333 and ",
	}
	if diff := cmp.Diff(want, judged); diff != "" {
		t.Errorf("judged on (-want +got):\n%s", diff)
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
		if _, err := b.bind(growing).Asset(ctx, ref("p", "1"), "\x00"); kind(err) != fault.NotFound {
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

func TestNothingIsSeenBeforeTheCommit(t *testing.T) {
	t.Parallel()
	b, ctx := newBench(t, storetest.Memory(t)), t.Context()
	p, err := b.bind(growing).Publish(ctx, ref("p", "1.0"))
	if err != nil {
		t.Fatal(err)
	}
	staged, err := p.Stage(ctx, 4)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(staged, "four")
	back := make([]byte, 2)
	if _, err := staged.ReadAt(back, 1); err != nil || string(back) != "ou" {
		t.Errorf("ReadAt = %q, %v; want what was written", back, err)
	}
	if _, err := io.WriteString(staged, "!"); kind(err) != fault.BodyTooLarge {
		t.Errorf("a write past the limit = %v, want BodyTooLarge", err)
	}
	err = p.Commit(ctx, &format.Release{Assets: []format.NewAsset{{Name: "a", Content: staged}}})
	if err == nil {
		t.Error("Commit of what did not fit succeeded")
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if got := listing(ctx, b.bind(growing), "p"); !strings.HasPrefix(got, "Package not found") {
		t.Errorf("listing = %q, want nothing", got)
	}
}

func TestConcurrentPublishersOfOneVersionAllSucceed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := newBench(t, db), t.Context()
		const n = 8
		var wait sync.WaitGroup
		errs := make([]error, n)
		for i := range n {
			r := b.bind(growing)
			wait.Go(func() {
				errs[i] = publish(ctx, r, ref("p", "1.0"), format.Release{}, fmt.Sprintf("f%d", i), fmt.Sprint("content ", i), "shared", "the same")
			})
		}
		wait.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		if got, want := listing(ctx, b.bind(growing), "p"), "1.0: f0 f1 f2 f3 f4 f5 f6 f7 shared"; got != want {
			t.Errorf("listing = %q, want %q", got, want)
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
		bound := r.Bind(registry.Binding{Format: growing, Now: noon})
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
		return string(d.Body) + d.ETag
	}
	b.mustPublish(growing, ref("p", "1.0"), "a", "one")
	one := document()
	b.mustPublish(growing, ref("p", "2.0"), "b", "one")
	two := document()
	if !strings.HasPrefix(one, `1"`) || !strings.HasPrefix(two, `2"`) || one[1:] == two[1:] {
		t.Errorf("documents = %s and %s, want one and two versions under different tags", one, two)
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := newBench(t, db), t.Context()
		b.mustPublish(growing, ref("p", "1.0"), "kept", "kept", "gone", "gone")
		d := b.repository("repo").Domain
		_, err := b.CreateRepository(ctx, d, store.Repository{Name: "second", Administrator: owner, Created: noon}, nil)
		if err != nil {
			t.Fatal(err)
		}
		second := b.repository("second")
		bound := second.Bind(registry.Binding{Format: growing, Now: noon, Allow: allow})
		err = publish(ctx, bound, ref("p", "1.0"), format.Release{}, "kept", "kept")
		if err != nil {
			t.Fatal(err)
		}
		err = b.DeleteRepository(ctx, b.repository("repo"))
		if err != nil {
			t.Fatal(err)
		}
		sizes := func() string {
			var s []string
			for _, content := range []string{"kept", "gone"} {
				n, err := b.Blobs.Stat(ctx, blob.Key{Space: d.ID, SHA256: digest(content)})
				if err != nil && !errors.Is(err, blob.ErrNotFound) {
					t.Fatal(err)
				}
				s = append(s, fmt.Sprint(n))
			}
			return strings.Join(s, " ")
		}
		for _, step := range []struct {
			name  string
			after time.Duration
			want  string
			swept registry.Swept
		}{
			{"within the grace period all is spared", time.Hour, "4 4", registry.Swept{}},
			{"then only what another repository needs", time.Hour + time.Millisecond, "4 0", registry.Swept{Contents: 1, Bytes: 4}},
			{"a second sweep finds nothing more", 3 * time.Hour, "4 0", registry.Swept{}},
		} {
			b.now = noon.Add(step.after)
			swept, err := b.Sweep(ctx, time.Hour)
			if err != nil || swept != step.swept {
				t.Fatalf("%s: %v, %v; want %v", step.name, swept, err, step.swept)
			}
			if got := sizes(); got != step.want {
				t.Errorf("%s: sizes %s, want %s", step.name, got, step.want)
			}
		}
		usage, err := b.Usage(ctx, d)
		if want := (registry.Usage{Repositories: 1, Bytes: 4}); err != nil || usage != want {
			t.Errorf("Usage = %v, %v; want %v", usage, err, want)
		}
		if content, err := read(ctx, bound, ref("p", "1.0"), "kept"); content != "kept" || err != nil {
			t.Errorf("content = %q, %v; want what the other repository keeps", content, err)
		}
	})
}

func digest(content string) string {
	stage, err := blob.NewMemory().Stage(context.Background(), 1<<10)
	if err != nil {
		panic(err)
	}
	stage.Write([]byte(content))
	return stage.Digests().SHA256
}

func TestContentThatComesBackWhileItIsSweptIsKept(t *testing.T) {
	t.Parallel()
	b, ctx := newBench(t, storetest.Memory(t)), t.Context()
	b.mustPublish(growing, ref("p", "1.0"), "a", "bytes")
	err := b.DeleteRepository(ctx, b.repository("repo"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.CreateRepository(ctx, b.repository("repo").Domain, store.Repository{Name: "repo", Administrator: owner, Created: noon}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b.now = noon.Add(2 * time.Hour)
	// A sweep that has doomed the content and not removed it yet.
	var doomed []store.Content
	err = b.DB.Update(ctx, func(tx *store.Tx) (err error) {
		doomed, err = tx.DoomContents(ctx, noon.Add(time.Hour), b.now, 10)
		return err
	})
	if err != nil || len(doomed) != 1 {
		t.Fatalf("doomed %v, %v; want the content of the deleted repository", doomed, err)
	}
	b.mustPublish(growing, ref("p", "1.0"), "a", "bytes")
	// It goes on.
	err = b.Blobs.Delete(ctx, blob.Key{Space: doomed[0].Domain, SHA256: doomed[0].SHA256}, b.now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if content, err := read(ctx, b.bind(growing), ref("p", "1.0"), "a"); content != "bytes" || err != nil {
		t.Errorf("content = %q, %v; want what was published meanwhile", content, err)
	}
}

func TestLostContentIsHealedByTheSameUpload(t *testing.T) {
	t.Parallel()
	b, ctx := newBench(t, storetest.Memory(t)), t.Context()
	b.mustPublish(growing, ref("p", "1.0"), "a", "bytes")
	err := b.Blobs.Delete(ctx, blob.Key{Space: b.repository("repo").DomainID, SHA256: digest("bytes")}, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	_, err = read(ctx, b.bind(growing), ref("p", "1.0"), "a")
	if err == nil || kind(err) == fault.NotFound {
		t.Errorf("reading lost content = %v, want an internal error", err)
	}
	b.mustPublish(growing, ref("p", "2.0"), "b", "bytes")
	if content, err := read(ctx, b.bind(growing), ref("p", "1.0"), "a"); content != "bytes" || err != nil {
		t.Errorf("content = %q, %v; want it back", content, err)
	}
}
