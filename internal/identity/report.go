package identity

import (
	"context"
	"time"

	"daypass/internal/fault"
	"daypass/internal/store"
)

// A Credential is an access key with its last use.
type Credential struct {
	AccessKey
	Used Use
}

// A Holder is a user with its credentials. The root user has the account for
// its ID and no name.
type Holder struct {
	*Entity
	Keys []Credential
	MFA  bool
}

// Holders returns the root user of an account and all its users with their
// credentials, in the order of names.
func (d *Directory) Holders(ctx context.Context, account string) ([]*Holder, error) {
	return view(ctx, d, func(tx *store.Tx) ([]*Holder, error) { return d.holders(ctx, tx, account) })
}

func (d *Directory) holders(ctx context.Context, tx *store.Tx, account string) ([]*Holder, error) {
	root, err := d.rootHolder(ctx, tx, account)
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
	held := make(map[string][]Credential)
	for _, k := range keys {
		held[k.Identity] = append(held[k.Identity], Credential{*shown(k), d.latest(k.ID, uses[k.ID])})
	}
	holders := []*Holder{root}
	for _, u := range users {
		holders = append(holders, &Holder{u, held[u.ID], mfa[u.ID]})
	}
	return holders, nil
}

func (d *Directory) rootHolder(ctx context.Context, tx *store.Tx, account string) (*Holder, error) {
	a, err := tx.Account(ctx, account)
	if err != nil {
		return nil, err
	}
	root := &Holder{Entity: &Entity{ID: account, Account: account, Created: a.Created}}
	if !d.rootOf(account) {
		return root, nil
	}
	used, err := d.lastUse(ctx, tx, account)
	root.Keys = []Credential{{AccessKey{d.Root.AccessKeyID, store.KeyActive, a.Created}, used}}
	return root, err
}

// KeepReport keeps a credential report in place of an account's last one.
func (d *Directory) KeepReport(ctx context.Context, account string, made time.Time, content []byte) error {
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
	return content, made, gone(err, fault.New(fault.ReportNotPresent, "There is no credential report of this account: make one with GenerateCredentialReport."))
}
