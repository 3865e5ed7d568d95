package iam

import (
	"context"
	"runtime"
	"time"

	"daypass/internal/fault"
	"daypass/internal/gate"
)

// Turns limit how many costly operations run at a time: those that evaluate many
// policies, and those that read a whole account. Together they use at most half of
// the processors.
type turns chan struct{}

func newTurns() turns { return make(turns, max(1, runtime.GOMAXPROCS(0)/2)) }

// maxSimulation bounds how long a call waits for its turn. It also bounds the whole
// time of a simulation.
const maxSimulation = 5 * time.Second

// A runner runs an operation after it was authorized; see [op].
type runner[In, Out any] = func(context.Context, *gate.Call, *In) (*Out, error)

// inTurn runs an operation in its turn. A call that waits too long is refused.
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
