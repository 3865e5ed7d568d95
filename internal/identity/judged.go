package identity

import "context"

// A Resource is a row that an operation can be authorised on. A row without an ID
// stands for one that does not exist.
type Resource interface {
	*Entity | *ManagedPolicy | *MFADevice | *OIDCProvider
}

// Judged returns a context in which the name of a resource stands for that row
// alone, or for nothing if the row does not exist. The resource is the one that an
// operation was authorised on. By the time the operation runs, the name may belong
// to another row, with other tags. In that context [Directory.Find] returns a
// user, group or role as it was authorised.
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

// A judgement is the resource that an operation was authorised on.
type judgement struct {
	name, id string
	row      any
}

// entityName identifies a user, group or role without its path, as all operations
// name it.
func entityName(account, kind, name string) string { return account + " " + kind + " " + name }

// judged returns the resource that was authorised under a name, if there is one.
func judged(ctx context.Context, name string) (judgement, bool) {
	j, ok := ctx.Value(judgedKey{}).(judgement)
	return j, ok && j.name == name
}

// replaced reports whether the row that has a name now, with an id, is another
// than the one that was authorised.
func replaced(ctx context.Context, name, id string) bool {
	j, ok := judged(ctx, name)
	return ok && j.id != id
}
