package server

import (
	"io"
	"log/slog"
	"sync"
	"time"

	"daypass/internal/printable"
	"daypass/internal/token"
	"daypass/internal/wire"
)

// masked hides a token that a client put where no one expects one, such as a
// path: it stays out of logs and of answers.
func masked(text string) string { return token.Hide(text, wire.Hidden) }

// maskedLine is masked for what is encoded already.
func maskedLine(line []byte) []byte { return token.HideBytes(line, wire.Hidden) }

const (
	// gather is how long a line may wait for others to be written with.
	gather = time.Millisecond
	// gathered bounds what waits; the request that exceeds it writes.
	gathered = 64 << 10
)

// A gatherer writes a line at once if it is alone, and in a flood gathers lines
// for a moment: a system call for each, with the reader woken each time, costs
// as much as all else that a request needs. A line is never dropped; a process
// that is killed loses what waits, a millisecond's worth.
type gatherer struct {
	w io.Writer

	mu      sync.Mutex
	waiting []byte
	last    time.Time // when something was written
	timer   *time.Timer
}

func (g *gatherer) Write(line []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) == 0 {
		if time.Since(g.last) >= gather {
			n, err := g.w.Write(line)
			g.last = time.Now()
			return n, err
		}
		g.arm()
	}
	g.waiting = append(g.waiting, line...)
	if len(g.waiting) >= gathered {
		return len(line), g.write()
	}
	return len(line), nil
}

func (g *gatherer) arm() {
	if g.timer == nil {
		g.timer = time.AfterFunc(gather, func() { _ = g.Flush() }) // there is no log to tell of it
		return
	}
	g.timer.Reset(gather)
}

// Flush writes what waits.
func (g *gatherer) Flush() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.write()
}

func (g *gatherer) write() error {
	if len(g.waiting) == 0 {
		return nil
	}
	_, err := g.w.Write(g.waiting)
	g.waiting = g.waiting[:0]
	g.last = time.Now()
	return err
}

// An escaper writes lines without characters that a terminal obeys. Those of
// [slog.TextHandler] have none.
type escaper struct{ w io.Writer }

func (e escaper) Write(line []byte) (int, error) {
	_, err := e.w.Write(printable.JSON(line))
	return len(line), err
}

func newLogger(format string, w io.Writer) *slog.Logger {
	if format == "text" {
		return slog.New(slog.NewTextHandler(w, nil))
	}
	return slog.New(slog.NewJSONHandler(escaper{w}, nil))
}
