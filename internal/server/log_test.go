package server

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// writes keeps each write by itself.
type writes struct{ texts []string }

func (w *writes) Write(p []byte) (int, error) {
	w.texts = append(w.texts, string(p))
	return len(p), nil
}

func TestALineThatIsAloneIsWrittenAtOnceAndAFloodTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &writes{}
		g := &gatherer{w: w}
		for _, line := range []string{"a\n", "b\n", "c\n"} {
			fmt.Fprint(g, line)
		}
		if diff := cmp.Diff([]string{"a\n"}, w.texts); diff != "" {
			t.Errorf("at once: %s", diff)
		}
		time.Sleep(2 * gather)
		synctest.Wait()
		fmt.Fprint(g, "d\n")
		fmt.Fprint(g, "e\n")
		if err := g.Flush(); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"a\n", "b\nc\n", "d\n", "e\n"}, w.texts); diff != "" {
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
		if len(g.waiting) >= gathered || len(w.texts) < 3 {
			t.Errorf("%d bytes wait after %d writes", len(g.waiting), len(w.texts))
		}
		if err := g.Flush(); err != nil || strings.Join(w.texts, "") != strings.Repeat(line, 200) {
			t.Error("lines were lost or changed")
		}
	})
}
