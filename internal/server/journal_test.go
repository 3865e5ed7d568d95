package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/audit"
	"daypass/internal/fault"
	"daypass/internal/gate"
)

// writes keeps the text of each write. A write waits for hold.
type writes struct {
	hold  chan struct{} // nil: no write waits
	mu    sync.Mutex
	texts []string
}

func (w *writes) Write(p []byte) (int, error) {
	if w.hold != nil {
		<-w.hold
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.texts = append(w.texts, string(p))
	return len(p), nil
}

// paths returns the paths in the lines of each write, with spaces between them.
func (w *writes) paths() (all []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, text := range w.texts {
		var paths []string
		for line := range strings.Lines(text) {
			_, rest, _ := strings.Cut(line, `"path":"`)
			path, _, _ := strings.Cut(rest, `"`)
			paths = append(paths, path)
		}
		all = append(all, strings.Join(paths, " "))
	}
	return all
}

// flush writes the records and the lines of the queued events.
func (j *journal) flush() {
	j.flushRecords()
	j.flushLines()
}

func asked(path string) *event {
	return &event{door: "control", path: path, method: http.MethodGet, call: gate.Call{RequestID: "id of " + path}}
}

func TestALineThatIsAloneIsWrittenAtOnceAndAFloodTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &writes{}
		j := newJournal(NewLogger("json", w), nil, origin{})
		j.add(asked("a"))
		synctest.Wait()
		if diff := cmp.Diff([]string{"a"}, w.paths()); diff != "" {
			t.Errorf("at once: %s", diff)
		}
		j.add(asked("b"))
		j.add(asked("c"))
		synctest.Wait()
		if diff := cmp.Diff([]string{"a"}, w.paths()); diff != "" {
			t.Errorf("a moment later: %s", diff)
		}
		time.Sleep(gather)
		synctest.Wait()
		j.add(asked("d"))
		j.add(asked("e"))
		if err := j.close(); err != nil {
			t.Error(err)
		}
		j.add(asked("f"))
		if diff := cmp.Diff([]string{"a", "b c", "d e", "f"}, w.paths()); diff != "" {
			t.Errorf("in the end: %s", diff)
		}
		if err := j.close(); err != nil {
			t.Errorf("closed twice: %v", err)
		}
	})
}

func TestALogThatHangsHoldsRequestsUpAndLosesNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ path, fit int }{"many": {1, waiting}, "large": {1 << 20, waitingBytes >> 20}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &writes{hold: make(chan struct{})}
				j := newJournal(NewLogger("json", w), nil, origin{})
				path := strings.Repeat("x", test.path)
				j.add(asked(path)) // its write waits for hold
				synctest.Wait()
				for range test.fit {
					j.add(asked(path))
				}
				var late atomic.Bool
				go func() {
					j.add(asked(path))
					late.Store(true)
				}()
				synctest.Wait()
				if late.Load() {
					t.Error("there is more room than the bound")
				}
				close(w.hold)
				synctest.Wait()
				if err := j.close(); err != nil {
					t.Error(err)
				}
				if got := len(strings.Fields(strings.Join(w.paths(), " "))); !late.Load() || got != test.fit+2 {
					t.Errorf("late %t, %d lines", late.Load(), got)
				}
			})
		})
	}
}

func TestTheEndDoesNotWaitForALogThatTakesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &writes{hold: make(chan struct{})}
		j := newJournal(NewLogger("json", w), nil, origin{})
		j.add(asked("a"))
		synctest.Wait()
		began := time.Now()
		if err := j.close(); err == nil || time.Since(began) != journalEnding {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		close(w.hold)
	})
}

func TestALogThatHangsKeepsNoRecords(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, sink := &writes{hold: make(chan struct{})}, &collected{}
		trail := audit.New(sink, slog.New(slog.DiscardHandler), masked, appendID)
		j := newJournal(NewLogger("json", w), trail, origin{})
		for _, path := range []string{"a", "b", "c"} {
			j.add(asked(path))
			time.Sleep(gather)
			synctest.Wait()
		}
		if got := strings.Count(strings.Join(sink.texts, ""), "\n"); got != 3 {
			t.Errorf("%d records while the log hangs, want 3", got)
		}
		j.add(asked("d"))
		if err := j.close(); err == nil {
			t.Error("the log did not hang")
		}
		if err := trail.Close(); err != nil {
			t.Error(err)
		}
		if got := strings.Count(strings.Join(sink.texts, ""), "\n"); got != 4 {
			t.Errorf("%d records in the end, want 4", got)
		}
		close(w.hold)
	})
}

func TestWhatEndsWhileTheJournalDoesHasItsLineAndRecordOnce(t *testing.T) {
	t.Parallel()
	log, sink := &writes{}, &collected{}
	trail := audit.New(sink, slog.New(slog.DiscardHandler), masked, appendID)
	j := newJournal(NewLogger("json", log), trail, origin{})
	const clients, each = 8, 200
	var all sync.WaitGroup
	half := make(chan struct{}, clients)
	for c := range clients {
		all.Go(func() {
			for i := range each {
				j.add(asked(fmt.Sprintf("%d-%d", c, i)))
				if i == each/2 {
					half <- struct{}{}
				}
			}
		})
	}
	<-half
	if err := j.close(); err != nil {
		t.Error(err)
	}
	all.Wait()
	if err := trail.Close(); err != nil {
		t.Error(err)
	}
	for name, kept := range map[string]*writes{"log": log, "trail": &sink.writes} {
		text := strings.Join(kept.texts, "")
		if n := strings.Count(text, "\n"); n != clients*each {
			t.Errorf("%d lines in the %s, want %d", n, name, clients*each)
		}
		for c := range clients {
			for i := range each {
				if id := fmt.Sprintf(`"id of %d-%d"`, c, i); strings.Count(text, id) != 1 {
					t.Fatalf("%s is %d times in the %s", id, strings.Count(text, id), name)
				}
			}
		}
	}
}

// failing is an error whose text panics.
type failing struct{}

func (failing) Error() string { panic("cannot say") }

func TestAMistakeInOneEventEndsNothingAndIsTold(t *testing.T) {
	t.Parallel()
	w := &writes{}
	j := newJournal(NewLogger("json", w), nil, origin{})
	bad := asked("bad")
	bad.fault = fault.New(fault.Internal, "x")
	bad.fault.Cause = failing{}
	for _, e := range []*event{asked("a"), bad, asked("b")} {
		j.add(e)
	}
	if err := j.close(); err != nil {
		t.Error(err)
	}
	text := strings.Join(w.texts, "")
	for _, want := range []string{`"path":"a"`, `"path":"b"`, "could not tell of a request", `"request_id":"id of bad","cause":"cannot say"`} {
		if strings.Count(text, want) != 1 {
			t.Errorf("no %s in %s", want, text)
		}
	}
	if strings.Count(text, "\n") != 3 {
		t.Errorf("a line is cut: %s", text)
	}
}

// collected is an audit sink in memory.
type collected struct{ writes }

func (*collected) Sync() error  { return nil }
func (*collected) Close() error { return nil }

func TestEachLineAndRecordIsOfOneRequestAndRecordsComeInOrder(t *testing.T) {
	t.Parallel()
	log, sink := &writes{}, &collected{}
	trail := audit.New(sink, slog.New(slog.DiscardHandler), masked, appendID)
	j := newJournal(NewLogger("json", log), trail, origin{"us-east-1", "000000000000"})
	const clients, each = 16, 300
	var all sync.WaitGroup
	for c := range clients {
		all.Go(func() {
			for i := range each {
				mark := fmt.Sprintf("m%02d-%04d-", c, i)
				e := asked("/" + mark)
				e.door, e.agent, e.operation = "packages", mark, mark
				e.call.RequestID, e.call.AccessKeyID, e.call.Action, e.call.Resource = mark, mark, mark, mark
				e.fault = fault.New(fault.AccessDenied, "%s", mark)
				e.subject.uri = mark
				j.add(e)
			}
		})
	}
	all.Wait()
	if err := errors.Join(j.close(), trail.Close()); err != nil {
		t.Fatal(err)
	}
	for name, kept := range map[string]struct {
		w     *writes
		marks int
	}{"log": {log, 7}, "trail": {&sink.writes, 5}} {
		last, n := make([]string, clients), 0
		for line := range strings.Lines(strings.Join(kept.w.texts, "")) {
			n++
			_, rest, _ := strings.Cut(line, `"`+map[string]string{"log": "request_id", "trail": "requestID"}[name]+`":"`)
			mark, _, _ := strings.Cut(rest, `"`)
			var client int
			if _, err := fmt.Sscanf(mark, "m%02d-", &client); err != nil {
				t.Fatalf("%s: %v: %s", name, err, line)
			}
			if mark <= last[client] || strings.Count(line, mark) != strings.Count(line, "m"+mark[1:3]+"-") || strings.Count(line, mark) < kept.marks-1 {
				t.Fatalf("%s: after %s: %s", name, last[client], line)
			}
			last[client] = mark
			for other := range clients {
				if strings.Contains(line, fmt.Sprintf("m%02d-", other)) != (other == client) {
					t.Fatalf("%s: of several requests: %s", name, line)
				}
			}
		}
		if n != clients*each {
			t.Errorf("%s: %d lines", name, n)
		}
	}
	if len(log.texts) >= clients*each {
		t.Errorf("%d writes", len(log.texts))
	}
}
