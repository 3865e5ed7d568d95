package gate

import "context"

// An Operation is one row of a service's table: its name in the API model, how
// to find what it is judged on, and what it does. The door around it does the
// rest, in the same order for all of them.
type Operation struct {
	Name string
	// New returns an empty input for the decoder to fill.
	New func() any
	// Judge names the subject of the operation's own action; nil means that no
	// permission is needed.
	Judge func(ctx context.Context, c *Call, in any) (Subject, error)
	Run   func(ctx context.Context, c *Call, in any) (any, error)
}

// Op makes a row from typed functions.
func Op[In, Out any](
	name string,
	judge func(context.Context, *Call, *In) (Subject, error),
	run func(context.Context, *Call, *In) (*Out, error),
) Operation {
	op := Operation{
		Name: name,
		New:  func() any { return new(In) },
		Run: func(ctx context.Context, c *Call, in any) (any, error) {
			out, err := run(ctx, c, in.(*In))
			if err != nil {
				return nil, err // a nil *Out in an interface is not nil
			}
			return out, nil
		},
	}
	if judge != nil {
		op.Judge = func(ctx context.Context, c *Call, in any) (Subject, error) { return judge(ctx, c, in.(*In)) }
	}
	return op
}
