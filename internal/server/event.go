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

// An event is what becomes the one log line of a request. The doors fill it
// in; nothing in it may be a secret, a token or a query string. It is the
// request's context too, by which it is found.
type event struct {
	context.Context
	door      string // control, packages, or "" for neither
	operation string // name of the API operation, or format and route
	host      string // that the client asked
	call      gate.Call
	fault     *fault.Error
	throttled string // the limit that refused it, or ""
	charged   bool   // its address has been charged for it
	rows      int    // of packages, that were read from the database for it
	answer    answer
	subject   subject // of the call, for its audit record

	// Known once it is answered.
	took     time.Duration
	method   string
	path     string
	agent    string
	recorded bool // its audit record has room
	held     int  // bytes of its request, about

	principal string // ARN; known to the journal
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

// observe gives each request its call and its event, and logs and counts it
// when it is answered.
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
		if s.db.ClockError() > 0 { // that is, where it may be another clock than net/http's
			// Clients correct their own by it, so it is the one that signatures are
			// judged by.
			w.Header().Set("Date", started.UTC().Format(http.TimeFormat))
		}
		if ambiguous(r) {
			w.Header().Set("Connection", "close")
		}
		e.answer.ResponseWriter = w
		if r.ContentLength != 0 {
			// net/http waits for a body that no door reads before it sends the
			// answer: without a deadline, forever.
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(patience))
		}
		defer func() {
			whole := s.replyPanic(e, recover())
			s.throttle.leave(e)
			s.record(r, e, s.now().Sub(started))
			if !whole {
				panic(http.ErrAbortHandler) // only a cut tells the client
			}
		}()
		next.ServeHTTP(&e.answer, r.WithContext(e))
	})
}

// ambiguous reports whether a proxy may see another end of the request's body
// than we do, so that what follows on the connection may be of somebody else. A
// request with both Content-Length and Transfer-Encoding is such, and so is one
// of HTTP/1.0 with the latter; but net/http takes away the header that is passed
// over, so all that could have had both count.
//
// Source: RFC 9112, section 6.1.
func ambiguous(r *http.Request) bool {
	return r.ProtoMajor == 1 && (len(r.TransferEncoding) > 0 || r.ProtoMinor == 0)
}

// replyPanic answers a request whose handler panicked: the client gets a plain 500,
// the log gets the cause, and the process lives on. It reports whether the
// client has a whole answer.
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

// record counts a request that was answered, and hands its event to the journal.
func (s *Server) record(r *http.Request, e *event, took time.Duration) {
	s.metrics.observe(e, e.answer.status, took)
	if e.door == "" && e.answer.status < http.StatusBadRequest {
		return // neither a line nor a record
	}
	e.took, e.method, e.path, e.agent = took, r.Method, r.URL.Path, r.UserAgent()
	e.subject.finish(e, r)
	e.answer.ResponseWriter = nil // and with it the connection
	s.journal.add(e)
}

// size is about how much of its request an event holds, in bytes.
func (e *event) size() int {
	n := len(e.path) + len(e.agent) + len(e.host) + e.subject.size
	if e.fault != nil {
		n += len(e.fault.Message)
	}
	return n
}

// newRequestID returns a UUID (version 4). It names a request in logs and
// answers and guards nothing, so a fast source of randomness serves.
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
