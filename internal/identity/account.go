package identity

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"

	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/store"
)

// AdminUser is the name of the user that every new account begins with.
const AdminUser = "admin"

// AccountByID returns one account.
func (d *Directory) AccountByID(ctx context.Context, id string) (*Account, error) {
	a, err := view(ctx, d, func(tx *store.Tx) (*Account, error) { return tx.Account(ctx, id) })
	return a, gone(err, fault.New(fault.NotFound, "The account %s does not exist.", id))
}

// Accounts returns up to limit accounts with ids after the given one, and
// whether there are more.
func (d *Directory) Accounts(ctx context.Context, after string, limit int) ([]*Account, bool, error) {
	found, err := view(ctx, d, func(tx *store.Tx) ([]*Account, error) { return tx.Accounts(ctx, after, limit+1) })
	page, more := cut(found, limit)
	return page, more, err
}

// CreateAccount makes an account with a user that may do everything in it, and
// a key for that user. Without an id it draws one. An id that is taken is a
// fault of kind Conflict.
func (d *Directory) CreateAccount(ctx context.Context, id, name string) (*Account, KeyPair, error) {
	if id == "" {
		id = newAccountID()
	}
	if !arn.IsAccount(id) {
		return nil, KeyPair{}, fault.Invalid("accountId: %q is not an account id, expected 12 digits", id)
	}
	account, pair := &Account{ID: id, Name: name, Created: d.now()}, newPair()
	err := d.change(ctx, func(tx *store.Tx) error { return d.found(ctx, tx, account, pair) })
	if err != nil {
		return nil, KeyPair{}, exists(err, fault.New(fault.Conflict, "The account %s already exists.", id))
	}
	return account, pair, nil
}

// found writes a new account, its first user and that user's key.
func (d *Directory) found(ctx context.Context, tx *store.Tx, a *Account, pair KeyPair) error {
	err := tx.CreateAccount(ctx, a)
	if err != nil {
		return err
	}
	admin := &Entity{ID: uniqueID(prefixUser, uniqueTail), Kind: User, Account: a.ID, Name: AdminUser, Path: "/", Created: a.Created}
	err = tx.CreateIdentity(ctx, admin)
	if err != nil {
		return err
	}
	err = tx.Attach(ctx, admin.ID, administratorAccess)
	if err != nil {
		return err
	}
	key, err := d.seal(admin.ID, pair)
	if err != nil {
		return err
	}
	return tx.CreateAccessKey(ctx, key)
}

// Bootstrap makes the first account if it is not there yet, with a random key
// pair or the fixed one given, and returns the pair and whether it is new.
//
// deliver, if not nil, is called with a random pair before the account exists
// for good: a server that dies in between leaves no account whose key nobody
// has. It may be called again after a crash, with another pair.
//
// On a later start a fixed pair that the user `admin` does not have is added to
// it, so that whoever starts the server can let themselves in again; nothing
// else changes, and an inactive key stays inactive. A database with other
// accounts alone is refused: it was begun with another one, whose key would be
// replaced where deliver leaves it.
func (d *Directory) Bootstrap(ctx context.Context, fixed KeyPair, deliver func(KeyPair) error) (KeyPair, bool, error) {
	if !arn.IsAccount(d.Account) {
		return KeyPair{}, false, fault.Invalid("account id: %q is not one, expected 12 digits", d.Account)
	}
	// The others come first: then whoever makes the account meanwhile is found
	// as the account, not as another one.
	others, _, err := d.Accounts(ctx, "", 1)
	if err != nil {
		return KeyPair{}, false, err
	}
	_, err = d.AccountByID(ctx, d.Account)
	switch {
	case err == nil:
		return fixed, false, d.readmit(ctx, fixed)
	case !fault.Is(err, fault.NotFound):
		return KeyPair{}, false, err
	case len(others) > 0:
		return KeyPair{}, false, fault.Invalid("account id: the database has no account %s but was begun with another one, such as %s: give the account id of its first start", d.Account, others[0].ID)
	}
	pair := fixed
	if pair == (KeyPair{}) {
		pair = newPair()
		if deliver != nil {
			err := deliver(pair)
			if err != nil {
				return KeyPair{}, false, err
			}
		}
	}
	account := &Account{ID: d.Account, Created: d.now()}
	err = d.change(ctx, func(tx *store.Tx) error { return d.found(ctx, tx, account, pair) })
	if errors.Is(err, store.ErrExists) {
		// Another replica was first; its pair is the one.
		return fixed, false, d.readmit(ctx, fixed)
	}
	return pair, err == nil, err
}

// readmit makes sure that a fixed pair opens the first account's admin user.
func (d *Directory) readmit(ctx context.Context, pair KeyPair) error {
	if pair == (KeyPair{}) {
		return nil
	}
	return d.DB.Update(ctx, func(tx *store.Tx) error {
		admin, err := tx.IdentityNamed(ctx, d.Account, User, AdminUser)
		if errors.Is(err, store.ErrNotFound) {
			return nil // deleted on purpose
		}
		if err != nil {
			return err
		}
		key, err := tx.AccessKey(ctx, pair.AccessKeyID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err == nil && key.Identity != admin.ID {
			return fault.Invalid("access key %s belongs to another user than %s", pair.AccessKeyID, AdminUser)
		}
		return d.readmitKey(ctx, tx, key, admin.ID, pair)
	})
}

// readmitKey writes only what differs: an ordinary restart changes nothing. key
// is nil if there is none yet.
func (d *Directory) readmitKey(ctx context.Context, tx *store.Tx, key *store.AccessKey, owner string, pair KeyPair) error {
	if key != nil {
		secret, err := d.Sealer.Open(key.Secret, []byte(key.ID))
		if err != nil {
			return fmt.Errorf("open the secret of access key %s: %w", key.ID, err)
		}
		if subtle.ConstantTimeCompare(secret, []byte(pair.SecretAccessKey)) == 1 {
			return nil
		}
	}
	fresh, err := d.seal(owner, pair)
	if err != nil {
		return err
	}
	tx.Touch()
	if key == nil {
		return tx.CreateAccessKey(ctx, fresh)
	}
	return tx.SetAccessKeySecret(ctx, owner, key.ID, fresh.Secret)
}
