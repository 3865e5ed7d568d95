package identity

import (
	"context"

	"daypass/internal/fault"
	"daypass/internal/store"
)

// Alias returns the alias of an account, or "".
func (d *Directory) Alias(ctx context.Context, account string) (string, error) {
	return view(ctx, d, func(tx *store.Tx) (string, error) { return tx.Alias(ctx, account) })
}

// SetAlias gives an account an alias in place of the one that it has. No two
// accounts have the same.
func (d *Directory) SetAlias(ctx context.Context, account, alias string) error {
	taken := fault.New(fault.Conflict, "The account alias %s already exists.", alias)
	return d.DB.Update(ctx, func(tx *store.Tx) error {
		own, err := tx.Alias(ctx, account)
		if err != nil {
			return err
		}
		if own == alias {
			return taken
		}
		return exists(tx.SetAlias(ctx, account, alias), taken)
	})
}

// RemoveAlias takes an account's alias away, which must be the one given.
func (d *Directory) RemoveAlias(ctx context.Context, account, alias string) error {
	return d.DB.Update(ctx, func(tx *store.Tx) error {
		own, err := tx.Alias(ctx, account)
		if err != nil {
			return err
		}
		if own != alias {
			return fault.New(fault.NotFound, "The account alias %s cannot be found.", alias)
		}
		return tx.SetAlias(ctx, account, "")
	})
}
