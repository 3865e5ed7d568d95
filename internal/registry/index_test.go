package registry_test

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"daypass/internal/blob"
	"daypass/internal/format"
	"daypass/internal/registry"
	"daypass/internal/store"
	"daypass/internal/store/storetest"
)

func TestAnIndexNamesMorePackagesThanAreReadAtATime(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := newBench(t, db), t.Context()
		var want strings.Builder
		id := b.repository("repo").ID
		storetest.Fill(t, db, 2001, func(tx *store.Tx, i int) error {
			name := fmt.Sprintf("p%05d", i)
			p := &store.Package{PackageKey: store.PackageKey{Repository: id, Format: growing.Name, Name: name}, ID: name, Changed: noon}
			v := &store.Version{ID: name, Package: name, Version: "1", SortKey: "1", Status: string(format.Published), Published: noon}
			return errors.Join(tx.CreatePackage(ctx, p), tx.CreateVersion(ctx, v, &store.Description{Text: "{}"}))
		})
		for i := range 2001 {
			fmt.Fprintf(&want, "p%05d ", i)
		}
		if got := b.index(growing); got != want.String() {
			t.Errorf("%d names, want 2001 in order", strings.Count(got, " "))
		}
	})
}

func TestAnIndexFollowsOtherReplicasAndIsRenderedOncePerChange(t *testing.T) {
	t.Parallel()
	b, ctx := newBench(t, storetest.Memory(t)), t.Context()
	other := &bench{Registry: registry.New(registry.Config{DB: b.DB, Blobs: blob.NewMemory(), Now: b.clock, Region: "us-east-1"}), t: t, now: noon}
	rendered := 0
	names := func() string {
		t.Helper()
		err := b.Look(ctx)
		if err != nil {
			t.Fatal(err)
		}
		d, err := b.bind(growing).Index(ctx, "names", func(names iter.Seq2[format.Name, error]) ([]byte, error) {
			rendered++
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
			t.Fatal(err)
		}
		return text(d)
	}
	for i, name := range []string{"a", "b", "c"} {
		other.mustPublish(growing, ref(name, "1"), "f", name)
		for range 3 {
			if got, want := names(), "a b c "[:2*(i+1)]; got != want {
				t.Errorf("names = %q, want %q", got, want)
			}
		}
	}
	if rendered != 3 {
		t.Errorf("rendered %d times, want once for each change", rendered)
	}
}
