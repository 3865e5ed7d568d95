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
	// gather is the least time between two batches. On a busy server many lines and
	// records share a system call. An event after a pause is written at once.
	gather = 2 * time.Millisecond
	// waiting is how many events may be queued, and waitingBytes how many bytes of their
	// requests they may keep in memory. A request that finds the queue full waits: a log
	// that is not read blocks requests.
	waiting      = 4096
	waitingBytes = 16 << 20
	// longLines is the size, in bytes, at which lines are written before the rest of
	// their batch is made.
	longLines = 64 << 10
)

// A journal makes the log line and the audit record of each request, in batches and
// after the request. A system call for each line, which wakes the reader each time, costs
// as much as the rest of a request. No line is dropped, but a process that is killed
// loses its queue. Records and lines are made by two goroutines, so that a log that hangs
// does not delay records.
type journal struct {
	out    *output
	log    *slog.Logger
	trail  *audit.Trail // nil: none
	origin origin

	mu       sync.Mutex
	room     sync.Cond
	queue    []*event // in the order in which they ended
	recorded []*event // earlier ones, whose records are made and whose lines are not
	waiting  int      // number of events whose lines are not made
	held     int      // bytes that these keep in memory
	closed   bool
	spare    [][]*event // empty batches, to use again

	wake, lines, stop, done chan struct{}

	recording sync.Mutex // held while records are made
	record    audit.Event
	elements  [2][]byte

	writing sync.Mutex // held while lines are made and written
	line    line
}

// An origin is the Region and the account in the records of this server.
type origin struct{ region, account string }

func newJournal(log Logger, trail *audit.Trail, from origin) *journal {
	j := &journal{out: log.out, log: log.Logger, trail: trail, origin: from, line: line{text: log.text},
		wake: make(chan struct{}, 1), lines: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	j.room.L = &j.mu
	go j.run()
	go j.runLines()
	return j
}

// add queues the event of a request that was answered. Its caller MUST NOT change the
// event afterwards.
func (j *journal) add(e *event) {
	e.recorded = e.door != "" && j.trail.Admit(e.call.RequestID)
	e.held = e.size()
	j.mu.Lock()
	for !j.closed && (j.waiting >= waiting || j.held >= waitingBytes) {
		j.room.Wait()
	}
	closed := j.closed
	if !closed {
		j.queue = append(j.queue, e)
		j.waiting++
		j.held += e.held
	}
	first := len(j.queue) == 1
	j.mu.Unlock()
	switch {
	case closed:
		j.write(e)
	case first:
		wake(j.wake)
	}
}

// wake signals the goroutine that receives from c, unless a signal is pending.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// write makes the record and the line of one event, in the caller's goroutine.
func (j *journal) write(e *event) {
	one := []*event{e}
	j.recording.Lock()
	j.makeRecords(one)
	j.recording.Unlock()
	j.writing.Lock()
	defer j.writing.Unlock()
	j.makeLines(one)
}

func (j *journal) run() {
	defer close(j.lines)
	last := time.Time{}
	for {
		select {
		case <-j.wake:
			time.Sleep(gather - time.Since(last))
			j.flushRecords()
			wake(j.lines)
			last = time.Now()
		case <-j.stop:
			j.flushRecords()
			return
		}
	}
}

func (j *journal) runLines() {
	defer close(j.done)
	for range j.lines {
		j.flushLines()
	}
	j.flushLines()
}

// flushRecords makes the records of the queued events, and queues these for their lines.
func (j *journal) flushRecords() {
	j.recording.Lock()
	defer j.recording.Unlock()
	j.mu.Lock()
	batch := j.queue
	j.queue = j.empty()
	j.mu.Unlock()
	j.makeRecords(batch)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.recorded = append(j.recorded, batch...)
	j.give(batch)
}

// flushLines writes the lines of the events whose records are made.
func (j *journal) flushLines() {
	j.writing.Lock()
	defer j.writing.Unlock()
	j.mu.Lock()
	batch := j.recorded
	j.recorded = j.empty()
	j.waiting -= len(batch)
	for _, e := range batch {
		j.held -= e.held
	}
	j.room.Broadcast()
	j.mu.Unlock()
	j.makeLines(batch)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.give(batch)
}

// empty returns an empty batch, and give takes it back. The lock mu is held for both.
func (j *journal) empty() []*event {
	last := len(j.spare) - 1
	if last < 0 {
		return nil
	}
	b := j.spare[last]
	j.spare = j.spare[:last]
	return b
}

func (j *journal) give(batch []*event) {
	clear(batch)
	j.spare = append(j.spare, batch[:0]) // at most one for each flush that runs
}

// makeRecords needs the lock recording, and makeLines the lock writing.
func (j *journal) makeRecords(events []*event) {
	for _, e := range events {
		j.guard(e, j.recordOf)
	}
	j.trail.Flush()
}

func (j *journal) makeLines(events []*event) {
	for _, e := range events {
		j.guard(e, j.lineOf)
		if len(j.line.bytes) >= longLines {
			j.writeLines()
		}
	}
	j.writeLines()
}

// guard recovers from a panic over one event. net/http recovers in the goroutines of
// requests alone, so that a panic here would end the process.
func (j *journal) guard(e *event, do func(*event)) {
	defer func() {
		cause := recover()
		if cause != nil {
			j.log.Error("could not tell of a request", "request_id", e.call.RequestID, "cause", fmt.Sprint(cause))
		}
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
	if !logged {
		return
	}
	before, made := len(j.line.bytes), false
	defer func() {
		if !made {
			j.line.bytes = j.line.bytes[:before]
		}
	}()
	j.line.event(e, level)
	made = true
}

func (j *journal) writeLines() {
	if len(j.line.bytes) > 0 {
		_, _ = j.out.Write(j.line.bytes) // the log itself failed, so the error cannot be logged
		j.line.bytes = j.line.bytes[:0]
	}
}

// close writes the queued events. An event that is added afterwards is written at once.
// It fails if the log takes nothing for journalEnding.
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
	close(j.stop)
	select {
	case <-j.done:
		return nil
	case <-time.After(journalEnding):
		return fmt.Errorf("the log took nothing for %v", journalEnding)
	}
}

const journalEnding = 10 * time.Second

// An output is the destination of the log. Each write has whole lines, and writes take
// turns.
type output struct {
	mu sync.Mutex
	w  io.Writer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.w.Write(p)
}
