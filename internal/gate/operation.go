package gate

import (
	"context"

	"daypass/internal/fault"
)

// An Operation is one row of a service's table: its name in the API model, what
// it is judged on, and what it does. [Operation.Do] is the order of these for
// all of them, written once.
type Operation struct {
	Name string
	// New returns an empty input for the decoder to fill.
	New func() any
	// Open says that the operation needs no permission.
	Open bool

	do func(ctx context.Context, c *Call, action string, in any) (any, error)
}

// Do takes a decoded input through the operation: what it is about is found,
// the operation's own action is judged on it, then whatever else it needs, and
// only then it runs, on what was found. The result is nil or what the model has
// for it.
func (o Operation) Do(ctx context.Context, c *Call, action string, in any) (any, error) {
	return o.do(ctx, c, action, in)
}

// The steps of an operation. Found is what the first one looked up: the later
// ones work on it, and look nothing up again that could be something else by
// then.
type (
	// Resolve finds what the operation is about: on what its action is judged,
	// and by which policies of the resource's side. What does not exist is judged
	// like what has no policies, so that only who may see it learns that.
	Resolve[In, Found any] func(ctx context.Context, c *Call, in *In) (Subject, Found, error)
	// Further judges, with [Call.Authorize], the permissions that the operation
	// needs besides its own. It changes nothing but what was found.
	Further[In, Found any] func(ctx context.Context, c *Call, in *In, found Found) error
	// Run does the operation.
	Run[In, Found, Out any] func(ctx context.Context, c *Call, in *In, found Found) (*Out, error)
)

// Op makes a row. Further is nil where the operation's own action is the only
// one that is judged.
func Op[In, Found, Out any](name string, resolve Resolve[In, Found], further Further[In, Found], run Run[In, Found, Out]) Operation {
	return row[In](name, func(ctx context.Context, c *Call, action string, in any) (any, error) {
		given := in.(*In)
		on, found, err := resolve(ctx, c, given)
		if err != nil {
			return nil, err
		}
		err = c.Authorize(ctx, action, on)
		if err != nil {
			return nil, err
		}
		if further != nil {
			err = further(ctx, c, given, found)
			if err != nil {
				return nil, err
			}
			// The call's record tells its own action, not the last one judged.
			c.Action, c.Resource = action, on.ARN
		}
		if c.BeforeRun != nil {
			c.BeforeRun()
		}
		return output(run(ctx, c, given, found))
	})
}

// OpenOp makes a row that needs no permission.
func OpenOp[In, Out any](name string, run func(context.Context, *Call, *In) (*Out, error)) Operation {
	op := row[In](name, func(ctx context.Context, c *Call, action string, in any) (any, error) {
		c.Action, c.Resource, c.Decision = action, "*", Allow
		return output(run(ctx, c, in.(*In)))
	})
	op.Open = true
	return op
}

func row[In any](name string, do func(context.Context, *Call, string, any) (any, error)) Operation {
	return Operation{Name: name, New: func() any { return new(In) }, do: do}
}

// output keeps a nil *Out from being taken for a result.
func output[Out any](out *Out, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Refuse is the decision against a caller for what no policy can change, such as
// that root gets no tokens. It returns the fault that says so.
func (c *Call) Refuse(action, resource, format string, args ...any) error {
	c.Action, c.Resource, c.Decision, c.Refusal = action, resource, Deny, nil
	return fault.New(fault.AccessDenied, format, args...)
}
