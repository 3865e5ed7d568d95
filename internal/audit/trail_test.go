package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/principal"
)

// slow is a sink whose disk fills up and whose writes can be held back.
type slow struct {
	mu     sync.Mutex
	text   bytes.Buffer
	room   int // bytes until it is full; below 0: no end
	synced int // bytes
	closed bool
}

var errFull = errors.New("no space left on device")

func (s *slow) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.room < 0 {
		return s.text.Write(p)
	}
	n, _ := s.text.Write(p[:min(len(p), s.room)])
	s.room -= n
	if n < len(p) {
		return n, errFull
	}
	return n, nil
}

func (s *slow) Sync() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.synced = s.text.Len()
	return nil
}

func (s *slow) Close() error {
	s.closed = true
	return nil
}

func (s *slow) set(room int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.room = room
}

// requests returns the ids of requests in the order of their records, each of
// which must be whole.
func (s *slow) requests(t testing.TB) []string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for line := range strings.Lines(s.text.String()) {
		var r Record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v: %q", err, line)
		}
		ids = append(ids, r.RequestID)
	}
	return ids
}

const hidden = "HIDDEN"

func hide(text string) string {
	return regexp.MustCompile(`daypass_[0-9A-Za-z_-]{120,}`).ReplaceAllString(text, hidden)
}

// record is what becomes of one request's event.
func (t *Trail) record(e *Event) {
	if t.Admit(e.RequestID) {
		t.Add(e)
		t.Flush()
	}
}

func newTrail(s Sink) (*Trail, *strings.Builder) {
	log := &strings.Builder{}
	return New(s, slog.New(slog.NewTextHandler(log, nil)), hide, func(b []byte) []byte { return append(b, "id"...) }), log
}

// written is what one event becomes.
func written(t testing.TB, e *Event) string {
	t.Helper()
	s := &slow{room: -1}
	trail, log := newTrail(s)
	trail.record(e)
	if err := trail.Close(); err != nil || log.Len() > 0 {
		t.Fatal(err, log)
	}
	return s.text.String()
}

func TestWhatWasAcceptedIsWrittenAndDurableAtTheEnd(t *testing.T) {
	t.Parallel()
	s := &slow{room: -1}
	trail, _ := newTrail(s)
	const writers, each = 20, 1000
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				trail.record(&Event{Name: "GetCallerIdentity", RequestID: fmt.Sprintf("%d %04d", w, i)})
			}
		})
	}
	all.Wait()
	if err := trail.Close(); err != nil {
		t.Fatal(err)
	}
	last := map[string]string{}
	ids := s.requests(t)
	for _, id := range ids {
		writer, _, _ := strings.Cut(id, " ")
		if id <= last[writer] {
			t.Fatalf("%s after %s", id, last[writer])
		}
		last[writer] = id
	}
	if len(ids) != writers*each || !s.closed || s.synced != s.text.Len() {
		t.Errorf("%d records of %d, closed %t, %d bytes of %d synced", len(ids), writers*each, s.closed, s.synced, s.text.Len())
	}
	if c := trail.Counts(); c != (Counts{Written: writers * each}) {
		t.Errorf("counts: %+v", c)
	}
	if err := trail.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

func TestAFullDiskHoldsRequestsUpForAWhileAndLosesNothingThatFits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &slow{room: 100}
		trail, log := newTrail(s)
		n := 0
		record := func() {
			trail.record(&Event{Name: "GetCallerIdentity", RequestID: fmt.Sprint(n)})
			n++
		}
		record()
		synctest.Wait()
		if !errors.Is(trail.Err(), errFull) {
			t.Fatalf("Err = %v", trail.Err())
		}
		for range queued - 1 {
			record()
		}
		began := time.Now()
		record()
		if waited := time.Since(began); waited != patience || trail.Counts().Lost != 1 {
			t.Errorf("waited %v, lost %d", waited, trail.Counts().Lost)
		}
		s.set(-1)
		time.Sleep(2 * syncEvery)
		synctest.Wait()
		if trail.Err() != nil || trail.Counts().Queued != 0 {
			t.Errorf("after there is room: %v, %+v", trail.Err(), trail.Counts())
		}
		record()
		if err := trail.Close(); err != nil {
			t.Error(err)
		}
		ids := s.requests(t)
		if len(ids) != n-1 || ids[0] != "0" || ids[len(ids)-1] != fmt.Sprint(n-1) {
			t.Errorf("%d records for %d events", len(ids), n)
		}
		for _, text := range []string{"cannot write the audit trail", "no space left", "is written again", "records=1"} {
			if !strings.Contains(log.String(), text) {
				t.Errorf("the log does not say %q:\n%s", text, log)
			}
		}
	})
}

func TestAnEndWithAFullDiskSaysHowManyAreLost(t *testing.T) {
	t.Parallel()
	s := &slow{room: 10}
	trail, log := newTrail(s)
	for range 3 {
		trail.record(&Event{Name: "GetCallerIdentity"})
	}
	err := trail.Close()
	if !errors.Is(err, errFull) || !strings.Contains(err.Error(), "3 audit records") || trail.Counts().Lost != 3 {
		t.Errorf("Close = %v, %+v", err, trail.Counts())
	}
	trail.record(&Event{Name: "GetCallerIdentity", RequestID: "late"})
	if trail.Counts().Lost != 4 || !strings.Contains(log.String(), "request_id=late") {
		t.Errorf("after the end: %+v\n%s", trail.Counts(), log)
	}
}

// held is a pipe whose reader hangs until it is closed.
type held struct {
	slow
	goOn chan struct{}
}

func (h *held) Write(p []byte) (int, error) {
	<-h.goOn
	return h.slow.Write(p)
}

func TestAPipeThatNobodyReadsIsToldAndNotWaitedForAtTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &held{slow{room: -1}, make(chan struct{})}
		trail, _ := newTrail(h)
		trail.record(&Event{Name: "GetCallerIdentity"})
		synctest.Wait()
		trail.record(&Event{Name: "GetCallerIdentity"})
		if err := trail.Err(); err != nil {
			t.Errorf("at once: %v", err)
		}
		time.Sleep(stall + 1)
		if err := trail.Err(); !errors.Is(err, errStalled) {
			t.Errorf("after a while: %v", err)
		}
		began := time.Now()
		err := trail.Close()
		if err == nil || !strings.Contains(err.Error(), "at least 1 records are lost") || time.Since(began) != ending {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		close(h.goOn)
		<-trail.done
	})
}

func TestATokenInAnUnexpectedPlaceIsMasked(t *testing.T) {
	t.Parallel()
	token := "daypass_" + strings.Repeat("Ab-_9", 60)
	got := written(t, &Event{Name: "x", UserAgent: "pip/" + token, Error: "no " + token, Additional: Additional{RequestURI: "/x%2F" + token + "/"}, Package: Package{Name: token}})
	if strings.Contains(got, token[:30]) || strings.Count(got, hidden) != 4 {
		t.Error(got)
	}
}

func TestElementsThatAreTooLongAreLeftOut(t *testing.T) {
	t.Parallel()
	got := written(t, &Event{Name: "x", Parameters: []byte(`"` + strings.Repeat("x", maxBytes/2) + `"`), Response: []byte(`{"a":1}`)})
	if !strings.Contains(got, `"requestParameters":{"omitted":true},"responseElements":{"a":1}`) || strings.Count(got, "\n") != 1 {
		t.Errorf("%.300s", got)
	}
}

// Package json knows the form, and a record's members and their order are those
// of [Record]; our own encoder must not differ.
func TestALineIsWhatPackageJSONWouldMakeOfARecord(t *testing.T) {
	t.Parallel()
	odd := "é \"\\\\<&>\n東"
	session := &principal.Session{IssuedAt: noon, MFAAt: noon, SourceIdentity: odd, Provider: odd, Context: map[string][]string{"x:aud": {odd}, "x:sub": {odd}, "x": {odd}, "y:sub": nil}}
	role := principal.Ref{Kind: principal.Role, Account: account, ID: "AROAEXAMPLE", SessionName: odd, Session: session}
	for name, e := range map[string]Event{
		"empty": {},
		"full": {Time: noon, RequestID: odd, Source: odd, Name: odd, ReadOnly: true, Region: odd, Account: odd, Address: netip.MustParseAddr("fe80::1%\"z"), UserAgent: odd,
			Caller: Caller{Principal: &principal.Principal{Ref: role, Name: odd, Path: "/"}, ARN: odd, AccessKeyID: odd}, Resource: "arn:aws:iam::" + odd + ":" + odd + "/" + odd,
			ErrorCode: odd, Error: odd, Parameters: []byte(`{"a":1}`), Response: []byte(`null`), Additional: Additional{odd, odd, odd, odd}},
		"a package":        {Package: Package{odd, odd, odd, odd, odd, odd, odd}},
		"a middle part":    {Package: Package{Format: "x"}, Additional: Additional{RequestURI: "/"}, Resource: "arn:a:b:::x"},
		"a plain session":  {Caller: Caller{Ref: &principal.Ref{Kind: principal.User, Session: &principal.Session{}}}},
		"a web identity":   {Caller: Caller{Web: &Web{odd, odd, odd, odd}}},
		"an unknown kind":  {Caller: Caller{Principal: &principal.Principal{}}},
		"no resource":      {Resource: "*"},
		"a broken ARN":     {Resource: "arn:" + odd},
		"another's":        {Resource: "arn:aws:s3:::x"},
		"a federated user": {Caller: Caller{Principal: &principal.Principal{Ref: principal.Ref{Kind: principal.Federated, ID: odd, Account: account, Session: &principal.Session{Provider: "p"}}}}},
	} {
		got := written(t, &e)
		var r Record
		if err := json.Unmarshal([]byte(got), &r); err != nil {
			t.Fatalf("%s: %v: %s", name, err, got)
		}
		var want bytes.Buffer
		encoder := json.NewEncoder(&want)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(&r); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.String(), got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestNoTrailRecordsNothing(t *testing.T) {
	t.Parallel()
	var trail *Trail
	trail.record(&Event{})
	if trail.Err() != nil || trail.Counts() != (Counts{}) || trail.Close() != nil {
		t.Error("a nil trail does something")
	}
}

func anID(b []byte) []byte { return append(b, "e2b0c3f8-2f4e-4b8e-9a57-0f6d0c1b2a39"...) }

func BenchmarkRecord(b *testing.B) {
	trail := New(Output{io.Discard}, slog.New(slog.DiscardHandler), func(text string) string { return text }, anID)
	defer trail.Close()
	e := &Event{Time: noon, Name: "ReadFromRepository", Source: "codeartifact.amazonaws.com", UserAgent: "pip/25",
		Resource: "arn:aws:codeartifact:us-west-2:444455556666:repository/dom/repo", Package: Package{Domain: "dom", Name: "x"}}
	b.ReportAllocs()
	for b.Loop() {
		trail.record(e)
	}
}
