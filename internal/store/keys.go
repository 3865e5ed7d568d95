package store

import (
	"context"
	"errors"
)

// Value returns a named value of the instance and its revision, which is 0 if it
// was never set.
func (tx *Tx) Value(ctx context.Context, name string) (value []byte, revision int64, err error) {
	err = tx.queryRow(ctx, `SELECT value, revision FROM instance WHERE name = $1`, []any{name}, &value, &revision)
	if errors.Is(err, ErrNotFound) {
		return nil, 0, nil
	}
	return value, revision, err
}

// SetValue replaces a named value if its revision is still the one given, else it
// returns [ErrStale].
func (tx *Tx) SetValue(ctx context.Context, name string, value []byte, revision int64) error {
	if revision == 0 {
		_, err := tx.exec(ctx, `INSERT INTO instance (name, revision, value) VALUES ($1, 1, $2)`, name, value)
		if errors.Is(err, ErrExists) {
			return ErrStale
		}
		return err
	}
	return stale(tx.execOne(ctx, `UPDATE instance SET value = $1, revision = revision + 1 WHERE name = $2 AND revision = $3`, value, name, revision))
}

// keysetName is the name of the value that holds the sealed token keys.
const keysetName = "token-keys"

// Keys stores the sealed token keys in the database. It implements token.KeyStore.
type Keys struct{ DB *DB }

// LoadKeys returns the sealed keyset and its revision, 0 if there is none yet.
func (k Keys) LoadKeys(ctx context.Context) (blob []byte, revision int64, err error) {
	err = k.DB.View(ctx, func(tx *Tx) error {
		blob, revision, err = tx.Value(ctx, keysetName)
		return err
	})
	return blob, revision, err
}

// SaveKeys replaces the sealed keyset if revision is still the stored one.
func (k Keys) SaveKeys(ctx context.Context, blob []byte, revision int64) error {
	return k.DB.Update(ctx, func(tx *Tx) error {
		return tx.SetValue(ctx, keysetName, blob, revision)
	})
}

// instanceName is the name of the value that identifies the instance.
const instanceName = "instance-id"

// Instance returns the id of the instance, empty if it has none yet.
func (db *DB) Instance(ctx context.Context) (name string, err error) {
	err = db.View(ctx, func(tx *Tx) error {
		value, _, err := tx.Value(ctx, instanceName)
		name = string(value)
		return err
	})
	return name, err
}

// NameInstance sets the id of the instance unless it has one, and returns the id in
// force.
func (db *DB) NameInstance(ctx context.Context, name string) (string, error) {
	err := db.Update(ctx, func(tx *Tx) error { return tx.SetValue(ctx, instanceName, []byte(name), 0) })
	if errors.Is(err, ErrStale) { // another replica was first
		return db.Instance(ctx)
	}
	return name, err
}
