package registry_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/format/formattest"
	"daypass/internal/registry"
	"daypass/internal/store"
	"daypass/internal/store/storetest"
)

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
		{"an edit without a file changes nothing", growing, format.Published, nil, -1, "a.whl", false},
		{"a name with a control character is refused", growing, format.Published, []string{"b\n", "1"}, fault.Validation, "a.whl", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, storetest.Memory(t))
			at := ref("p", "1.0")
			b.mustPublish(test.format, at, "a.whl", "one")
			before := b.setStatus(test.format, at, test.status)
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
	at := ref("p", "1.0")
	key := b.key(f, at)
	err := b.DB.View(b.t.Context(), func(tx *store.Tx) error {
		v, err := b.version(tx, key, at)
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

func (b *bench) key(f *format.Format, at format.Ref) store.PackageKey {
	return store.PackageKey{Repository: b.repository("repo").ID, Format: f.Name, Name: at.Name.Name}
}

func (b *bench) version(tx *store.Tx, key store.PackageKey, at format.Ref) (*store.Version, error) {
	p, err := tx.Package(b.t.Context(), key)
	if err != nil {
		return nil, err
	}
	return tx.Version(b.t.Context(), p.ID, at.Version)
}

// description returns what a version says of itself.
func (b *bench) description(f *format.Format, at format.Ref) (about store.Description) {
	b.t.Helper()
	err := b.DB.View(b.t.Context(), func(tx *store.Tx) error {
		v, err := b.version(tx, b.key(f, at), at)
		if err != nil {
			return err
		}
		d, err := tx.Description(b.t.Context(), v.ID)
		if err == nil {
			about = *d
		}
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return about
}

// setStatus changes the status of a version, as another replica would, and
// returns its revision.
func (b *bench) setStatus(f *format.Format, at format.Ref, status format.Status) (revision string) {
	b.t.Helper()
	ctx := b.t.Context()
	err := b.DB.Update(ctx, func(tx *store.Tx) error {
		v, err := b.version(tx, b.key(f, at), at)
		if err != nil {
			return err
		}
		revision, v.Status = v.Revision, string(status)
		return errors.Join(tx.UpdateVersion(ctx, v), tx.PackageChanged(ctx, v.Package, b.now))
	})
	if err == nil {
		err = b.Look(ctx)
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

func TestPublishingIsJudgedOnThePackageBeforeAnythingElse(t *testing.T) {
	t.Parallel()
	b, ctx := newBench(t, storetest.Memory(t)), t.Context()
	denied := fault.New(fault.AccessDenied, "no")
	var judged []string
	refuse := func(_ context.Context, _ []string, s registry.Subject) error {
		judged = append(judged, s.ARN+" of "+s.Account+" and "+s.Admin)
		return denied
	}
	at := format.Ref{Name: format.Name{Namespace: "parity", Name: "ui"}, Version: "1.0"}
	publishing := []*format.Verb{{Name: "publish", Package: []string{format.Publish}}}
	claim := func(repository string, judge func(context.Context, []string, registry.Subject) error) error {
		bound, err := b.repository(repository).Bind(ctx, registry.Binding{Format: fixed, Verbs: publishing, Now: noon, Caller: &caller{judge: judge}})
		if err != nil {
			return err
		}
		c, err := bound.Begin(ctx, publishing[0])
		if err != nil {
			return err
		}
		defer c.Close()
		_, err = c.Claim(ctx, at)
		return err
	}
	for _, name := range []string{"repo", "absent"} {
		err := claim(name, refuse)
		if !errors.Is(err, denied) {
			t.Errorf("Publish in %s = %v, want the refusal whether it exists or not", name, err)
		}
	}
	err := claim("absent", allow)
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

func TestNothingIsSeenBeforeTheCommit(t *testing.T) {
	t.Parallel()
	b, ctx := newBench(t, storetest.Memory(t)), t.Context()
	p, err := b.bind(growing).Begin(ctx, everything[0])
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Claim(ctx, ref("p", "1.0"))
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
	err = p.Commit(ctx, &format.Edit{Versions: []format.VersionEdit{{Version: "1.0", Assets: []format.NewAsset{{Name: "a", Content: staged}}}}})
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
				errs[i] = publish(ctx, r, ref("p", "1.0"), format.VersionEdit{}, fmt.Sprintf("f%d", i), fmt.Sprint("content ", i), "shared", "the same")
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

// TestTheRegistryDoesWhatFormatsRelyOn runs the suite of what formats are
// written on.
func TestTheRegistryDoesWhatFormatsRelyOn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, formattest.Run)
}
