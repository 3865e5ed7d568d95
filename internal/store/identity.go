package store

import (
	"context"
	"encoding/json"
	"strings"
	"time"
)

// An Account owns identities and domains.
type Account struct {
	ID      string // 12 digits
	Name    string // for people; may be empty
	Created time.Time
}

// Kinds of an [Identity].
const (
	KindUser  = "user"
	KindGroup = "group"
	KindRole  = "role"
)

// An Identity is a user, a group or a role.
type Identity struct {
	ID          string // AIDA…, AGPA… or AROA…, never used again
	Kind        string // KindUser, KindGroup or KindRole
	Account     string
	Name        string // unique in the account for its kind, case aside
	Path        string // begins and ends with a slash
	Description string
	Boundary    string // ARN of a managed policy, or empty
	Tags        map[string]string
	Created     time.Time

	// Roles only.
	Trust      string            // trust policy as it was given
	Bound      map[string]string // principals of Trust: ARN to unique id, as of when Trust was set
	MaxSession time.Duration     // whole seconds
}

// fold returns a name in the form that must be unique: without regard to case.
func fold(name string) string { return strings.ToLower(name) }

// CreateAccount adds an account, or returns [ErrExists].
func (tx *Tx) CreateAccount(ctx context.Context, a *Account) error {
	_, err := tx.exec(ctx, `INSERT INTO accounts (id, name, created) VALUES ($1, $2, $3)`, a.ID, a.Name, a.Created.UnixMilli())
	return err
}

// Account returns one account.
func (tx *Tx) Account(ctx context.Context, id string) (*Account, error) {
	a := &Account{ID: id}
	var created int64
	err := tx.queryRow(ctx, `SELECT name, created FROM accounts WHERE id = $1`, []any{id}, &a.Name, &created)
	if err != nil {
		return nil, err
	}
	a.Created = time.UnixMilli(created).UTC()
	return a, nil
}

// Accounts returns up to limit accounts with ids after the given one.
func (tx *Tx) Accounts(ctx context.Context, after string, limit int) ([]*Account, error) {
	var found []*Account
	err := tx.queryEach(ctx, `SELECT id, name, created FROM accounts WHERE id > $1 ORDER BY id LIMIT $2`, []any{after, limit},
		func(scan func(...any) error) error {
			a := new(Account)
			var created int64
			err := scan(&a.ID, &a.Name, &created)
			a.Created = time.UnixMilli(created).UTC()
			found = append(found, a)
			return err
		})
	return found, err
}

// CreateIdentity adds a user, group or role, or returns [ErrExists].
func (tx *Tx) CreateIdentity(ctx context.Context, i *Identity) error {
	tags, err := encodeMap(i.Tags)
	if err != nil {
		return err
	}
	bound, err := encodeMap(i.Bound)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO identities (id, kind, account, name, fold, path, description, trust, bound, max_session, boundary, tags, created)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		i.ID, i.Kind, i.Account, i.Name, fold(i.Name), i.Path, i.Description, i.Trust, bound,
		int64(i.MaxSession/time.Second), i.Boundary, tags, i.Created.UnixMilli())
	return err
}

const identityColumns = `id, kind, account, name, path, description, trust, bound, max_session, boundary, tags, created`

func scanIdentity(scan func(...any) error) (*Identity, error) {
	i := new(Identity)
	var bound, tags string
	var session, created int64
	err := scan(&i.ID, &i.Kind, &i.Account, &i.Name, &i.Path, &i.Description, &i.Trust, &bound, &session, &i.Boundary, &tags, &created)
	if err != nil {
		return nil, err
	}
	i.MaxSession = time.Duration(session) * time.Second
	i.Created = time.UnixMilli(created).UTC()
	i.Bound, err = decodeMap(bound)
	if err != nil {
		return nil, err
	}
	i.Tags, err = decodeMap(tags)
	return i, err
}

// Identity returns the user, group or role with a unique id.
func (tx *Tx) Identity(ctx context.Context, id string) (*Identity, error) {
	return tx.oneIdentity(ctx, `SELECT `+identityColumns+` FROM identities WHERE id = $1`, id)
}

// IdentityNamed returns the user, group or role with a name, which must match in
// case.
func (tx *Tx) IdentityNamed(ctx context.Context, account, kind, name string) (*Identity, error) {
	i, err := tx.oneIdentity(ctx, `SELECT `+identityColumns+` FROM identities WHERE account = $1 AND kind = $2 AND fold = $3`,
		account, kind, fold(name))
	if err == nil && i.Name != name {
		return nil, ErrNotFound
	}
	return i, err
}

func (tx *Tx) oneIdentity(ctx context.Context, query string, args ...any) (*Identity, error) {
	return scanIdentity(func(dest ...any) error { return tx.queryRow(ctx, query, args, dest...) })
}

// Identities returns up to limit identities of a kind in an account whose path
// begins with prefix and whose name comes after the given one, in the order of
// names without regard to case.
func (tx *Tx) Identities(ctx context.Context, account, kind, prefix, after string, limit int) ([]*Identity, error) {
	return tx.manyIdentities(ctx, `SELECT `+identityColumns+` FROM identities
		WHERE account = $1 AND kind = $2 AND substr(path, 1, $3) = $4 AND fold > $5 ORDER BY fold LIMIT $6`,
		account, kind, len(prefix), prefix, fold(after), limit)
}

func (tx *Tx) manyIdentities(ctx context.Context, query string, args ...any) ([]*Identity, error) {
	var found []*Identity
	err := tx.queryEach(ctx, query, args, func(scan func(...any) error) error {
		i, err := scanIdentity(scan)
		found = append(found, i)
		return err
	})
	return found, err
}

// SetTrust replaces a role's trust policy.
func (tx *Tx) SetTrust(ctx context.Context, id, trust string, bound map[string]string) error {
	encoded, err := encodeMap(bound)
	if err != nil {
		return err
	}
	return tx.execOne(ctx, `UPDATE identities SET trust = $1, bound = $2 WHERE id = $3`, trust, encoded, id)
}

// DeleteIdentity removes an identity that has no policies, keys and memberships
// left.
func (tx *Tx) DeleteIdentity(ctx context.Context, id string) error {
	err := tx.forgetUse(ctx, id)
	if err != nil {
		return err
	}
	return tx.execOne(ctx, `DELETE FROM identities WHERE id = $1`, id)
}

func encodeMap(m map[string]string) (string, error) {
	if len(m) == 0 {
		return "", nil
	}
	b, err := json.Marshal(m)
	return string(b), err
}

func decodeMap(s string) (map[string]string, error) {
	if s == "" {
		return nil, nil
	}
	var m map[string]string
	err := json.Unmarshal([]byte(s), &m)
	return m, err
}
