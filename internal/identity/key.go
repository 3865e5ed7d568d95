package identity

import (
	"context"
	"time"

	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/store"
)

// An AccessKey is a long-term key without its secret.
type AccessKey struct {
	ID      string
	Status  string // store.KeyActive or store.KeyInactive
	Created time.Time
}

func missingKey(id string) error {
	return fault.New(fault.NotFound, "The Access Key with id %s cannot be found.", id)
}

// sealKey returns the row of a key pair, with the secret sealed.
func (d *Directory) sealKey(owner string, pair KeyPair) (*store.AccessKey, error) {
	sealed, err := d.Sealer.Seal([]byte(pair.SecretAccessKey), []byte(pair.AccessKeyID))
	if err != nil {
		return nil, err
	}
	return &store.AccessKey{ID: pair.AccessKeyID, Identity: owner, Secret: sealed, Status: store.KeyActive, Created: d.now()}, nil
}

// newPair makes a key pair.
func newPair() KeyPair { return KeyPair{uniqueID(arn.AccessKeyID, keyTail), newSecret()} }

// CreateKey makes an access key for a user. The secret is shown here and never
// again.
func (d *Directory) CreateKey(ctx context.Context, account, user string) (KeyPair, *AccessKey, error) {
	pair := newPair()
	var row *store.AccessKey
	err := d.changeEntity(ctx, account, User, user, func(tx *store.Tx, e *Entity) error {
		keys, err := tx.AccessKeys(ctx, e.ID)
		if err != nil {
			return err
		}
		if len(keys) >= maxKeysPerUser {
			return exceeded("AccessKeysPerUser", maxKeysPerUser)
		}
		row, err = d.sealKey(e.ID, pair)
		if err != nil {
			return err
		}
		return tx.CreateAccessKey(ctx, row)
	})
	if err != nil {
		return KeyPair{}, nil, err
	}
	return pair, withoutSecret(row), nil
}

func withoutSecret(k *store.AccessKey) *AccessKey { return &AccessKey{k.ID, k.Status, k.Created} }

// Keys returns the access keys of a user, ordered by id.
func (d *Directory) Keys(ctx context.Context, account, user string) ([]*AccessKey, error) {
	var keys []*AccessKey
	err := d.DB.View(ctx, func(tx *store.Tx) error {
		e, err := findEntity(ctx, tx, account, User, user)
		if err != nil {
			return err
		}
		rows, err := tx.AccessKeys(ctx, e.ID)
		for _, row := range rows {
			keys = append(keys, withoutSecret(row))
		}
		return err
	})
	return keys, err
}

// SetKeyStatus makes a user's key active or inactive.
func (d *Directory) SetKeyStatus(ctx context.Context, account, user, id, status string) error {
	return d.changeEntity(ctx, account, User, user, func(tx *store.Tx, e *Entity) error {
		return ifNotFound(tx.SetAccessKeyStatus(ctx, e.ID, id, status), missingKey(id))
	})
}

// DeleteKey removes a user's key.
func (d *Directory) DeleteKey(ctx context.Context, account, user, id string) error {
	return d.changeEntity(ctx, account, User, user, func(tx *store.Tx, e *Entity) error {
		return ifNotFound(tx.DeleteAccessKey(ctx, e.ID, id), missingKey(id))
	})
}

// KeyAccount returns the account of a long-term key, active or not. An unknown key
// is a fault of kind NotFound.
func (d *Directory) KeyAccount(ctx context.Context, id string) (string, error) {
	if d.isRootKey(id) {
		return d.Account, nil
	}
	var account string
	err := d.DB.View(ctx, func(tx *store.Tx) error {
		key, err := tx.AccessKey(ctx, id)
		if err != nil {
			return err
		}
		owner, err := tx.Identity(ctx, key.Identity)
		if err == nil {
			account = owner.Account
		}
		return err
	})
	return account, ifNotFound(err, missingKey(id))
}

// RootKeys returns the root user's key, if the configuration gives one.
func (d *Directory) RootKeys(ctx context.Context) ([]*AccessKey, error) {
	if d.Root.AccessKeyID == "" {
		return nil, nil
	}
	account, err := d.AccountByID(ctx, d.Account)
	if err != nil {
		return nil, err
	}
	return []*AccessKey{{d.Root.AccessKeyID, store.KeyActive, account.Created}}, nil
}
