package server

import (
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"daypass/internal/audit"
)

const (
	// gather is the least time between two batches, so that a busy server's lines
	// and records share the calls of the system: what comes after a pause is written
	// at once.
	gather = 2 * time.Millisecond
	// waiting is how many events may wait for their batch, and waitingBytes how much
	// of their requests they may hold together. A request that finds no room waits
	// for it: a log that nobody reads holds requests up.
	waiting      = 4096
	waitingBytes = 16 << 20
	// longLines is how many bytes of lines are written at once, at least.
	longLines = 64 << 10
)

// A journal makes the log line and the audit record of each request, off the
// request's way and a batch at a time: a system call for each line, with the reader
// woken each time, costs as much as all else that a request needs. No line is
// dropped; a process that is killed loses what waits.
type journal struct {
	out    *output
	log    *slog.Logger
	trail  *audit.Trail // nil: none
	origin origin

	mu     sync.Mutex
	room   sync.Cond
	queue  []*event // in the order in which they ended
	held   int      // bytes of what is in the queue
	closed bool

	wake, stop, done chan struct{}

	batching sync.Mutex // held while a batch is made
	spare    []*event
	line     line
	record   audit.Event
	elements [2][]byte
}

// An origin is what this server's audit records say of it.
type origin struct{ region, account string }

func newJournal(log Logger, trail *audit.Trail, from origin) *journal {
	j := &journal{out: log.out, log: log.Logger, trail: trail, origin: from, line: line{text: log.text},
		wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	j.room.L = &j.mu
	go j.run()
	return j
}

// add takes the event of a request that was answered. Nobody changes it any
// more.
func (j *journal) add(e *event) {
	e.recorded = e.door != "" && j.trail.Admit(e.call.RequestID)
	size := e.size()
	j.mu.Lock()
	for !j.closed && (len(j.queue) >= waiting || j.held >= waitingBytes) {
		j.room.Wait()
	}
	closed := j.closed
	if !closed {
		j.queue = append(j.queue, e)
		j.held += size
	}
	first := len(j.queue) == 1
	j.mu.Unlock()
	switch {
	case closed:
		j.write([]*event{e})
	case first:
		select {
		case j.wake <- struct{}{}:
		default:
		}
	}
}

func (j *journal) run() {
	defer close(j.done)
	last := time.Time{}
	for {
		select {
		case <-j.wake:
			time.Sleep(gather - time.Since(last))
			j.flush()
			last = time.Now()
		case <-j.stop:
			return
		}
	}
}

// flush writes what waits.
func (j *journal) flush() {
	j.batching.Lock()
	defer j.batching.Unlock()
	j.mu.Lock()
	batch := j.queue
	j.queue, j.held = j.spare[:0], 0
	j.room.Broadcast()
	j.mu.Unlock()
	j.batch(batch)
	clear(batch)
	j.spare = batch
}

func (j *journal) write(batch []*event) {
	j.batching.Lock()
	defer j.batching.Unlock()
	j.batch(batch)
}

// batch makes the records first: a log that hangs must not keep them.
func (j *journal) batch(events []*event) {
	if len(events) == 0 {
		return
	}
	for _, e := range events {
		j.guard(e, j.recordOf)
	}
	j.trail.Flush()
	for _, e := range events {
		j.guard(e, j.lineOf)
		if len(j.line.bytes) >= longLines {
			j.writeLines()
		}
	}
	j.writeLines()
}

// guard keeps a mistake in one event from ending the server, which it would off
// the request's way.
func (j *journal) guard(e *event, do func(*event)) {
	whole := len(j.line.bytes)
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		j.line.bytes = j.line.bytes[:whole]
		j.log.Error("could not tell of a request", "request_id", e.call.RequestID, "cause", fmt.Sprint(cause))
	}()
	do(e)
}

func (j *journal) recordOf(e *event) {
	if e.door == "" {
		return
	}
	if p := e.call.Principal; p != nil {
		e.principal = p.ARN()
	}
	if !e.recorded {
		return
	}
	made := false
	defer func() {
		if !made {
			j.trail.Drop()
		}
	}()
	j.record = audit.Event{Region: j.origin.region, Account: j.origin.account}
	e.record(&j.record, &j.elements)
	made = true
	j.trail.Add(&j.record)
}

func (j *journal) lineOf(e *event) {
	level, logged := e.level()
	if logged {
		j.line.event(e, level)
	}
}

func (j *journal) writeLines() {
	if len(j.line.bytes) > 0 {
		_, _ = j.out.Write(j.line.bytes) // there is no log to tell of it
		j.line.bytes = j.line.bytes[:0]
	}
}

// close writes what waits. What comes after it is written at once. Like the trail
// it does not wait for ever for a log that takes nothing.
func (j *journal) close() error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	again := j.closed
	j.closed = true
	j.room.Broadcast()
	j.mu.Unlock()
	if again {
		return nil
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		close(j.stop)
		<-j.done
		j.flush()
	}()
	select {
	case <-ended:
		return nil
	case <-time.After(journalEnding):
		return fmt.Errorf("the log took nothing for %v", journalEnding)
	}
}

const journalEnding = 10 * time.Second

// An output is where the log goes: a line, or several, are one write.
type output struct {
	mu sync.Mutex
	w  io.Writer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.w.Write(p)
}
