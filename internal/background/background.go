// Package background owns the running of what a server does besides answering
// requests: when each task runs, which replica runs it, and that all of them have
// ended when the server does. It knows nothing of what the tasks do.
package background

import (
	"context"
	"sync"
	"time"
)

// A Task is one thing that is done again and again.
type Task struct {
	Name    string        // what it does: "sweep content"
	Every   time.Duration // from one beginning to the next; 0: Run returns when its context ends
	AtStart bool          // also when the runner starts
	AtEnd   bool          // also when it stops, after all else has ended
	Alone   bool          // by one replica in each period
	Limit   time.Duration // of one run; 0: none
	Run     func(context.Context) error
}

// A Runner runs tasks, each by itself. A run that takes longer than its period
// is followed by the next; two runs of a task never overlap.
type Runner struct {
	// Lease asks whether this replica may run a task in the coming period.
	// Nil: there are no others.
	Lease func(ctx context.Context, task string, period time.Duration) (bool, error)
	// Failed is told of each run, or lease, that failed.
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

// Stop ends all tasks and waits until none runs, then runs those that are due
// at the end. ctx bounds that.
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
		r.turn(ctx, t)
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			r.turn(ctx, t)
		}
	}
}

// turn runs a task unless another replica has its turn.
func (r *Runner) turn(ctx context.Context, t Task) {
	if t.Alone && r.Lease != nil {
		// A little shorter than the period, so that a lease never outlives the wait
		// for the next turn.
		ours, err := r.Lease(ctx, t.Name, t.Every-t.Every/10)
		if err != nil {
			r.report(ctx, t, err)
		}
		if !ours || err != nil {
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

// report passes over what fails because the runner stops.
func (r *Runner) report(ctx context.Context, t Task, err error) {
	if ctx.Err() == nil {
		r.Failed(t.Name, err)
	}
}
