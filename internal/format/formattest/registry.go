package formattest

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"daypass/internal/blob"
	"daypass/internal/format"
	"daypass/internal/registry"
	"daypass/internal/store"
	"daypass/internal/store/storetest"
)

// Owner, Domain and Now are those of every [Registry].
const (
	Owner  = "123456789012"
	Domain = "acme"
)

// Now is the instant at which every call comes.
var Now = time.Date(2026, 11, 23, 8, 30, 0, 123000000, time.UTC)

// A Registry is the real one, with a domain, over a database and content in
// memory.
type Registry struct {
	config registry.Config
	format *format.Format

	mu   sync.Mutex
	live *registry.Registry
}

var repositories atomic.Int64 // of this process, for their names

// Open returns a registry for one format, which lives as long as the test.
func Open(t testing.TB, f *format.Format) *Registry {
	t.Helper()
	return OpenOver(t, f, storetest.Memory(t), registry.Limits{})
}

// OpenOver is [Open] over a database and with quotas.
func OpenOver(t testing.TB, f *format.Format, db *store.DB, limits registry.Limits) *Registry {
	t.Helper()
	limits.Repositories = 1 << 20
	g := &Registry{format: f, config: registry.Config{
		DB: db, Blobs: blob.NewMemory(), Now: func() time.Time { return Now }, Region: "us-east-1", Formats: []*format.Format{f}, Limits: limits,
	}}
	g.restart()
	d, err := g.live.Domain(t.Context(), "us-east-1", Owner, Domain)
	must(t, err)
	if !d.Exists() {
		_, err = g.live.CreateDomain(t.Context(), store.Domain{Region: "us-east-1", Owner: Owner, Name: Domain, Created: Now})
		must(t, err)
	}
	return g
}

// restart starts the registry again, without what it kept in memory.
func (g *Registry) restart() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.live = registry.New(g.config)
}

func (g *Registry) registry() *registry.Registry {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.live
}

// Repository makes an empty repository.
func (g *Registry) Repository(t testing.TB) *Repository {
	t.Helper()
	name := fmt.Sprint("packages-", repositories.Add(1))
	d, err := g.registry().Domain(t.Context(), "us-east-1", Owner, Domain)
	must(t, err)
	_, err = g.registry().CreateRepository(t.Context(), d, store.Repository{Name: name, Administrator: Owner, Created: Now}, nil)
	must(t, err)
	return &Repository{Name: name, registry: g}
}

// New makes an empty repository in a registry of its own.
func New(t testing.TB, f *format.Format) *Repository {
	t.Helper()
	return Open(t, f).Repository(t)
}

// A Repository is what a test has of a repository.
type Repository struct {
	Name     string
	registry *Registry

	// Judge says who may do what; nil: everybody everything.
	Judge func(actions []string, on registry.Subject) error

	// Fail injects failures of methods of [format.Repository] and
	// [format.Change]; it may be nil.
	Fail func(method string) error

	// Origin is where what is published comes from; see [registry.Binding].
	Origin registry.Origin

	mu     sync.Mutex
	opened []string
}

// All is a verb that may read and publish.
var All = &format.Verb{Name: "test", Repository: []string{format.Read}, Package: []string{format.Publish}}

func (r *Repository) resolve(ctx context.Context) (*registry.Repository, error) {
	return r.registry.registry().Resolve(ctx, Owner, Domain, r.Name)
}

// Bind returns the repository for one call of a route with the verbs; without
// any it is [All].
func (r *Repository) Bind(ctx context.Context, verbs ...*format.Verb) (format.Repository, error) {
	if len(verbs) == 0 {
		verbs = []*format.Verb{All}
	}
	resolved, err := r.resolve(ctx)
	if err != nil {
		return nil, err
	}
	bound, err := resolved.Bind(ctx, registry.Binding{
		Format: r.registry.format, Verbs: verbs, Now: Now, Origin: r.Origin,
		Caller: caller{r},
	})
	if err != nil {
		return nil, err
	}
	return &faulty{bound, r}, nil
}

// A caller is who uses a repository, and may what its Judge says.
type caller struct{ of *Repository }

// Judge implements [registry.Caller].
func (c caller) Judge(_ context.Context, actions []string, on registry.Subject) error {
	if c.of.Judge == nil {
		return nil
	}
	return c.of.Judge(actions, on)
}

// Again implements [registry.Caller].
func (c caller) Again(context.Context) error { return nil }

// Observe implements [registry.Caller].
func (c caller) Observe(*format.Verb, format.Ref) {}

// CountRows implements [registry.Caller].
func (c caller) CountRows(int) {}

// Use is [Repository.Bind] for tests that have no error to expect.
func (r *Repository) Use(t testing.TB, verbs ...*format.Verb) format.Repository {
	t.Helper()
	bound, err := r.Bind(t.Context(), verbs...)
	must(t, err)
	return bound
}

// Opened returns the names of the assets whose content was opened, in order.
func (r *Repository) Opened() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.opened)
}

// Version returns a version with all that was published of it.
func (r *Repository) Version(t testing.TB, ref format.Ref) *registry.PackageVersion {
	t.Helper()
	resolved, err := r.resolve(t.Context())
	must(t, err)
	v, err := resolved.PackageVersion(t.Context(), r.registry.format, ref)
	must(t, err)
	return v
}

// Names returns the names of the packages that an index is made of.
func (r *Repository) Names(t testing.TB) []string {
	t.Helper()
	d, err := r.Use(t).Index(t.Context(), "names of a test", func(names iter.Seq2[format.Name, error]) ([]byte, error) {
		var list []byte
		for n, err := range names {
			if err != nil {
				return nil, err
			}
			list = append(append(list, n.Name...), ' ')
		}
		return list, nil
	})
	must(t, err)
	var list strings.Builder
	must(t, d.Write(&list, ""))
	return strings.Fields(list.String())
}

// SetStatus changes the status of a version, as an operation of the API does.
func (r *Repository) SetStatus(t testing.TB, ref format.Ref, status format.Status) {
	t.Helper()
	resolved, err := r.resolve(t.Context())
	must(t, err)
	must(t, r.registry.config.DB.Update(t.Context(), func(tx *store.Tx) error {
		p, err := tx.Package(t.Context(), store.PackageKey{
			Repository: resolved.ID, Format: r.registry.format.Name, Namespace: ref.Namespace, Name: ref.Name.Name,
		})
		if err != nil {
			return err
		}
		v, err := tx.Version(t.Context(), p.ID, ref.Version)
		if err != nil {
			return err
		}
		v.Status = string(status)
		return tx.UpdateVersion(t.Context(), v)
	}))
	r.registry.restart()
}

// Edit commits an edit of a package by a verb, with what was staged for it.
func (r *Repository) Edit(t testing.TB, verb *format.Verb, name format.Name, edit func(stage func(content string) format.Staged) *format.Edit) error {
	t.Helper()
	bound, err := r.Bind(t.Context(), verb)
	if err != nil {
		return err
	}
	c, err := bound.Begin(t.Context(), verb)
	if err != nil {
		return err
	}
	defer c.Close()
	e := edit(func(content string) format.Staged {
		s, err := c.Stage(t.Context(), 1<<20)
		must(t, err)
		_, err = s.Write([]byte(content))
		must(t, err)
		return s
	})
	_, err = c.Claim(t.Context(), format.Ref{Name: name})
	if err != nil {
		return err
	}
	return c.Commit(t.Context(), e)
}

// Publish publishes a version with assets, given as names and contents in turn.
func (r *Repository) Publish(t testing.TB, ref format.Ref, v format.VersionEdit, pairs ...string) error {
	t.Helper()
	return r.Edit(t, All, ref.Name, func(stage func(string) format.Staged) *format.Edit {
		v.Version = ref.Version
		for i := 0; i < len(pairs); i += 2 {
			v.Assets = append(v.Assets, format.NewAsset{Name: pairs[i], Content: stage(pairs[i+1]), Detail: []byte(`{"n":1}`)})
		}
		return &format.Edit{Versions: []format.VersionEdit{v}}
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A faulty repository fails where a test says so.
type faulty struct {
	format.Repository
	repository *Repository
}

func (r *Repository) fail(method string) error {
	if r.Fail == nil {
		return nil
	}
	return r.Fail(method)
}

func (f *faulty) Package(ctx context.Context, name format.Name) (*format.Package, error) {
	err := f.repository.fail("Package")
	if err != nil {
		return nil, err
	}
	return f.Repository.Package(ctx, name)
}

func (f *faulty) Document(ctx context.Context, name format.Name, variant string, render func(*format.Package) ([]byte, error)) (*format.Document, error) {
	err := f.repository.fail("Document")
	if err != nil {
		return nil, err
	}
	return f.Repository.Document(ctx, name, variant, render)
}

func (f *faulty) Index(ctx context.Context, variant string, render func(iter.Seq2[format.Name, error]) ([]byte, error)) (*format.Document, error) {
	err := f.repository.fail("Index")
	if err != nil {
		return nil, err
	}
	return f.Repository.Index(ctx, variant, render)
}

func (f *faulty) Open(ctx context.Context, ref format.Ref, asset string) (*format.Content, error) {
	err := f.repository.fail("Open")
	if err != nil {
		return nil, err
	}
	c, err := f.Repository.Open(ctx, ref, asset)
	if err == nil {
		f.repository.mu.Lock()
		f.repository.opened = append(f.repository.opened, asset)
		f.repository.mu.Unlock()
	}
	return c, err
}

func (f *faulty) Begin(ctx context.Context, verb *format.Verb) (format.Change, error) {
	err := f.repository.fail("Begin")
	if err != nil {
		return nil, err
	}
	c, err := f.Repository.Begin(ctx, verb)
	if err != nil {
		return nil, err
	}
	return &faultyChange{c, f.repository}, nil
}

type faultyChange struct {
	format.Change
	repository *Repository
}

func (f *faultyChange) Stage(ctx context.Context, limit int64) (format.Staged, error) {
	err := f.repository.fail("Stage")
	if err != nil {
		return nil, err
	}
	return f.Change.Stage(ctx, limit)
}

func (f *faultyChange) Claim(ctx context.Context, ref format.Ref) (*format.Version, error) {
	err := f.repository.fail("Claim")
	if err != nil {
		return nil, err
	}
	return f.Change.Claim(ctx, ref)
}

func (f *faultyChange) Commit(ctx context.Context, edit *format.Edit) error {
	err := f.repository.fail("Commit")
	if err != nil {
		return err
	}
	return f.Change.Commit(ctx, edit)
}
