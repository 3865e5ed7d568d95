package server

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// writes keeps each write by itself.
type writes struct {
	mu    sync.Mutex
	texts []string
}

func (w *writes) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.texts = append(w.texts, string(p))
	return len(p), nil
}

func (w *writes) all() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.texts)
}

func TestALineThatIsAloneIsWrittenAtOnceAndAFloodTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &writes{}
		g := &gatherer{w: w}
		for _, line := range []string{"a\n", "b\n", "c\n"} {
			fmt.Fprint(g, line)
		}
		if diff := cmp.Diff([]string{"a\n"}, w.all()); diff != "" {
			t.Errorf("at once: %s", diff)
		}
		time.Sleep(2 * gather)
		synctest.Wait()
		fmt.Fprint(g, "d\n")
		fmt.Fprint(g, "e\n")
		if err := g.Flush(); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"a\n", "b\nc\n", "d\n", "e\n"}, w.all()); diff != "" {
			t.Errorf("in the end: %s", diff)
		}
	})
}

func TestNoMoreThanTheBoundWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &writes{}
		g := &gatherer{w: w}
		line := strings.Repeat("x", 1023) + "\n"
		for range 200 {
			fmt.Fprint(g, line)
		}
		g.mu.Lock()
		waiting := len(g.waiting)
		g.mu.Unlock()
		if waiting >= gathered || len(w.all()) < 3 {
			t.Errorf("%d bytes wait after %d writes", waiting, len(w.all()))
		}
		if err := g.Flush(); err != nil || strings.Join(w.all(), "") != strings.Repeat(line, 200) {
			t.Error("lines were lost or changed")
		}
	})
}
