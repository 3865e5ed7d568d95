package identity

import (
	"context"
	"strings"

	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/policy"
	"daypass/internal/store"
)

// A Managed is a managed policy with one account's use of it.
type Managed struct {
	ManagedPolicy
	store.PolicyUse
}

// managedKey is the key of a compiled policy: a policy is compiled once for each
// type that it is used as.
type managedKey struct {
	arn  string
	kind policy.Type
}

// managedPolicy compiles the default version of a managed policy, or returns
// [store.ErrNotFound].
func (d *Directory) managedPolicy(ctx context.Context, policyARN string, kind policy.Type) (*policy.Policy, error) {
	return d.managed.Get(ctx, managedKey{policyARN, kind}, func(ctx context.Context) (*policy.Policy, error) {
		if b := builtinPolicy(policyARN); b != nil {
			return policy.Parse(policyARN, b.document, kind)
		}
		var document string
		err := d.DB.View(ctx, func(tx *store.Tx) error {
			p, err := tx.ManagedPolicy(ctx, policyARN)
			if err != nil {
				return err
			}
			v, err := tx.PolicyVersion(ctx, p.ID, p.Default)
			if err != nil {
				return err
			}
			document = v.Document
			return nil
		})
		if err != nil {
			return nil, err
		}
		return policy.Parse(policyARN, document, kind)
	})
}

func missingManaged(policyARN string) error {
	return fault.New(fault.NotFound, "Policy %s was not found.", policyARN)
}

// checkAttachable returns [store.ErrNotFound] unless an account can attach the
// policy: it must be a builtin or the account's own.
func checkAttachable(ctx context.Context, tx *store.Tx, account, policyARN string) error {
	if builtinPolicy(policyARN) != nil {
		return nil
	}
	if !arn.IsWord(policyARN) {
		return store.ErrNotFound
	}
	p, err := tx.ManagedPolicy(ctx, policyARN)
	if err == nil && p.Account != account {
		return store.ErrNotFound
	}
	return err
}

// CheckManaged returns a fault of kind NotFound unless an account can use the
// policy.
func (d *Directory) CheckManaged(ctx context.Context, account, policyARN string) error {
	err := d.DB.View(ctx, func(tx *store.Tx) error { return checkAttachable(ctx, tx, account, policyARN) })
	return ifNotFound(err, notAttachable(policyARN))
}

func notAttachable(policyARN string) error {
	return fault.New(fault.NotFound, "Policy %s does not exist or is not attachable.", policyARN)
}

// CreateManaged makes a managed policy. The caller sets Account and Name, and
// as wanted Path ("/"), Description and Tags; the rest is filled in here.
func (d *Directory) CreateManaged(ctx context.Context, p *ManagedPolicy, document string) error {
	err := checkManaged(document)
	if err != nil {
		return err
	}
	if p.Path == "" {
		p.Path = "/"
	}
	p.ID, p.ARN, p.Default, p.Latest = uniqueID(arn.ManagedPolicyID, uniqueTail), arn.ManagedPolicy(p.Account, p.Path, p.Name), 1, 1
	p.Created = d.now()
	p.Updated = p.Created
	err = d.change(ctx, func(tx *store.Tx) error {
		n, err := tx.CountManagedPolicies(ctx, p.Account)
		if err != nil {
			return err
		}
		if most := d.Quotas.Policies; n >= int64(most) {
			return exceeded("PoliciesPerAccount", most)
		}
		return tx.CreateManagedPolicy(ctx, p, document)
	})
	return ifExists(err, fault.New(fault.Conflict, "A policy called %s already exists. Duplicate names are not allowed.", p.Name))
}

func checkManaged(document string) error {
	if policy.Size(document) > policy.MaxManaged {
		return exceeded("PolicySize", policy.MaxManaged)
	}
	_, err := policy.CheckManaged("", document)
	return Malformed(err)
}

// ManagedPolicy returns a managed policy of the service or of an account, as an
// account sees it.
func (d *Directory) ManagedPolicy(ctx context.Context, account, policyARN string) (*ManagedPolicy, error) {
	return view(ctx, d, func(tx *store.Tx) (*ManagedPolicy, error) { return managedRow(ctx, tx, account, policyARN) })
}

// Managed returns a managed policy with an account's use of it.
func (d *Directory) Managed(ctx context.Context, account, policyARN string) (*Managed, error) {
	m := new(Managed)
	err := d.DB.View(ctx, func(tx *store.Tx) error {
		p, err := managedRow(ctx, tx, account, policyARN)
		if err != nil {
			return err
		}
		uses, err := tx.PolicyUses(ctx, account)
		m.ManagedPolicy, m.PolicyUse = *p, uses[policyARN]
		return err
	})
	return m, err
}

func managedRow(ctx context.Context, tx *store.Tx, account, policyARN string) (*ManagedPolicy, error) {
	if b := builtinPolicy(policyARN); b != nil {
		row := b.row()
		return &row, nil
	}
	p, err := tx.ManagedPolicy(ctx, policyARN)
	if err == nil && (p.Account != account || replaced(ctx, policyARN, p.ID)) {
		err = store.ErrNotFound
	}
	return p, ifNotFound(err, missingManaged(policyARN))
}

// ownManaged is managedRow for a change, which a builtin refuses.
func ownManaged(ctx context.Context, tx *store.Tx, account, policyARN string) (*ManagedPolicy, error) {
	p, err := managedRow(ctx, tx, account, policyARN)
	if err == nil && p.Account != account {
		return nil, fault.New(fault.AccessDenied, "Policy %s belongs to the service and cannot be changed.", policyARN)
	}
	return p, err
}

// ManagedVersion returns one version of a managed policy and whether it is the
// default.
func (d *Directory) ManagedVersion(ctx context.Context, account, policyARN string, number int64) (*store.PolicyVersion, bool, error) {
	missing := missingVersion(policyARN, number)
	if b := builtinPolicy(policyARN); b != nil {
		if number != 1 {
			return nil, false, missing
		}
		return &store.PolicyVersion{Number: 1, Document: b.document, Created: builtinsDate}, true, nil
	}
	var v *store.PolicyVersion
	var current bool
	err := d.DB.View(ctx, func(tx *store.Tx) error {
		p, err := managedRow(ctx, tx, account, policyARN)
		if err != nil {
			return err
		}
		current = p.Default == number
		v, err = tx.PolicyVersion(ctx, p.ID, number)
		return ifNotFound(err, missing)
	})
	return v, current, err
}

// DeleteManaged removes a managed policy that is not in use.
func (d *Directory) DeleteManaged(ctx context.Context, account, policyARN string) error {
	return d.change(ctx, func(tx *store.Tx) error {
		p, err := ownManaged(ctx, tx, account, policyARN)
		if err != nil {
			return err
		}
		uses, err := tx.PolicyUses(ctx, account)
		if err != nil {
			return err
		}
		if uses[policyARN] != (store.PolicyUse{}) {
			return fault.New(fault.DeleteConflict, "Cannot delete a policy attached to entities.")
		}
		versions, err := tx.PolicyVersions(ctx, p.ID)
		if err != nil {
			return err
		}
		if len(versions) > 1 {
			return fault.New(fault.DeleteConflict, "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
		}
		return tx.DeleteManagedPolicy(ctx, p.ID)
	})
}

// A ManagedQuery chooses managed policies to list.
type ManagedQuery struct {
	Account      string
	PathPrefix   string
	Builtin      bool   // include the builtins, which come first
	Local        bool   // include those of the account
	Attached     bool   // only those that are attached to an entity
	Boundary     bool   // with Attached: only those that are a permissions boundary instead
	Used         bool   // only those that are attached or a permissions boundary
	AfterBuiltin string // name of the last builtin of the page before
	After        string // name of the last policy of the account in the page before
	Limit        int
}

// ListManaged returns a page of managed policies and whether there are more. The
// builtins come before the account's policies, each in the order of names.
func (d *Directory) ListManaged(ctx context.Context, q ManagedQuery) ([]*Managed, bool, error) {
	var found []*Managed
	err := d.DB.View(ctx, func(tx *store.Tx) error {
		found = found[:0]
		rows, err := q.rows(ctx, tx)
		if err != nil {
			return err
		}
		uses, err := tx.PolicyUses(ctx, q.Account)
		if err != nil {
			return err
		}
		for _, row := range rows {
			m := &Managed{*row, uses[row.ARN]}
			if q.wants(m.PolicyUse) {
				found = append(found, m)
			}
		}
		return nil
	})
	page, more := trimPage(found, q.Limit)
	return page, more, err
}

func (q *ManagedQuery) wants(u store.PolicyUse) bool {
	switch {
	case q.Used:
		return u.Attached > 0 || u.Boundaries > 0
	case q.Attached && q.Boundary:
		return u.Boundaries > 0
	case q.Attached:
		return u.Attached > 0
	}
	return true
}

// rows returns enough candidates for a page. A filter on use needs all policies
// of the account; those are at most some thousand.
func (q *ManagedQuery) rows(ctx context.Context, tx *store.Tx) ([]*ManagedPolicy, error) {
	var rows []*ManagedPolicy
	if q.Builtin && q.After == "" {
		for _, b := range builtins {
			row := b.row()
			if strings.ToLower(b.name) > strings.ToLower(q.AfterBuiltin) && strings.HasPrefix(row.Path, q.PathPrefix) {
				rows = append(rows, &row)
			}
		}
	}
	if !q.Local {
		return rows, nil
	}
	limit := q.Limit + 1
	if q.Attached || q.Used {
		limit = unbounded
	}
	local, err := tx.ManagedPolicies(ctx, q.Account, q.PathPrefix, q.After, limit)
	return append(rows, local...), err
}

// Attach attaches a managed policy to a user, group or role. A policy that is
// already attached is no error.
func (d *Directory) Attach(ctx context.Context, account, kind, name, policyARN string) error {
	return d.changeEntity(ctx, account, kind, name, func(tx *store.Tx, e *Entity) error {
		err := checkAttachable(ctx, tx, account, policyARN)
		if err != nil {
			return ifNotFound(err, notAttachable(policyARN))
		}
		err = tx.Attach(ctx, e.ID, policyARN)
		if err != nil {
			return err
		}
		attached, err := tx.Attachments(ctx, e.ID)
		if most := d.Quotas.attached(kind); err == nil && len(attached) > most {
			return exceeded("PoliciesPer"+title(kind), most)
		}
		return err
	})
}

// Detach detaches a managed policy from a user, group or role.
func (d *Directory) Detach(ctx context.Context, account, kind, name, policyARN string) error {
	return d.changeEntity(ctx, account, kind, name, func(tx *store.Tx, e *Entity) error {
		return ifNotFound(tx.Detach(ctx, e.ID, policyARN), missingManaged(policyARN))
	})
}

// Attached returns the ARNs of the policies attached to a user, group or role, in
// order.
func (d *Directory) Attached(ctx context.Context, account, kind, name string) ([]string, error) {
	return viewEntity(ctx, d, account, kind, name, func(tx *store.Tx, e *Entity) ([]string, error) { return tx.Attachments(ctx, e.ID) })
}

// PolicyUsers returns a page of the users, groups or roles that use a managed
// policy, in the order of names, and whether there are more.
func (d *Directory) PolicyUsers(ctx context.Context, q PolicyUserQuery) ([]*Entity, bool, error) {
	limit := q.Limit
	q.Limit++ // one more tells whether there are more
	found, err := view(ctx, d, func(tx *store.Tx) ([]*Entity, error) {
		_, err := managedRow(ctx, tx, q.Account, q.PolicyARN)
		if err != nil {
			return nil, err
		}
		return tx.PolicyUsers(ctx, q)
	})
	page, more := trimPage(found, limit)
	return page, more, err
}
