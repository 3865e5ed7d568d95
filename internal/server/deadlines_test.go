package server

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// connected returns both ends of a connection. Ours is one of a deferring listener.
func connected(t *testing.T) (ours, theirs net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	theirs, err = net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	ours, err = deferring{listener}.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ours.Close(); theirs.Close() })
	return ours, theirs
}

var past = time.Unix(1, 0)

func TestADeadlineEndsWhatWaitsAndWhatComesAfterIt(t *testing.T) {
	t.Parallel()
	ours, _ := connected(t)
	failed := make(chan error)
	go func() {
		_, err := ours.Read(make([]byte, 1))
		failed <- err
	}()
	for _, set := range []func(time.Time) error{ours.SetReadDeadline, ours.SetDeadline} {
		err := set(past) // before or after the read begins to wait
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := <-failed; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the read that waited: %v", err)
	}
	if _, err := ours.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the read after it: %v", err)
	}
	if _, err := ours.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the write: %v", err)
	}
}

func TestAClientThatStopsReadingIsLeftAtTheDeadline(t *testing.T) {
	t.Parallel()
	ours, _ := connected(t)
	endless := struct{ io.Reader }{nought{}}
	failed := make(chan error)
	go func() {
		_, err := ours.(io.ReaderFrom).ReadFrom(endless)
		failed <- err
	}()
	err := ours.SetWriteDeadline(past)
	if err != nil {
		t.Fatal(err)
	}
	if err := <-failed; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the copy: %v", err)
	}
}

type nought struct{}

func (nought) Read(p []byte) (int, error) { return len(p), nil }

func TestADeadlineThatWasLiftedEndsNothing(t *testing.T) {
	t.Parallel()
	ours, theirs := connected(t)
	for _, at := range []time.Time{past, {}} {
		err := ours.SetDeadline(at)
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := theirs.Write([]byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ours.Read(make([]byte, 1)); err != nil {
		t.Errorf("read: %v", err)
	}
	if _, err := ours.Write([]byte("y")); err != nil {
		t.Errorf("write: %v", err)
	}
}

func TestDeadlinesAreSetWhereTheyMatter(t *testing.T) {
	t.Parallel()
	var set []time.Duration
	start := time.Now()
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	d := deadline{early: time.Second, set: func(t time.Time) error {
		if t.IsZero() {
			set = append(set, 0)
			return nil
		}
		set = append(set, t.Sub(start)/time.Second)
		return nil
	}}
	wait := func(during func()) {
		err := d.begin()
		if err != nil {
			t.Fatal(err)
		}
		during()
		d.end()
	}
	move := func(to time.Time) {
		err := d.move(to)
		if err != nil {
			t.Fatal(err)
		}
	}
	move(at(10))
	move(at(20))
	move(at(60))
	wait(func() {}) // only the last is set
	move(time.Time{})
	move(at(61))
	wait(func() {})              // the one set passes one second early, which is allowed
	move(at(62))                 // it would pass two seconds early
	wait(func() { move(at(3)) }) // an earlier one is set at once
	move(time.Time{})
	wait(func() {})
	wait(func() { move(at(4)) })
	if diff := cmp.Diff([]time.Duration{60, 62, 3, 0, 4}, set); diff != "" {
		t.Errorf("deadlines that were set (-want +got):\n%s", diff)
	}
}
