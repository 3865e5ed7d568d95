package server

import (
	"context"
	"encoding/hex"
	"io"
	"log/slog"
	"math"
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
	base      string // URL under which the client reached this server
	call      gate.Call
	fault     *fault.Error
	throttled string // the limit that refused it, or ""
	answer    answer
	subject   subject // of the call, for its audit record
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
			call:    gate.Call{RequestID: newRequestID(), Now: started, SourceIP: address, Secure: secure},
			base:    s.base(r, secure),
		}
		w.Header().Set("X-Amzn-Requestid", e.call.RequestID)
		e.answer.ResponseWriter = w
		if r.ContentLength != 0 {
			// net/http waits for a body that no door reads before it sends the
			// answer: without a deadline, forever.
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(patience))
		}
		defer func() {
			whole := s.excuse(e, recover())
			s.throttle.leave(e)
			s.record(r, e, s.now().Sub(started))
			if !whole {
				panic(http.ErrAbortHandler) // only a cut tells the client
			}
		}()
		next.ServeHTTP(&e.answer, r.WithContext(e))
	})
}

// excuse answers a request whose handler panicked: the client gets a plain 500,
// the log gets the cause, and the process lives on. It reports whether the
// client has a whole answer.
func (s *Server) excuse(e *event, cause any) bool {
	switch {
	case cause == nil:
		return true
	case cause == http.ErrAbortHandler:
		return false
	}
	e.fault = panicked(cause)
	if e.answer.status != 0 {
		return false
	}
	http.Error(&e.answer, "Internal server error", http.StatusInternalServerError)
	return true
}

func (s *Server) record(r *http.Request, e *event, took time.Duration) {
	a := &e.answer
	s.metrics.observe(e, a.status, took)
	s.audit(r, e)
	level := slog.LevelInfo
	if e.door == "" && a.status < http.StatusBadRequest {
		level = slog.LevelDebug // probes and metrics, asked for every few seconds
	}
	handler := s.log.Handler()
	if !handler.Enabled(r.Context(), level) {
		return
	}
	attributes := make([]slog.Attr, 0, 16)
	attributes = append(attributes,
		slog.String("request_id", e.call.RequestID),
		slog.String("method", r.Method),
		slog.String("path", masked(r.URL.Path)),
		slog.Int("status", a.status),
		slog.Int64("duration_us", took.Microseconds()), // slog has package json print a fraction
		slog.Int64("bytes", a.written),
		slog.String("source_ip", e.call.SourceIP.String()),
	)
	if e.operation != "" {
		attributes = append(attributes, slog.String("operation", e.operation))
	}
	if e.call.Principal != nil {
		attributes = append(attributes, slog.String("principal", e.call.Principal.ARN()))
	}
	if v := e.call.Voucher; v != nil {
		attributes = append(attributes, slog.String("provider", v.Provider), slog.String("provider_subject", v.Subject))
	}
	if e.call.AccessKeyID != "" {
		attributes = append(attributes, slog.String("access_key_id", e.call.AccessKeyID))
	}
	if e.call.Action != "" {
		attributes = append(attributes,
			slog.String("action", e.call.Action),
			slog.String("resource", masked(e.call.Resource)),
			slog.String("decision", string(e.call.Decision)))
	}
	if e.call.Refusal != nil {
		attributes = append(attributes, slog.String("because", e.call.Refusal.Because()))
	}
	if e.fault != nil {
		attributes = append(attributes, slog.String("error", e.fault.Kind.Code(fault.RestJSON)))
		if e.throttled != "" {
			attributes = append(attributes, slog.String("throttled", e.throttled))
		}
		if e.fault.Cause != nil {
			level = slog.LevelError
			if a.status < http.StatusInternalServerError {
				level = slog.LevelWarn // not ours, but what the client was not told
			}
			attributes = append(attributes, slog.String("cause", e.fault.Cause.Error()))
		}
	}
	// A logger would first find out which line of code called it.
	line := slog.NewRecord(e.call.Now.Add(took), level, "request", 0)
	line.AddAttrs(attributes...)
	_ = handler.Handle(r.Context(), line)
}

// newRequestID returns a UUID (version 4). It names a request in logs and
// answers and guards nothing, so a fast source of randomness serves.
func newRequestID() string {
	var id [16]byte
	for i, word := range [2]uint64{rand.Uint64(), rand.Uint64()} {
		for j := range 8 {
			id[i*8+j] = byte(word >> (8 * j))
		}
	}
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	var text [36]byte
	hex.Encode(text[0:8], id[0:4])
	hex.Encode(text[9:13], id[4:6])
	hex.Encode(text[14:18], id[6:8])
	hex.Encode(text[19:23], id[8:10])
	hex.Encode(text[24:36], id[10:16])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

// An answer remembers what was sent, and cuts a client that stops reading it.
type answer struct {
	http.ResponseWriter
	status  int
	written int64
	next    time.Time // when the deadline is moved again
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 || a.status < 200 {
		a.status = status
	}
	a.hurry()
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	var total int
	for {
		a.hurry()
		n, err := a.ResponseWriter.Write(p[:min(len(p), chunk)])
		p = p[n:]
		total += n
		a.written += int64(n)
		if err != nil || len(p) == 0 {
			return total, err
		}
	}
}

// hurry gives the client [stall] to take what is written next, and what is
// flushed after the handler. net/http lifts the deadline before the next
// request.
func (a *answer) hurry() {
	now := time.Now()
	if now.Before(a.next) {
		return
	}
	a.next = now.Add(time.Second)
	_ = http.NewResponseController(a.ResponseWriter).SetWriteDeadline(now.Add(stall)) // not every connection has deadlines
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// chunk is how much of a download must go out within [stall].
const chunk = 1 << 20

// ReadFrom keeps the kernel's copy from file to socket for large downloads,
// and cuts a client that stops reading. It moves the deadline chunk by chunk,
// so that a large file may take as long as it takes.
func (a *answer) ReadFrom(src io.Reader) (int64, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	// The kernel's copy sees through one limit, not through two.
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
