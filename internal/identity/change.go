package identity

import (
	"context"
	"time"

	"daypass/internal/fault"
	"daypass/internal/store"
)

// changeOf changes something of the user, group or role with a name.
func (d *Directory) changeOf(ctx context.Context, account, kind, name string, fn func(*store.Tx, *Entity) error) error {
	return d.change(ctx, func(tx *store.Tx) error {
		e, err := named(ctx, tx, account, kind, name)
		if err != nil {
			return err
		}
		return fn(tx, e)
	})
}

// edit changes a user, group or role in a transaction and saves it.
func (d *Directory) edit(ctx context.Context, account, kind, name string, fn func(*store.Tx, *Entity) error) (*Entity, error) {
	var e *Entity
	err := d.changeOf(ctx, account, kind, name, func(tx *store.Tx, found *Entity) error {
		e = found
		err := fn(tx, e)
		if err != nil {
			return err
		}
		return exists(tx.SaveIdentity(ctx, e), taken(e))
	})
	return e, err
}

// Move gives a user or group another name, another path, or both; what is empty
// stays. Its unique id stays too, and with it all that policies bound to it.
func (d *Directory) Move(ctx context.Context, account, kind, name, newName, newPath string) error {
	err := checkPath("newPath", newPath)
	if err != nil {
		return err
	}
	_, err = d.edit(ctx, account, kind, name, func(_ *store.Tx, e *Entity) error {
		if newName != "" {
			e.Name = newName
		}
		if newPath != "" {
			e.Path = newPath
		}
		return nil
	})
	return err
}

// Describe replaces what is said of a role.
func (d *Directory) Describe(ctx context.Context, account, role, description string) (*Entity, error) {
	return d.edit(ctx, account, Role, role, func(_ *store.Tx, e *Entity) error {
		e.Description = description
		return nil
	})
}

// A RoleChange is what to replace in a role; what is zero stays.
type RoleChange struct {
	Description string
	MaxSession  time.Duration
}

// ChangeRole replaces what is said of a role and how long its sessions may be.
func (d *Directory) ChangeRole(ctx context.Context, account, role string, change RoleChange) error {
	_, err := d.edit(ctx, account, Role, role, func(_ *store.Tx, e *Entity) error {
		if change.Description != "" {
			e.Description = change.Description
		}
		if change.MaxSession != 0 {
			e.MaxSession = change.MaxSession
		}
		return nil
	})
	return err
}

// SetBoundary replaces the permissions boundary of a user or role, or with ""
// takes it away; one that is not there is a fault of kind NotFound.
func (d *Directory) SetBoundary(ctx context.Context, account, kind, name, policyARN string) error {
	_, err := d.edit(ctx, account, kind, name, func(tx *store.Tx, e *Entity) error {
		if policyARN == "" && e.Boundary == "" {
			return fault.New(fault.NotFound, "The %s with name %s has no permissions boundary.", kind, name)
		}
		e.Boundary = policyARN
		return checkBoundary(ctx, tx, e)
	})
	return err
}
