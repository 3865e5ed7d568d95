package registry_test

import (
	"bytes"
	"testing"

	"daypass/internal/blob"
	"daypass/internal/format"
	"daypass/internal/registry"
	"daypass/internal/store"
	"daypass/internal/store/storetest"
)

// BenchmarkWarmDocument is what a package manager's read costs in the registry.
func BenchmarkWarmDocument(b *testing.B) {
	g, ctx := benchRegistry(b), b.Context()
	bind := func() format.Repository {
		r, err := g.Resolve(ctx, owner, "dom", "repo")
		if err != nil {
			b.Fatal(err)
		}
		bound, err := r.Bind(ctx, registry.Binding{Format: growing, Verbs: everything, Now: noon, Caller: &caller{judge: allow}})
		if err != nil {
			b.Fatal(err)
		}
		return bound
	}
	err := publish(ctx, bind(), ref("p", "1.0"), format.VersionEdit{}, "a", "one")
	if err != nil {
		b.Fatal(err)
	}
	page := bytes.Repeat([]byte("x"), 1<<10)
	b.ReportAllocs()
	for b.Loop() {
		d, err := bind().Document(ctx, format.Name{Name: "p"}, "html", func(*format.Package) ([]byte, error) { return page, nil })
		if err != nil || d.Size("") != len(page) {
			b.Fatal(err)
		}
	}
}

func benchRegistry(b *testing.B) *registry.Registry {
	g := registry.New(registry.Config{DB: storetest.Memory(b), Blobs: blob.NewMemory(), Region: "us-east-1"})
	d, err := g.CreateDomain(b.Context(), store.Domain{Region: "us-east-1", Owner: owner, Name: "dom", Created: noon})
	if err != nil {
		b.Fatal(err)
	}
	_, err = g.CreateRepository(b.Context(), d, store.Repository{Name: "repo", Administrator: owner, Created: noon}, nil)
	if err != nil {
		b.Fatal(err)
	}
	return g
}
