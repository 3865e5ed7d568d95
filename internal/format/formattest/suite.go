package formattest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/fault"
	"daypass/internal/format"
)

// A Subject is an implementation of [format.Repository] under test.
type Subject struct {
	// Open returns an empty repository for a format.
	Open func(t *testing.T, f *format.Format) format.Repository

	// SetStatus changes the status of a version of an opened repository.
	SetStatus func(t *testing.T, r format.Repository, ref format.Ref, status format.Status)
}

// Run checks that a repository does what formats rely on.
func Run(t *testing.T, subject Subject) {
	for _, row := range []struct {
		name string
		test func(t *testing.T, u Subject)
	}{
		{"a release is seen whole once it is committed", committed},
		{"nothing is seen before the commit or without it", uncommitted},
		{"the same content again changes nothing, other content conflicts", conflicts},
		{"published versions grow only where the format says so", growth},
		{"an unfinished version is hidden until it is finished", unfinished},
		{"status decides what is listed and downloadable", statuses},
		{"versions are in the format's order", ordered},
		{"packages are listed in pages", paged},
		{"documents follow the package", documents},
		{"content past the limit is refused", limits},
	} {
		t.Run(row.name, func(t *testing.T) { row.test(t, subject) })
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

func at(name, version string) format.Ref {
	return format.Ref{Name: format.Name{Name: name}, Version: version}
}

// publish publishes assets, given as names and contents in turn.
func publish(t *testing.T, r format.Repository, ref format.Ref, release format.Release, pairs ...string) error {
	t.Helper()
	p, err := r.Publish(t.Context(), ref)
	if err != nil {
		return err
	}
	defer p.Close()
	for i := 0; i < len(pairs); i += 2 {
		s, err := p.Stage(t.Context(), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(s, pairs[i+1]); err != nil {
			t.Fatal(err)
		}
		release.Assets = append(release.Assets, format.NewAsset{Name: pairs[i], Content: s, Detail: []byte(`{"n":1}`)})
	}
	return p.Commit(t.Context(), &release)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, r format.Repository, ref format.Ref, name string) (string, error) {
	t.Helper()
	a, err := r.Asset(t.Context(), ref, name)
	if err != nil {
		return "", err
	}
	f, err := r.Open(t.Context(), a)
	must(t, err)
	defer f.Close()
	b, err := io.ReadAll(f)
	return string(b), err
}

func listed(t *testing.T, r format.Repository, name string) []string {
	t.Helper()
	p, err := r.Package(t.Context(), format.Name{Name: name})
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	must(t, err)
	var versions []string
	for _, v := range p.Versions {
		versions = append(versions, v.Version)
	}
	return versions
}

func committed(t *testing.T, u Subject) {
	r := u.Open(t, simple(false))
	about := format.Description{
		DisplayName: "Pack", Summary: "sums", HomePage: "https://home.example", SourceCode: "https://source.example",
		Licenses: []format.License{{Name: "MIT"}}, Readme: "read", Detail: []byte(`{"a":1}`),
		Dependencies: []format.Dependency{{Package: "dep", Type: "Requires-Dist", Requirement: ">1"}},
	}
	must(t, publish(t, r, at("pack", "1"), format.Release{Description: about}, "b.txt", "bee", "a.txt", "ay"))
	p, err := r.Package(t.Context(), format.Name{Name: "pack"})
	must(t, err)
	v := p.Versions[0]
	if diff := cmp.Diff(format.Description{Detail: about.Detail}, v.Description); diff != "" {
		t.Errorf("description (-want +got):\n%s", diff)
	}
	if v.Status != format.Published || v.Revision == "" || v.Published.IsZero() || v.Yanked != nil {
		t.Errorf("version %+v", v)
	}
	if len(v.Assets) != 2 || v.Assets[0].Name != "a.txt" || v.Assets[1].Size != 3 || v.Assets[1].Digests != Digests([]byte("bee")) ||
		v.Assets[0].Uploaded.IsZero() || string(v.Assets[0].Detail) != `{"n":1}` {
		t.Errorf("assets %+v", v.Assets)
	}
	if got, err := content(t, r, at("pack", "1"), "b.txt"); got != "bee" || err != nil {
		t.Errorf("content %q, %v", got, err)
	}
}

func uncommitted(t *testing.T, u Subject) {
	r := u.Open(t, simple(false))
	p, err := r.Publish(t.Context(), at("pack", "1"))
	must(t, err)
	s, err := p.Stage(t.Context(), 100)
	must(t, err)
	_, err = io.WriteString(s, "hello")
	must(t, err)
	back := make([]byte, 3)
	if _, err := s.ReadAt(back, 2); err != nil || string(back) != "llo" || s.Size() != 5 || s.Digests() != Digests([]byte("hello")) {
		t.Errorf("read back %q, %v", back, err)
	}
	for range 2 {
		if got := listed(t, r, "pack"); got != nil {
			t.Errorf("listed: %v", got)
		}
		if _, err := r.Asset(t.Context(), at("pack", "1"), "a"); !fault.Is(err, fault.NotFound) {
			t.Errorf("asset: %v", err)
		}
		must(t, p.Close())
	}
}

func conflicts(t *testing.T, u Subject) {
	r := u.Open(t, simple(true))
	first := format.Release{Description: format.Description{Summary: "first"}}
	must(t, publish(t, r, at("pack", "1"), first, "a", "one"))
	before, err := r.Package(t.Context(), format.Name{Name: "pack"})
	must(t, err)
	must(t, publish(t, r, at("pack", "1"), format.Release{Description: format.Description{Summary: "second"}}, "a", "one"))
	after, err := r.Package(t.Context(), format.Name{Name: "pack"})
	must(t, err)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("changed by the same content:\n%s", diff)
	}
	err = publish(t, r, at("pack", "1"), format.Release{}, "b", "new", "a", "two")
	want := format.Conflicting("a", Digests([]byte("one")), Digests([]byte("two")))
	if !fault.Is(err, fault.Conflict) || fault.From(err).Message != want.Message {
		t.Errorf("%v\nwant %v", err, want)
	}
	if _, err := r.Asset(t.Context(), at("pack", "1"), "b"); !fault.Is(err, fault.NotFound) {
		t.Errorf("half of a refused release is there: %v", err)
	}
}

func growth(t *testing.T, u Subject) {
	for _, grows := range []bool{true, false} {
		r := u.Open(t, simple(grows))
		must(t, publish(t, r, at("pack", "1"), format.Release{}, "a", "one"))
		before, err := r.Package(t.Context(), format.Name{Name: "pack"})
		must(t, err)
		revision := before.Versions[0].Revision
		err = publish(t, r, at("pack", "1"), format.Release{}, "b", "two")
		if (err == nil) != grows || err != nil && !fault.Is(err, fault.Conflict) {
			t.Errorf("grows %v: %v", grows, err)
		}
		after, err := r.Package(t.Context(), format.Name{Name: "pack"})
		must(t, err)
		if changed := after.Versions[0].Revision != revision; changed != grows {
			t.Errorf("grows %v: revision changed: %v", grows, changed)
		}
	}
}

func unfinished(t *testing.T, u Subject) {
	r := u.Open(t, simple(false))
	must(t, publish(t, r, at("pack", "1"), format.Release{Unfinished: true}, "a", "one"))
	must(t, publish(t, r, at("pack", "1"), format.Release{Unfinished: true}, "b", "two"))
	if got := listed(t, r, "pack"); got != nil {
		t.Errorf("listed: %v", got)
	}
	if _, err := r.Asset(t.Context(), at("pack", "1"), "a"); !fault.Is(err, fault.NotFound) {
		t.Errorf("downloadable: %v", err)
	}
}

func statuses(t *testing.T, u Subject) {
	r := u.Open(t, simple(true))
	for i, status := range []format.Status{format.Published, format.Unlisted, format.Archived, format.Disposed} {
		name := fmt.Sprintf("pack-%d", i)
		ref := at(name, "1")
		must(t, publish(t, r, ref, format.Release{}, "a", "one"))
		u.SetStatus(t, r, ref, status)
		if got := listed(t, r, name) != nil; got != status.Listed() {
			t.Errorf("%s: listed %v", status, got)
		}
		if _, err := content(t, r, ref, "a"); (err == nil) != status.Downloadable() {
			t.Errorf("%s: download %v", status, err)
		}
		names, err := r.Packages(t.Context(), format.Name{}, 100)
		must(t, err)
		if got := slices.Contains(names, ref.Name); got != status.Listed() {
			t.Errorf("%s: among the packages: %v", status, got)
		}
		if status == format.Archived || status == format.Disposed {
			if err := publish(t, r, ref, format.Release{}, "b", "two"); !fault.Is(err, fault.Conflict) {
				t.Errorf("%s: publish: %v", status, err)
			}
		}
	}
}

func ordered(t *testing.T, u Subject) {
	f := simple(false)
	f.SortKey = func(v string) string { return fmt.Sprintf("%02d%s", len(v), v) } // shorter first
	r := u.Open(t, f)
	for _, v := range []string{"10", "9", "100", "11"} {
		must(t, publish(t, r, at("pack", v), format.Release{}, "a", v))
	}
	if diff := cmp.Diff([]string{"9", "10", "11", "100"}, listed(t, r, "pack")); diff != "" {
		t.Error(diff)
	}
}

func paged(t *testing.T, u Subject) {
	r := u.Open(t, simple(false))
	want := []string{"a", "b", "c-d", "cd", "e"}
	for i := range want {
		must(t, publish(t, r, at(want[len(want)-1-i], "1"), format.Release{}, "a", "x"))
	}
	var got []string
	after := format.Name{}
	for {
		names, err := r.Packages(t.Context(), after, 2)
		must(t, err)
		for _, n := range names {
			got = append(got, n.Name)
		}
		if len(names) < 2 {
			break
		}
		after = names[1]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func documents(t *testing.T, u Subject) {
	r := u.Open(t, simple(true))
	render := func(p *format.Package) ([]byte, error) { return fmt.Appendf(nil, "%d", len(p.Versions)), nil }
	get := func(ctx context.Context, name string) (*format.Document, error) {
		return r.Document(ctx, format.Name{Name: name}, "count", render)
	}
	if _, err := get(t.Context(), "pack"); !fault.Is(err, fault.NotFound) {
		t.Errorf("missing: %v", err)
	}
	must(t, publish(t, r, at("pack", "1"), format.Release{}, "a", "x"))
	one, err := get(t.Context(), "pack")
	must(t, err)
	again, err := get(t.Context(), "pack")
	must(t, err)
	must(t, publish(t, r, at("pack", "2"), format.Release{}, "a", "x"))
	two, err := get(t.Context(), "pack")
	must(t, err)
	if string(one.Body) != "1" || again.ETag != one.ETag || string(two.Body) != "2" || two.ETag == one.ETag {
		t.Errorf("documents %s %s, %s, %s %s", one.Body, one.ETag, again.ETag, two.Body, two.ETag)
	}
	if n := len(one.ETag); n < 3 || one.ETag[0] != '"' || one.ETag[n-1] != '"' {
		t.Errorf("ETag %s is not strong and quoted", one.ETag)
	}
	failure := errors.New("can't render")
	_, err = r.Document(t.Context(), format.Name{Name: "pack"}, "failing", func(*format.Package) ([]byte, error) { return nil, failure })
	if !errors.Is(err, failure) {
		t.Errorf("failing: %v", err)
	}
}

func limits(t *testing.T, u Subject) {
	r := u.Open(t, simple(false))
	p, err := r.Publish(t.Context(), at("pack", "1"))
	must(t, err)
	defer p.Close()
	s, err := p.Stage(t.Context(), 3)
	must(t, err)
	if _, err := io.WriteString(s, "1234"); !fault.Is(err, fault.BodyTooLarge) {
		t.Errorf("%v", err)
	}
}
