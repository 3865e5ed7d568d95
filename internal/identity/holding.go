package identity

import (
	"context"
	"fmt"
	"slices"

	"daypass/internal/fault"
	"daypass/internal/policy"
	"daypass/internal/store"
)

// A Holding is one policy that says what an identity may do. Inline policies are
// the holder's own; managed ones have none.
type Holding struct {
	Policy *policy.Policy
	Holder *Entity
}

// Holdings returns the identity-based policies of a user, group or role by its
// ARN: its inline policies and, of a user, those of its groups, then the managed
// ones without repetitions. Whoever does not exist is a fault of kind NotFound.
func (d *Directory) Holdings(ctx context.Context, entityARN string) ([]Holding, error) {
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

// policies is the text of all that an identity's permissions are made of: its
// own policies and those of its groups.
type policies struct {
	entity   *Entity
	inline   []inlineOf
	attached []string // without repetitions
}

type inlineOf struct {
	store.InlinePolicy
	holder *Entity
}

func (d *Directory) loadPolicies(ctx context.Context, id string) (*policies, error) {
	var p policies
	err := d.DB.View(ctx, func(tx *store.Tx) error {
		p = policies{}
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
	return &p, gone(err, errGone)
}

// add takes in what one identity holds.
func (p *policies) add(ctx context.Context, tx *store.Tx, holder *Entity) error {
	inline, err := tx.InlinePolicies(ctx, holder.ID)
	if err != nil {
		return err
	}
	for _, i := range inline {
		p.inline = append(p.inline, inlineOf{i, holder})
	}
	attached, err := tx.Attachments(ctx, holder.ID)
	for _, arn := range attached {
		if !slices.Contains(p.attached, arn) {
			p.attached = append(p.attached, arn)
		}
	}
	return err
}

func (d *Directory) compile(ctx context.Context, p *policies) ([]Holding, error) {
	held := make([]Holding, 0, len(p.inline)+len(p.attached))
	for _, i := range p.inline {
		compiled, err := policy.Parse(i.Name, i.Document, policy.Identity)
		if err != nil {
			return nil, fmt.Errorf("inline policy %s of %s: %w", i.Name, p.entity.ID, err)
		}
		held = append(held, Holding{compiled, i.holder})
	}
	for _, arn := range p.attached {
		compiled, err := d.managedPolicy(ctx, arn, policy.Identity)
		if err != nil {
			return nil, fmt.Errorf("policy %s of %s: %w", arn, p.entity.ID, err)
		}
		held = append(held, Holding{Policy: compiled})
	}
	return held, nil
}
