package audit

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"daypass/internal/printable"
)

const (
	// queued is how many records may wait for the writer. They, and a batch, are
	// what a process that is killed loses, at most.
	queued = 4096
	// batch is how many bytes are written at once.
	batch = 256 << 10
	// linger is the least time between two writes, so that a busy server's records
	// share them: what comes after a pause is written at once.
	linger = 2 * time.Millisecond
	// patience is how long a request waits for room in the queue. After it the
	// record is lost, counted and told: a full disk must not stop the service for
	// longer than an operator needs to hear of it.
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

// A Trail takes events from requests and writes them as records. Its methods
// are safe for concurrent use; a nil Trail records nothing.
type Trail struct {
	sink Sink
	log  *slog.Logger
	hide func(line []byte) []byte // masks secrets
	id   func() string

	mu     sync.RWMutex // held for reading while an event is handed over
	closed bool
	queue  chan Event
	stop   chan struct{}
	done   chan struct{}

	// Of the writer's goroutine.
	lines    []byte // not written yet
	waiting  uint64 // records in lines
	dirty    bool   // written and not synced
	flushed  time.Time
	lostTold uint64
	encoded  []byte

	written, lost, failures atomic.Uint64
	failing                 atomic.Pointer[error]
	writing                 atomic.Int64 // since when a write runs, as Unix nanoseconds; 0: none does
}

// New starts a trail. Each line goes through hide, the last guard: a secret that
// a client put where no one expects one, in a path or as a user agent, does not get
// into the trail. id makes the id of a record.
func New(sink Sink, log *slog.Logger, hide func(line []byte) []byte, id func() string) *Trail {
	t := &Trail{
		sink: sink, log: log, hide: hide, id: id,
		queue: make(chan Event, queued), stop: make(chan struct{}), done: make(chan struct{}),
	}
	go t.run()
	return t
}

// Record hands an event over. It returns at once unless the queue is full.
func (t *Trail) Record(e *Event) {
	if t == nil {
		return
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.closed {
		t.lost.Add(1)
		t.log.Error("audit record lost: the trail is closed", "request_id", e.RequestID)
		return
	}
	select {
	case t.queue <- *e:
		return
	default:
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case t.queue <- *e:
	case <-timer.C:
		t.lost.Add(1)
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
	Lost     uint64 // the queue was full for too long, or the end came first
	Failures uint64 // tries to write that failed; what they held is tried again
	Queued   int
}

// Counts returns the counts of now.
func (t *Trail) Counts() Counts {
	if t == nil {
		return Counts{}
	}
	return Counts{t.written.Load(), t.lost.Load(), t.failures.Load(), len(t.queue)}
}

// Close writes every record that was accepted, makes it durable and closes the
// sink. The error says how many could not be written.
func (t *Trail) Close() error {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	again := t.closed
	t.closed = true
	t.mu.Unlock()
	if again {
		return nil
	}
	close(t.stop)
	select {
	case <-t.done:
	case <-time.After(ending):
		return fmt.Errorf("the audit trail took nothing for %v: at least %d records are lost", ending, len(t.queue))
	}
	err := t.sink.Sync()
	if closeErr := t.sink.Close(); err == nil {
		err = closeErr
	}
	if unwritten := t.waiting + uint64(len(t.queue)); unwritten > 0 {
		t.lost.Add(unwritten)
		err = fmt.Errorf("%d audit records could not be written: %w", unwritten, t.Err())
	}
	return err
}

// run is the writer: what has come is written together, so that a busy server
// makes few calls of the system and an idle one writes at once.
func (t *Trail) run() {
	defer close(t.done)
	tick := time.NewTicker(syncEvery)
	defer tick.Stop()
	for {
		queue := t.queue
		if t.Err() != nil {
			queue = nil // what is there comes first; requests feel it in time
		}
		select {
		case e := <-queue:
			t.add(&e)
			time.Sleep(linger - time.Since(t.flushed))
			t.gather()
			t.flush()
		case <-tick.C:
			t.flush()
			t.sync()
			t.tell()
		case <-t.stop:
			t.drain()
			return
		}
	}
}

// gather takes what waits, up to a batch, and reports whether there was any.
func (t *Trail) gather() bool {
	for len(t.lines) < batch {
		select {
		case e := <-t.queue:
			t.add(&e)
		default:
			return len(t.lines) > 0
		}
	}
	return true
}

// drain writes all that is left, unless writing fails.
func (t *Trail) drain() {
	for t.gather() {
		t.flush()
		if t.Err() != nil {
			return
		}
	}
}

func (t *Trail) add(e *Event) {
	r := e.record(t.id())
	for _, part := range [...]struct {
		given Elements
		made  *json.RawMessage
	}{{e.Parameters, &r.RequestParameters}, {e.Response, &r.ResponseElements}} {
		if part.given != nil && (len(*part.made) > maxBytes/2 || !json.Valid(*part.made)) { // the rest is kept
			t.log.Error("audit record without its elements", "request_id", r.RequestID)
			*part.made = omitted
		}
	}
	t.encoded = r.append(t.encoded[:0])
	t.lines = append(t.lines, printable.JSON(t.hide(t.encoded))...)
	t.waiting++
}

var omitted = json.RawMessage(`{"omitted":true}`)

// flush writes the lines. After an error it keeps what is left for the next try.
func (t *Trail) flush() {
	if len(t.lines) == 0 {
		return
	}
	t.writing.Store(time.Now().UnixNano())
	n, err := t.sink.Write(t.lines)
	t.writing.Store(0)
	t.flushed = time.Now()
	t.dirty = t.dirty || n > 0
	if err != nil {
		t.lines = append(t.lines[:0], t.lines[n:]...)
		t.fail(err)
		return
	}
	t.written.Add(t.waiting)
	t.waiting, t.lines = 0, t.lines[:0]
	if t.failing.Swap(nil) != nil {
		t.log.Info("the audit trail is written again")
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
