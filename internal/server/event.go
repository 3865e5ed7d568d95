package server

import (
	"context"
	"encoding/hex"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/netip"
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
	charged   bool   // its address has been charged for it
	rows      int    // of packages, that were read from the database for it
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
	if e.fault != nil && e.fault.Cause != nil {
		level = slog.LevelError
		if a.status < http.StatusInternalServerError {
			level = slog.LevelWarn // not ours, but what the client was not told
		}
	}
	attributes := append(make([]slog.Attr, 0, 16),
		slog.String("request_id", e.call.RequestID),
		slog.String("method", r.Method),
		slog.String("path", masked(r.URL.Path)),
		slog.Int("status", a.status),
		slog.Int64("duration_us", took.Microseconds()), // slog has package json print a fraction
		slog.Int64("bytes", a.written),
		slog.String("source_ip", addressText(e.call.SourceIP)),
	)
	// A logger would first find out which line of code called it.
	line := slog.NewRecord(e.call.Now.Add(took), level, "request", 0)
	line.AddAttrs(e.describe(attributes)...)
	_ = handler.Handle(r.Context(), line)
}

// addressText tells an address, if it is known.
func addressText(address netip.Addr) string {
	if !address.IsValid() {
		return "unknown"
	}
	return address.String()
}

// describe adds what became known of a request on its way: what it asked for,
// who asked, what was judged, and what went wrong.
func (e *event) describe(found []slog.Attr) []slog.Attr {
	c := &e.call
	add := func(name, value string) {
		if value != "" {
			found = append(found, slog.String(name, value))
		}
	}
	add("operation", e.operation)
	if c.Principal != nil {
		add("principal", c.Principal.ARN())
	}
	if v := c.Voucher; v != nil {
		add("provider", v.Provider)
		add("provider_subject", v.Subject)
	}
	add("access_key_id", c.AccessKeyID)
	if c.Action != "" {
		found = append(found, slog.String("action", c.Action), slog.String("resource", masked(c.Resource)), slog.String("decision", string(c.Decision)))
	}
	if c.Refusal != nil {
		add("because", c.Refusal.Because())
	}
	if e.fault == nil {
		return found
	}
	add("error", e.fault.Kind.Code(fault.RestJSON))
	if e.door == "packages" {
		add("message", e.fault.Message) // whoever asks why an upload failed often has seen the status alone
	}
	add("hint", e.fault.Hint)
	add("throttled", e.throttled)
	if e.fault.Cause != nil {
		add("cause", e.fault.Cause.Error())
	}
	return found
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
