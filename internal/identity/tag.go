package identity

import (
	"context"
	"maps"
	"slices"

	"daypass/internal/fault"
	"daypass/internal/store"
	"daypass/internal/tag"
)

// A Retagging makes the tags that something has into those that it is to have.
// It is applied in the transaction that writes them.
type Retagging struct {
	add  map[string]string
	gone []string
}

// Adding adds tags, or replaces their values.
func Adding(tags map[string]string) Retagging {
	return Retagging{add: tags, gone: slices.Collect(maps.Keys(tags))}
}

// Removing takes keys away; those that are not there are no error.
func Removing(keys []string) Retagging { return Retagging{gone: keys} }

// ErrTagTwins says that two keys of tags differ by case alone, or not at all. The
// sentence is known of users and roles.
var ErrTagTwins = fault.New(fault.InvalidInput, "Duplicate tag keys found. Please note that Tag keys are case insensitive.")

// of applies r. The result has no new key beside another spelling of it.
func (r Retagging) of(tags map[string]string) (map[string]string, error) {
	left := make(map[string]string, len(tags)+len(r.add))
	for key, value := range tags {
		if !slices.Contains(r.gone, key) {
			left[key] = value
		}
	}
	if _, _, found := tag.Clash(left, r.add); found {
		return nil, ErrTagTwins
	}
	maps.Copy(left, r.add)
	if len(left) > maxTags {
		return nil, fault.New(fault.Quota, "The number of tags has reached the maximum limit.")
	}
	return left, nil
}

// folded returns r for the tags of a user or role: there each spelling of a key
// is the same key, and the newest stays.
//
// Source: IAM User Guide, "Tags for IAM resources".
func (r Retagging) folded(tags map[string]string) Retagging {
	named := r
	named.gone = slices.Clone(r.gone)
	for key := range tags {
		if slices.ContainsFunc(r.gone, func(gone string) bool { return tag.Same(key, gone) }) {
			named.gone = append(named.gone, key)
		}
	}
	return named
}

// Retag changes the tags of a user or role.
func (d *Directory) Retag(ctx context.Context, account, kind, name string, r Retagging) error {
	_, err := d.edit(ctx, account, kind, name, func(_ *store.Tx, e *Entity) error {
		var err error
		e.Tags, err = r.folded(e.Tags).of(e.Tags)
		return err
	})
	return err
}

// RetagManaged changes the tags of a managed policy.
func (d *Directory) RetagManaged(ctx context.Context, account, policyARN string, r Retagging) error {
	return d.editManaged(ctx, account, policyARN, func(_ *store.Tx, p *store.ManagedPolicy) error {
		var err error
		p.Tags, err = r.of(p.Tags)
		return err
	})
}

// RetagMFADevice changes the tags of a device.
func (d *Directory) RetagMFADevice(ctx context.Context, account, serial string, r Retagging) error {
	return d.change(ctx, func(tx *store.Tx) error {
		m, err := device(ctx, tx, account, serial)
		if err != nil {
			return err
		}
		tags, err := r.of(m.Tags)
		if err != nil {
			return err
		}
		return tx.SetMFADeviceTags(ctx, serial, tags)
	})
}

// RetagProvider changes the tags of a provider.
func (d *Directory) RetagProvider(ctx context.Context, account, issuer string, r Retagging) error {
	return d.EditProvider(ctx, account, issuer, func(p *OIDCProvider) error {
		var err error
		p.Tags, err = r.of(p.Tags)
		return err
	})
}
