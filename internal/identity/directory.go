package identity

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/policy"
	"daypass/internal/principal"
	"daypass/internal/store"
	"daypass/internal/tag"
)

// errNoPrincipal says that the principal of a credential was deleted.
var errNoPrincipal = fault.New(fault.NotFound, "The principal of these credentials does not exist.")

// errUnknownKey is the same for keys that do not exist and inactive ones.
var errUnknownKey = fault.New(fault.UnknownKey, "The security token included in the request is invalid.")

// activeKey is an active access key with its secret opened.
type activeKey struct {
	secret string
	ref    principal.Ref
}

// Key returns the secret of a long-term access key and the principal that it
// belongs to. Unknown and inactive keys are faults of kind UnknownKey.
func (d *Directory) Key(ctx context.Context, accessKeyID string) (string, principal.Ref, error) {
	if d.isRootKey(accessKeyID) {
		return d.Root.SecretAccessKey, principal.Ref{Kind: principal.Root, Account: d.Account, ID: d.Account}, nil
	}
	if !arn.IsKeyID(accessKeyID) { // text of another form must not reach the database
		return "", principal.Ref{}, errUnknownKey
	}
	key, err := d.keys.Get(ctx, accessKeyID, func(ctx context.Context) (*activeKey, error) { return d.loadKey(ctx, accessKeyID) })
	if err != nil {
		return "", principal.Ref{}, err
	}
	return key.secret, key.ref, nil
}

func (d *Directory) isRootKey(id string) bool {
	return d.Root.AccessKeyID != "" && id == d.Root.AccessKeyID
}

func (d *Directory) loadKey(ctx context.Context, id string) (*activeKey, error) {
	var key *store.AccessKey
	owner, err := view(ctx, d, func(tx *store.Tx) (*Entity, error) {
		var err error
		key, err = tx.AccessKey(ctx, id)
		if err != nil {
			return nil, err
		}
		return tx.Identity(ctx, key.Identity)
	})
	if err != nil {
		return nil, ifNotFound(err, errUnknownKey)
	}
	if key.Status != store.KeyActive {
		return nil, errUnknownKey
	}
	secret, err := d.Sealer.Open(key.Secret, []byte(id))
	if err != nil {
		return nil, fmt.Errorf("open the secret of access key %s: %w", id, err)
	}
	return &activeKey{string(secret), principal.Ref{Kind: principal.User, Account: owner.Account, ID: owner.ID}}, nil
}

// A currentPrincipal is a user, role or root user as it is stored now, before a
// session restricts it. All calls share it; it MUST NOT be changed.
type currentPrincipal struct {
	principal principal.Principal
	grants    policy.Grants
}

func (s *currentPrincipal) weight() int {
	n := entryWeight
	for _, p := range s.grants.Identity {
		n += p.Weight()
	}
	if s.grants.Boundary != nil {
		n += s.grants.Boundary.Weight()
	}
	return n
}

// Principal returns the principal of a credential and what its policies grant, as
// both are stored now. The values are shared: callers MUST NOT change them. A
// principal that no longer exists is a fault of kind NotFound.
func (d *Directory) Principal(ctx context.Context, ref principal.Ref) (*principal.Principal, *policy.Grants, error) {
	base, err := d.currentPrincipal(ctx, ref)
	if err != nil {
		return nil, nil, err
	}
	if ref.Session == nil {
		if ref.Kind != principal.User && ref.Kind != principal.Root {
			return nil, nil, errNoPrincipal // only sessions of roles and of federated users make requests
		}
		return &base.principal, &base.grants, nil
	}
	current := base.principal
	current.Ref = ref
	if ref.Kind == principal.Federated {
		current.Name, current.Path = "", ""
	}
	if len(ref.Session.Tags) > 0 {
		current.Tags = overlay(current.Tags, ref.Session.Tags)
	}
	if !ref.Session.Restricted() && ref.Kind != principal.Federated {
		return &current, &base.grants, nil
	}
	grants := base.grants
	// A federated user's session without a policy has only the permissions that
	// resource policies grant it (IAM User Guide, "Policy evaluation logic").
	grants.Restricted = true
	grants.Session, err = d.sessionPolicies(ctx, ref.Session)
	return &current, &grants, err
}

// overlay returns base with tags added; a tag replaces those of the same key.
func overlay(base, tags map[string]string) map[string]string {
	merged := make(map[string]string, len(base)+len(tags))
	for key, value := range base {
		if _, n := tag.Find(tags, key); n == 0 {
			merged[key] = value
		}
	}
	maps.Copy(merged, tags)
	return merged
}

func (d *Directory) currentPrincipal(ctx context.Context, ref principal.Ref) (*currentPrincipal, error) {
	root := ref.ID == ref.Account && (ref.Kind == principal.Root || ref.Kind == principal.Federated)
	switch {
	case root && (d.Root.AccessKeyID == "" || ref.Account != d.Account):
		return nil, errNoPrincipal // a root user exists only with a key
	case root:
		return d.principals.Get(ctx, ref.ID, func(ctx context.Context) (*currentPrincipal, error) { return d.loadRoot(ctx, ref.Account) })
	}
	found, err := d.principals.Get(ctx, ref.ID, func(ctx context.Context) (*currentPrincipal, error) { return d.loadPrincipal(ctx, ref.ID) })
	if err != nil {
		return nil, err
	}
	sameKind := found.principal.Kind == ref.Kind || found.principal.Kind == principal.User && ref.Kind == principal.Federated
	if !sameKind || found.principal.Account != ref.Account {
		return nil, errNoPrincipal
	}
	return found, nil
}

func (d *Directory) loadRoot(ctx context.Context, account string) (*currentPrincipal, error) {
	_, err := d.AccountByID(ctx, account)
	if err != nil {
		return nil, err
	}
	// Root has full access without a policy. A federated session that root made may
	// have it too.
	return &currentPrincipal{principal: principal.Principal{Ref: principal.Ref{Kind: principal.Root, Account: account, ID: account}}}, nil
}

// view reads one thing in a transaction of its own.
func view[T any](ctx context.Context, d *Directory, read func(*store.Tx) (T, error)) (T, error) {
	var found T
	err := d.DB.View(ctx, func(tx *store.Tx) error {
		var err error
		found, err = read(tx)
		return err
	})
	return found, err
}

// viewEntity is view for something of the user, group or role with a name.
func viewEntity[T any](ctx context.Context, d *Directory, account, kind, name string, read func(*store.Tx, *Entity) (T, error)) (T, error) {
	return view(ctx, d, func(tx *store.Tx) (T, error) {
		e, err := findEntity(ctx, tx, account, kind, name)
		if err != nil {
			var none T
			return none, err
		}
		return read(tx, e)
	})
}

// loadPrincipal reads a user or role and compiles its policies.
func (d *Directory) loadPrincipal(ctx context.Context, id string) (*currentPrincipal, error) {
	p, err := d.loadPolicies(ctx, id)
	if err != nil {
		return nil, err
	}
	if p.entity.Kind == Group {
		return nil, errNoPrincipal // a group has policies but is no principal
	}
	held, err := d.compile(ctx, p)
	if err != nil {
		return nil, err
	}
	s := &currentPrincipal{principal: newPrincipal(p.entity)}
	for _, h := range held {
		s.grants.Identity = append(s.grants.Identity, h.Policy)
	}
	if p.entity.Boundary != "" {
		s.grants.Boundary, err = d.managedPolicy(ctx, p.entity.Boundary, policy.Boundary)
		if err != nil {
			return nil, fmt.Errorf("boundary %s of %s: %w", p.entity.Boundary, id, err)
		}
	}
	return s, nil
}

func newPrincipal(e *Entity) principal.Principal {
	kind := principal.User
	if e.Kind == Role {
		kind = principal.Role
	}
	return principal.Principal{
		Ref:      principal.Ref{Kind: kind, Account: e.Account, ID: e.ID},
		Name:     e.Name,
		Path:     e.Path,
		Tags:     e.Tags,
		Boundary: e.Boundary != "",
	}
}

// sessionPolicies compiles the inline session policies, and the managed ones as
// they are stored now. A managed policy that was deleted allows nothing.
func (d *Directory) sessionPolicies(ctx context.Context, s *principal.Session) ([]*policy.Policy, error) {
	compiled := make([]*policy.Policy, 0, len(s.Policies)+len(s.PolicyARNs))
	for _, document := range s.Policies {
		p, err := d.sessions.Get(ctx, document, func(context.Context) (*policy.Policy, error) {
			return policy.Parse("", document, policy.Session)
		})
		if err != nil {
			return nil, fmt.Errorf("session policy: %w", err)
		}
		compiled = append(compiled, p)
	}
	for _, arn := range s.PolicyARNs {
		p, err := d.managedPolicy(ctx, arn, policy.Session)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("session policy %s: %w", arn, err)
		}
		compiled = append(compiled, p)
	}
	return compiled, nil
}
