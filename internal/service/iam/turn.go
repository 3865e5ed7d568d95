package iam

import (
	"context"
	"runtime"
	"time"

	"daypass/internal/fault"
	"daypass/internal/gate"
)

// Turns are taken by operations that cost much: those that try policies, and
// those that go through a whole account. All of them together leave half of the
// processors to others.
type turns chan struct{}

func newTurns() turns { return make(turns, max(1, runtime.GOMAXPROCS(0)/2)) }

// maxSimulation is how long a call waits for its turn.
const maxSimulation = 5 * time.Second

// A runner is what an operation does, as [op] takes it.
type runner[In, Out any] = func(context.Context, *gate.Call, *In) (*Out, error)

// inTurn lets a call run when it is its turn. One that waits too long is refused.
func inTurn[In, Out any](turn turns, run runner[In, Out]) runner[In, Out] {
	return func(ctx context.Context, c *gate.Call, in *In) (*Out, error) {
		err := turn.take(ctx)
		if err != nil {
			return nil, err
		}
		defer func() { <-turn }()
		return run(ctx, c, in)
	}
}

func (t turns) take(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, maxSimulation)
	defer cancel()
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fault.New(fault.Throttling, "Rate exceeded")
	}
}
