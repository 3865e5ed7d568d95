package identity

import (
	"context"
	"strings"
	"time"

	"daypass/internal/fault"
	"daypass/internal/store"
)

// edit changes a user, group or role in a transaction and saves it.
func (d *Directory) edit(ctx context.Context, account, kind, name string, fn func(*store.Tx, *Entity) error) (*Entity, error) {
	var e *Entity
	err := d.change(ctx, func(tx *store.Tx) error {
		var err error
		e, err = named(ctx, tx, account, kind, name)
		if err != nil {
			return err
		}
		err = fn(tx, e)
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
	_, err := d.edit(ctx, account, kind, name, func(_ *store.Tx, e *Entity) error {
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

// Tag adds tags to a user or role, or replaces their values. The case of a key
// does not tell it from another one, and the newest spelling stays.
//
// Source: IAM User Guide, "Tags for IAM resources".
func (d *Directory) Tag(ctx context.Context, account, kind, name string, tags map[string]string) error {
	_, err := d.edit(ctx, account, kind, name, func(_ *store.Tx, e *Entity) error {
		var err error
		e.Tags, err = tagged(e.Tags, tags, strings.EqualFold)
		return err
	})
	return err
}

// Untag takes tags from a user or role; keys that are not there are no error.
func (d *Directory) Untag(ctx context.Context, account, kind, name string, keys []string) error {
	_, err := d.edit(ctx, account, kind, name, func(_ *store.Tx, e *Entity) error {
		e.Tags = untagged(e.Tags, keys, strings.EqualFold)
		return nil
	})
	return err
}

func tagged(tags, add map[string]string, same func(a, b string) bool) (map[string]string, error) {
	keys := make([]string, 0, len(add))
	for key := range add {
		keys = append(keys, key)
	}
	merged := untagged(tags, keys, same)
	for key, value := range add {
		merged[key] = value
	}
	if len(merged) > maxTags {
		return nil, fault.New(fault.Quota, "The number of tags has reached the maximum limit.")
	}
	return merged, nil
}

func untagged(tags map[string]string, keys []string, same func(a, b string) bool) map[string]string {
	left := make(map[string]string, len(tags))
	for key, value := range tags {
		left[key] = value
	}
	for key := range tags {
		for _, gone := range keys {
			if same(key, gone) {
				delete(left, key)
			}
		}
	}
	return left
}
