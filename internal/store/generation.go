package store

import (
	"context"
	"errors"
	"sync"
	"time"
)

// maxStaleness is how long a replica uses its caches after its last read of the
// generation row. A change on another replica takes effect here within this time.
const maxStaleness = time.Second

// maxSilence is how long a watched database may give no answer before transactions
// are refused at once, until it answers again. Otherwise waiting requests would
// pile up.
const maxSilence = 10 * time.Second

var errSilent = errors.New("it has not answered for 10 seconds")

// Touch marks the transaction as a change that caches must follow: of identities,
// policies, domains, repositories or revocations. Every [Cache] of this replica is
// empty before the Update that commits it returns.
func (tx *Tx) Touch() { tx.touched = true }

// incrementGeneration runs last in the transaction, because all writers wait for
// this one row.
func (tx *Tx) incrementGeneration(ctx context.Context) error {
	if !tx.touched || tx.generation != 0 {
		return nil
	}
	_, err := tx.nextGeneration(ctx)
	return err
}

// nextGeneration returns the generation that the transaction makes, for rows that
// store it.
func (tx *Tx) nextGeneration(ctx context.Context) (int64, error) {
	if tx.generation != 0 {
		return tx.generation, nil
	}
	tx.touched = true
	err := tx.queryRow(ctx, `UPDATE generation SET value = value + 1 WHERE id = 1 RETURNING value`, nil, &tx.generation)
	return tx.generation, err
}

// maxChecks is how often one change is checked before UpdateChecked gives up.
const maxChecks = 16

// UpdateChecked is [DB.Update] for a change that needs a permission. It calls check
// before the transaction, and again if a policy, identity or revocation was
// committed since. So nothing is changed after the permission ended. check MUST
// read state that is at least as new as the caches of this replica.
func (db *DB) UpdateChecked(ctx context.Context, check func(context.Context) error, fn func(*Tx) error) error {
	for range maxChecks {
		seen := db.generation.Load()
		err := check(ctx)
		if err != nil {
			return err
		}
		err = db.Update(ctx, func(tx *Tx) error {
			var now int64
			err := tx.queryRow(ctx, `SELECT value FROM generation WHERE id = 1`+db.engine.forShare, nil, &now)
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

// advance sets the known generation unless it is already greater: a slow read must
// not undo a newer commit.
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
	if value < before { // a greater generation was known before the query began
		db.wentBack.Store(true)
		return ErrReplaced
	}
	db.advance(value)
	db.confirmed.Store(asked.UnixNano())
	return nil
}

// Generation returns the number of the newest change that this replica knows.
func (db *DB) Generation() int64 { return db.generation.Load() }

// UpToDate reports whether a [Cache] would use what was read at a generation:
// nothing has changed since.
func (db *DB) UpToDate(generation int64) bool {
	return !db.stale() && generation >= db.generation.Load()
}

// Watch reads the generation row every interval until ctx ends, to see the changes
// of other replicas. Once it has not reached the database for a second, caches are
// bypassed.
func (db *DB) Watch(ctx context.Context, interval time.Duration) {
	db.watching.Store(true)
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			lookCtx, cancel := context.WithTimeout(ctx, maxStaleness)
			_ = db.refresh(lookCtx) // a failure makes the caches stale, and Ping reports it
			cancel()
		}
	}
}

// stale reports whether the caches may be behind by more than [maxStaleness].
func (db *DB) stale() bool {
	return db.watching.Load() && time.Now().UnixNano()-db.confirmed.Load() > int64(maxStaleness)
}

// silent reports whether the database has not answered for [maxSilence].
func (db *DB) silent() bool {
	return db.watching.Load() && time.Now().UnixNano()-db.confirmed.Load() > int64(maxSilence)
}

// A Cache keeps values derived from the database, up to a total weight. It drops
// them all when the generation changes. It is safe for concurrent use. Errors are
// not cached.
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

// NewCache returns an empty cache of at most max values that follows db, for values
// of similar size.
func NewCache[K comparable, V any](db *DB, max int) *Cache[K, V] {
	return NewWeighedCache(db, max, func(K, V) int { return 1 })
}

// NewWeighedCache returns an empty cache that follows db, for values that weigh at
// most limit together. A value that weighs more than a quarter of that is not
// cached, so that it cannot evict all others.
func NewWeighedCache[K comparable, V any](db *DB, limit int, weigh func(K, V) int) *Cache[K, V] {
	return &Cache[K, V]{db: db, limit: limit, weigh: weigh}
}

// Get returns the cached value of key, or else that of load. load may run for
// several callers at once.
func (c *Cache[K, V]) Get(ctx context.Context, key K, load func(context.Context) (V, error)) (V, error) {
	// The generation is read before the value is loaded: after a change in between
	// the value is stored under the old generation, which nobody reads.
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
	for other := range c.values { // in random order: the cache does not know which is used least
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
