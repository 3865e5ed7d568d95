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

// SetAlias sets or replaces the alias of an account. An alias that any account
// has is a fault of kind Conflict.
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
		return ifExists(tx.SetAlias(ctx, account, alias), taken)
	})
}

// RemoveAlias removes an account's alias. If the alias is not the one given, it
// returns a fault of kind NotFound.
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
