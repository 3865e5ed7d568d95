package identity

import (
	"context"
	"time"

	"daypass/internal/fault"
	"daypass/internal/store"
)

// A Credential is an access key with its last use, for the credential report.
type Credential struct {
	AccessKey
	Used Use
}

// UserCredentials are a user and its credentials. The root user has the account
// as its ID and no name.
type UserCredentials struct {
	*Entity
	Keys []Credential
	MFA  bool
}

// UserCredentials returns the root user of an account and all its users with their
// credentials, in the order of names.
func (d *Directory) UserCredentials(ctx context.Context, account string) ([]*UserCredentials, error) {
	return view(ctx, d, func(tx *store.Tx) ([]*UserCredentials, error) { return d.all(ctx, tx, account) })
}

func (d *Directory) all(ctx context.Context, tx *store.Tx, account string) ([]*UserCredentials, error) {
	root, err := d.rootCredentials(ctx, tx, account)
	if err != nil {
		return nil, err
	}
	users, err := tx.Identities(ctx, account, User, "", "", unbounded)
	if err != nil {
		return nil, err
	}
	keys, err := tx.AccountKeys(ctx, account)
	if err != nil {
		return nil, err
	}
	uses, err := tx.KeyUses(ctx, account)
	if err != nil {
		return nil, err
	}
	mfa, err := tx.WithMFA(ctx, account)
	if err != nil {
		return nil, err
	}
	keysOf := make(map[string][]Credential)
	for _, k := range keys {
		keysOf[k.Identity] = append(keysOf[k.Identity], Credential{*withoutSecret(k), d.latest(k.ID, uses[k.ID])})
	}
	all := []*UserCredentials{root}
	for _, u := range users {
		all = append(all, &UserCredentials{u, keysOf[u.ID], mfa[u.ID]})
	}
	return all, nil
}

func (d *Directory) rootCredentials(ctx context.Context, tx *store.Tx, account string) (*UserCredentials, error) {
	a, err := tx.Account(ctx, account)
	if err != nil {
		return nil, err
	}
	root := &UserCredentials{Entity: &Entity{ID: account, Account: account, Created: a.Created}}
	if !d.hasRootKey(account) {
		return root, nil
	}
	used, err := d.lastUse(ctx, tx, account)
	root.Keys = []Credential{{AccessKey{d.Root.AccessKeyID, store.KeyActive, a.Created}, used}}
	return root, err
}

// SaveReport replaces an account's credential report.
func (d *Directory) SaveReport(ctx context.Context, account string, made time.Time, content []byte) error {
	return d.DB.Update(ctx, func(tx *store.Tx) error { return tx.SetCredentialReport(ctx, account, made, content) })
}

// Report returns an account's last credential report and when it was made.
// Without one it is a fault of kind ReportNotPresent.
func (d *Directory) Report(ctx context.Context, account string) (content []byte, made time.Time, err error) {
	err = d.DB.View(ctx, func(tx *store.Tx) error {
		var err error
		content, made, err = tx.CredentialReport(ctx, account)
		return err
	})
	return content, made, ifNotFound(err, fault.New(fault.ReportNotPresent, "There is no credential report of this account: make one with GenerateCredentialReport."))
}
