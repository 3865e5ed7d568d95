package store

import (
	"context"
	"time"
)

// SaveIdentity writes the changeable fields of an identity: name, path,
// description, longest session, boundary and tags. It returns [ErrExists] if
// another identity of its kind has the name.
func (tx *Tx) SaveIdentity(ctx context.Context, i *Identity) error {
	tags, err := encodeMap(i.Tags)
	if err != nil {
		return err
	}
	return tx.execOne(ctx, `UPDATE identities SET name = $1, fold = $2, path = $3, description = $4, max_session = $5, boundary = $6, tags = $7 WHERE id = $8`,
		i.Name, fold(i.Name), i.Path, i.Description, int64(i.MaxSession/time.Second), i.Boundary, tags, i.ID)
}

// SaveManagedPolicy writes the changeable fields of a managed policy: tags, default
// version, highest version number and when it was updated.
func (tx *Tx) SaveManagedPolicy(ctx context.Context, p *ManagedPolicy) error {
	tags, err := encodeMap(p.Tags)
	if err != nil {
		return err
	}
	return tx.execOne(ctx, `UPDATE managed_policies SET tags = $1, default_version = $2, latest_version = $3, updated = $4 WHERE id = $5`,
		tags, p.Default, p.Latest, p.Updated.UnixMilli(), p.ID)
}

// CreatePolicyVersion adds a version to a managed policy, or returns [ErrExists].
func (tx *Tx) CreatePolicyVersion(ctx context.Context, policy string, v PolicyVersion) error {
	_, err := tx.exec(ctx, `INSERT INTO managed_policy_versions (policy, version, document, created) VALUES ($1, $2, $3, $4)`,
		policy, v.Number, v.Document, v.Created.UnixMilli())
	return err
}

// PolicyVersions returns all versions of a managed policy, the newest first;
// quotas keep them few.
func (tx *Tx) PolicyVersions(ctx context.Context, policy string) ([]*PolicyVersion, error) {
	var found []*PolicyVersion
	err := tx.queryEach(ctx, `SELECT version, document, created FROM managed_policy_versions WHERE policy = $1 ORDER BY version DESC`, []any{policy},
		func(scan func(...any) error) error {
			v := new(PolicyVersion)
			var created int64
			err := scan(&v.Number, &v.Document, &created)
			v.Created = time.UnixMilli(created).UTC()
			found = append(found, v)
			return err
		})
	return found, err
}

// DeletePolicyVersion removes one version of a managed policy.
func (tx *Tx) DeletePolicyVersion(ctx context.Context, policy string, number int64) error {
	return tx.execOne(ctx, `DELETE FROM managed_policy_versions WHERE policy = $1 AND version = $2`, policy, number)
}

// A Usage is a way to use a managed policy.
type Usage int

const (
	AnyUsage Usage = iota
	AsPermissions
	AsBoundary
)

// A PolicyUserQuery chooses identities that use a managed policy.
type PolicyUserQuery struct {
	PolicyARN  string
	Usage      Usage
	Account    string
	Kind       string // KindUser, KindGroup or KindRole
	PathPrefix string
	After      string // name of the last identity of the page before
	Limit      int
}

// PolicyUsers returns identities that use a managed policy, in the order of names
// without regard to case.
func (tx *Tx) PolicyUsers(ctx context.Context, q PolicyUserQuery) ([]*Identity, error) {
	return tx.manyIdentities(ctx, `SELECT `+identityColumns+` FROM identities
		WHERE account = $1 AND kind = $2 AND substr(path, 1, $3) = $4 AND fold > $5
		AND ($6 AND id IN (SELECT identity FROM attachments WHERE policy = $7) OR $8 AND boundary = $9) ORDER BY fold LIMIT $10`,
		q.Account, q.Kind, len(q.PathPrefix), q.PathPrefix, fold(q.After), q.Usage != AsBoundary, q.PolicyARN, q.Usage != AsPermissions, q.PolicyARN, q.Limit)
}
