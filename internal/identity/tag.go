package identity

import (
	"context"
	"maps"
	"slices"

	"daypass/internal/fault"
	"daypass/internal/store"
	"daypass/internal/tag"
)

// A TagChange adds and removes tags. It is applied in the transaction that writes
// them.
type TagChange struct {
	add    map[string]string
	remove []string // keys; also those that add replaces
}

// AddTags returns a change that adds tags, or replaces their values.
func AddTags(tags map[string]string) TagChange {
	return TagChange{add: tags, remove: slices.Collect(maps.Keys(tags))}
}

// RemoveTags returns a change that removes keys. A key without a tag is no error.
func RemoveTags(keys []string) TagChange { return TagChange{remove: keys} }

// ErrDuplicateTags says that two tag keys are equal or differ by case alone. AWS is
// known to use the sentence for users and roles.
var ErrDuplicateTags = fault.New(fault.InvalidInput, "Duplicate tag keys found. Please note that Tag keys are case insensitive.")

// apply returns the tags with the change made. It refuses a new key that differs by
// case alone from one that stays.
func (r TagChange) apply(tags map[string]string) (map[string]string, error) {
	left := make(map[string]string, len(tags)+len(r.add))
	for key, value := range tags {
		if !slices.Contains(r.remove, key) {
			left[key] = value
		}
	}
	if _, _, found := tag.Clash(left, r.add); found {
		return nil, ErrDuplicateTags
	}
	maps.Copy(left, r.add)
	if len(left) > maxTags {
		return nil, fault.New(fault.Quota, "The number of tags has reached the maximum limit.")
	}
	return left, nil
}

// ignoringCase returns the change for the tags of a user or role, whose keys are
// equal without regard to case: it also removes the other spellings of a key.
//
// Source: IAM User Guide, "Tags for IAM resources".
func (r TagChange) ignoringCase(tags map[string]string) TagChange {
	widened := r
	widened.remove = slices.Clone(r.remove)
	for key := range tags {
		if slices.ContainsFunc(r.remove, func(gone string) bool { return tag.Same(key, gone) }) {
			widened.remove = append(widened.remove, key)
		}
	}
	return widened
}

// Retag changes the tags of a user or role.
func (d *Directory) Retag(ctx context.Context, account, kind, name string, r TagChange) error {
	_, err := d.editEntity(ctx, account, kind, name, func(_ *store.Tx, e *Entity) error {
		var err error
		e.Tags, err = r.ignoringCase(e.Tags).apply(e.Tags)
		return err
	})
	return err
}

// RetagManaged changes the tags of a managed policy.
func (d *Directory) RetagManaged(ctx context.Context, account, policyARN string, r TagChange) error {
	return d.editManaged(ctx, account, policyARN, func(_ *store.Tx, p *store.ManagedPolicy) error {
		var err error
		p.Tags, err = r.apply(p.Tags)
		return err
	})
}

// RetagMFADevice changes the tags of a device.
func (d *Directory) RetagMFADevice(ctx context.Context, account, serial string, r TagChange) error {
	return d.change(ctx, func(tx *store.Tx) error {
		m, err := device(ctx, tx, account, serial)
		if err != nil {
			return err
		}
		tags, err := r.apply(m.Tags)
		if err != nil {
			return err
		}
		return tx.SetMFADeviceTags(ctx, serial, tags)
	})
}

// RetagProvider changes the tags of a provider.
func (d *Directory) RetagProvider(ctx context.Context, account, issuer string, r TagChange) error {
	return d.EditProvider(ctx, account, issuer, func(p *OIDCProvider) error {
		var err error
		p.Tags, err = r.apply(p.Tags)
		return err
	})
}
