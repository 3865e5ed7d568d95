package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/fault"
	"daypass/internal/gate"
)

// The form of a line is that of package slog, which is the reference here.
func FuzzALineIsWhatPackageSlogWouldMake(f *testing.F) {
	const odd = "é \"\\<&>= \n\r\t\b\x1b\x7f\u009b\u2028\u202e\u200b\ufffd\xff\U000e0001東🐍"
	f.Add("id", "/path", "operation", "principal", "message", "cause", int64(1790000000_120000000), 1500, 200, int64(3))
	f.Add(odd, odd, odd, odd, odd, odd, int64(1), -1, 503, int64(-3))
	f.Add("", "", "", "", "", "", int64(999999999), 0, 404, int64(0))
	f.Fuzz(func(t *testing.T, id, path, operation, principal, message, cause string, at int64, offset, status int, took int64) {
		now := time.Unix(0, at).In(time.FixedZone("", offset%(12*3600)/60*60))
		if now.Year() < 0 || now.Year() > 9999 {
			t.Skip()
		}
		e := &event{door: "packages", path: path, method: "GET", operation: operation, principal: principal, took: time.Duration(took), throttled: id,
			call: gate.Call{RequestID: id, Now: now, SourceIP: netip.MustParseAddr("192.0.2.1"), AccessKeyID: id, Action: operation, Resource: path, Decision: gate.Allow,
				WebIdentity: &gate.WebIdentity{Provider: principal, Subject: cause}}}
		e.answer.status, e.answer.written = status, took
		e.fault = fault.New(fault.NotFound, "%s", message)
		e.fault.Hint, e.fault.Cause = message, errors.New(cause)
		level, logged := e.level()
		if !logged {
			t.Fatal("not logged")
		}
		for _, format := range []string{"json", "text"} {
			var want bytes.Buffer
			record := slog.NewRecord(now.Add(e.took), level, "request", 0)
			add := func(name, value string) {
				if value != "" {
					record.AddAttrs(slog.String(name, value))
				}
			}
			record.AddAttrs(slog.String("request_id", id), slog.String("method", "GET"), slog.String("path", path), slog.Int("status", status),
				slog.Int64("duration_us", e.took.Microseconds()), slog.Int64("bytes", took), slog.String("source_ip", "192.0.2.1"))
			add("operation", operation)
			add("principal", principal)
			add("provider", principal)
			add("provider_subject", cause)
			add("access_key_id", id)
			if operation != "" {
				record.AddAttrs(slog.String("action", operation), slog.String("resource", path), slog.String("decision", "allow"))
			}
			add("error", "ResourceNotFoundException")
			add("message", message)
			add("hint", message)
			add("throttled", id)
			add("cause", cause)
			err := NewLogger(format, &want).Handler().Handle(context.Background(), record)
			if err != nil {
				t.Fatal(err)
			}
			l := line{text: format == "text"}
			l.event(e, level)
			if diff := cmp.Diff(want.String(), string(l.bytes)); diff != "" && !strings.Contains(want.String(), "daypass") {
				t.Errorf("%s: %s", format, diff)
			}
		}
	})
}

func TestATokenIsHiddenInEveryTextOfALine(t *testing.T) {
	t.Parallel()
	token := "daypass_" + strings.Repeat("Ab-_9", 60)
	e := &event{door: "packages", path: "/x%2F" + token, operation: token, principal: token, fault: fault.New(fault.NotFound, "%s", token),
		call: gate.Call{AccessKeyID: token, Action: token, Resource: token, WebIdentity: &gate.WebIdentity{Provider: token, Subject: token}}}
	e.fault.Hint, e.fault.Cause = token, errors.New(token)
	for _, text := range []bool{false, true} {
		l := line{text: text}
		l.event(e, slog.LevelError)
		if got := string(l.bytes); strings.Contains(got, "Ab-_9") || strings.Count(got, "HIDDEN") != 11 {
			t.Error(got)
		}
	}
}

func BenchmarkLine(b *testing.B) {
	e := &event{door: "packages", path: "/pypi/d/dom-000000000000/repo/simple/requests/", method: "GET", operation: "pypi:project", principal: "arn:aws:iam::000000000000:user/admin", took: 345 * time.Microsecond,
		call: gate.Call{RequestID: newRequestID(), Now: time.Now(), SourceIP: netip.MustParseAddr("192.0.2.1"), AccessKeyID: "ABIAEXAMPLEEXAMPLE22", Action: "codeartifact:ReadFromRepository",
			Resource: "arn:aws:codeartifact:us-east-1:000000000000:repository/dom/repo", Decision: gate.Allow}}
	e.answer.status, e.answer.written = 200, 1740
	l := line{}
	b.ReportAllocs()
	for b.Loop() {
		l.event(e, slog.LevelInfo)
		_, _ = io.Discard.Write(l.bytes)
		l.bytes = l.bytes[:0]
	}
}
