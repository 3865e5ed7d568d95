package store

import (
	"context"
	"time"
)

// An InlinePolicy is a policy of one identity alone.
type InlinePolicy struct {
	Name     string // unique in the identity, case aside
	Document string
}

// A ManagedPolicy is a policy of an account that can be attached.
type ManagedPolicy struct {
	ID          string // ANPA…
	ARN         string
	Account     string
	Name        string // unique in the account, case aside
	Path        string
	Description string
	Tags        map[string]string
	Default     int64 // number of the default version
	Latest      int64 // highest number that a version ever had
	Created     time.Time
	Updated     time.Time
}

// A PolicyVersion is one version of a managed policy.
type PolicyVersion struct {
	Number   int64 // from 1
	Document string
	Created  time.Time
}

// PutInlinePolicy adds or replaces an inline policy.
func (tx *Tx) PutInlinePolicy(ctx context.Context, identity string, p InlinePolicy) error {
	_, err := tx.exec(ctx, `INSERT INTO inline_policies (identity, fold, name, document) VALUES ($1, $2, $3, $4)
		ON CONFLICT (identity, fold) DO UPDATE SET name = excluded.name, document = excluded.document`,
		identity, fold(p.Name), p.Name, p.Document)
	return err
}

// InlinePolicies returns all inline policies of an identity, ordered by name;
// quotas keep them few.
func (tx *Tx) InlinePolicies(ctx context.Context, identity string) ([]InlinePolicy, error) {
	var found []InlinePolicy
	err := tx.queryEach(ctx, `SELECT name, document FROM inline_policies WHERE identity = $1 ORDER BY fold`, []any{identity},
		func(scan func(...any) error) error {
			var p InlinePolicy
			err := scan(&p.Name, &p.Document)
			found = append(found, p)
			return err
		})
	return found, err
}

// DeleteInlinePolicy removes an inline policy; its name must match in case.
func (tx *Tx) DeleteInlinePolicy(ctx context.Context, identity, name string) error {
	return tx.execOne(ctx, `DELETE FROM inline_policies WHERE identity = $1 AND fold = $2 AND name = $3`, identity, fold(name), name)
}

// CreateManagedPolicy adds a managed policy with its first version, or returns
// [ErrExists].
func (tx *Tx) CreateManagedPolicy(ctx context.Context, p *ManagedPolicy, document string) error {
	tags, err := encodeMap(p.Tags)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO managed_policies (id, arn, account, name, fold, path, description, tags, default_version, latest_version, created, updated)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, 1, $9, $10)`,
		p.ID, p.ARN, p.Account, p.Name, fold(p.Name), p.Path, p.Description, tags, p.Created.UnixMilli(), p.Updated.UnixMilli())
	if err != nil {
		return err
	}
	return tx.CreatePolicyVersion(ctx, p.ID, PolicyVersion{Number: 1, Document: document, Created: p.Created})
}

const managedColumns = `id, arn, account, name, path, description, tags, default_version, latest_version, created, updated`

func scanManaged(scan func(...any) error) (*ManagedPolicy, error) {
	p := new(ManagedPolicy)
	var tags string
	var created, updated int64
	err := scan(&p.ID, &p.ARN, &p.Account, &p.Name, &p.Path, &p.Description, &tags, &p.Default, &p.Latest, &created, &updated)
	if err != nil {
		return nil, err
	}
	p.Created, p.Updated = time.UnixMilli(created).UTC(), time.UnixMilli(updated).UTC()
	p.Tags, err = decodeMap(tags)
	return p, err
}

// ManagedPolicy returns the managed policy with an ARN.
func (tx *Tx) ManagedPolicy(ctx context.Context, arn string) (*ManagedPolicy, error) {
	return scanManaged(func(dest ...any) error {
		return tx.queryRow(ctx, `SELECT `+managedColumns+` FROM managed_policies WHERE arn = $1`, []any{arn}, dest...)
	})
}

// ManagedPolicies returns up to limit managed policies of an account whose
// path begins with prefix and whose name comes after the given one, in the order
// of names without regard to case.
func (tx *Tx) ManagedPolicies(ctx context.Context, account, prefix, after string, limit int) ([]*ManagedPolicy, error) {
	var found []*ManagedPolicy
	err := tx.queryEach(ctx, `SELECT `+managedColumns+` FROM managed_policies
		WHERE account = $1 AND substr(path, 1, $2) = $3 AND fold > $4 ORDER BY fold LIMIT $5`,
		[]any{account, len(prefix), prefix, fold(after), limit},
		func(scan func(...any) error) error {
			p, err := scanManaged(scan)
			found = append(found, p)
			return err
		})
	return found, err
}

// PolicyVersion returns one version of a managed policy.
func (tx *Tx) PolicyVersion(ctx context.Context, policy string, number int64) (*PolicyVersion, error) {
	v := &PolicyVersion{Number: number}
	var created int64
	err := tx.queryRow(ctx, `SELECT document, created FROM managed_policy_versions WHERE policy = $1 AND version = $2`,
		[]any{policy, number}, &v.Document, &created)
	if err != nil {
		return nil, err
	}
	v.Created = time.UnixMilli(created).UTC()
	return v, nil
}

// DeleteManagedPolicy removes a managed policy and all its versions.
func (tx *Tx) DeleteManagedPolicy(ctx context.Context, policy string) error {
	_, err := tx.exec(ctx, `DELETE FROM managed_policy_versions WHERE policy = $1`, policy)
	if err != nil {
		return err
	}
	return tx.execOne(ctx, `DELETE FROM managed_policies WHERE id = $1`, policy)
}

// Attach attaches a managed policy, by its ARN, to an identity. A policy that is
// already attached is no error.
func (tx *Tx) Attach(ctx context.Context, identity, policy string) error {
	_, err := tx.exec(ctx, `INSERT INTO attachments (identity, policy) VALUES ($1, $2) ON CONFLICT (identity, policy) DO NOTHING`, identity, policy)
	return err
}

// Detach detaches a managed policy from an identity.
func (tx *Tx) Detach(ctx context.Context, identity, policy string) error {
	return tx.execOne(ctx, `DELETE FROM attachments WHERE identity = $1 AND policy = $2`, identity, policy)
}

// Attachments returns the ARNs of the policies attached to an identity, in order.
func (tx *Tx) Attachments(ctx context.Context, identity string) ([]string, error) {
	var found []string
	err := tx.queryEach(ctx, `SELECT policy FROM attachments WHERE identity = $1 ORDER BY policy`, []any{identity},
		func(scan func(...any) error) error {
			var arn string
			err := scan(&arn)
			found = append(found, arn)
			return err
		})
	return found, err
}

// A PolicyUse is how much an account uses a managed policy.
type PolicyUse struct {
	Attached   int64 // users, groups and roles it is attached to
	Boundaries int64 // users and roles it is the permissions boundary of
}

// PolicyUses returns how much an account uses managed policies, by ARN. A policy
// that it does not use is missing.
func (tx *Tx) PolicyUses(ctx context.Context, account string) (map[string]PolicyUse, error) {
	uses := make(map[string]PolicyUse)
	err := tx.queryEach(ctx, `SELECT policy, 'attached', count(*) FROM attachments JOIN identities ON id = identity WHERE account = $1 GROUP BY policy
		UNION ALL SELECT boundary, 'boundary', count(*) FROM identities WHERE account = $2 AND boundary <> '' GROUP BY boundary`,
		[]any{account, account},
		func(scan func(...any) error) error {
			var arn, kind string
			var n int64
			err := scan(&arn, &kind, &n)
			use := uses[arn]
			if kind == "attached" {
				use.Attached = n
			} else {
				use.Boundaries = n
			}
			uses[arn] = use
			return err
		})
	return uses, err
}
