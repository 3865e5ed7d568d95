package registry

import (
	"context"
	"errors"

	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/policy"
	"daypass/internal/store"
)

// A Domain is a domain that may not exist: a caller who may not see it gets the same
// answer in both cases. Values are shared: callers MUST NOT change them.
type Domain struct {
	store.Domain // ID is empty if there is none
	ARN          string

	policies []*policy.Policy
}

type domainKey struct{ region, owner, name string }

// Domain looks a domain up. An empty region means any: the registry's own
// first, else the first in alphabetical order.
func (g *Registry) Domain(ctx context.Context, region, owner, name string) (*Domain, error) {
	key := domainKey{region, owner, name}
	d, err := g.domains.Get(ctx, key, func(ctx context.Context) (*Domain, error) { return g.loadDomain(ctx, key) })
	if isNotFound(err) {
		if region == "" {
			region = g.Region
		}
		return &Domain{
			Domain: store.Domain{Region: region, Owner: owner, Name: name},
			ARN:    arn.Domain(region, owner, name),
		}, nil
	}
	return d, err
}

func (g *Registry) loadDomain(ctx context.Context, key domainKey) (*Domain, error) {
	var rows []*store.Domain
	err := g.DB.View(ctx, func(tx *store.Tx) (err error) {
		rows, err = tx.DomainsNamed(ctx, key.owner, key.name)
		return err
	})
	if err != nil {
		return nil, err
	}
	row := chooseRegion(rows, key.region, g.Region)
	if row == nil {
		return nil, store.ErrNotFound
	}
	return newDomain(row)
}

func chooseRegion(rows []*store.Domain, region, preferred string) *store.Domain {
	wanted := region
	if wanted == "" {
		wanted = preferred
	}
	for _, row := range rows {
		if row.Region == wanted {
			return row
		}
	}
	if region == "" && len(rows) > 0 {
		return rows[0]
	}
	return nil
}

func newDomain(row *store.Domain) (*Domain, error) {
	d := &Domain{Domain: *row, ARN: arn.Domain(row.Region, row.Owner, row.Name)}
	var err error
	d.policies, err = compile(d.ARN, row.Policy)
	return d, err
}

// Exists reports whether there is such a domain.
func (d *Domain) Exists() bool { return d.ID != "" }

// Check returns a fault of kind NotFound unless the domain exists.
func (d *Domain) Check() error {
	if d.Exists() {
		return nil
	}
	return fault.NotFoundResource("domain", d.Name, "Domain not found. Domain '%s' owned by account '%s' does not exist", d.Name, d.Owner)
}

// Subject returns the subject of an action on the domain.
func (d *Domain) Subject() Subject {
	return Subject{ARN: d.ARN, Account: d.Owner, Policies: d.policies, Tags: d.Tags}
}

// notFound returns the domain's fault of kind NotFound for [store.ErrNotFound], which
// means that the domain was deleted in the meantime.
func (d *Domain) notFound(err error) error {
	if isNotFound(err) {
		return (&Domain{Domain: store.Domain{Name: d.Name, Owner: d.Owner}}).Check()
	}
	return err
}

// CreateDomain makes a domain. The id, the policy and the fraction of a
// millisecond of d are ignored.
func (g *Registry) CreateDomain(ctx context.Context, d store.Domain) (*Domain, error) {
	if !arn.IsDomain(d.Name) {
		return nil, fault.Invalid("domain: %q is not a domain name: expected 2 to 50 lower-case letters, digits and hyphens, a letter first and no hyphen last", d.Name)
	}
	d.ID, d.Policy, d.Created = newID(), store.ResourcePolicy{}, milliseconds(d.Created)
	tags, err := g.changeTags("domain", d.Name, nil, d.Tags, nil)
	if err != nil {
		return nil, err
	}
	d.Tags = tags
	err = g.change(ctx, func(tx *store.Tx) error {
		err := tx.CreateDomain(ctx, &d)
		if err != nil {
			return err
		}
		n, err := tx.CountDomains(ctx, d.Owner, d.Region)
		if err == nil && n > g.Limits.Domains {
			err = overQuota("domain", d.Name, "The account '%s' already has %d domains, which is its quota", d.Owner, g.Limits.Domains)
		}
		return err
	})
	if errors.Is(err, store.ErrExists) {
		return nil, fault.ConflictResource("domain", d.Name, "Domain '%s' owned by account '%s' already exists", d.Name, d.Owner)
	}
	if err != nil {
		return nil, err
	}
	return newDomain(&d)
}

// A Usage is the number of repositories and the size of a domain.
type Usage struct {
	Repositories int
	Bytes        int64 // of all assets, equal content counted once
}

// Usage returns the present usage of a domain.
func (g *Registry) Usage(ctx context.Context, d *Domain) (u Usage, err error) {
	err = g.DB.View(ctx, func(tx *store.Tx) error {
		u.Repositories, err = tx.CountRepositories(ctx, d.ID)
		if err != nil {
			return err
		}
		u.Bytes, err = tx.DomainSize(ctx, d.ID)
		return err
	})
	return u, err
}

// Domains lists the domains of an account in a region by name, and returns the
// token of the next page, empty after the last.
func (g *Registry) Domains(ctx context.Context, region, owner string, p Page) ([]*store.Domain, string, error) {
	after, err := p.after("domains", 1)
	if err != nil {
		return nil, "", err
	}
	var found []*store.Domain
	err = g.DB.View(ctx, func(tx *store.Tx) (err error) {
		found, err = tx.Domains(ctx, owner, region, after[0], p.limit()+1)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	found, next := firstPage(found, p.limit(), func(d *store.Domain) string { return pageToken("domains", d.Name) })
	return found, next, nil
}

// DeleteDomain removes a domain without repositories.
func (g *Registry) DeleteDomain(ctx context.Context, d *Domain) error {
	err := g.change(ctx, func(tx *store.Tx) error {
		n, err := tx.CountRepositories(ctx, d.ID)
		if err != nil {
			return err
		}
		if n > 0 {
			return fault.ConflictResource("domain", d.Name, "Domain must contain 0 repositories before deletion")
		}
		return tx.DeleteDomain(ctx, d.ID)
	})
	return d.notFound(err)
}

// SetDomainPolicy replaces the policy of a domain, which has been validated,
// or removes it if document is empty. It returns the policy as it is now, or the
// one that was removed. A revision that is not empty must be that of the policy
// replaced.
func (g *Registry) SetDomainPolicy(ctx context.Context, d *Domain, revision, document string, bound map[string]string) (store.ResourcePolicy, error) {
	fresh := store.ResourcePolicy{Document: document, Revision: newRevision(), Bound: bound}
	var shown store.ResourcePolicy
	err := g.change(ctx, func(tx *store.Tx) error {
		row, err := d.reread(ctx, tx)
		if err != nil {
			return err
		}
		next, result, err := nextPolicy("domain", d.Name, row.Policy, fresh, revision)
		if err != nil {
			return err
		}
		shown = result
		return tx.SetDomainPolicy(ctx, d.ID, next)
	})
	return shown, d.notFound(err)
}

// reread reads the domain's row again. It returns [store.ErrNotFound] if the name now
// belongs to another domain.
func (d *Domain) reread(ctx context.Context, tx *store.Tx) (*store.Domain, error) {
	rows, err := tx.DomainsNamed(ctx, d.Owner, d.Name)
	if err != nil {
		return nil, err
	}
	row := chooseRegion(rows, d.Region, "")
	if row == nil || row.ID != d.ID {
		return nil, store.ErrNotFound
	}
	return row, nil
}

// nextPolicy returns the policy to store in place of another, and the one to show to
// the caller.
func nextPolicy(kind, name string, stored, fresh store.ResourcePolicy, expected string) (next, shown store.ResourcePolicy, err error) {
	err = checkRevision(kind, name, stored, expected)
	if err != nil {
		return fresh, fresh, err
	}
	if fresh.Document != "" {
		return fresh, fresh, nil
	}
	if stored.Document == "" {
		return fresh, fresh, missingPolicy(kind, name)
	}
	return store.ResourcePolicy{}, stored, nil
}

// TagDomain adds or overwrites some tags of a domain and removes others.
func (g *Registry) TagDomain(ctx context.Context, d *Domain, add map[string]string, remove []string) error {
	err := g.change(ctx, func(tx *store.Tx) error {
		row, err := d.reread(ctx, tx)
		if err != nil {
			return err
		}
		tags, err := g.changeTags("domain", d.Name, row.Tags, add, remove)
		if err != nil {
			return err
		}
		return tx.SetDomainTags(ctx, d.ID, tags)
	})
	return d.notFound(err)
}

// PolicyOf returns the policy of the domain, or the fault for one that has
// none.
func (d *Domain) PolicyOf() (store.ResourcePolicy, error) {
	if d.Policy.Document == "" {
		return d.Policy, missingPolicy("domain", d.Name)
	}
	return d.Policy, nil
}
