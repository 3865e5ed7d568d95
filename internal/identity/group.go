package identity

import (
	"context"

	"daypass/internal/fault"
	"daypass/internal/store"
)

// AddMember adds a user to a group, whose policies then apply to the user. A user
// who is already in the group is no error.
func (d *Directory) AddMember(ctx context.Context, account, group, user string) error {
	return d.member(ctx, account, group, user, func(tx *store.Tx, g, u *Entity) error {
		err := tx.AddMember(ctx, g.ID, u.ID)
		if err != nil {
			return err
		}
		groups, err := tx.Groups(ctx, u.ID)
		if most := d.Quotas.UserGroups; err == nil && len(groups) > most {
			return exceeded("GroupsPerUser", most)
		}
		return err
	})
}

// RemoveMember removes a user from a group.
func (d *Directory) RemoveMember(ctx context.Context, account, group, user string) error {
	return d.member(ctx, account, group, user, func(tx *store.Tx, g, u *Entity) error {
		return ifNotFound(tx.RemoveMember(ctx, g.ID, u.ID), fault.New(fault.NotFound, "The user with name %s is not in the group with name %s.", user, group))
	})
}

func (d *Directory) member(ctx context.Context, account, group, user string, fn func(tx *store.Tx, g, u *Entity) error) error {
	return d.changeEntity(ctx, account, Group, group, func(tx *store.Tx, g *Entity) error {
		u, err := findEntity(ctx, tx, account, User, user)
		if err != nil {
			return err
		}
		return fn(tx, g, u)
	})
}

// Members returns a group and up to limit of its users, in the order of names
// after the given one, and whether there are more.
func (d *Directory) Members(ctx context.Context, account, group, after string, limit int) (*Entity, []*Entity, bool, error) {
	var g *Entity
	found, err := view(ctx, d, func(tx *store.Tx) ([]*Entity, error) {
		var err error
		g, err = findEntity(ctx, tx, account, Group, group)
		if err != nil {
			return nil, err
		}
		return tx.Members(ctx, g.ID, after, limit+1)
	})
	page, more := trimPage(found, limit)
	return g, page, more, err
}

// Groups returns all groups that a user is in, in the order of names.
func (d *Directory) Groups(ctx context.Context, account, user string) ([]*Entity, error) {
	return viewEntity(ctx, d, account, User, user, func(tx *store.Tx, u *Entity) ([]*Entity, error) { return tx.Groups(ctx, u.ID) })
}
