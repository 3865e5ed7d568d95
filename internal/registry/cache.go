package registry

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"daypass/internal/format"
	"daypass/internal/store"
)

const (
	// maxPackages and maxWeight bound what is kept of packages; weight is an
	// estimate in bytes. When either is reached everything is dropped.
	maxPackages = 1 << 13
	maxWeight   = 24 << 20

	// trust is how long a replica that watches believes what it keeps after its
	// last look at what others changed.
	trust = time.Second

	// slack is how far the clocks of replicas may be apart, and how long a
	// transaction may take from its start to its commit, before a change could
	// be overlooked.
	slack = 15 * time.Second
)

// packages keeps what was read of packages, and what formats rendered from
// it. A change made here drops the package at once; changes of other replicas
// are seen by [Registry.Watch]. Deleted repositories have new ids and are never
// asked for again.
type packages struct {
	db     *store.DB
	slots  atomic.Pointer[store.Cache[store.PackageKey, *slot]]
	epoch  atomic.Int64 // counts drops
	weight atomic.Int64

	watching  atomic.Bool
	confirmed atomic.Int64 // Unix nanoseconds of the last look
}

// A slot holds a package, or nil once that is out of date.
type slot struct{ content atomic.Pointer[content] }

func newPackages(db *store.DB) *packages {
	p := &packages{db: db}
	p.clear()
	return p
}

func (p *packages) clear() {
	p.weight.Store(0)
	p.slots.Store(store.NewCache[store.PackageKey, *slot](p.db, maxPackages))
}

// get returns a package as it is now, from load if it is not known.
func (p *packages) get(ctx context.Context, key store.PackageKey, load func(context.Context) (*content, error)) (*content, error) {
	if p.stale() {
		return load(ctx)
	}
	// A drop that comes after this look is noticed below, when the slot can be
	// seen by others: whichever of the two is last empties it.
	epoch := p.epoch.Load()
	var fresh *content
	s, err := p.slots.Load().Get(ctx, key, func(ctx context.Context) (*slot, error) {
		read, err := load(ctx)
		if err != nil {
			return nil, err
		}
		fresh = read
		s := new(slot)
		s.content.Store(read)
		return s, nil
	})
	if err != nil {
		return nil, err
	}
	if known := s.content.Load(); fresh == nil && known != nil {
		return known, nil
	}
	if fresh == nil {
		fresh, err = load(ctx)
		if err != nil {
			return nil, err
		}
		s.content.Store(fresh)
	}
	if p.epoch.Load() != epoch {
		s.content.CompareAndSwap(fresh, nil)
	}
	p.charge(fresh.weight)
	return fresh, nil
}

func (p *packages) charge(weight int64) {
	if p.weight.Add(weight) > maxWeight {
		p.clear()
	}
}

// errNothing is what an empty cache answers [packages.drop].
var errNothing = errors.New("nothing kept")

// drop forgets a package, unless what is kept has the given revision already.
func (p *packages) drop(key store.PackageKey, unless int64) {
	p.epoch.Add(1)
	s, err := p.slots.Load().Get(context.Background(), key, func(context.Context) (*slot, error) { return nil, errNothing })
	if err != nil {
		return
	}
	if known := s.content.Load(); known != nil && known.revision != unless {
		s.content.CompareAndSwap(known, nil)
	}
}

func (p *packages) stale() bool {
	return p.watching.Load() && time.Now().UnixNano()-p.confirmed.Load() > int64(trust)
}

// Watch looks every interval for packages that other replicas changed, until
// ctx ends. A server that shares its database MUST run it; one that can't look
// for longer than a second reads from the database until it can again.
func (g *Registry) Watch(ctx context.Context, interval time.Duration) {
	g.packages.watching.Store(true)
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			look, cancel := context.WithTimeout(ctx, trust)
			_ = g.look(look) // a failure shows as stale
			cancel()
		}
	}
}

func (g *Registry) look(ctx context.Context) error {
	asked := time.Now()
	var changed []*store.Package
	err := g.DB.View(ctx, func(tx *store.Tx) (err error) {
		changed, err = tx.ChangedPackages(ctx, g.Now().Add(-slack))
		return err
	})
	if err != nil {
		return err
	}
	for _, p := range changed {
		g.packages.drop(p.PackageKey, p.Revision)
	}
	g.packages.confirmed.Store(asked.UnixNano())
	return nil
}

// A content is all of a package, read in one transaction. It is immutable but
// for the documents.
type content struct {
	revision int64
	listed   *format.Package           // for lists
	versions map[string]format.Version // all of them
	moved    map[string]int64          // SHA-256 to the generation of content, where that is not 0
	weight   int64

	mu        sync.Mutex
	documents map[string]*format.Document
}

// document returns what render makes of the package, once a variant.
func (c *content) document(p *packages, variant string, render func(*format.Package) ([]byte, error)) (*format.Document, error) {
	c.mu.Lock()
	known := c.documents[variant]
	c.mu.Unlock()
	if known != nil {
		return known, nil
	}
	body, err := render(c.listed)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	d := &format.Document{Body: body, ETag: `"` + base64.RawURLEncoding.EncodeToString(sum[:18]) + `"`}
	c.mu.Lock()
	if c.documents == nil {
		c.documents = make(map[string]*format.Document)
	}
	c.documents[variant] = d
	c.mu.Unlock()
	p.charge(int64(len(body)))
	return d, nil
}
