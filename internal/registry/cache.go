package registry

import (
	"context"
	"hash/maphash"
	"math"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"daypass/internal/format"
	"daypass/internal/store"
)

// Bounds of the caches of packages, in estimated bytes. Package managers request
// documents over and over. Rows are read for the first document of a revision, and for
// downloads. The weight of a document includes the compressed forms that it may keep.
const (
	maxHeads     = 2 << 20
	maxRows      = 4 << 20
	maxDocuments = 36 << 20

	// One entry may take 1/maxShare of a cache. A heavier one is returned to all who
	// wait for it, but not cached.
	maxShare = 3
)

const (
	// maxStaleness is how long a watching replica uses its cache after its last look
	// at the changes of others.
	maxStaleness = time.Second

	// clockSlack is how far the clocks of replicas may differ, plus how long a
	// transaction may take, before a change could be missed.
	clockSlack = 15 * time.Second
)

// A cache keeps the rows of packages, and the documents that formats rendered from
// them. Several callers who need the same entry wait for one load.
//
// Only heads can be out of date. A change made here drops the package's head
// before the change is acknowledged; changes of other replicas are seen by
// [Registry.Watch]. Rows and documents are filed under the revision that the
// head told, so that those of older revisions are never asked for again.
// Deleted repositories and packages have ids that never come back.
type cache struct {
	loadHead  otter.LoaderFunc[store.PackageKey, *store.Package]
	heads     *otter.Cache[store.PackageKey, *store.Package]
	rows      *otter.Cache[rowsKey, *rows]
	documents *otter.Cache[documentKey, *format.Document]

	indexes indexes

	// turns bounds how many packages are read or rendered at the same time. The work
	// is bound by CPU: more at once would only take more memory.
	turns chan struct{}

	watching  atomic.Bool
	confirmed atomic.Int64 // Unix nanoseconds of the last look

	// refreshed is when the last look was, by the clock that changes have. Only
	// [Registry.refresh] uses it.
	refreshed time.Time
}

// A rowsKey names what a revision of a package has in the database.
type rowsKey struct {
	pkg      string // id
	revision int64
	version  string // empty: all versions that are listed
}

// A documentKey names what a format renders from a revision of a package.
type documentKey struct {
	pkg      string // id
	revision int64
	variant  string
}

func newCache(loadHead otter.LoaderFunc[store.PackageKey, *store.Package]) *cache {
	return &cache{
		loadHead: loadHead,
		indexes:  indexes{seed: maphash.MakeSeed()},
		heads: bounded(maxHeads, func(k store.PackageKey, p *store.Package) int {
			n := 512 + len(k.Namespace) + len(k.Name)
			for tag, version := range p.Tags {
				n += 64 + len(tag) + len(version)
			}
			return n
		}),
		rows:      bounded(maxRows, func(_ rowsKey, r *rows) int { return r.weight }),
		documents: bounded(maxDocuments, func(_ documentKey, d *format.Document) int { return int(d.Weight()) }),
		turns:     make(chan struct{}, max(4, runtime.GOMAXPROCS(0))),
	}
}

// bounded returns a cache of at most limit bytes by what weigh says. It evicts
// on the caller's goroutine, so that the limit holds when a call returns.
func bounded[K comparable, V any](limit int, weigh func(K, V) int) *otter.Cache[K, V] {
	return otter.Must(&otter.Options[K, V]{
		MaximumWeight: uint64(limit),
		Weigher: func(k K, v V) uint32 {
			n := weigh(k, v)
			if n > limit/maxShare {
				return math.MaxUint32 // over every limit: evicted at once, and nothing else is
			}
			return uint32(n)
		},
		Executor: func(fn func()) { fn() },
	})
}

// head returns a package's row.
func (c *cache) head(ctx context.Context, key store.PackageKey) (*store.Package, error) {
	if c.stale() {
		return c.loadHead(ctx, key)
	}
	return c.heads.Get(ctx, key, c.loadHead)
}

// loadRows returns cached rows, or else those of load.
func (c *cache) loadRows(ctx context.Context, key rowsKey, load otter.LoaderFunc[rowsKey, *rows]) (*rows, error) {
	return c.rows.Get(ctx, key, inTurn(c, load))
}

// document returns a document, rendered from the package's listed rows if it is
// not known. Reading and rendering are one turn, so that no rows wait in memory
// for another one. Who has a turn never waits for the rows of who has none:
// html and json that are both missing read the rows twice at worst.
func (c *cache) document(ctx context.Context, key documentKey, load otter.LoaderFunc[rowsKey, *rows], render func(*rows) (*format.Document, error)) (*format.Document, error) {
	return c.documents.Get(ctx, key, inTurn(c, func(ctx context.Context, key documentKey) (*format.Document, error) {
		listed := rowsKey{pkg: key.pkg, revision: key.revision}
		known, ok := c.rows.GetIfPresent(listed)
		if ok {
			return render(known)
		}
		read, err := load(ctx, listed)
		if err != nil {
			return nil, err
		}
		c.rows.Set(listed, read)
		return render(read)
	}))
}

// index returns a document of all packages of a format in a repository, from
// render if it is not known. It takes no turn: it may ask for documents of
// packages, which take theirs.
func (c *cache) index(ctx context.Context, repository, formatName, variant string, render func(context.Context) (*format.Document, error)) (*format.Document, error) {
	if c.stale() {
		return render(ctx)
	}
	key := documentKey{repository + "/" + formatName, c.indexes.counter(repository, formatName).Load(), variant}
	return c.documents.Get(ctx, key, otter.LoaderFunc[documentKey, *format.Document](func(ctx context.Context, _ documentKey) (*format.Document, error) {
		return render(ctx)
	}))
}

// inTurn makes a load wait for its turn. The load must not ask for rows or
// documents itself.
func inTurn[K comparable, V any](c *cache, load otter.LoaderFunc[K, V]) otter.LoaderFunc[K, V] {
	return func(ctx context.Context, key K) (V, error) {
		select {
		case c.turns <- struct{}{}:
			defer func() { <-c.turns }()
			return load(ctx, key)
		case <-ctx.Done():
			var none V
			return none, ctx.Err()
		}
	}
}

// invalidate drops a package, also one that is being read at the moment.
func (c *cache) invalidate(key store.PackageKey) {
	c.heads.Invalidate(key)
	c.indexes.counter(key.Repository, key.Format).Add(1)
}

// invalidateOutdated drops a package unless the cached revision is the current one.
// It also drops one that is being read at the moment.
func (c *cache) invalidateOutdated(current *store.Package) {
	known, ok := c.heads.GetEntryQuietly(current.PackageKey)
	if !ok || known.Value.Revision != current.Revision {
		c.heads.Invalidate(current.PackageKey)
	}
}

// clear drops all packages.
func (c *cache) clear() {
	c.heads.InvalidateAll()
	for i := range c.indexes.counters {
		c.indexes.counters[i].Add(1)
	}
}

func (c *cache) stale() bool {
	return c.watching.Load() && time.Now().UnixNano()-c.confirmed.Load() > int64(maxStaleness)
}

// Watch looks every interval for packages that other replicas changed, until ctx ends.
// A server that shares its database MUST run it. While it cannot reach the database
// for more than a second, the cache is bypassed.
func (g *Registry) Watch(ctx context.Context, interval time.Duration) {
	g.packages.watching.Store(true)
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			lookCtx, cancel := context.WithTimeout(ctx, maxStaleness)
			_ = g.refresh(lookCtx) // a failure shows as stale
			cancel()
		}
	}
}

func (g *Registry) refresh(ctx context.Context) error {
	asked, now := time.Now(), g.Now()
	var changed []*store.Package
	err := g.DB.View(ctx, func(tx *store.Tx) (err error) {
		changed, err = tx.ChangedPackages(ctx, now.Add(-clockSlack))
		return err
	})
	if err != nil {
		return err
	}
	if !g.packages.refreshed.IsZero() && now.Sub(g.packages.refreshed) > maxStaleness { // older changes may have been overlooked meanwhile
		g.packages.clear()
	}
	g.packages.refreshed = now
	for _, p := range changed {
		g.packages.invalidateOutdated(p)
	}
	g.packages.indexes.changed(changed)
	g.packages.confirmed.Store(asked.UnixNano())
	return nil
}
