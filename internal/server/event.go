package server

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"time"

	"daypass/internal/fault"
	"daypass/internal/gate"
)

// An event collects what the log line and the audit record of a request say. The
// handlers fill it in. Nothing that is logged of it may be a secret, a token or a query
// string. It is the request's context as well, so that [eventOf] finds it.
type event struct {
	context.Context
	door      string // handler of the request: control, packages, or "" for neither
	operation string // name of the API operation, or format and route
	host      string // Host header
	call      gate.Call
	fault     *fault.Error
	throttled string // limit that refused it, or ""
	charged   bool   // whether its address has been charged for it
	rows      int    // rows about packages that were read from the database for it
	answer    answer
	subject   subject // of the call, for its audit record

	// Set when the request is answered.
	took     time.Duration
	method   string
	path     string
	agent    string
	recorded bool // whether the audit trail has room for its record
	held     int  // bytes of its request that it keeps in memory, about

	principal string // ARN, set by the journal
}

type eventKey struct{}

// eventOf returns the event of a request. Every handler of the server runs
// inside [observe], so there always is one.
func eventOf(ctx context.Context) *event { return ctx.Value(eventKey{}).(*event) }

// Value implements [context.Context].
func (e *event) Value(key any) any {
	if key == (eventKey{}) {
		return e
	}
	return e.Context.Value(key)
}

// observe gives each request its call and its event. When the request is answered,
// observe counts it and gives the event to the journal.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := s.now()
		address, secure := s.client(r)
		e := &event{
			Context: r.Context(),
			host:    r.Host,
			call:    gate.Call{RequestID: newRequestID(), Now: started, SourceIP: address, Secure: secure},
		}
		w.Header()["X-Amzn-Requestid"] = []string{e.call.RequestID}
		if s.db.ClockError() > 0 { // the database's clock may differ from net/http's
			// Clients correct their clocks by this header. It must be the time that
			// signatures are checked against.
			w.Header().Set("Date", started.UTC().Format(http.TimeFormat))
		}
		if ambiguous(r) {
			w.Header().Set("Connection", "close")
		}
		e.answer.ResponseWriter = w
		if r.ContentLength != 0 {
			// Before net/http sends the answer, it reads a body that no handler has
			// read. Without a deadline it could wait for ever.
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(patience))
		}
		defer func() {
			whole := s.replyPanic(e, recover())
			s.throttle.leave(e)
			s.record(r, e, s.now().Sub(started))
			if !whole {
				panic(http.ErrAbortHandler) // only a cut connection shows the error
			}
		}()
		next.ServeHTTP(&e.answer, r.WithContext(e))
	})
}

// ambiguous reports whether a proxy may see another end of the request's body than this
// server. What follows on the connection could then be another client's request. That
// holds for a request with both Content-Length and Transfer-Encoding, and for one of
// HTTP/1.0 with Transfer-Encoding. net/http removes the header that it ignores, so every
// request that could have had both counts.
//
// Source: RFC 9112, section 6.1.
func ambiguous(r *http.Request) bool {
	return r.ProtoMajor == 1 && (len(r.TransferEncoding) > 0 || r.ProtoMinor == 0)
}

// replyPanic answers a request whose handler panicked with cause, nil for no panic. The
// client gets status 500 without the cause, which only the log has. It reports whether
// the client has a whole answer.
func (s *Server) replyPanic(e *event, cause any) bool {
	switch {
	case cause == nil:
		return true
	case cause == http.ErrAbortHandler: //nolint:errorlint // net/http compares what was panicked with so, too
		return false
	}
	e.fault = panicked(cause)
	if e.answer.status != 0 {
		return false
	}
	http.Error(&e.answer, "Internal server error", http.StatusInternalServerError)
	return true
}

// record counts a request that was answered, and gives its event to the journal.
func (s *Server) record(r *http.Request, e *event, took time.Duration) {
	s.metrics.observe(e, e.answer.status, took)
	if e.door == "" && e.answer.status < http.StatusBadRequest {
		return // probes and metrics have neither a line nor a record
	}
	e.took, e.method, e.path, e.agent = took, r.Method, r.URL.Path, r.UserAgent()
	e.subject.finish(e, r)
	e.answer.ResponseWriter = nil // a queued event must not keep the connection's memory
	s.journal.add(e)
}

// size returns about how many bytes of its request an event keeps in memory.
func (e *event) size() int {
	n := len(e.path) + len(e.agent) + len(e.host) + e.subject.size
	if e.fault != nil {
		n += len(e.fault.Message)
	}
	return n
}

// newRequestID returns a UUID of version 4. It need not be hard to guess, so its
// randomness comes from math/rand.
func newRequestID() string {
	var text [36]byte
	return string(appendID(text[:0]))
}

func appendID(b []byte) []byte {
	var id [16]byte
	binary.LittleEndian.PutUint64(id[:8], rand.Uint64())
	binary.LittleEndian.PutUint64(id[8:], rand.Uint64())
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	for i, part := range [...][]byte{id[:4], id[4:6], id[6:8], id[8:10], id[10:]} {
		if i > 0 {
			b = append(b, '-')
		}
		b = hex.AppendEncode(b, part)
	}
	return b
}
