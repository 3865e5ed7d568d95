package server

import (
	"io"
	"math"
	"net/http"
	"time"
)

// An answer records the status and the number of bytes that were sent. A client that
// stops reading it for [stall] is disconnected.
type answer struct {
	http.ResponseWriter
	status  int
	written int64     // bytes of the body
	next    time.Time // when the deadline is moved again
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 || a.status < 200 {
		a.status = status
	}
	a.extendDeadline()
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	var total int
	for {
		a.extendDeadline()
		n, err := a.ResponseWriter.Write(p[:min(len(p), chunk)])
		p = p[n:]
		total += n
		a.written += int64(n)
		if err != nil || len(p) == 0 {
			return total, err
		}
	}
}

// extendDeadline gives the client [stall] to take what is written next, and what is
// flushed after the handler. It moves the deadline once a second at most. net/http
// lifts the deadline before the next request.
func (a *answer) extendDeadline() {
	now := time.Now()
	if now.Before(a.next) {
		return
	}
	a.next = now.Add(time.Second)
	if d, ok := a.ResponseWriter.(writeDeadliner); ok { // not every connection has deadlines
		_ = d.SetWriteDeadline(now.Add(stall))
	}
}

// writeDeadliner is the method that [http.ResponseController] calls on a ResponseWriter
// of net/http.
type writeDeadliner interface{ SetWriteDeadline(t time.Time) error }

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// chunk is how many bytes of a download must go out within [stall].
const chunk = 1 << 20

// ReadFrom implements [io.ReaderFrom], so that the kernel copies large downloads from
// file to socket. It moves the deadline with each chunk: a large file may take any
// time, and a client that stops reading is still disconnected.
func (a *answer) ReadFrom(src io.Reader) (int64, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	// Package net finds the file below one LimitedReader, not below two.
	whole, ok := src.(*io.LimitedReader)
	if !ok {
		whole = &io.LimitedReader{R: src, N: math.MaxInt64}
	}
	control := http.NewResponseController(a.ResponseWriter)
	var total int64
	for whole.N > 0 {
		_ = control.SetWriteDeadline(time.Now().Add(stall)) // not every connection has deadlines
		part := &io.LimitedReader{R: whole.R, N: min(whole.N, chunk)}
		want := part.N
		n, err := io.Copy(a.ResponseWriter, part)
		whole.N -= n
		total += n
		a.written += n
		if err != nil || n < want {
			return total, err
		}
	}
	return total, nil
}
