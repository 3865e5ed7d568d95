package identity

import (
	"context"
	"time"

	"daypass/internal/fault"
	"daypass/internal/store"
)

// changeEntity runs fn in a transaction with the user, group or role of a name,
// and empties the caches.
func (d *Directory) changeEntity(ctx context.Context, account, kind, name string, fn func(*store.Tx, *Entity) error) error {
	return d.change(ctx, func(tx *store.Tx) error {
		e, err := findEntity(ctx, tx, account, kind, name)
		if err != nil {
			return err
		}
		return fn(tx, e)
	})
}

// editEntity lets fn change a user, group or role in a transaction, and saves it.
func (d *Directory) editEntity(ctx context.Context, account, kind, name string, fn func(*store.Tx, *Entity) error) (*Entity, error) {
	var e *Entity
	err := d.changeEntity(ctx, account, kind, name, func(tx *store.Tx, found *Entity) error {
		e = found
		err := fn(tx, e)
		if err != nil {
			return err
		}
		return ifExists(tx.SaveIdentity(ctx, e), nameTaken(e))
	})
	return e, err
}

// Move changes the name or path of a user or group; an empty value leaves that
// one as it is. The unique id stays, so that policies bound to it still match.
func (d *Directory) Move(ctx context.Context, account, kind, name, newName, newPath string) error {
	err := checkPath("newPath", newPath)
	if err != nil {
		return err
	}
	_, err = d.editEntity(ctx, account, kind, name, func(_ *store.Tx, e *Entity) error {
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

// SetDescription replaces the description of a role.
func (d *Directory) SetDescription(ctx context.Context, account, role, description string) (*Entity, error) {
	return d.editEntity(ctx, account, Role, role, func(_ *store.Tx, e *Entity) error {
		e.Description = description
		return nil
	})
}

// A RoleChange has the new values of a role; a zero field leaves the value as it
// is.
type RoleChange struct {
	Description string
	MaxSession  time.Duration
}

// ChangeRole replaces the description and maximum session duration of a role.
func (d *Directory) ChangeRole(ctx context.Context, account, role string, change RoleChange) error {
	_, err := d.editEntity(ctx, account, Role, role, func(_ *store.Tx, e *Entity) error {
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

// SetBoundary sets the permissions boundary of a user or role; "" removes it. To
// remove a boundary that does not exist is a fault of kind NotFound.
func (d *Directory) SetBoundary(ctx context.Context, account, kind, name, policyARN string) error {
	_, err := d.editEntity(ctx, account, kind, name, func(tx *store.Tx, e *Entity) error {
		if policyARN == "" && e.Boundary == "" {
			return fault.New(fault.NotFound, "The %s with name %s has no permissions boundary.", kind, name)
		}
		e.Boundary = policyARN
		return checkBoundary(ctx, tx, e)
	})
	return err
}
