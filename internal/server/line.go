package server

import (
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"daypass/internal/fault"
	"daypass/internal/printable"
)

// A line holds the log lines of requests that are not written yet. They have the form of
// package slog's, which takes longer for a line than the authorization of a request.
type line struct {
	bytes []byte
	text  bool // instead of JSON
}

// event appends the line of a request: what it asks for, its caller, the decision and
// the error.
func (l *line) event(e *event, level slog.Level) {
	c, a := &e.call, &e.answer
	l.begin(c.Now.Add(e.took), level.String(), "request")
	l.string("request_id", c.RequestID)
	l.string("method", e.method)
	l.string("path", e.path)
	l.number("status", int64(a.status))
	l.number("duration_us", e.took.Microseconds()) // package json would print a duration as a fraction
	l.number("bytes", a.written)
	l.address("source_ip", c.SourceIP)
	l.some("operation", e.operation)
	l.some("principal", e.principal)
	if v := c.WebIdentity; v != nil {
		l.some("provider", v.Provider)
		l.some("provider_subject", v.Subject)
	}
	l.some("access_key_id", c.AccessKeyID)
	if c.Action != "" {
		l.string("action", c.Action)
		l.string("resource", c.Resource)
		l.string("decision", string(c.Decision))
	}
	if c.Refusal != nil {
		l.some("because", c.Refusal.Because())
	}
	if e.fault != nil {
		l.fault(e)
	}
	l.end()
}

func (l *line) fault(e *event) {
	l.some("error", e.fault.Kind.Code(fault.RestJSON))
	if e.door == "packages" {
		l.some("message", e.fault.Message) // package managers often show the status alone
	}
	l.some("hint", e.fault.Hint)
	l.some("throttled", e.throttled)
	if e.fault.Cause != nil {
		l.some("cause", e.fault.Cause.Error())
	}
}

// level returns the level of a request's line, and whether the line is logged.
func (e *event) level() (level slog.Level, logged bool) {
	failed := e.answer.status >= http.StatusBadRequest
	switch {
	case e.door == "" && !failed:
		return slog.LevelDebug, false // probes and metrics, every few seconds
	case e.fault == nil || e.fault.Cause == nil:
		return slog.LevelInfo, true
	case e.answer.status < http.StatusInternalServerError:
		return slog.LevelWarn, true // the client's fault, with a cause that only the log shows
	}
	return slog.LevelError, true
}

func (l *line) begin(at time.Time, level, message string) {
	if !l.text {
		l.bytes = append(l.bytes, `{"time":"`...)
		l.bytes = at.AppendFormat(l.bytes, time.RFC3339Nano)
		l.bytes = append(l.bytes, '"')
		l.string("level", level)
		l.string("msg", message)
		return
	}
	l.bytes = append(l.bytes, "time="...)
	l.bytes = at.AppendFormat(l.bytes, "2006-01-02T15:04:05.000Z07:00")
	l.string("level", level)
	l.string("msg", message)
}

func (l *line) end() {
	if l.text {
		l.bytes = append(l.bytes, '\n')
		return
	}
	l.bytes = append(l.bytes, "}\n"...)
}

func (l *line) name(name string) {
	if l.text {
		l.bytes = append(l.bytes, ' ')
		l.bytes = append(l.bytes, name...)
		l.bytes = append(l.bytes, '=')
		return
	}
	l.bytes = append(l.bytes, `,"`...)
	l.bytes = append(l.bytes, name...)
	l.bytes = append(l.bytes, `":`...)
}

// string appends a text attribute, with tokens hidden.
func (l *line) string(name, s string) {
	s = masked(s)
	l.name(name)
	switch {
	case !l.text:
		l.bytes = printable.AppendJSON(l.bytes, s)
	case isQuoted(s):
		l.bytes = strconv.AppendQuote(l.bytes, s)
	default:
		l.bytes = append(l.bytes, s...)
	}
}

// some is string, but appends nothing for an empty text.
func (l *line) some(name, s string) {
	if s != "" {
		l.string(name, s)
	}
}

func (l *line) number(name string, n int64) {
	l.name(name)
	l.bytes = strconv.AppendInt(l.bytes, n, 10)
}

func (l *line) address(name string, a netip.Addr) {
	if !a.IsValid() {
		l.string(name, "unknown")
		return
	}
	var room [64]byte
	l.string(name, string(a.AppendTo(room[:0])))
}

// isQuoted reports whether [slog.TextHandler] quotes a value.
func isQuoted(s string) bool {
	if s == "" {
		return true
	}
	for _, r := range s {
		if r == ' ' || r == '=' || r == '"' || r == utf8.RuneError || !unicode.IsPrint(r) {
			return true
		}
	}
	return false
}
