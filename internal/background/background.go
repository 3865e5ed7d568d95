// Package background owns the tasks that a server runs besides answering
// requests: when each of them runs, which replica runs it, and that all have ended
// before the server does. It knows nothing of what the tasks do.
package background

import (
	"context"
	"sync"
	"time"
)

// A Task is work that a [Runner] repeats.
type Task struct {
	Name    string        // what it does: "sweep content"
	Every   time.Duration // from one start to the next; 0: Run is called once and returns when its context ends
	AtStart bool          // run it also when the runner starts
	AtEnd   bool          // run it also when the runner stops, after all other tasks have ended
	Alone   bool          // only one replica runs it in each period
	Limit   time.Duration // timeout of one run; 0: none
	Run     func(context.Context) error
}

// A Runner runs tasks, each by itself. A run that takes longer than its period
// is followed by the next; two runs of a task never overlap.
type Runner struct {
	// Lease reports whether this replica may run a task in the coming period.
	// Nil means that there is no other replica.
	Lease func(ctx context.Context, task string, period time.Duration) (bool, error)
	// Failed is called with the error of each run or lease that failed.
	Failed func(task string, err error)

	tasks   []Task
	cancel  context.CancelFunc
	running sync.WaitGroup
}

// Start begins to run tasks.
func (r *Runner) Start(tasks ...Task) {
	ctx, cancel := context.WithCancel(context.Background())
	r.tasks, r.cancel = tasks, cancel
	for _, t := range tasks {
		r.running.Go(func() { r.loop(ctx, t) })
	}
}

// Stop cancels all tasks, waits until none runs, and then runs those with AtEnd.
// It returns early when ctx ends.
func (r *Runner) Stop(ctx context.Context) {
	r.cancel()
	ended := make(chan struct{})
	go func() {
		r.running.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
		return
	}
	for _, t := range r.tasks {
		if t.AtEnd {
			r.run(ctx, t)
		}
	}
}

func (r *Runner) loop(ctx context.Context, t Task) {
	if t.Every == 0 {
		r.run(ctx, t)
		return
	}
	tick := time.NewTicker(t.Every)
	defer tick.Stop()
	if t.AtStart {
		r.runUnlessLeased(ctx, t)
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			r.runUnlessLeased(ctx, t)
		}
	}
}

// runUnlessLeased runs a task unless another replica runs it in this period.
func (r *Runner) runUnlessLeased(ctx context.Context, t Task) {
	if t.Alone && r.Lease != nil {
		// A little shorter than the period, so that a lease never outlives the wait
		// for the next turn.
		leased, err := r.Lease(ctx, t.Name, t.Every-t.Every/10)
		if err != nil {
			r.report(ctx, t, err)
		}
		if !leased || err != nil {
			return
		}
	}
	r.run(ctx, t)
}

func (r *Runner) run(ctx context.Context, t Task) {
	bounded, cancel := ctx, context.CancelFunc(func() {})
	if t.Limit > 0 {
		bounded, cancel = context.WithTimeout(ctx, t.Limit)
	}
	defer cancel()
	err := t.Run(bounded)
	if err != nil {
		r.report(ctx, t, err)
	}
}

// report ignores the errors of runs that were cancelled because the runner stops.
func (r *Runner) report(ctx context.Context, t Task, err error) {
	if ctx.Err() == nil {
		r.Failed(t.Name, err)
	}
}
