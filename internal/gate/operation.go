package gate

import (
	"context"

	"daypass/internal/fault"
)

// An Operation is one row of a service's table: its name in the API model, its
// authorization and its function. [Operation.Do] runs the steps of every operation
// in the same order.
type Operation struct {
	Name string
	// New returns an empty input for the decoder to fill.
	New func() any
	// Open says that the operation needs no permission.
	Open bool

	do func(ctx context.Context, c *Call, action string, in any) (any, error)
}

// Do runs the operation with a decoded input. It looks up the resource, authorizes
// the operation's own action on it, then its further permissions, and only then runs
// the operation on that resource. The result is nil or of the model's output type.
func (o Operation) Do(ctx context.Context, c *Call, action string, in any) (any, error) {
	return o.do(ctx, c, action, in)
}

// The steps of an operation. Found is what the first step looked up. The later steps
// use it and do not look it up again, because the name could belong to another
// resource by then.
type (
	// Resolve looks up the operation's resource and returns its subject. A resource
	// that does not exist has a subject without policies, so that only a caller who
	// may see it learns that it does not exist.
	Resolve[In, Found any] func(ctx context.Context, c *Call, in *In) (Subject, Found, error)
	// FurtherPermissions authorizes, with [Call.Authorize], the permissions that the
	// operation needs besides its own action. It may change found, and nothing else.
	FurtherPermissions[In, Found any] func(ctx context.Context, c *Call, in *In, found Found) error
	// Run does the operation.
	Run[In, Found, Out any] func(ctx context.Context, c *Call, in *In, found Found) (*Out, error)
)

// Op returns an operation. further is nil if it needs no permission besides its own
// action.
func Op[In, Found, Out any](name string, resolve Resolve[In, Found], further FurtherPermissions[In, Found], run Run[In, Found, Out]) Operation {
	return row[In](name, func(ctx context.Context, c *Call, action string, in any) (any, error) {
		given := in.(*In)
		subject, found, err := resolve(ctx, c, given)
		if err != nil {
			return nil, err
		}
		err = c.Authorize(ctx, action, subject)
		if err != nil {
			return nil, err
		}
		if further != nil {
			err = further(ctx, c, given, found)
			if err != nil {
				return nil, err
			}
			// The call's record has its own action, not the last one authorized.
			c.Action, c.Resource = action, subject.ARN
		}
		if c.BeforeRun != nil {
			c.BeforeRun()
		}
		return output(run(ctx, c, given, found))
	})
}

// OpenOp returns an operation that needs no permission.
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

// output returns nil without a type if there is an error: a nil *Out in an interface
// is not nil.
func output[Out any](out *Out, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Refuse denies a call for a reason that no policy can change, such as that root gets
// no tokens. It returns a fault of kind AccessDenied with the message.
func (c *Call) Refuse(action, resource, format string, args ...any) error {
	c.Action, c.Resource, c.Decision, c.Refusal = action, resource, Deny, nil
	return fault.New(fault.AccessDenied, format, args...)
}
