package identity

import (
	"context"
	"slices"

	"daypass/internal/fault"
	"daypass/internal/policy"
	"daypass/internal/store"
)

func missingInline(kind, policyName string) error {
	return fault.New(fault.NotFound, "The %s policy with name %s cannot be found.", kind, policyName)
}

// PutInline adds or replaces an inline policy of a user, group or role.
func (d *Directory) PutInline(ctx context.Context, account, kind, name string, p InlinePolicy) error {
	tooLarge := fault.New(fault.Quota, "Maximum policy size of %d bytes exceeded for %s %s", limits[kind].inline, kind, name)
	if policy.Size(p.Document) > limits[kind].inline {
		return tooLarge
	}
	err := checkDocument(p.Document, policy.Identity)
	if err != nil {
		return err
	}
	return d.changeEntity(ctx, account, kind, name, func(tx *store.Tx, e *Entity) error {
		err := tx.PutInlinePolicy(ctx, e.ID, p)
		if err != nil {
			return err
		}
		all, err := tx.InlinePolicies(ctx, e.ID)
		if err != nil {
			return err
		}
		size := 0
		for _, other := range all {
			size += policy.Size(other.Document)
		}
		if size > limits[kind].inline {
			return tooLarge
		}
		return nil
	})
}

// Inline returns all inline policies of a user, group or role, ordered by name.
func (d *Directory) Inline(ctx context.Context, account, kind, name string) ([]store.InlinePolicy, error) {
	return viewEntity(ctx, d, account, kind, name, func(tx *store.Tx, e *Entity) ([]store.InlinePolicy, error) {
		return tx.InlinePolicies(ctx, e.ID)
	})
}

// InlineDocument returns one inline policy of a user, group or role.
func (d *Directory) InlineDocument(ctx context.Context, account, kind, name, policyName string) (string, error) {
	all, err := d.Inline(ctx, account, kind, name)
	if err != nil {
		return "", err
	}
	for _, p := range all {
		if p.Name == policyName {
			return p.Document, nil
		}
	}
	return "", missingInline(kind, policyName)
}

// DeleteInline removes an inline policy of a user, group or role.
func (d *Directory) DeleteInline(ctx context.Context, account, kind, name, policyName string) error {
	return d.changeEntity(ctx, account, kind, name, func(tx *store.Tx, e *Entity) error {
		return ifNotFound(tx.DeleteInlinePolicy(ctx, e.ID, policyName), missingInline(kind, policyName))
	})
}

// InlineNames returns the names of all inline policies of a user, group or role, in
// the order of bytes.
func (d *Directory) InlineNames(ctx context.Context, account, kind, name string) ([]string, error) {
	all, err := d.Inline(ctx, account, kind, name)
	names := make([]string, 0, len(all))
	for _, p := range all {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	return names, err
}
