package identity

import (
	"context"
	"fmt"
	"slices"

	"daypass/internal/fault"
	"daypass/internal/policy"
	"daypass/internal/store"
)

// An EffectivePolicy is one identity-based policy that applies to an entity.
type EffectivePolicy struct {
	Policy *policy.Policy
	Owner  *Entity // whose inline policy it is; nil for a managed policy
}

// EffectivePolicies returns the identity-based policies of the user, group or role
// with an ARN: the inline policies, then the managed ones without repetitions. A
// user also has those of its groups. An entity that does not exist is a fault of
// kind NotFound.
func (d *Directory) EffectivePolicies(ctx context.Context, entityARN string) ([]EffectivePolicy, error) {
	missing := fault.New(fault.NotFound, "The principal %s does not exist.", entityARN)
	for _, kind := range []string{User, Group, Role} {
		account, name := entityOf(entityARN, kind)
		if name == "" {
			continue
		}
		e, err := d.Find(ctx, account, kind, name)
		if fault.Is(err, fault.NotFound) || err == nil && ARN(e) != entityARN {
			return nil, missing
		}
		if err != nil {
			return nil, err
		}
		p, err := d.loadPolicies(ctx, e.ID)
		if err != nil {
			return nil, err
		}
		return d.compile(ctx, p)
	}
	return nil, missing
}

// policyTexts are the policies of an entity and its groups, not yet compiled.
type policyTexts struct {
	entity   *Entity
	inline   []heldInline
	attached []string // ARNs, without repetitions
}

type heldInline struct {
	store.InlinePolicy
	holder *Entity
}

func (d *Directory) loadPolicies(ctx context.Context, id string) (*policyTexts, error) {
	var p policyTexts
	err := d.DB.View(ctx, func(tx *store.Tx) error {
		p = policyTexts{}
		var err error
		p.entity, err = tx.Identity(ctx, id)
		if err != nil {
			return err
		}
		groups, err := tx.Groups(ctx, id)
		if err != nil {
			return err
		}
		for _, holder := range append([]*Entity{p.entity}, groups...) {
			err := p.add(ctx, tx, holder)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return &p, ifNotFound(err, errNoPrincipal)
}

// add reads the policies of one entity.
func (p *policyTexts) add(ctx context.Context, tx *store.Tx, holder *Entity) error {
	inline, err := tx.InlinePolicies(ctx, holder.ID)
	if err != nil {
		return err
	}
	for _, i := range inline {
		p.inline = append(p.inline, heldInline{i, holder})
	}
	attached, err := tx.Attachments(ctx, holder.ID)
	for _, arn := range attached {
		if !slices.Contains(p.attached, arn) {
			p.attached = append(p.attached, arn)
		}
	}
	return err
}

func (d *Directory) compile(ctx context.Context, p *policyTexts) ([]EffectivePolicy, error) {
	held := make([]EffectivePolicy, 0, len(p.inline)+len(p.attached))
	for _, i := range p.inline {
		compiled, err := policy.Parse(i.Name, i.Document, policy.Identity)
		if err != nil {
			return nil, fmt.Errorf("inline policy %s of %s: %w", i.Name, p.entity.ID, err)
		}
		held = append(held, EffectivePolicy{compiled, i.holder})
	}
	for _, arn := range p.attached {
		compiled, err := d.managedPolicy(ctx, arn, policy.Identity)
		if err != nil {
			return nil, fmt.Errorf("policy %s of %s: %w", arn, p.entity.ID, err)
		}
		held = append(held, EffectivePolicy{Policy: compiled})
	}
	return held, nil
}
