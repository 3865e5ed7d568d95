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

// A Revocation invalidates credentials that were issued at or before an instant,
// for one account. It names a token, or a principal with or without a session, or
// nothing. Without a name it covers everything.
type Revocation struct {
	Account   string
	Principal string // unique id
	Session   string
	Token     string
	Until     time.Time // millisecond precision
	Expires   time.Time // when every credential that it covers has expired
}

const revocationColumns = `account, principal, session, token, issued_until, expires, generation`

// keepLaterInstants ends an INSERT of a revocation: if one of the same name exists,
// the later instants of both are kept.
const keepLaterInstants = ` ON CONFLICT (account, principal, session, token) DO UPDATE SET generation = excluded.generation,
	issued_until = CASE WHEN excluded.issued_until > revocations.issued_until THEN excluded.issued_until ELSE revocations.issued_until END,
	expires = CASE WHEN excluded.expires > revocations.expires THEN excluded.expires ELSE revocations.expires END`

// Revoke records a revocation. Of two for the same name the later instants are
// kept.
func (tx *Tx) Revoke(ctx context.Context, r Revocation) error {
	generation, err := tx.nextGeneration(ctx)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO revocations (`+revocationColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)`+keepLaterInstants,
		r.Account, r.Principal, r.Session, r.Token, r.Until.UnixMilli(), r.Expires.UnixMilli(), generation)
	return err
}

// RevokeEverything records a revocation of everything for each account. It makes
// the generation greater than afterGeneration.
func (tx *Tx) RevokeEverything(ctx context.Context, until, expires time.Time, afterGeneration int64) error {
	_, err := tx.exec(ctx, `UPDATE generation SET value = $1 WHERE id = 1 AND value < $2`, afterGeneration, afterGeneration)
	if err != nil {
		return err
	}
	generation, err := tx.nextGeneration(ctx)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO revocations (`+revocationColumns+`)
		SELECT id, '', '', '', CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS BIGINT) FROM accounts WHERE true`+keepLaterInstants,
		until.UnixMilli(), expires.UnixMilli(), generation)
	return err
}

// Revocations calls each for the revocations of all accounts that were written
// after a generation, -1 for all. It returns the generation up to which it has read
// all of them.
func (tx *Tx) Revocations(ctx context.Context, after int64, each func(Revocation)) (int64, error) {
	var upTo int64
	err := tx.queryRow(ctx, `SELECT value FROM generation WHERE id = 1`, nil, &upTo)
	if err != nil {
		return 0, err
	}
	// This statement may see rows that are newer than upTo. They are read again the
	// next time.
	err = tx.queryEach(ctx, `SELECT account, principal, session, token, issued_until, expires FROM revocations WHERE generation > $1`, []any{after},
		func(scan func(...any) error) error {
			var r Revocation
			var until, expires int64
			err := scan(&r.Account, &r.Principal, &r.Session, &r.Token, &until, &expires)
			r.Until, r.Expires = time.UnixMilli(until).UTC(), time.UnixMilli(expires).UTC()
			if err == nil {
				each(r)
			}
			return err
		})
	return upTo, err
}

// PruneRevocations deletes the revocations that expired before an instant, and
// returns their number.
func (tx *Tx) PruneRevocations(ctx context.Context, now time.Time) (int64, error) {
	return tx.exec(ctx, `DELETE FROM revocations WHERE expires < $1`, now.UnixMilli())
}
