package throttle

import (
	"hash/maphash"
	"sync"
	"time"
)

// A debt is the instant at which a bucket is full again, counted from its
// table's beginning. It is all that has to be kept: the generic cell rate
// algorithm is a token bucket told by that instant. A limiter of
// golang.org/x/time/rate is some 100 bytes with a lock of its own for the same.
//
// Source: ITU-T I.371, annex A.
type debt = time.Duration

// room is what a bucket holds: as much as comes back in a second. AWS names its
// rates alone.
const room = time.Second

// A bucket is the time in which one request comes back; 0 means no limit.
type bucket time.Duration

func newBucket(rate int) bucket {
	if rate == 0 {
		return 0
	}
	return bucket(time.Second / time.Duration(rate))
}

// add puts one request more on a debt. What many requests that were under way
// at once owe is paid back within twice the room. The debt never falls, also if
// another request was counted at a later instant meanwhile.
func (b bucket) add(now time.Duration, d debt) debt {
	return max(d, min(max(d, now), now+2*room)+time.Duration(b))
}

// wait returns how long until one request fits; 0 means that it does now.
func (b bucket) wait(now time.Duration, d debt) time.Duration {
	return max(0, min(max(d, now), now+2*room)+time.Duration(b)-room-now)
}

const (
	shards = 16

	// capacity bounds the buckets that one generation of a shard has, and so a
	// table to 2 × shards × capacity of about 50 bytes.
	capacity = 4096

	// idle is how long a generation lasts at least, unless it is full. A bucket
	// that nobody used for so long is full again, which is the same as none.
	idle = 10 * time.Second
)

// A table has a bucket for each key that was seen lately. It is cut into shards
// with locks of their own.
type table[K comparable] struct {
	began  time.Time // instants are counted from it, so that a monotonic clock counts
	seed   maphash.Seed
	shards [shards]shard[K]
}

// A shard has two generations of debts. What is used moves to the newer one; when
// that is full or old, the older one is forgotten whole. So a use costs two
// look-ups at most, and a flood of strangers forgets buckets but adds no memory.
type shard[K comparable] struct {
	mu     sync.Mutex
	turned time.Duration
	newer  map[K]debt
	older  map[K]debt

	_ [64]byte // keeps the neighbour's lock out of this one's cache line
}

func (t *table[K]) init(now time.Time) {
	t.began, t.seed = now, maphash.MakeSeed()
	for i := range t.shards {
		t.shards[i].newer, t.shards[i].older = map[K]debt{}, map[K]debt{}
	}
}

// A use is what becomes of a request.
type use int

const (
	look   use = iota // it is not counted
	take              // it is counted if it fits
	charge            // it is counted
)

// use returns how long the request would have to wait.
func (t *table[K]) use(u use, at time.Time, b bucket, key K) time.Duration {
	if b == 0 {
		return 0
	}
	now := at.Sub(t.began)
	s := &t.shards[maphash.Comparable(t.seed, key)%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.debt(now, key)
	wait := b.wait(now, d)
	if u == charge || u == take && wait == 0 {
		s.keep(now, key, b.add(now, d))
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

func (s *shard[K]) keep(now time.Duration, key K, d debt) {
	_, known := s.newer[key]
	if now-s.turned >= idle || !known && len(s.newer) >= capacity {
		s.newer, s.older = s.older, s.newer
		clear(s.newer)
		s.turned = now
	}
	s.newer[key] = d
}
