package store

import (
	"context"
	"errors"
	"sync"
	"time"
)

// trust is how long a replica believes its caches after its last look at the
// generation row. A change elsewhere holds here at the latest after this.
const trust = time.Second

// silence is how long a database that is watched may give no answer before
// transactions are refused at once, until it answers again: requests that wait
// for it would only pile up.
const silence = 10 * time.Second

var errSilent = errors.New("it has not answered for 10 seconds")

// Touch marks the transaction as a change that caches must see: identities,
// policies, domains, repositories, revocations. When it commits, every [Cache]
// of this replica is empty before Update returns.
func (tx *Tx) Touch() { tx.touched = true }

// bump runs last in the transaction, so that the one row everybody writes is
// held for as short as possible.
func (tx *Tx) bump(ctx context.Context) error {
	if !tx.touched || tx.value != 0 {
		return nil
	}
	_, err := tx.next(ctx)
	return err
}

// next is the generation that the transaction will be the change of, for rows
// that keep it.
func (tx *Tx) next(ctx context.Context) (int64, error) {
	if tx.value != 0 {
		return tx.value, nil
	}
	tx.touched = true
	err := tx.queryRow(ctx, `UPDATE generation SET value = value + 1 WHERE id = 1 RETURNING value`, nil, &tx.value)
	return tx.value, err
}

// maxChecks is how often a check is made for one change before it is given up.
const maxChecks = 16

// UpdateChecked is [DB.Update] for a change that depends on what caches follow:
// who may make it, by policies and revocations. It asks check before the
// transaction, and again if anything of that kind was committed since, so that
// nothing is changed after its permission ended. check MUST see at least what
// the caches of this replica do.
func (db *DB) UpdateChecked(ctx context.Context, check func(context.Context) error, fn func(*Tx) error) error {
	for range maxChecks {
		seen := db.generation.Load()
		err := check(ctx)
		if err != nil {
			return err
		}
		err = db.Update(ctx, func(tx *Tx) error {
			var now int64
			err := tx.queryRow(ctx, `SELECT value FROM generation WHERE id = 1`+db.engine.share, nil, &now)
			if err != nil {
				return err
			}
			if now != seen {
				return errOvertaken
			}
			return fn(tx)
		})
		if !errors.Is(err, errOvertaken) {
			return err
		}
		err = db.Ping(ctx)
		if err != nil {
			return err
		}
	}
	return db.failure(errOvertaken)
}

var errOvertaken = errors.New("policies or identities changed each time that the change was about to be committed")

// advance never goes back: a slow look must not undo a newer commit.
func (db *DB) advance(value int64) {
	for {
		known := db.generation.Load()
		if value <= known || db.generation.CompareAndSwap(known, value) {
			return
		}
	}
}

// refresh reads the generation row, and the database's clock with it.
func (db *DB) refresh(ctx context.Context) error {
	before, asked, began := db.generation.Load(), time.Now(), db.now()
	query := `SELECT value, 0 FROM generation WHERE id = 1`
	if db.engine.clock != "" {
		query = `SELECT value, ` + db.engine.clock + ` FROM generation WHERE id = 1`
	}
	var value, clock int64
	err := db.read.QueryRowContext(ctx, query).Scan(&value, &clock)
	if err != nil {
		return err
	}
	if db.engine.clock != "" {
		db.clock.measure(time.UnixMilli(clock), began, time.Since(asked))
	}
	if value < before { // it was known before it was asked for
		db.lost.Store(true)
		return ErrReplaced
	}
	db.advance(value)
	db.confirmed.Store(asked.UnixNano())
	return nil
}

// Generation is the newest number of a change that is known here.
func (db *DB) Generation() int64 { return db.generation.Load() }

// Knows reports whether what was read of the database up to a generation is all
// that there is, as far as [Cache] would believe it.
func (db *DB) Knows(generation int64) bool {
	return !db.stale() && generation >= db.generation.Load()
}

// Watch looks at the generation row every interval until ctx ends, so that
// changes made by other replicas are seen. While it can't reach the database
// for longer than a second, caches are bypassed rather than believed.
func (db *DB) Watch(ctx context.Context, interval time.Duration) {
	db.watching.Store(true)
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			look, cancel := context.WithTimeout(ctx, trust)
			_ = db.refresh(look) // a failure shows as stale, and Ping reports it
			cancel()
		}
	}
}

// stale reports whether the caches may be behind by more than [trust].
func (db *DB) stale() bool {
	return db.watching.Load() && time.Now().UnixNano()-db.confirmed.Load() > int64(trust)
}

// silent reports whether the database has not answered for [silence].
func (db *DB) silent() bool {
	return db.watching.Load() && time.Now().UnixNano()-db.confirmed.Load() > int64(silence)
}

// A Cache keeps values derived from the database, of so much weight together,
// and drops them all when the generation changes. It is safe for concurrent use.
// Errors are not kept.
type Cache[K comparable, V any] struct {
	db    *DB
	limit int
	weigh func(K, V) int

	mu         sync.RWMutex
	generation int64
	values     map[K]weighed[V]
	weight     int // of all values
}

type weighed[V any] struct {
	value  V
	weight int
}

// NewCache returns an empty cache of at most max values that follows db. It is
// for values of about one size.
func NewCache[K comparable, V any](db *DB, max int) *Cache[K, V] {
	return NewWeighedCache(db, max, func(K, V) int { return 1 })
}

// NewWeighedCache returns an empty cache that follows db, of values that weigh at
// most limit together. One that weighs more than a quarter of that is not kept,
// so that it cannot push out all others.
func NewWeighedCache[K comparable, V any](db *DB, limit int, weigh func(K, V) int) *Cache[K, V] {
	return &Cache[K, V]{db: db, limit: limit, weigh: weigh}
}

// Get returns the value of key, from load if it is not known. load may run for
// several callers at once.
func (c *Cache[K, V]) Get(ctx context.Context, key K, load func(context.Context) (V, error)) (V, error) {
	// The generation is read before the value is loaded: a change in between
	// leaves the value filed under the old generation, where nobody looks.
	generation := c.db.generation.Load()
	if c.db.stale() {
		return load(ctx)
	}
	c.mu.RLock()
	known, ok := c.values[key]
	ok = ok && c.generation == generation
	c.mu.RUnlock()
	if ok {
		return known.value, nil
	}
	value, err := load(ctx)
	if err == nil {
		c.put(generation, key, value)
	}
	return value, err
}

func (c *Cache[K, V]) put(generation int64, key K, value V) {
	weight := c.weigh(key, value)
	c.mu.Lock()
	defer c.mu.Unlock()
	if generation < c.generation {
		return
	}
	if generation > c.generation || c.values == nil {
		c.generation, c.values, c.weight = generation, make(map[K]weighed[V]), 0
	}
	const share = 4
	if weight > 1 && weight > c.limit/share {
		return
	}
	c.drop(key)
	for other := range c.values { // any: none is known to be asked for sooner
		if c.weight+weight <= c.limit {
			break
		}
		c.drop(other)
	}
	c.values[key] = weighed[V]{value, weight}
	c.weight += weight
}

func (c *Cache[K, V]) drop(key K) {
	c.weight -= c.values[key].weight
	delete(c.values, key)
}

// Len returns how many values the cache holds.
func (c *Cache[K, V]) Len() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.values)
}
