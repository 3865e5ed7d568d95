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
	return a, ifNotFound(err, fault.New(fault.NotFound, "The account %s does not exist.", id))
}

// Accounts returns up to limit accounts with ids after the given one, and
// whether there are more.
func (d *Directory) Accounts(ctx context.Context, after string, limit int) ([]*Account, bool, error) {
	found, err := view(ctx, d, func(tx *store.Tx) ([]*Account, error) { return tx.Accounts(ctx, after, limit+1) })
	page, more := trimPage(found, limit)
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
	err := d.change(ctx, func(tx *store.Tx) error { return d.createAccount(ctx, tx, account, pair) })
	if err != nil {
		return nil, KeyPair{}, ifExists(err, fault.New(fault.Conflict, "The account %s already exists.", id))
	}
	return account, pair, nil
}

// createAccount writes a new account, its admin user and that user's key.
func (d *Directory) createAccount(ctx context.Context, tx *store.Tx, a *Account, pair KeyPair) error {
	err := tx.CreateAccount(ctx, a)
	if err != nil {
		return err
	}
	admin := &Entity{ID: uniqueID(arn.UserID, uniqueTail), Kind: User, Account: a.ID, Name: AdminUser, Path: "/", Created: a.Created}
	err = tx.CreateIdentity(ctx, admin)
	if err != nil {
		return err
	}
	err = tx.Attach(ctx, admin.ID, administratorAccess)
	if err != nil {
		return err
	}
	key, err := d.sealKey(admin.ID, pair)
	if err != nil {
		return err
	}
	return tx.CreateAccessKey(ctx, key)
}

// Bootstrap makes the first account if it does not exist, with the fixed key pair
// given or a random one. It returns the pair and whether it is new.
//
// deliver, if not nil, is called with a random pair before the account is
// committed: so a crash in between leaves no account whose key nobody has. After
// a crash it may be called again, with another pair.
//
// On a later start a fixed pair that the user `admin` does not have is added to
// that user, so that an operator can regain access. Nothing else changes; an
// inactive key stays inactive. A database that has only other accounts is refused:
// the new key would replace that of the account it was begun with where deliver
// writes it.
func (d *Directory) Bootstrap(ctx context.Context, fixed KeyPair, deliver func(KeyPair) error) (KeyPair, bool, error) {
	if !arn.IsAccount(d.Account) {
		return KeyPair{}, false, fault.Invalid("account id: %q is not one, expected 12 digits", d.Account)
	}
	// The other accounts are read first: an account that another replica makes in
	// between is then found as d.Account, not among the others.
	others, _, err := d.Accounts(ctx, "", 1)
	if err != nil {
		return KeyPair{}, false, err
	}
	_, err = d.AccountByID(ctx, d.Account)
	switch {
	case err == nil:
		return fixed, false, d.ensureAdminKey(ctx, fixed)
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
	err = d.change(ctx, func(tx *store.Tx) error { return d.createAccount(ctx, tx, account, pair) })
	if errors.Is(err, store.ErrExists) {
		// Another replica made the account first; its pair is the one in force.
		return fixed, false, d.ensureAdminKey(ctx, fixed)
	}
	return pair, err == nil, err
}

// ensureAdminKey makes sure that the first account's admin user has a fixed pair.
func (d *Directory) ensureAdminKey(ctx context.Context, pair KeyPair) error {
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
		return d.writeAdminKey(ctx, tx, key, admin.ID, pair)
	})
}

// writeAdminKey writes the pair unless it is stored already: an ordinary restart
// changes nothing. key is the stored key, or nil.
func (d *Directory) writeAdminKey(ctx context.Context, tx *store.Tx, key *store.AccessKey, owner string, pair KeyPair) error {
	if key != nil {
		secret, err := d.Sealer.Open(key.Secret, []byte(key.ID))
		if err != nil {
			return fmt.Errorf("open the secret of access key %s: %w", key.ID, err)
		}
		if subtle.ConstantTimeCompare(secret, []byte(pair.SecretAccessKey)) == 1 {
			return nil
		}
	}
	fresh, err := d.sealKey(owner, pair)
	if err != nil {
		return err
	}
	tx.Touch()
	if key == nil {
		return tx.CreateAccessKey(ctx, fresh)
	}
	return tx.SetAccessKeySecret(ctx, owner, key.ID, fresh.Secret)
}
