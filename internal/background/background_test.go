package background_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/background"
)

// A diary records what tasks did, with the seconds since its beginning.
type diary struct {
	mu      sync.Mutex
	began   time.Time
	entries []string
}

func newDiary() *diary { return &diary{began: time.Now()} }

func (d *diary) record(what string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.entries = append(d.entries, fmt.Sprintf("%s %d", what, time.Since(d.began)/time.Second))
}

func (d *diary) task(name string) func(context.Context) error {
	return func(context.Context) error {
		d.record(name)
		return nil
	}
}

func (d *diary) want(t *testing.T, want ...string) {
	t.Helper()
	slices.Sort(d.entries)
	slices.Sort(want)
	if diff := cmp.Diff(want, d.entries); diff != "" {
		t.Error(diff)
	}
}

func TestTasksRunWhenTheyAreDue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDiary()
		r := background.Runner{Failed: func(task string, err error) { d.record(task + ": " + err.Error()) }}
		r.Start(
			background.Task{Name: "later", Every: 10 * time.Second, Run: d.task("later")},
			background.Task{Name: "now", Every: 10 * time.Second, AtStart: true, Run: d.task("now")},
			background.Task{Name: "end", Every: time.Hour, AtEnd: true, Run: d.task("end")},
			background.Task{Name: "fail", Every: 12 * time.Second, Run: func(context.Context) error { return errors.New("broken") }},
			background.Task{Name: "slow", Every: 10 * time.Second, Limit: 3 * time.Second, Run: func(ctx context.Context) error {
				<-ctx.Done()
				return ctx.Err()
			}},
		)
		time.Sleep(24500 * time.Millisecond)
		r.Stop(t.Context())
		d.want(t, "later 10", "later 20", "now 0", "now 10", "now 20", "end 24", "fail: broken 12", "fail: broken 24",
			"slow: context deadline exceeded 13", "slow: context deadline exceeded 23")
	})
}

func TestStopWaitsForRunningTasksAndReportsNoFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDiary()
		r := background.Runner{Failed: func(task string, err error) { t.Errorf("%s: %v", task, err) }}
		r.Start(background.Task{Name: "watch", Run: func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(5 * time.Second)
			d.record("ended")
			return ctx.Err()
		}}, background.Task{Name: "flush", Every: time.Minute, AtEnd: true, Run: d.task("flushed")})
		time.Sleep(time.Second)
		r.Stop(t.Context())
		d.want(t, "ended 6", "flushed 6")
	})
}

func TestStopWaitsNoLongerThanItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		r := background.Runner{Failed: func(string, error) {}}
		r.Start(background.Task{Name: "stuck", Run: func(context.Context) error { <-release; return nil }})
		ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second)
		defer cancel()
		began := time.Now()
		r.Stop(ctx)
		if took := time.Since(began); took != 7*time.Second {
			t.Errorf("stopped after %v", took)
		}
		close(release)
	})
}

func TestOneReplicaRunsATaskInEachPeriod(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDiary()
		var mu sync.Mutex
		until := time.Time{}
		lease := func(_ context.Context, _ string, period time.Duration) (bool, error) {
			mu.Lock()
			defer mu.Unlock()
			if time.Now().Before(until) {
				return false, nil
			}
			until = time.Now().Add(period)
			return true, nil
		}
		replicas := make([]background.Runner, 3)
		for i := range replicas {
			r := &replicas[i]
			r.Lease = lease
			r.Failed = func(task string, err error) { t.Errorf("%s: %v", task, err) }
			r.Start(background.Task{Name: "sweep", Every: 10 * time.Second, AtStart: true, Alone: true, Run: d.task("sweep")})
			time.Sleep(2 * time.Second)
		}
		time.Sleep(19 * time.Second) // 25 s since the beginning
		for i := range replicas {
			replicas[i].Stop(t.Context())
		}
		d.want(t, "sweep 0", "sweep 10", "sweep 20")
	})
}

func TestALeaseThatFailsIsReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDiary()
		r := background.Runner{
			Lease:  func(context.Context, string, time.Duration) (bool, error) { return false, errors.New("away") },
			Failed: func(task string, err error) { d.record(task + ": " + err.Error()) },
		}
		r.Start(background.Task{Name: "sweep", Every: 10 * time.Second, Alone: true, Run: d.task("sweep")})
		time.Sleep(11 * time.Second)
		r.Stop(t.Context())
		d.want(t, "sweep: away 10")
	})
}
