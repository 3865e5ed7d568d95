package registry

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"daypass/internal/format"
	"daypass/internal/store"
)

// A counted cache counts what is read and rendered through it.
type counted struct {
	*cache
	pause           time.Duration // that a read takes
	mu              sync.Mutex
	reads, rendered int
}

// document asks for a document of n bytes, made of rows of a weight.
func (c *counted) document(ctx context.Context, pkg string, weight, n int) error {
	d, err := c.cache.document(ctx, documentKey{pkg, 1, "html"},
		func(context.Context, rowsKey) (*rows, error) {
			time.Sleep(c.pause)
			c.mu.Lock()
			defer c.mu.Unlock()
			c.reads++
			return &rows{weight: weight}, nil
		},
		func(*rows) (*format.Document, error) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.rendered++
			return format.NewDocument(make([]byte, n)), nil
		})
	if err == nil && d.Size("") != n {
		err = fmt.Errorf("a document of %d bytes, want %d", d.Size(""), n)
	}
	return err
}

func (c *counted) want(t *testing.T, reads, rendered int) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reads != reads || c.rendered != rendered {
		t.Errorf("%d reads and %d documents rendered, want %d and %d", c.reads, c.rendered, reads, rendered)
	}
}

func TestSimultaneousMissesMakeOneLoad(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name             string
		weight, document int
	}{
		{"of what is kept", 1 << 10, 1 << 10},
		{"of rows too heavy to keep", maxRows, 1 << 10},
		{"of rows and a document too heavy to keep", maxRows, maxDocuments},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := &counted{cache: newCache(nil), pause: time.Second}
				for range 50 {
					go func() {
						err := c.document(t.Context(), "p", test.weight, test.document)
						if err != nil {
							t.Error(err)
						}
					}()
				}
				time.Sleep(time.Minute)
				c.want(t, 1, 1)
			})
		})
	}
}

func TestNoMorePackagesAreReadAtOnceThanTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &counted{cache: newCache(nil), pause: time.Second}
		for i := range 10 * cap(c.turns) {
			go func() {
				err := c.document(t.Context(), fmt.Sprint(i), 1, 1)
				if err != nil {
					t.Error(err)
				}
			}()
		}
		for done := range 10 {
			synctest.Wait()
			c.want(t, done*cap(c.turns), done*cap(c.turns))
			time.Sleep(time.Second)
		}
		synctest.Wait()
		c.want(t, 10*cap(c.turns), 10*cap(c.turns))
	})
}

func TestACallerWhoLeavesDoesNotFailThoseWhoWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCache(nil)
		ask := func(ctx context.Context) error {
			_, err := c.loadRows(ctx, rowsKey{pkg: "p"}, func(ctx context.Context, _ rowsKey) (*rows, error) {
				select {
				case <-ctx.Done():
					return nil, ctx.Err()
				case <-time.After(time.Second):
					return &rows{weight: 1}, nil
				}
			})
			return err
		}
		first, leave := context.WithCancel(t.Context())
		go func() {
			err := ask(first)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("who left got %v, want its own cancellation", err)
			}
		}()
		synctest.Wait()
		go func() {
			err := ask(t.Context())
			if err != nil {
				t.Errorf("who stayed got %v, want the rows", err)
			}
		}()
		synctest.Wait()
		leave()
		time.Sleep(time.Minute)
	})
}

func TestAPackageTooHeavyToKeepEvictsNoOther(t *testing.T) {
	t.Parallel()
	c, ctx := &counted{cache: newCache(nil)}, t.Context()
	others := func() {
		t.Helper()
		for i := range 100 {
			err := c.document(ctx, fmt.Sprint("other ", i), 1<<10, 10<<10)
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	others()
	c.want(t, 100, 100)
	for i := range 3 {
		err := c.document(ctx, fmt.Sprint("heavy ", i), maxRows/maxShare+1, maxDocuments/maxShare+1)
		if err != nil {
			t.Fatal(err)
		}
	}
	c.want(t, 103, 103)
	c.documents.InvalidateAll() // so that the rows are asked for too
	others()
	c.want(t, 103, 203)
	others()
	c.want(t, 103, 203)
}

func TestADocumentIsKeptWithoutTheRowsThatMadeIt(t *testing.T) {
	t.Parallel()
	c := &counted{cache: newCache(nil)}
	for range 3 {
		err := c.document(t.Context(), "p", maxRows, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
	}
	c.want(t, 1, 1)
}

// TestAProjectOf20000VersionsIsReadOnce holds that its page is light enough to
// keep, though its rows are not.
func TestAProjectOf20000VersionsIsReadOnce(t *testing.T) {
	t.Parallel()
	head := &store.Package{PackageKey: store.PackageKey{Name: "nightly"}, ID: "P"}
	var versions []*store.Version
	var assets []*store.Asset
	var page strings.Builder
	for i := range 20_000 {
		v := &store.Version{ID: fmt.Sprint("V", i), Version: fmt.Sprintf("1.0.dev%d", i), Status: string(format.Published)}
		a := &store.Asset{Version: v.ID, Name: "nightly-" + v.Version + "-py3-none-any.whl", SHA256: strings.Repeat("0", 64)}
		versions, assets = append(versions, v), append(assets, a)
		fmt.Fprintf(&page, `<a href="%s/%s#sha256=%s" data-requires-python="&gt;=3.9" data-core-metadata="sha256=%s" data-upload-time="2026-10-01T12:00:00.000000Z">%s</a><br>`+"\n",
			v.Version, a.Name, a.SHA256, a.SHA256, a.Name)
	}
	weight := newRows(head, versions, assets).weight
	if weight <= maxRows/maxShare {
		t.Fatalf("the rows weigh %d bytes, which is kept: they must be an example of what is not", weight)
	}
	c := &counted{cache: newCache(nil)}
	for range 10 {
		err := c.document(t.Context(), "nightly", weight, page.Len())
		if err != nil {
			t.Fatal(err)
		}
	}
	c.want(t, 1, 1)
}

func TestWhatIsKeptStaysWithinItsBytes(t *testing.T) {
	t.Parallel()
	c := &counted{cache: newCache(nil)}
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := range 500 {
				err := c.document(t.Context(), fmt.Sprint(worker, " ", i), 100<<10, 200<<10)
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for _, kept := range []struct {
		what   string
		weight uint64
		limit  uint64
	}{{"rows", c.rows.WeightedSize(), maxRows}, {"documents", c.documents.WeightedSize(), maxDocuments}} {
		if kept.weight > kept.limit || kept.weight < kept.limit/2 {
			t.Errorf("%s of %d bytes are kept, want at most %d and at least half of that", kept.what, kept.weight, kept.limit)
		}
	}
}

func TestARevisionReadBeforeAChangeIsNotKept(t *testing.T) {
	t.Parallel()
	key := store.PackageKey{Name: "p"}
	var revision int64 = 1
	var change func()
	c := newCache(func(context.Context, store.PackageKey) (*store.Package, error) {
		read := &store.Package{PackageKey: key, Revision: revision}
		change()
		return read, nil
	})
	change = func() { // commits and is dropped between the read and its end
		change = func() {}
		revision = 2
		c.invalidate(key)
	}
	for range 2 {
		p, err := c.head(t.Context(), key)
		if err != nil || p.Revision != 2 {
			t.Errorf("head = %v, %v; want revision 2", p, err)
		}
	}
}

func TestALookAtOthersChangesKeepsWhatIsCurrent(t *testing.T) {
	t.Parallel()
	key, loads := store.PackageKey{Name: "p"}, 0
	c := newCache(func(context.Context, store.PackageKey) (*store.Package, error) {
		loads++
		return &store.Package{PackageKey: key, Revision: int64(loads)}, nil
	})
	for _, step := range []struct {
		changed int64 // the revision that the look finds
		loads   int
	}{{1, 1}, {1, 1}, {2, 2}, {2, 2}} {
		_, err := c.head(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		c.invalidateOutdated(&store.Package{PackageKey: key, Revision: step.changed})
		_, err = c.head(t.Context(), key)
		if err != nil || loads != step.loads {
			t.Errorf("after a look that found revision %d: %d loads, %v; want %d", step.changed, loads, err, step.loads)
		}
	}
}
