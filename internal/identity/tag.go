package identity

import (
	"context"
	"maps"
	"slices"
	"strings"

	"daypass/internal/fault"
	"daypass/internal/store"
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

// of applies r where same tells which spellings are one key: the newest stays.
func (r Retagging) of(tags map[string]string, same func(a, b string) bool) (map[string]string, error) {
	left := make(map[string]string, len(tags)+len(r.add))
	for key, value := range tags {
		if !slices.ContainsFunc(r.gone, func(gone string) bool { return same(key, gone) }) {
			left[key] = value
		}
	}
	maps.Copy(left, r.add)
	if len(left) > maxTags {
		return nil, fault.New(fault.Quota, "The number of tags has reached the maximum limit.")
	}
	return left, nil
}

// exactly is how keys are told apart, except those of users and roles: theirs
// keep their case, but it does not tell one from another.
//
// Source: IAM User Guide, "Tags for IAM resources".
func exactly(a, b string) bool { return a == b }

// Retag changes the tags of a user or role.
func (d *Directory) Retag(ctx context.Context, account, kind, name string, r Retagging) error {
	_, err := d.edit(ctx, account, kind, name, func(_ *store.Tx, e *Entity) error {
		var err error
		e.Tags, err = r.of(e.Tags, strings.EqualFold)
		return err
	})
	return err
}

// RetagManaged changes the tags of a managed policy.
func (d *Directory) RetagManaged(ctx context.Context, account, policyARN string, r Retagging) error {
	return d.editManaged(ctx, account, policyARN, func(_ *store.Tx, p *store.ManagedPolicy) error {
		var err error
		p.Tags, err = r.of(p.Tags, exactly)
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
		tags, err := r.of(m.Tags, exactly)
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
		p.Tags, err = r.of(p.Tags, exactly)
		return err
	})
}
