package server

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

const (
	// readyEvery is how long the result of a check is used for all requests.
	readyEvery = time.Second
	// readyWithin is how long the database and the content store have to answer.
	readyWithin = 2 * time.Second
)

var errNotReadyInTime = errors.New("the database or the content store has not answered within 2 seconds")

// A readiness checks whether the server can serve requests: once a second however many
// requests ask, and never twice at the same time.
type readiness struct {
	check func(context.Context) error

	mu   sync.Mutex
	last *look
}

// A look is one run of the check. Its err may be read once done is closed.
type look struct {
	begun time.Time
	done  chan struct{}
	err   error
}

// Err returns the result of the latest look. It waits for one that runs until
// [readyWithin] after its begin, and then returns errNotReadyInTime.
func (r *readiness) Err(ctx context.Context) error {
	l := r.latest()
	timer := time.NewTimer(time.Until(l.begun.Add(readyWithin)))
	defer timer.Stop()
	select {
	case <-l.done:
		return l.err
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return errNotReadyInTime
	}
}

func (r *readiness) latest() *look {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last != nil && (time.Since(r.last.begun) < readyEvery || !isClosed(r.last.done)) {
		return r.last
	}
	l := &look{begun: time.Now(), done: make(chan struct{})}
	r.last = l
	go func() {
		defer close(l.done)
		ctx, cancel := context.WithTimeout(context.Background(), readyWithin)
		defer cancel()
		l.err = r.check(ctx)
	}()
	return l
}

func isClosed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// alive answers /healthz with 200, as long as the process runs.
func (s *Server) alive(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok\n") }

// ready answers /readyz with 200 if the database and the content store answer and audit
// records can be written, else with 503. A load balancer so sends requests to replicas
// that can record them.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	err := errors.Join(s.readiness.Err(r.Context()), s.trail.Err())
	if err != nil {
		s.log.Error("not ready", "cause", err.Error())
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	io.WriteString(w, "ok\n")
}

// usable checks the database and the content store, which take time to answer.
func (s *Server) usable(ctx context.Context) error {
	return errors.Join(s.db.Ping(ctx), s.blobs.Check(ctx))
}
