package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/store"
)

func newPackage(name string) *store.Package {
	return &store.Package{PackageKey: store.PackageKey{Repository: "R-dom-repo", Format: "pypi", Name: name}, ID: "P-" + name, Changed: noon}
}

func newVersion(pkg, version, sortKey string) *store.Version {
	return &store.Version{ID: "V-" + pkg + "-" + version, Package: "P-" + pkg, Version: version, SortKey: sortKey,
		Status: "Published", Revision: "rev=", Origin: "INTERNAL", OriginRepository: "repo", Published: noon, Detail: `{"v":1}`}
}

var plain = &store.Description{Text: "{}"}

func versionOrder(t *testing.T, db *store.DB) {
	seed(t, db)
	// Bytes that a locale would order otherwise, and one that is no UTF-8.
	keys := []string{"\x00", "A", "B", "_", "a", "b", "z\x00", "z\x01", "\xff"}
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		errs := []error{tx.CreatePackage(ctx, newPackage("p"))}
		for i := range keys {
			n := (i*4 + 3) % len(keys)
			errs = append(errs, tx.CreateVersion(ctx, newVersion("p", fmt.Sprint(n), keys[n]), plain))
		}
		return errors.Join(errs...)
	})
	rows := view(t, db, func(ctx context.Context, tx *store.Tx) ([]*store.Version, error) {
		return tx.Versions(ctx, "P-p", "Published")
	})
	var got []string
	for _, v := range rows {
		got = append(got, v.SortKey)
	}
	if diff := cmp.Diff(keys, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

// publish adds content and an asset that needs it.
func publish(ctx context.Context, tx *store.Tx, version, name, sha string) (*store.Asset, error) {
	c, err := tx.ClaimContent(ctx, store.Content{ID: "C-" + version + name, Domain: "D-dom", SHA256: sha, Size: 7}, noon)
	if err != nil {
		return nil, err
	}
	a := &store.Asset{Version: version, Name: name, Content: c.ID, Generation: c.Generation, Size: 7,
		MD5: "m", SHA1: "s1", SHA256: sha, SHA512: "s5", Uploaded: noon, Detail: `{"x":1}`}
	return a, errors.Join(tx.StoredContent(ctx, c.ID, noon), tx.CreateAsset(ctx, a))
}

func packageRoundTrip(t *testing.T, db *store.DB) {
	seed(t, db)
	pkg := newPackage("p")
	pkg.Namespace, pkg.Tags = "scope", map[string]string{"latest": "1.0"}
	reason := ""
	one, two := newVersion("p", "1.0", "1"), newVersion("p", "2.0", "2")
	one.Yanked = &reason
	about := &store.Description{Text: `{"summary":"s"}`, Readme: "# read me"}
	var a, b *store.Asset
	update(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
		err = errors.Join(tx.CreatePackage(ctx, pkg), tx.CreateVersion(ctx, one, about), tx.CreateVersion(ctx, two, plain))
		if err != nil {
			return err
		}
		b, err = publish(ctx, tx, one.ID, "b.whl", "bb")
		if err != nil {
			return err
		}
		a, err = publish(ctx, tx, one.ID, "a.whl", "bb")
		if err != nil {
			return err
		}
		_, err = publish(ctx, tx, two.ID, "c.whl", "cc")
		two.Status, two.Revision = "Archived", "new="
		return errors.Join(err, tx.UpdateVersion(ctx, two), tx.PackageChanged(ctx, pkg.ID, noon.Add(time.Second)))
	})
	pkg.Revision, pkg.Changed = 1, noon.Add(time.Second)
	gotPackage := view(t, db, func(ctx context.Context, tx *store.Tx) (*store.Package, error) {
		return tx.Package(ctx, pkg.PackageKey)
	})
	if diff := cmp.Diff(pkg, gotPackage); diff != "" {
		t.Errorf("package (-want +got):\n%s", diff)
	}
	gotVersion := view(t, db, func(ctx context.Context, tx *store.Tx) (*store.Version, error) { return tx.Version(ctx, pkg.ID, "1.0") })
	if diff := cmp.Diff(one, gotVersion); diff != "" {
		t.Errorf("version (-want +got):\n%s", diff)
	}
	gotAbout := view(t, db, func(ctx context.Context, tx *store.Tx) (*store.Description, error) {
		return tx.Description(ctx, one.ID)
	})
	if diff := cmp.Diff(about, gotAbout); diff != "" {
		t.Errorf("description (-want +got):\n%s", diff)
	}
	for _, want := range []*store.Version{one, two} {
		versions := view(t, db, func(ctx context.Context, tx *store.Tx) ([]*store.Version, error) {
			return tx.Versions(ctx, pkg.ID, want.Status)
		})
		if diff := cmp.Diff([]*store.Version{want}, versions); diff != "" {
			t.Errorf("versions that are %s (-want +got):\n%s", want.Status, diff)
		}
	}
	assets := view(t, db, func(ctx context.Context, tx *store.Tx) ([]*store.Asset, error) {
		return tx.AssetsOfVersion(ctx, one.ID)
	})
	if diff := cmp.Diff([]*store.Asset{a, b}, assets); diff != "" {
		t.Errorf("assets (-want +got):\n%s", diff)
	}
	if a.Content != b.Content {
		t.Errorf("equal bytes are kept as %s and %s, want once", a.Content, b.Content)
	}
	all := view(t, db, func(ctx context.Context, tx *store.Tx) ([]*store.Asset, error) {
		return tx.AssetsOfPackage(ctx, pkg.ID, "Published")
	})
	if len(all) != 2 {
		t.Errorf("AssetsOfPackage returned %d assets, want the 2 of the version that is published", len(all))
	}
	size := view(t, db, func(ctx context.Context, tx *store.Tx) (int64, error) { return tx.DomainSize(ctx, "D-dom") })
	if size != 14 {
		t.Errorf("DomainSize = %d, want 14: equal bytes count once", size)
	}
	err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.CreateAsset(t.Context(), a) })
	if !errors.Is(err, store.ErrExists) {
		t.Errorf("CreateAsset of the same name = %v, want ErrExists", err)
	}
}

func packageLists(t *testing.T, db *store.DB) {
	seed(t, db)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		var errs []error
		for _, name := range []string{"b", "a", "empty", "archived", "c"} {
			p := newPackage(name)
			if name == "a" {
				p.Namespace = "x"
			}
			errs = append(errs, tx.CreatePackage(ctx, p))
			v := newVersion(name, "1", "1")
			if name == "archived" {
				v.Status = "Archived"
			}
			if name != "empty" {
				errs = append(errs, tx.CreateVersion(ctx, v, plain))
			}
		}
		return errors.Join(errs...)
	})
	list := func(namespace, name string, limit int) string {
		after := store.PackageKey{Repository: "R-dom-repo", Format: "pypi", Namespace: namespace, Name: name}
		var s string
		for _, p := range view(t, db, func(ctx context.Context, tx *store.Tx) ([]*store.Package, error) {
			return tx.Packages(ctx, after, "Published", limit)
		}) {
			s += p.Namespace + "/" + p.Name + " "
		}
		return s
	}
	for _, test := range []struct{ name, got, want string }{
		{"from the start", list("", "", 9), "/b /c x/a "},
		{"a page", list("", "", 1), "/b "},
		{"the next", list("", "b", 2), "/c x/a "},
		{"after a namespace", list("x", "a", 2), ""},
	} {
		if test.got != test.want {
			t.Errorf("%s: %q, want %q", test.name, test.got, test.want)
		}
	}
}

func packageChanges(t *testing.T, db *store.DB) {
	seed(t, db)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.CreatePackage(ctx, newPackage("a")), tx.CreatePackage(ctx, newPackage("b")),
			tx.PackageChanged(ctx, "P-b", noon.Add(time.Minute)))
	})
	changed := func(since time.Time) string {
		var s string
		for _, p := range view(t, db, func(ctx context.Context, tx *store.Tx) ([]*store.Package, error) {
			return tx.ChangedPackages(ctx, since)
		}) {
			s += fmt.Sprintf("%s@%d ", p.Name, p.Revision)
		}
		return s
	}
	for _, test := range []struct {
		since time.Time
		want  string
	}{
		{noon, "a@0 b@1 "},
		{noon.Add(time.Minute), "b@1 "},
		{noon.Add(time.Minute + time.Millisecond), ""},
	} {
		if got := changed(test.since); got != test.want {
			t.Errorf("changed since %v: %q, want %q", test.since, got, test.want)
		}
	}
}

func repositoryDeletion(t *testing.T, db *store.DB) {
	seed(t, db)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		_, err := publishOne(ctx, tx)
		return err
	})
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.DeleteRepository(ctx, "R-dom-repo") })
	err := db.View(t.Context(), func(tx *store.Tx) error { _, err := tx.Package(t.Context(), newPackage("p").PackageKey); return err })
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Package after the deletion = %v, want ErrNotFound", err)
	}
	left := view(t, db, func(ctx context.Context, tx *store.Tx) ([]*store.Asset, error) {
		return tx.AssetsOfVersion(ctx, "V-p-1")
	})
	if len(left) != 0 {
		t.Errorf("%d assets are left, want none", len(left))
	}
	if got := doom(t, db, noon.Add(time.Hour), noon.Add(2*time.Hour)); got != "ab/0 " {
		t.Errorf("doomed %q, want what the repository alone needed", got)
	}
}

func publishOne(ctx context.Context, tx *store.Tx) (*store.Asset, error) {
	err := errors.Join(tx.CreatePackage(ctx, newPackage("p")), tx.CreateVersion(ctx, newVersion("p", "1", "1"), plain))
	if err != nil {
		return nil, err
	}
	return publish(ctx, tx, "V-p-1", "a", "ab")
}

// doom tells what a sweep takes on.
func doom(t *testing.T, db *store.DB, before, at time.Time) string {
	t.Helper()
	var s string
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		s = ""
		rows, err := tx.DoomContents(ctx, before, at, 10)
		for _, c := range rows {
			s += fmt.Sprintf("%s/%d ", c.SHA256, c.Generation)
		}
		return err
	})
	return s
}

func doomContent(t *testing.T, db *store.DB) {
	seed(t, db)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		_, err := publishOne(ctx, tx)
		_, claim := tx.ClaimContent(ctx, store.Content{ID: "C-loose", Domain: "D-dom", SHA256: "cd", Size: 1}, noon)
		return errors.Join(err, claim)
	})
	later := noon.Add(time.Hour)
	if got := doom(t, db, noon, later); got != "" {
		t.Errorf("doomed %q, want nothing: it was touched too late", got)
	}
	if got := doom(t, db, noon.Add(time.Millisecond), later); got != "cd/0 " {
		t.Errorf("doomed %q, want cd alone: the other is needed", got)
	}
	if got := doom(t, db, noon.Add(time.Minute), later); got != "" {
		t.Errorf("doomed %q, want nothing: it is being removed already", got)
	}
	err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.StoredContent(t.Context(), "C-loose", later) })
	if !errors.Is(err, store.ErrStale) {
		t.Errorf("StoredContent of doomed content = %v, want ErrStale", err)
	}
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.ForgetContent(ctx, "C-loose"), tx.ForgetContent(ctx, "C-V-p-1a"))
	})
	kept := view(t, db, func(ctx context.Context, tx *store.Tx) ([]*store.Asset, error) {
		return tx.AssetsOfVersion(ctx, "V-p-1")
	})
	if len(kept) != 1 {
		t.Errorf("%d assets are left, want 1: content that is not doomed can't be forgotten", len(kept))
	}
}

func contentComesBack(t *testing.T, db *store.DB) {
	seed(t, db)
	claim := func(id string, at time.Time) (c store.Content) {
		update(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
			c, err = tx.ClaimContent(ctx, store.Content{ID: id, Domain: "D-dom", SHA256: "ab", Size: 5}, at)
			return err
		})
		return c
	}
	want := store.Content{ID: "C1", Domain: "D-dom", SHA256: "ab", Size: 5}
	if diff := cmp.Diff(want, claim("C1", noon)); diff != "" {
		t.Errorf("the first claim (-want +got):\n%s", diff)
	}
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.StoredContent(ctx, "C1", noon) })
	want.Stored = true
	if diff := cmp.Diff(want, claim("C2", noon.Add(time.Second))); diff != "" {
		t.Errorf("the second claim (-want +got):\n%s", diff)
	}
	if got := doom(t, db, noon.Add(time.Second), noon.Add(time.Hour)); got != "" {
		t.Errorf("doomed %q, want nothing: the second claim touched it", got)
	}
	doom(t, db, noon.Add(time.Minute), noon.Add(time.Hour))
	want = store.Content{ID: "C3", Domain: "D-dom", SHA256: "ab", Size: 5, Generation: 1}
	if diff := cmp.Diff(want, claim("C3", noon.Add(time.Hour))); diff != "" {
		t.Errorf("the claim during the removal (-want +got):\n%s", diff)
	}
}

func doomTakenOver(t *testing.T, db *store.DB) {
	seed(t, db)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.ClaimContent(ctx, store.Content{ID: "C1", Domain: "D-dom", SHA256: "ab", Size: 5}, noon)
		return err
	})
	hour := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	for _, step := range []struct {
		name       string
		before, at time.Time
		want       string
	}{
		{"the first sweep", hour(1), hour(2), "ab/0 "},
		{"one soon after", hour(1), hour(2), ""},
		{"one long after", hour(3), hour(4), "ab/0 "},
		{"another at that time", hour(3), hour(4), ""},
	} {
		if got := doom(t, db, step.before, step.at); got != step.want {
			t.Errorf("%s doomed %q, want %q", step.name, got, step.want)
		}
	}
}
