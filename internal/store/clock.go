package store

import (
	"sync"
	"time"
)

// clockError is by how much the clocks of two replicas may differ once both go
// by the database's: half of what the measurements below may take, for each.
const clockError = 100 * time.Millisecond

// A clock follows that of the database, so that the instants of all replicas can
// be compared whatever their machines say. It is corrected with each look at the
// generation row; a look that took long says little and is passed over while a
// better one is not old.
type clock struct {
	mu       sync.Mutex
	offset   time.Duration // what the database's clock is ahead of ours
	took     time.Duration // the measurement
	measured time.Time     // zero: never
}

// goodMeasurement is how long one may take that is believed at once: it is wrong
// by half of that at most.
const goodMeasurement = clockError / 2

// firstMeasurements is how often a start looks for a good one: the first look
// also opens a connection.
const firstMeasurements = 10

// remeasure is how long a measurement is preferred to one that took longer.
const remeasure = 10 * time.Second

// measure takes in what the database's clock said in an exchange that began and
// ended at instants of our clock, and took so long.
func (c *clock) measure(said, began time.Time, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if !c.measured.IsZero() && took > c.took && took > goodMeasurement && now.Sub(c.measured) < remeasure {
		return
	}
	c.offset, c.took, c.measured = said.Sub(began.Add(took/2)), took, now
}

func (c *clock) isGood() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.measured.IsZero() && c.took <= goodMeasurement
}

func (c *clock) read(now time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return now.Add(c.offset)
}

// Now is the present by the database's clock. An embedded database has ours.
func (db *DB) Now() time.Time { return db.clock.read(db.now()) }

// ClockError is by how much [DB.Now] may differ between two replicas.
func (db *DB) ClockError() time.Duration {
	if db.engine.clock == "" {
		return 0
	}
	return clockError
}
