package store

import (
	"sync"
	"time"
)

// clockError is the most that the clocks of two replicas differ once both follow
// the database's clock. Each is wrong by at most half of goodMeasurement.
const clockError = 100 * time.Millisecond

// A clock follows the database's clock, so that the instants of all replicas can
// be compared. Each read of the generation row measures the difference. A
// measurement that took long is inexact; it is ignored while a better one is
// recent.
type clock struct {
	mu       sync.Mutex
	offset   time.Duration // how far the database's clock is ahead of this machine's
	took     time.Duration // how long the measurement took
	measured time.Time     // when; zero: never
}

// goodMeasurement is the duration up to which a measurement is always used. Its
// error is at most half of its duration.
const goodMeasurement = clockError / 2

// firstMeasurements is how many measurements a start makes at most to get a good
// one. The first also opens a connection, and so takes longer.
const firstMeasurements = 10

// measurementLife is how long a measurement is preferred to a less exact one.
const measurementLife = 10 * time.Second

// measure updates the offset. said is the database's time in an exchange that
// began at an instant of this machine's clock and took a duration.
func (c *clock) measure(said, began time.Time, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if !c.measured.IsZero() && took > c.took && took > goodMeasurement && now.Sub(c.measured) < measurementLife {
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

// Now is the present by the database's clock. An embedded database has no clock of
// its own: Now is then this machine's.
func (db *DB) Now() time.Time { return db.clock.read(db.now()) }

// ClockError is the most that [DB.Now] differs between two replicas.
func (db *DB) ClockError() time.Duration {
	if db.engine.clock == "" {
		return 0
	}
	return clockError
}
