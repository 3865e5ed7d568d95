package store

import (
	"context"
	"time"
)

// States of an [AccessKey], in the words of the IAM API.
const (
	KeyActive   = "Active"
	KeyInactive = "Inactive"
)

// An AccessKey is a long-term credential of a user.
type AccessKey struct {
	ID       string // AKIA…
	Identity string // the user's unique id
	Secret   []byte // sealed
	Status   string // KeyActive or KeyInactive
	Created  time.Time
}

// CreateAccessKey adds a key, or returns [ErrExists].
func (tx *Tx) CreateAccessKey(ctx context.Context, k *AccessKey) error {
	_, err := tx.exec(ctx, `INSERT INTO access_keys (id, identity, secret, status, created) VALUES ($1, $2, $3, $4, $5)`,
		k.ID, k.Identity, k.Secret, k.Status, k.Created.UnixMilli())
	return err
}

const keyColumns = `id, identity, secret, status, created`

func scanKey(scan func(...any) error) (*AccessKey, error) {
	k := new(AccessKey)
	var created int64
	err := scan(&k.ID, &k.Identity, &k.Secret, &k.Status, &created)
	if err != nil {
		return nil, err
	}
	k.Created = time.UnixMilli(created).UTC()
	return k, nil
}

// AccessKey returns one key.
func (tx *Tx) AccessKey(ctx context.Context, id string) (*AccessKey, error) {
	return scanKey(func(dest ...any) error {
		return tx.queryRow(ctx, `SELECT `+keyColumns+` FROM access_keys WHERE id = $1`, []any{id}, dest...)
	})
}

// AccessKeys returns all keys of a user, ordered by id; quotas keep them few.
func (tx *Tx) AccessKeys(ctx context.Context, identity string) ([]*AccessKey, error) {
	return tx.manyKeys(ctx, `SELECT `+keyColumns+` FROM access_keys WHERE identity = $1 ORDER BY id`, identity)
}

func (tx *Tx) manyKeys(ctx context.Context, query string, args ...any) ([]*AccessKey, error) {
	var found []*AccessKey
	err := tx.queryEach(ctx, query, args, func(scan func(...any) error) error {
		k, err := scanKey(scan)
		found = append(found, k)
		return err
	})
	return found, err
}

// SetAccessKeyStatus makes a user's key active or inactive.
func (tx *Tx) SetAccessKeyStatus(ctx context.Context, identity, id, status string) error {
	return tx.execOne(ctx, `UPDATE access_keys SET status = $1 WHERE id = $2 AND identity = $3`, status, id, identity)
}

// SetAccessKeySecret replaces the sealed secret of a user's key.
func (tx *Tx) SetAccessKeySecret(ctx context.Context, identity, id string, secret []byte) error {
	return tx.execOne(ctx, `UPDATE access_keys SET secret = $1 WHERE id = $2 AND identity = $3`, secret, id, identity)
}

// DeleteAccessKey removes a user's key.
func (tx *Tx) DeleteAccessKey(ctx context.Context, identity, id string) error {
	err := tx.execOne(ctx, `DELETE FROM access_keys WHERE id = $1 AND identity = $2`, id, identity)
	if err != nil {
		return err
	}
	return tx.forgetUse(ctx, id)
}

// A Revocation ends credentials that were issued at or before an instant, in
// the eyes of one account. Exactly one of these is named: a token; a principal,
// with or without a session name; nothing, which means everything.
type Revocation struct {
	Account   string
	Principal string // unique id
	Session   string
	Token     string
	Until     time.Time // millisecond precision
}

// Revoke records a revocation. Of two that name the same the later instant stays.
func (tx *Tx) Revoke(ctx context.Context, r Revocation) error {
	_, err := tx.exec(ctx, `INSERT INTO revocations (account, principal, session, token, issued_until) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (account, principal, session, token) DO UPDATE SET issued_until =
		CASE WHEN excluded.issued_until > revocations.issued_until THEN excluded.issued_until ELSE revocations.issued_until END`,
		r.Account, r.Principal, r.Session, r.Token, r.Until.UnixMilli())
	return err
}

// Revocations returns all revocations of an account.
func (tx *Tx) Revocations(ctx context.Context, account string) ([]Revocation, error) {
	var found []Revocation
	err := tx.queryEach(ctx, `SELECT principal, session, token, issued_until FROM revocations WHERE account = $1`, []any{account},
		func(scan func(...any) error) error {
			r := Revocation{Account: account}
			var until int64
			err := scan(&r.Principal, &r.Session, &r.Token, &until)
			r.Until = time.UnixMilli(until).UTC()
			found = append(found, r)
			return err
		})
	return found, err
}

// PruneRevocations forgets revocations of instants before the given one and
// returns how many there were.
func (tx *Tx) PruneRevocations(ctx context.Context, until time.Time) (int64, error) {
	return tx.exec(ctx, `DELETE FROM revocations WHERE issued_until < $1`, until.UnixMilli())
}
