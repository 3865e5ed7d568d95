package formattest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/registry"
	"daypass/internal/store"
)

// Run checks over a database that the registry does what formats rely on.
func Run(t *testing.T, db *store.DB) {
	for _, row := range []struct {
		name string
		test func(t *testing.T, db *store.DB)
	}{
		{"a commit is seen whole, with its descriptions", committed},
		{"nothing is seen before the commit or without it", uncommitted},
		{"content is staged before its package is known", stagedFirst},
		{"the same content again changes nothing, other content conflicts", conflicts},
		{"published versions grow only where the format says so", growth},
		{"an unfinished version is seen by who publishes it alone", unfinished},
		{"a version, its asset and its tag come together or not at all", tags},
		{"metadata of what is there changes, and makes nothing", metadata},
		{"a late description fills or replaces", descriptions},
		{"one commit changes two versions that share content", snapshots},
		{"a commit for another revision is refused", revisions},
		{"other spellings are the same version and the same asset", spellings},
		{"of two spellings at once one wins", spellingsAtOnce},
		{"auxiliary assets are not counted", auxiliary},
		{"what comes from a source keeps its times and its origin", ingested},
		{"each subject is judged, before anything and before the commit", judged},
		{"the verb that is judged is the one that the body shows", verbs},
		{"status decides what is listed and downloadable", statuses},
		{"versions are in the format's order", ordered},
		{"documents follow the package", documents},
		{"indexes name what is listed, and follow every package", indexed},
		{"content past the limit is refused", limits},
	} {
		t.Run(row.name, func(t *testing.T) { row.test(t, db) })
	}
}

// simple is a format whose versions sort as texts.
func simple(grows bool) *format.Format {
	return &format.Format{
		Name: "pypi", GrowsVersions: grows,
		NormalizeName:    func(n format.Name) (format.Name, error) { return n, nil },
		NormalizeVersion: func(v string) (string, error) { return v, nil },
		SortKey:          func(v string) string { return v },
	}
}

func fresh(t *testing.T, f *format.Format, db *store.DB) *Repository {
	return OpenOver(t, f, db, registry.Limits{}).Repository(t)
}

func refOf(name, version string) format.Ref {
	return format.Ref{Name: format.Name{Name: name}, Version: version}
}

var pack = format.Name{Name: "pack"}

func content(t *testing.T, r *Repository, ref format.Ref, asset string) (string, error) {
	t.Helper()
	c, err := r.Use(t).Open(t.Context(), ref, asset)
	if err != nil {
		return "", err
	}
	defer c.Close()
	b, err := io.ReadAll(c.Body)
	return string(b), err
}

// listed returns what lists show: versions with their assets.
func listed(t *testing.T, r *Repository, name string) []string {
	t.Helper()
	p, err := r.Use(t).Package(t.Context(), format.Name{Name: name})
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	must(t, err)
	var versions []string
	for _, v := range p.Versions {
		text := v.Version
		for _, a := range v.Assets {
			text += " " + a.Name
		}
		versions = append(versions, text)
	}
	return versions
}

func equal(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func committed(t *testing.T, db *store.DB) {
	r := fresh(t, simple(false), db)
	about := format.Description{
		DisplayName: "Pack", Summary: "sums", HomePage: "https://home.example", SourceCode: "https://source.example",
		Licenses: []format.License{{Name: "MIT"}}, Readme: "read", Detail: []byte(`{"a":1}`),
		Dependencies: []format.Dependency{{Package: "dep", Type: "Requires-Dist", Requirement: ">1"}},
	}
	must(t, r.Publish(t, refOf("pack", "1"), format.VersionEdit{Description: &about}, "b.txt", "bee", "a.txt", "ay"))
	equal(t, "description", about, r.Version(t, refOf("pack", "1")).Description)
	p, err := r.Use(t).Package(t.Context(), pack)
	must(t, err)
	asset := func(name, text string) format.Asset {
		return format.Asset{Name: name, Size: int64(len(text)), Digests: Digests([]byte(text)), Uploaded: Now, Detail: []byte(`{"n":1}`)}
	}
	equal(t, "version", format.Version{
		Version: "1", Status: format.Published, Revision: p.Versions[0].Revision, Published: Now, Detail: []byte(`{"a":1}`),
		Assets: []format.Asset{asset("a.txt", "ay"), asset("b.txt", "bee")},
	}, p.Versions[0])
	if got, err := content(t, r, refOf("pack", "1"), "b.txt"); got != "bee" || err != nil {
		t.Errorf("content %q, %v", got, err)
	}
}

func uncommitted(t *testing.T, db *store.DB) {
	r := fresh(t, simple(false), db)
	c, err := r.Use(t).Begin(t.Context(), All)
	must(t, err)
	_, err = c.Claim(t.Context(), refOf("pack", "1"))
	must(t, err)
	s, err := c.Stage(t.Context(), 100)
	must(t, err)
	_, err = io.WriteString(s, "hello")
	must(t, err)
	for range 2 {
		if got := listed(t, r, "pack"); got != nil {
			t.Errorf("listed: %v", got)
		}
		if _, err := content(t, r, refOf("pack", "1"), "a"); !fault.Is(err, fault.NotFound) {
			t.Errorf("asset: %v", err)
		}
		must(t, c.Close())
	}
}

// As nuget push and gem push do.
func stagedFirst(t *testing.T, db *store.DB) {
	r := fresh(t, simple(false), db)
	c, err := r.Use(t).Begin(t.Context(), All)
	must(t, err)
	defer c.Close()
	s, err := c.Stage(t.Context(), 100)
	must(t, err)
	_, err = io.WriteString(s, "pack 1")
	must(t, err)
	back := make([]byte, 4)
	if _, err := s.ReadAt(back, 0); err != nil || string(back) != "pack" || s.Size() != 6 || s.Digests() != Digests([]byte("pack 1")) {
		t.Errorf("read back %q, %v", back, err)
	}
	if v, err := c.Claim(t.Context(), refOf(string(back), "1")); v != nil || err != nil {
		t.Errorf("Claim = %v, %v", v, err)
	}
	must(t, c.Commit(t.Context(), &format.Edit{Versions: []format.VersionEdit{{Version: "1", Assets: []format.NewAsset{{Name: "a", Content: s}}}}}))
	equal(t, "listed", []string{"1 a"}, listed(t, r, "pack"))
}

func conflicts(t *testing.T, db *store.DB) {
	r := fresh(t, simple(true), db)
	about := &format.Description{Summary: "first"}
	must(t, r.Publish(t, refOf("pack", "1"), format.VersionEdit{Description: about}, "a", "one"))
	before := r.Version(t, refOf("pack", "1"))
	must(t, r.Publish(t, refOf("pack", "1"), format.VersionEdit{Description: &format.Description{Summary: "second"}}, "a", "one"))
	equal(t, "version after the same content", before, r.Version(t, refOf("pack", "1")))
	err := r.Publish(t, refOf("pack", "1"), format.VersionEdit{}, "b", "new", "a", "two")
	want := format.Conflicting("a", before.Assets[0], Digests([]byte("two")))
	if !fault.Is(err, fault.Conflict) || fault.From(err).Message != want.Message {
		t.Errorf("%v\nwant %v", err, want)
	}
	equal(t, "version after a refusal", before, r.Version(t, refOf("pack", "1")))
}

func growth(t *testing.T, db *store.DB) {
	for _, grows := range []bool{true, false} {
		r := fresh(t, simple(grows), db)
		must(t, r.Publish(t, refOf("pack", "1"), format.VersionEdit{}, "a", "one"))
		before := r.Version(t, refOf("pack", "1"))
		err := r.Publish(t, refOf("pack", "1"), format.VersionEdit{}, "b", "two")
		if (err == nil) != grows || err != nil && !fault.Is(err, fault.Conflict) {
			t.Errorf("grows %v: %v", grows, err)
		}
		if changed := r.Version(t, refOf("pack", "1")).Revision != before.Revision; changed != grows {
			t.Errorf("grows %v: revision changed: %v", grows, changed)
		}
	}
}

// As Maven does: files come one by one, a digest is compared, the metadata
// finishes.
func unfinished(t *testing.T, db *store.DB) {
	r := fresh(t, simple(false), db)
	must(t, r.Publish(t, refOf("pack", "1"), format.VersionEdit{Status: format.Unfinished}, "a", "one"))
	must(t, r.Publish(t, refOf("pack", "1"), format.VersionEdit{Status: format.Unfinished}, "b", "two"))
	if got := listed(t, r, "pack"); got != nil {
		t.Errorf("listed: %v", got)
	}
	if _, err := content(t, r, refOf("pack", "1"), "a"); !fault.Is(err, fault.NotFound) {
		t.Errorf("downloadable: %v", err)
	}
	c, err := r.Use(t).Begin(t.Context(), All)
	must(t, err)
	defer c.Close()
	v, err := c.Claim(t.Context(), refOf("pack", "1"))
	must(t, err)
	if v == nil || v.Status != format.Unfinished || len(v.Assets) != 2 || v.Assets[1].Digests != Digests([]byte("two")) {
		t.Fatalf("Claim = %+v", v)
	}
	must(t, c.Commit(t.Context(), &format.Edit{Versions: []format.VersionEdit{{Version: "1", Details: map[string]json.RawMessage{"b": []byte(`{"wrong":"sha1"}`)}}}}))
	if got := string(r.Version(t, refOf("pack", "1")).Assets[1].Detail); got != `{"wrong":"sha1"}` {
		t.Errorf("detail %s", got)
	}
	must(t, r.Publish(t, refOf("pack", "1"), format.VersionEdit{Status: format.Published}))
	equal(t, "listed once it is finished without a file", []string{"1 a b"}, listed(t, r, "pack"))
	must(t, r.Publish(t, refOf("pack", "1"), format.VersionEdit{Status: format.Unfinished}, "a", "one"))
	equal(t, "listed, as a finished version stays so", []string{"1 a b"}, listed(t, r, "pack"))
}

// As npm publish --tag does.
func tags(t *testing.T, db *store.DB) {
	r := fresh(t, simple(false), db)
	publish := func(version, asset, text string, tags map[string]string) error {
		return r.Edit(t, All, pack, func(stage func(string) format.Staged) *format.Edit {
			e := &format.Edit{Tags: tags}
			if asset != "" {
				e.Versions = []format.VersionEdit{{Version: version, Assets: []format.NewAsset{{Name: asset, Content: stage(text)}}}}
			}
			return e
		})
	}
	tagged := func() map[string]string {
		p, err := r.Use(t).Package(t.Context(), pack)
		must(t, err)
		return p.Tags
	}
	must(t, publish("1", "a", "one", map[string]string{"latest": "1", "next": "1"}))
	equal(t, "tags", map[string]string{"latest": "1", "next": "1"}, tagged())
	if err := publish("1", "a", "other", map[string]string{"latest": "1", "beta": "1"}); !fault.Is(err, fault.Conflict) {
		t.Errorf("other content: %v", err)
	}
	if err := publish("2", "a", "two", map[string]string{"latest": "3"}); !fault.Is(err, fault.NotFound) {
		t.Errorf("tag of no version: %v", err)
	}
	equal(t, "tags after refusals", map[string]string{"latest": "1", "next": "1"}, tagged())
	equal(t, "listed after refusals", []string{"1 a"}, listed(t, r, "pack"))
	must(t, publish("2", "a", "two", map[string]string{"latest": "2", "next": ""}))
	must(t, publish("", "", "", map[string]string{"old": "1"}))
	equal(t, "tags", map[string]string{"latest": "2", "old": "1"}, tagged())
	if err := publish("", "", "", map[string]string{"a b": "1"}); !fault.Is(err, fault.Validation) {
		t.Errorf("a tag that is no name: %v", err)
	}
}

var put = &format.Verb{Name: "put metadata", Package: []string{format.PutMetadata}}

// As npm deprecate and cargo yank do.
func metadata(t *testing.T, db *store.DB) {
	r := fresh(t, simple(true), db)
	must(t, r.Publish(t, refOf("pack", "1"), format.VersionEdit{}, "a", "one"))
	edit := func(v format.VersionEdit) error {
		return r.Edit(t, put, pack, func(func(string) format.Staged) *format.Edit {
			return &format.Edit{Versions: []format.VersionEdit{v}}
		})
	}
	first := r.Version(t, refOf("pack", "1"))
	must(t, edit(format.VersionEdit{Version: "1", Yank: &format.Yank{Yanked: true, Reason: "broken"}}))
	yanked := r.Version(t, refOf("pack", "1"))
	if yanked.Yanked == nil || *yanked.Yanked != "broken" || yanked.Revision == first.Revision {
		t.Errorf("yanked %v, revision changed: %v", yanked.Yanked, yanked.Revision != first.Revision)
	}
	must(t, edit(format.VersionEdit{Version: "1", Yank: &format.Yank{Yanked: true, Reason: "broken"}}))
	equal(t, "version after the same yank", yanked, r.Version(t, refOf("pack", "1")))
	must(t, edit(format.VersionEdit{Version: "1", Yank: &format.Yank{}}))
	equal(t, "version after the yank is taken back", first, r.Version(t, refOf("pack", "1")))
	must(t, edit(format.VersionEdit{Version: "1", Status: format.Unlisted}))
	if got := listed(t, r, "pack"); got != nil {
		t.Errorf("listed though it is unlisted: %v", got)
	}
	must(t, edit(format.VersionEdit{Version: "1", Status: format.Published}))
	equal(t, "listed again", []string{"1 a"}, listed(t, r, "pack"))
	if err := edit(format.VersionEdit{Version: "2", Yank: &format.Yank{Yanked: true}}); !fault.Is(err, fault.NotFound) {
		t.Errorf("of a version that is not there: %v", err)
	}
	if err := edit(format.VersionEdit{Version: "1", Details: map[string]json.RawMessage{"b": nil}}); !fault.Is(err, fault.NotFound) {
		t.Errorf("of an asset that is not there: %v", err)
	}
	err := r.Edit(t, put, pack, func(stage func(string) format.Staged) *format.Edit {
		return &format.Edit{Versions: []format.VersionEdit{{Version: "1", Assets: []format.NewAsset{{Name: "b", Content: stage("b")}}}}}
	})
	if !internal(err) {
		t.Errorf("an asset by a verb that does not publish: %v", err)
	}
}

// As a POM that comes after its jar.
func descriptions(t *testing.T, db *store.DB) {
	r := fresh(t, simple(true), db)
	must(t, r.Publish(t, refOf("pack", "1"), format.VersionEdit{}, "a", "one"))
	describe := func(replace bool, d format.Description) {
		t.Helper()
		must(t, r.Publish(t, refOf("pack", "1"), format.VersionEdit{Description: &d, Replace: replace}))
	}
	describe(false, format.Description{DisplayName: "Pack", Summary: "first", Detail: []byte(`1`)})
	describe(false, format.Description{Summary: "second", Readme: "read", Licenses: []format.License{{Name: "MIT"}}, Detail: []byte(`2`)})
	equal(t, "filled", format.Description{DisplayName: "Pack", Summary: "first", Readme: "read", Licenses: []format.License{{Name: "MIT"}}, Detail: []byte(`1`)},
		r.Version(t, refOf("pack", "1")).Description)
	describe(true, format.Description{Summary: "third"})
	equal(t, "replaced", format.Description{Summary: "third"}, r.Version(t, refOf("pack", "1")).Description)
}

// As Maven does with a snapshot: the build is unlisted, the snapshot replaced.
func snapshots(t *testing.T, db *store.DB) {
	r := fresh(t, simple(true), db)
	build := func(version string, files ...string) error {
		return r.Edit(t, All, pack, func(stage func(string) format.Staged) *format.Edit {
			made := format.VersionEdit{Version: version, Status: format.Unlisted}
			snapshot := format.VersionEdit{Version: "1-SNAPSHOT", Status: format.Published, Exact: true}
			for i := 0; i < len(files); i += 2 {
				made.Assets = append(made.Assets, format.NewAsset{Name: files[i], Content: stage(files[i+1])})
				snapshot.Assets = append(snapshot.Assets, format.NewAsset{Name: files[i], From: &format.AssetRef{Version: version, Asset: files[i]}})
			}
			return &format.Edit{Versions: []format.VersionEdit{made, snapshot}}
		})
	}
	must(t, build("1-b1", "jar", "one", "pom", "same", "sources", "s"))
	must(t, build("1-b2", "jar", "two", "pom", "same"))
	equal(t, "listed", []string{"1-SNAPSHOT jar pom"}, listed(t, r, "pack"))
	for ref, want := range map[format.Ref]string{refOf("pack", "1-SNAPSHOT"): "two", refOf("pack", "1-b2"): "two", refOf("pack", "1-b1"): "one"} {
		if got, err := content(t, r, ref, "jar"); got != want || err != nil {
			t.Errorf("jar of %s = %q, %v; want %q", ref.Version, got, err, want)
		}
	}
	err := r.Edit(t, All, pack, func(func(string) format.Staged) *format.Edit {
		return &format.Edit{Versions: []format.VersionEdit{
			{Version: "1-b1", Status: format.Published},
			{Version: "1-SNAPSHOT", Assets: []format.NewAsset{{Name: "x", From: &format.AssetRef{Version: "1-b1", Asset: "missing"}}}},
		}}
	})
	if !fault.Is(err, fault.NotFound) {
		t.Errorf("from an asset that is not there: %v", err)
	}
	equal(t, "listed after a refusal", []string{"1-SNAPSHOT jar pom"}, listed(t, r, "pack"))
}

func revisions(t *testing.T, db *store.DB) {
	r := fresh(t, simple(true), db)
	must(t, r.Publish(t, refOf("pack", "1"), format.VersionEdit{}, "a", "one"))
	seen := r.Version(t, refOf("pack", "1")).Revision
	must(t, r.Publish(t, refOf("pack", "1"), format.VersionEdit{Revision: seen}, "b", "two"))
	for version, revision := range map[string]string{"1": seen, "2": seen} {
		if err := r.Publish(t, refOf("pack", version), format.VersionEdit{Revision: revision}, "c", "three"); !fault.Is(err, fault.Conflict) {
			t.Errorf("version %s: %v", version, err)
		}
	}
	equal(t, "listed", []string{"1 a b"}, listed(t, r, "pack"))
}

// spelled is a format whose versions and assets have several spellings.
func spelled() *format.Format {
	f := simple(true)
	f.SortKey = func(v string) string { return strings.ReplaceAll(v, ".0", "") }
	f.OneVersionPerKey = true
	f.AssetKey = strings.ToLower
	return f
}

func spellings(t *testing.T, db *store.DB) {
	r := fresh(t, spelled(), db)
	must(t, r.Publish(t, refOf("pack", "1.0"), format.VersionEdit{}, "File", "one"))
	must(t, r.Publish(t, refOf("pack", "1.0.0"), format.VersionEdit{}, "fILE", "one"))
	err := r.Publish(t, refOf("pack", "1"), format.VersionEdit{}, "file", "two")
	if !fault.Is(err, fault.Conflict) || !strings.Contains(fault.From(err).Message, "File, which is the same file as file, already exists") {
		t.Errorf("other content: %v", err)
	}
	must(t, r.Publish(t, refOf("pack", "1"), format.VersionEdit{}, "more", "three"))
	equal(t, "listed", []string{"1.0 File more"}, listed(t, r, "pack"))
	if err := r.Publish(t, refOf("pack", "2"), format.VersionEdit{}, "A", "1", "a", "1"); !fault.Is(err, fault.Validation) {
		t.Errorf("one asset twice: %v", err)
	}
}

func spellingsAtOnce(t *testing.T, db *store.DB) {
	r := fresh(t, spelled(), db)
	var wait sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wait.Go(func() {
			errs[i] = r.Publish(t, refOf("pack", "1"+strings.Repeat(".0", i)), format.VersionEdit{}, []string{"file", "File"}[i%2], fmt.Sprint(i))
		})
	}
	wait.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !fault.Is(err, fault.Conflict) {
			t.Errorf("%v", err)
		}
	}
	if got := listed(t, r, "pack"); won != 1 || len(got) != 1 || strings.Count(got[0], " ") != 1 {
		t.Errorf("%d won, listed %v", won, got)
	}
}

func auxiliary(t *testing.T, db *store.DB) {
	f := simple(true)
	f.Auxiliary = func(asset string) bool { return strings.HasSuffix(asset, ".aux") }
	r := OpenOver(t, f, db, registry.Limits{Assets: 2}).Repository(t)
	must(t, r.Publish(t, refOf("pack", "1"), format.VersionEdit{}, "a", "1", "a.aux", "x", "b", "2", "b.aux", "y", "c.aux", "z"))
	if err := r.Publish(t, refOf("pack", "1"), format.VersionEdit{}, "c", "3"); !fault.Is(err, fault.Quota) {
		t.Errorf("a third asset: %v", err)
	}
}

func ingested(t *testing.T, db *store.DB) {
	r := fresh(t, simple(true), db)
	r.Origin = registry.Origin{Type: "EXTERNAL", Connection: "public:npmjs"}
	published, uploaded := Now.AddDate(-3, 0, 0), Now.AddDate(-2, 0, 0)
	must(t, r.Edit(t, All, pack, func(stage func(string) format.Staged) *format.Edit {
		return &format.Edit{Versions: []format.VersionEdit{
			{Version: "1", Published: published, Assets: []format.NewAsset{{Name: "a", Content: stage("one"), Uploaded: uploaded}}},
		}}
	}))
	v := r.Version(t, refOf("pack", "1"))
	if v.Origin != r.Origin || !v.Published.Equal(published) || !v.Assets[0].Uploaded.Equal(uploaded) {
		t.Errorf("origin %v, published %v, uploaded %v", v.Origin, v.Published, v.Assets[0].Uploaded)
	}
	r.Origin = registry.Origin{}
	must(t, r.Publish(t, refOf("pack", "1"), format.VersionEdit{}, "b", "two"))
	must(t, r.Publish(t, refOf("pack", "2"), format.VersionEdit{}, "b", "two"))
	if got := r.Version(t, refOf("pack", "1")).Origin.Type; got != "EXTERNAL" {
		t.Errorf("the origin became %s with another asset", got)
	}
	equal(t, "origin of what is published", registry.Origin{Type: "INTERNAL", Repository: r.Name}, r.Version(t, refOf("pack", "2")).Origin)
}

// As nuget push needs it: read on the repository, publish on the package.
func judged(t *testing.T, db *store.DB) {
	r := fresh(t, simple(true), db)
	var asked []string
	var refuse string
	r.Judge = func(actions []string, on registry.Subject) error {
		asked = append(asked, strings.Join(actions, " ")+" on "+on.ARN[strings.Index(on.ARN, Owner)+len(Owner)+1:])
		if slices.Contains(actions, refuse) {
			return fault.New(fault.AccessDenied, "no")
		}
		return nil
	}
	on := "repository/" + Domain + "/" + r.Name
	onPackage := "package/" + Domain + "/" + r.Name + "/pypi//pack"
	must(t, r.Publish(t, refOf("pack", "1"), format.VersionEdit{}, "a", "one"))
	once := []string{format.Read + " on " + on, format.Publish + " on " + onPackage}
	equal(t, "judged at the start, before content is durable, and before it is seen", slices.Repeat(once, 3), asked)
	for _, refuse = range []string{format.Read, format.Publish} {
		if err := r.Publish(t, refOf("pack", "2"), format.VersionEdit{}, "a", "two"); !fault.Is(err, fault.AccessDenied) {
			t.Errorf("without %s: %v", refuse, err)
		}
	}

	refuse = ""
	c, err := r.Use(t).Begin(t.Context(), All)
	must(t, err)
	defer c.Close()
	_, err = c.Claim(t.Context(), refOf("pack", "2"))
	must(t, err)
	s, err := c.Stage(t.Context(), 10)
	must(t, err)
	for _, refuse = range []string{format.Read, format.Publish} {
		err = c.Commit(t.Context(), &format.Edit{Versions: []format.VersionEdit{{Version: "2", Assets: []format.NewAsset{{Name: "a", Content: s}}}}})
		if !fault.Is(err, fault.AccessDenied) {
			t.Errorf("commit after %s was taken away: %v", refuse, err)
		}
	}
	refuse = ""
	equal(t, "listed", []string{"1 a"}, listed(t, r, "pack"))
}

// As npm publish and npm deprecate on one address.
func verbs(t *testing.T, db *store.DB) {
	r := fresh(t, simple(true), db)
	var asked []string
	r.Judge = func(actions []string, _ registry.Subject) error {
		asked = append(asked, actions...)
		return nil
	}
	bound := r.Use(t, All, put)
	if asked != nil {
		t.Errorf("judged %v before the verb was known", asked)
	}
	if _, err := bound.Package(t.Context(), pack); !internal(err) {
		t.Errorf("a read before the verb was known: %v", err)
	}
	c, err := bound.Begin(t.Context(), put)
	must(t, err)
	defer c.Close()
	_, err = c.Claim(t.Context(), refOf("pack", "1"))
	must(t, err)
	equal(t, "judged", []string{format.PutMetadata}, asked)
	if _, err := c.Claim(t.Context(), refOf("other", "1")); !internal(err) {
		t.Errorf("a second package in one change: %v", err)
	}
	if _, err := bound.Begin(t.Context(), &format.Verb{Name: "else", Package: []string{format.Publish}}); !internal(err) {
		t.Errorf("a verb that is not the route's: %v", err)
	}
}

func statuses(t *testing.T, db *store.DB) {
	r := fresh(t, simple(true), db)
	for i, status := range []format.Status{format.Published, format.Unlisted, format.Archived, format.Disposed} {
		name := fmt.Sprintf("pack-%d", i)
		ref := refOf(name, "1")
		must(t, r.Publish(t, ref, format.VersionEdit{}, "a", "one"))
		r.SetStatus(t, ref, status)
		if got := listed(t, r, name) != nil; got != status.Listed() {
			t.Errorf("%s: listed %v", status, got)
		}
		if _, err := content(t, r, ref, "a"); (err == nil) != status.Downloadable() {
			t.Errorf("%s: download %v", status, err)
		}
		if got := slices.Contains(r.Names(t), name); got != status.Listed() {
			t.Errorf("%s: among the packages: %v", status, got)
		}
		if status == format.Archived || status == format.Disposed {
			if err := r.Publish(t, ref, format.VersionEdit{}, "b", "two"); !fault.Is(err, fault.Conflict) {
				t.Errorf("%s: publish: %v", status, err)
			}
		}
	}
}

func ordered(t *testing.T, db *store.DB) {
	f := simple(false)
	f.SortKey = func(v string) string { return fmt.Sprintf("%02d%s", len(v), v) } // shorter first
	r := fresh(t, f, db)
	for _, v := range []string{"10", "9", "100", "11"} {
		must(t, r.Publish(t, refOf("pack", v), format.VersionEdit{}, "a", v))
	}
	equal(t, "order", []string{"9 a", "10 a", "11 a", "100 a"}, listed(t, r, "pack"))
}

func write(t *testing.T, d *format.Document, base string) string {
	t.Helper()
	var b strings.Builder
	must(t, d.Write(&b, base))
	return b.String()
}

func documents(t *testing.T, db *store.DB) {
	r := fresh(t, simple(true), db)
	rendered := 0
	get := func() (*format.Document, error) {
		return r.Use(t).Document(t.Context(), pack, "count", func(p *format.Package) ([]byte, error) {
			rendered++
			return fmt.Appendf(nil, "%d at %s", len(p.Versions), format.Base()), nil
		})
	}
	if _, err := get(); !fault.Is(err, fault.NotFound) {
		t.Errorf("missing: %v", err)
	}
	must(t, r.Publish(t, refOf("pack", "1"), format.VersionEdit{}, "a", "x"))
	one, err := get()
	must(t, err)
	_, err = get()
	must(t, err)
	must(t, r.Publish(t, refOf("pack", "2"), format.VersionEdit{}, "a", "x"))
	two, err := get()
	must(t, err)
	equal(t, "documents", []string{"1 at http://a/", "1 at http://b/", "2 at http://a/"},
		[]string{write(t, one, "http://a/"), write(t, one, "http://b/"), write(t, two, "http://a/")})
	if rendered != 2 {
		t.Errorf("rendered %d times, want once a revision", rendered)
	}
	failure := errors.New("can't render")
	_, err = r.Use(t).Document(t.Context(), pack, "failing", func(*format.Package) ([]byte, error) { return nil, failure })
	if !errors.Is(err, failure) {
		t.Errorf("failing: %v", err)
	}
}

func indexed(t *testing.T, db *store.DB) {
	r := fresh(t, simple(true), db)
	if got := r.Names(t); len(got) > 0 {
		t.Errorf("empty: %v", got)
	}
	want := []string{"a", "b-c", "b-d", "cd", "e"}
	for _, name := range []string{"e", "b-d", "a", "cd", "b-c"} {
		must(t, r.Publish(t, refOf(name, "1"), format.VersionEdit{}, "a", "x"))
		if !slices.Contains(r.Names(t), name) {
			t.Errorf("%s is not seen at once", name)
		}
	}
	equal(t, "names", want, r.Names(t))
	must(t, r.Edit(t, put, format.Name{Name: "a"}, func(func(string) format.Staged) *format.Edit {
		return &format.Edit{Versions: []format.VersionEdit{{Version: "1", Status: format.Unlisted}}}
	}))
	equal(t, "names without what is unlisted", want[1:], r.Names(t))
	rendered := 0
	for range 3 {
		_, err := r.Use(t).Index(t.Context(), "count", func(iter.Seq2[format.Name, error]) ([]byte, error) { rendered++; return nil, nil })
		must(t, err)
	}
	if rendered != 1 {
		t.Errorf("rendered %d times, want once", rendered)
	}
}

func limits(t *testing.T, db *store.DB) {
	r := fresh(t, simple(false), db)
	c, err := r.Use(t).Begin(t.Context(), All)
	must(t, err)
	defer c.Close()
	s, err := c.Stage(t.Context(), 3)
	must(t, err)
	if _, err := io.WriteString(s, "1234"); !fault.Is(err, fault.BodyTooLarge) {
		t.Errorf("%v", err)
	}
}

// internal reports whether an error is a mistake in the program.
func internal(err error) bool { return err != nil && fault.From(err).Kind == fault.Internal }
