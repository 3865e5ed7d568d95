package test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// A server that is stopped under load has a record of each request that it answered.
// A server that is killed lacks at most the records in its queue, and goes on with the
// same file after the restart.
func TestTrailHasEveryAnsweredRequest(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		end  func(*server) error
		lost int // the queue and a batch
	}{
		"stopped": {(*server).stop, 0},
		"killed":  {func(s *server) error { s.kill(); return nil }, 4096 + 512},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			s := startServer(t, data, "--audit-max-size", "200000") // rotates on the way
			repo := s.newRepository(t)
			answered := sendRequests(t, repo, 2000, func() error { return test.end(s) })
			again, err := s.restart()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(again.kill)
			answered = append(answered, sendRequests(t, repo.onServer(again), 100, again.stop)...)
			recorded := recordedRequests(t, filepath.Join(data, "audit"))
			lost := 0
			for _, id := range answered {
				switch n := recorded[id]; {
				case n == 0:
					lost++
				case n > 1:
					t.Errorf("%s has %d records", id, n)
				}
			}
			if lost > test.lost {
				t.Errorf("%d of %d answers have no record", lost, len(answered))
			}
			t.Logf("%d answers, %d without a record", len(answered), lost)
		})
	}
}

// sendRequests sends requests on several connections and ends the server after a
// number of answers. It returns the ids of all requests with a complete answer.
func sendRequests(t *testing.T, repo repository, after int, end func() error) []string {
	t.Helper()
	var mu sync.Mutex
	var ids []string
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	enough := make(chan struct{})
	var all sync.WaitGroup
	for w := range 16 {
		all.Go(func() {
			c := &http.Client{Transport: &http.Transport{}}
			defer c.CloseIdleConnections()
			for n := 0; ctx.Err() == nil; n++ {
				res, _, err := fetch(c, http.MethodGet, repo.url+fmt.Sprintf("simple/none-%d-%d/", w, n), nil,
					func(r *http.Request) { r.SetBasicAuth("aws", repo.token) })
				if err != nil {
					return // the server is gone
				}
				mu.Lock()
				ids = append(ids, res.Header.Get("X-Amzn-Requestid"))
				if len(ids) == after {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	if err := end(); err != nil {
		t.Error(err)
	}
	cancel()
	all.Wait()
	return ids
}

// recordedRequests counts the records of each request. It ignores a line that a kill
// cut off.
func recordedRequests(t *testing.T, folder string) map[string]int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 2 {
		t.Errorf("nothing was rotated: %v", files)
	}
	ids := map[string]int{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			var record struct{ RequestID string }
			if json.Unmarshal([]byte(line), &record) == nil {
				ids[record.RequestID]++
			}
		}
	}
	return ids
}
