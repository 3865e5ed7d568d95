package audit

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// queued is how many records may wait to be written, and queuedBytes how long
	// they may be together before no other is taken. They are what a process that is
	// killed loses, at most.
	queued      = 4096
	queuedBytes = 16 << 20
	// batch is how many bytes are written at once, unless one record has more.
	batch = 256 << 10
	// patience is how long a request waits for room. After it the record is lost,
	// counted and told: a full disk must not stop the service for longer than an
	// operator needs to hear of it.
	patience = time.Second
	// syncEvery is how often the file is made durable, and how soon what could not
	// be written is tried again. A power cut loses this much.
	syncEvery = time.Second
	// stall is after how long a write that does not return counts as failing.
	stall = 5 * time.Second
	// ending is how long the end waits for a sink that takes nothing, such as a
	// pipe whose reader hangs.
	ending = 10 * time.Second
)

// A Sink takes whole lines. Write may be called again with what an error left.
type Sink interface {
	Write(p []byte) (int, error)
	Sync() error
	Close() error
}

// A Trail writes events as records. A request takes room for its record with
// [Trail.Admit]; whoever makes records adds it with [Trail.Add], and says with
// [Trail.Flush] that a batch is complete. The methods are safe for concurrent
// use; a nil Trail records nothing.
type Trail struct {
	sink Sink
	log  *slog.Logger
	hide func(text string) string
	id   func(b []byte) []byte

	encoding sync.Mutex
	line     line // reused

	mu        sync.Mutex
	closed    bool
	accepted  int           // records that have room and are not written yet
	unwritten int           // bytes that are not written yet
	room      chan struct{} // closed when there is room again; nil: nobody waits
	batches   [][]byte      // of lines that the writer has not taken yet
	free      [][]byte      // written, to be used again

	wake chan struct{}
	stop chan struct{}
	done chan struct{}

	// Of the writer's goroutine.
	left     []byte // of a batch that could not be written whole
	dirty    bool   // written and not synced
	lostTold uint64

	written, lost, failures atomic.Uint64
	failing                 atomic.Pointer[error]
	writing                 atomic.Int64 // since when a write runs, as Unix nanoseconds; 0: none does
}

// New starts a trail. Each text goes through hide, the last guard: a secret that a
// client put where no one expects one, in a path or as a user agent, does not get
// into the trail. id appends the id of a record.
func New(sink Sink, log *slog.Logger, hide func(text string) string, id func(b []byte) []byte) *Trail {
	t := &Trail{
		sink: sink, log: log, hide: hide, id: id, line: line{hide: hide},
		wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}),
	}
	go t.run()
	return t
}

// Admit takes room for the record of a request, which must be added then. It
// returns at once unless too many wait; without room for a second there is none,
// and the record is lost.
func (t *Trail) Admit(requestID string) bool {
	if t == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var patient *time.Timer
	for !t.closed && (t.accepted >= queued || t.unwritten >= queuedBytes) {
		if patient == nil {
			patient = time.NewTimer(patience)
			defer patient.Stop()
		}
		if !t.await(patient.C) {
			t.lost.Add(1)
			return false
		}
	}
	if t.closed {
		t.late(requestID)
		return false
	}
	t.accepted++
	return true
}

// await waits until there may be room, and reports whether there was time. It is
// called with the lock, and gives it up meanwhile.
func (t *Trail) await(end <-chan time.Time) bool {
	if t.room == nil {
		t.room = make(chan struct{})
	}
	room := t.room
	t.mu.Unlock()
	defer t.mu.Lock()
	select {
	case <-room:
		return true
	case <-end:
		return false
	}
}

// late counts a record for which the end came first.
func (t *Trail) late(requestID string) {
	t.lost.Add(1)
	t.log.Error("audit record lost: the trail is closed", "request_id", requestID)
}

// Add makes the record of an event that was admitted.
func (t *Trail) Add(e *Event) {
	t.encoding.Lock()
	defer t.encoding.Unlock()
	t.line.bytes = t.line.bytes[:0]
	t.line.event(e, t.id)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		if t.accepted > 0 { // else the end counted it
			t.accepted--
			t.late(e.RequestID)
		}
		return
	}
	if last := len(t.batches) - 1; last < 0 || len(t.batches[last])+len(t.line.bytes) > batch {
		t.batches = append(t.batches, t.empty())
	}
	last := &t.batches[len(t.batches)-1]
	*last = append(*last, t.line.bytes...)
	t.unwritten += len(t.line.bytes)
}

// empty returns room for a batch.
func (t *Trail) empty() []byte {
	if n := len(t.free); n > 0 {
		b := t.free[n-1]
		t.free = t.free[:n-1]
		return b
	}
	return make([]byte, 0, batch)
}

// Drop gives up the room of a record that cannot be made.
func (t *Trail) Drop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.accepted--
	t.lost.Add(1)
}

// Flush has what was added written.
func (t *Trail) Flush() {
	if t == nil {
		return
	}
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// Err says why records can't be written now, or nil.
func (t *Trail) Err() error {
	if t == nil {
		return nil
	}
	if err := t.failing.Load(); err != nil {
		return *err
	}
	if since := t.writing.Load(); since != 0 && time.Since(time.Unix(0, since)) > stall {
		return errStalled
	}
	return nil
}

var errStalled = fmt.Errorf("the audit trail has taken nothing for %v", stall)

// Counts are what became of records since the start.
type Counts struct {
	Written  uint64
	Lost     uint64 // there was no room for too long, or the end came first
	Failures uint64 // tries to write that failed; what they held is tried again
	Queued   int
}

// Counts returns the counts of now.
func (t *Trail) Counts() Counts {
	if t == nil {
		return Counts{}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return Counts{t.written.Load(), t.lost.Load(), t.failures.Load(), t.accepted}
}

// Close writes every record that was added, makes it durable and closes the sink.
// The error says how many could not be written.
func (t *Trail) Close() error {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	again := t.closed
	t.closed = true
	t.release()
	t.mu.Unlock()
	if again {
		return nil
	}
	close(t.stop)
	select {
	case <-t.done:
	case <-time.After(ending):
		t.mu.Lock()
		defer t.mu.Unlock()
		return fmt.Errorf("the audit trail took nothing for %v: at least %d records are lost", ending, bytes.Count(slices.Concat(t.batches...), newline))
	}
	err := t.sink.Sync()
	if closeErr := t.sink.Close(); err == nil {
		err = closeErr
	}
	t.mu.Lock()
	unwritten := t.accepted
	t.accepted = 0
	t.mu.Unlock()
	if unwritten > 0 {
		t.lost.Add(uint64(unwritten))
		err = fmt.Errorf("%d audit records could not be written: %w", unwritten, cmp.Or(t.Err(), errUnfinished))
	}
	return err
}

// errUnfinished is why a record is not written that was admitted and not added.
var errUnfinished = errors.New("they were not made in time")

var newline = []byte{'\n'}

// run is the writer.
func (t *Trail) run() {
	defer close(t.done)
	tick := time.NewTicker(syncEvery)
	defer tick.Stop()
	for {
		select {
		case <-t.wake:
			if t.Err() == nil { // else it is tried with the next tick
				t.flush()
			}
		case <-tick.C:
			t.flush()
			t.sync()
			t.tell()
		case <-t.stop:
			t.flush()
			return
		}
	}
}

// flush writes what was added, a batch at a time. After an error it keeps what is
// left for the next try.
func (t *Trail) flush() {
	for {
		if len(t.left) == 0 && !t.take() {
			return
		}
		n, err := t.write(t.left)
		if err != nil {
			t.left = append(t.left[:0], t.left[n:]...)
			t.fail(err)
			return
		}
		t.give(t.left)
		t.left = nil
	}
}

// take takes the oldest batch, and reports whether there was one.
func (t *Trail) take() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.batches) == 0 {
		return false
	}
	t.left = t.batches[0]
	t.batches = slices.Delete(t.batches, 0, 1)
	return true
}

// give lets the room of a batch be used again.
func (t *Trail) give(b []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.free) < maxFree && cap(b) <= 2*batch {
		t.free = append(t.free, b[:0])
	}
}

// maxFree is how many batches' room is kept for lines to come.
const maxFree = 8

// write gives lines to the sink. Of what it took there is room again.
func (t *Trail) write(lines []byte) (int, error) {
	t.writing.Store(time.Now().UnixNano())
	n, err := t.sink.Write(lines)
	t.writing.Store(0)
	t.dirty = t.dirty || n > 0
	records := bytes.Count(lines[:n], newline)
	t.written.Add(uint64(records))
	t.mu.Lock()
	t.accepted -= records
	t.unwritten -= n
	t.release()
	t.mu.Unlock()
	if err == nil && t.failing.Swap(nil) != nil {
		t.log.Info("the audit trail is written again")
	}
	return n, err
}

// release lets whoever waits for room look again.
func (t *Trail) release() {
	if t.room != nil {
		close(t.room)
		t.room = nil
	}
}

func (t *Trail) fail(err error) {
	t.failures.Add(1)
	if t.failing.Swap(&err) == nil {
		t.log.Error("cannot write the audit trail", "cause", err.Error())
	}
}

func (t *Trail) sync() {
	if !t.dirty {
		return
	}
	err := t.sink.Sync()
	if err != nil {
		t.failures.Add(1)
		t.log.Error("cannot make the audit trail durable", "cause", err.Error())
		return
	}
	t.dirty = false
}

// tell logs how many records were lost since it last did.
func (t *Trail) tell() {
	if lost := t.lost.Load(); lost > t.lostTold {
		t.log.Error("audit records lost: the queue was full", "records", lost-t.lostTold)
		t.lostTold = lost
	}
}
