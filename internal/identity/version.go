package identity

import (
	"context"

	"daypass/internal/fault"
	"daypass/internal/store"
)

func missingVersion(policyARN string, number int64) error {
	return fault.New(fault.NotFound, "Policy %s version v%d does not exist or is not attachable.", policyARN, number)
}

// editManaged lets fn change a managed policy of an account in a transaction, and
// saves it.
func (d *Directory) editManaged(ctx context.Context, account, policyARN string, fn func(*store.Tx, *ManagedPolicy) error) error {
	return d.change(ctx, func(tx *store.Tx) error {
		p, err := ownManaged(ctx, tx, account, policyARN)
		if err != nil {
			return err
		}
		err = fn(tx, p)
		if err != nil {
			return err
		}
		return tx.SaveManagedPolicy(ctx, p)
	})
}

// CreateVersion adds a version to a managed policy; current makes it the default.
func (d *Directory) CreateVersion(ctx context.Context, account, policyARN, document string, current bool) (*store.PolicyVersion, error) {
	v := &store.PolicyVersion{Document: document, Created: d.now()}
	err := checkManaged(document)
	if err != nil {
		return nil, err
	}
	err = d.editManaged(ctx, account, policyARN, func(tx *store.Tx, p *ManagedPolicy) error {
		all, err := tx.PolicyVersions(ctx, p.ID)
		if err != nil {
			return err
		}
		if len(all) >= maxVersions {
			return fault.New(fault.Quota, "A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", maxVersions)
		}
		p.Latest++
		p.Updated, v.Number = v.Created, p.Latest
		if current {
			p.Default = v.Number
		}
		return tx.CreatePolicyVersion(ctx, p.ID, *v)
	})
	return v, err
}

// Versions returns all versions of a managed policy, the newest first, and the
// number of the default.
func (d *Directory) Versions(ctx context.Context, account, policyARN string) ([]*store.PolicyVersion, int64, error) {
	var all []*store.PolicyVersion
	var current int64
	err := d.DB.View(ctx, func(tx *store.Tx) error {
		p, err := managedRow(ctx, tx, account, policyARN)
		if err != nil {
			return err
		}
		current = p.Default
		all, err = versionsOf(ctx, tx, p)
		return err
	})
	return all, current, err
}

func versionsOf(ctx context.Context, tx *store.Tx, p *ManagedPolicy) ([]*store.PolicyVersion, error) {
	if b := builtinPolicy(p.ARN); b != nil {
		return []*store.PolicyVersion{{Number: 1, Document: b.document, Created: builtinsDate}}, nil
	}
	return tx.PolicyVersions(ctx, p.ID)
}

// SetVersion makes a version the default of a managed policy.
func (d *Directory) SetVersion(ctx context.Context, account, policyARN string, number int64) error {
	return d.editManaged(ctx, account, policyARN, func(tx *store.Tx, p *ManagedPolicy) error {
		_, err := tx.PolicyVersion(ctx, p.ID, number)
		p.Default = number
		return ifNotFound(err, missingVersion(policyARN, number))
	})
}

// DeleteVersion removes a version of a managed policy that is not the default. Its
// number is not used again.
func (d *Directory) DeleteVersion(ctx context.Context, account, policyARN string, number int64) error {
	return d.editManaged(ctx, account, policyARN, func(tx *store.Tx, p *ManagedPolicy) error {
		if p.Default == number {
			return fault.New(fault.DeleteConflict, "Cannot delete the default version of a policy.")
		}
		return ifNotFound(tx.DeletePolicyVersion(ctx, p.ID, number), missingVersion(policyARN, number))
	})
}
