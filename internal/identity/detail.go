package identity

import (
	"context"

	"daypass/internal/store"
)

// A Detail is a user, group or role with its policies, groups and last use, as
// GetAccountAuthorizationDetails shows it.
type Detail struct {
	*Entity
	Trust    string // roles only: see [Directory.TrustDocument]
	Inline   []store.InlinePolicy
	Attached []string  // ARNs of managed policies
	Groups   []*Entity // users only
	Used     Use       // roles only
}

// Details is [Directory.List] with the details of each.
func (d *Directory) Details(ctx context.Context, account, kind, after string, limit int) ([]*Detail, bool, error) {
	var details []*Detail
	var more bool
	err := d.DB.View(ctx, func(tx *store.Tx) error {
		found, err := tx.Identities(ctx, account, kind, "", after, limit+1)
		if err != nil {
			return err
		}
		found, more = trimPage(found, limit)
		for _, e := range found {
			detail, err := d.detail(ctx, tx, e)
			if err != nil {
				return err
			}
			details = append(details, detail)
		}
		return nil
	})
	return details, more, err
}

func (d *Directory) detail(ctx context.Context, tx *store.Tx, e *Entity) (*Detail, error) {
	detail := &Detail{Entity: e}
	var err error
	detail.Inline, err = tx.InlinePolicies(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	detail.Attached, err = tx.Attachments(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	switch e.Kind {
	case User:
		detail.Groups, err = tx.Groups(ctx, e.ID)
	case Role:
		detail.Trust, err = trustDocument(ctx, tx, e)
		if err == nil {
			detail.Used, err = d.lastUse(ctx, tx, e.ID)
		}
	}
	return detail, err
}

// Counts returns how many entities an account has of each kind, the other counts
// of [store.Tx.Count], and whether the root user has a key.
func (d *Directory) Counts(ctx context.Context, account string) (map[string]int64, bool, error) {
	counts, err := view(ctx, d, func(tx *store.Tx) (map[string]int64, error) { return tx.Count(ctx, account) })
	return counts, d.hasRootKey(account), err
}

// hasRootKey reports whether an account's root user has a key.
func (d *Directory) hasRootKey(account string) bool {
	return d.Root.AccessKeyID != "" && account == d.Account
}
