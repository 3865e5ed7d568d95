package throttle

import (
	"hash/maphash"
	"sync"
	"time"
)

// A debt is the instant at which a bucket is full again, as a duration since the
// table began. It is the whole state of a bucket, because the generic cell rate
// algorithm is a token bucket described by that instant. A limiter of
// golang.org/x/time/rate takes some 100 bytes and a lock for the same.
//
// Source: ITU-T I.371, annex A.
type debt = time.Duration

// burst is the size of a bucket: the requests of one second. AWS publishes rates
// alone.
const burst = time.Second

// A bucket is the time in which it refills by one request; 0 means no limit.
type bucket time.Duration

func newBucket(rate int) bucket {
	if rate == 0 {
		return 0
	}
	return bucket(time.Second / time.Duration(rate))
}

// add returns the debt after one more request. A debt is at most two bursts, however
// many requests were in progress at once. It never falls, also if another request was
// counted at a later instant.
func (b bucket) add(now time.Duration, d debt) debt {
	return max(d, min(max(d, now), now+2*burst)+time.Duration(b))
}

// wait returns how long until one more request is allowed; 0 means now.
func (b bucket) wait(now time.Duration, d debt) time.Duration {
	return max(0, min(max(d, now), now+2*burst)+time.Duration(b)-burst-now)
}

const (
	shards = 16

	// capacity bounds the buckets of one generation of a shard, and so a table to
	// 2 × shards × capacity buckets of about 50 bytes.
	capacity = 4096

	// minAge is how long a generation lasts at least, unless it reaches capacity. A
	// bucket that was not used for so long is full again, and need not be stored.
	minAge = 10 * time.Second
)

// A table has a bucket for each key that was used recently. It is divided into shards
// with a lock each.
type table[K comparable] struct {
	began  time.Time // debts are durations since then, so that the monotonic clock counts
	seed   maphash.Seed
	shards [shards]shard[K]
}

// A shard has two generations of debts. A debt that is used moves to the newer one.
// When the newer one is full or old, the older one is dropped. So a use costs at most
// two look-ups, and a flood of new keys drops buckets but takes no more memory.
type shard[K comparable] struct {
	mu      sync.Mutex
	rotated time.Duration
	newer   map[K]debt
	older   map[K]debt

	_ [64]byte // keeps the neighbour's lock out of this one's cache line
}

func (t *table[K]) init(now time.Time) {
	t.began, t.seed = now, maphash.MakeSeed()
	for i := range t.shards {
		t.shards[i].newer, t.shards[i].older = map[K]debt{}, map[K]debt{}
	}
}

// A use says whether a request is counted.
type use int

const (
	peek   use = iota // it is not counted
	take              // it is counted if it fits
	charge            // it is counted
)

// use returns how long the request would have to wait.
func (t *table[K]) use(u use, instant time.Time, b bucket, key K) time.Duration {
	if b == 0 {
		return 0
	}
	now := instant.Sub(t.began)
	s := &t.shards[maphash.Comparable(t.seed, key)%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.debt(now, key)
	wait := b.wait(now, d)
	if u == charge || u == take && wait == 0 {
		s.store(now, key, b.add(now, d))
	}
	return wait
}

func (s *shard[K]) debt(now time.Duration, key K) debt {
	if d, known := s.newer[key]; known {
		return d
	}
	if d, known := s.older[key]; known {
		return d
	}
	return now
}

func (s *shard[K]) store(now time.Duration, key K, d debt) {
	_, known := s.newer[key]
	if now-s.rotated >= minAge || !known && len(s.newer) >= capacity {
		s.newer, s.older = s.older, s.newer
		clear(s.newer)
		s.rotated = now
	}
	s.newer[key] = d
}
