package identity

import "context"

// A Resource is what an operation can be judged on. One without an ID does not
// exist.
type Resource interface {
	*Entity | *ManagedPolicy | *MFADevice | *OIDCProvider
}

// Judged returns a context in which the name of a resource stands for that one
// alone, and for nothing if it does not exist: what an operation was judged on.
// Between the judgement and the deed the name may have passed to another one,
// with other tags, or have been given to the first one. In that context
// [Directory.Find] returns a user, group or role as it was judged.
func Judged(ctx context.Context, resource any) context.Context {
	j := judgement{row: resource}
	switch r := resource.(type) {
	case *Entity:
		if r == nil {
			return ctx
		}
		j.name, j.id = entityName(r.Account, r.Kind, r.Name), r.ID
	case *ManagedPolicy:
		j.name, j.id = r.ARN, r.ID
	case *MFADevice:
		j.name, j.id = r.Serial, r.ID
	case *OIDCProvider:
		j.name, j.id = ProviderARN(r), r.ID
	default:
		return ctx
	}
	return context.WithValue(ctx, judgedKey{}, j)
}

type judgedKey struct{}

// A judgement is on the resource that had a name then.
type judgement struct {
	name, id string
	row      any
}

// entityName is the name of a user, group or role that stands for it in all
// operations, which leave out its path.
func entityName(account, kind, name string) string { return account + " " + kind + " " + name }

// judged returns what was judged under a name, if anything was.
func judged(ctx context.Context, name string) (judgement, bool) {
	j, ok := ctx.Value(judgedKey{}).(judgement)
	return j, ok && j.name == name
}

// replaced reports whether something else was judged under a name than what has
// it now.
func replaced(ctx context.Context, name, id string) bool {
	j, ok := judged(ctx, name)
	return ok && j.id != id
}
