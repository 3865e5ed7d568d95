package registry

import (
	"context"
	"errors"

	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/policy"
	"daypass/internal/store"
)

// A Repository is a repository, or the place where one could be, as in
// [Domain]. Values are shared and must not be changed.
type Repository struct {
	store.Repository // ID is empty if there is none
	ARN              string
	Domain           *Domain

	registry *Registry
	policies []*policy.Policy // of the domain and of the repository
}

type repositoryKey struct{ region, owner, domain, name string }

// Resolve finds a repository by what the address of a package manager names: no
// region, so that it is the one of [Registry.Domain] for an empty region. What
// does not exist is returned too, so that the caller is judged before being
// told; see [Repository.Check].
func (g *Registry) Resolve(ctx context.Context, owner, domain, name string) (*Repository, error) {
	return g.Repository(ctx, "", owner, domain, name)
}

// Repository looks a repository up.
func (g *Registry) Repository(ctx context.Context, region, owner, domain, name string) (*Repository, error) {
	key := repositoryKey{region, owner, domain, name}
	r, err := g.repositories.Get(ctx, key, func(ctx context.Context) (*Repository, error) { return g.loadRepository(ctx, key) })
	if !isNotFound(err) {
		return r, err
	}
	d, err := g.Domain(ctx, region, owner, domain)
	if err != nil {
		return nil, err
	}
	return g.absentRepository(d, name), nil
}

// absentRepository is where a repository could be.
func (g *Registry) absentRepository(d *Domain, name string) *Repository {
	return &Repository{
		Repository: store.Repository{Name: name, DomainID: d.ID, DomainName: d.Name, DomainOwner: d.Owner, Region: d.Region},
		ARN:        arn.Repository(d.Region, d.Owner, d.Name, name),
		Domain:     d,
		registry:   g,
		policies:   d.policies,
	}
}

func (g *Registry) loadRepository(ctx context.Context, key repositoryKey) (*Repository, error) {
	if !arn.IsRepository(key.name) {
		return nil, store.ErrNotFound // also keeps what no engine would store from the statements
	}
	d, err := g.Domain(ctx, key.region, key.owner, key.domain)
	if err != nil {
		return nil, err
	}
	if !d.Exists() {
		return nil, store.ErrNotFound
	}
	var row *store.Repository
	err = g.DB.View(ctx, func(tx *store.Tx) (err error) {
		row, err = tx.Repository(ctx, d.ID, key.name)
		return err
	})
	if err != nil {
		return nil, err
	}
	return g.newRepository(d, row)
}

func (g *Registry) newRepository(d *Domain, row *store.Repository) (*Repository, error) {
	r := g.absentRepository(d, row.Name)
	r.Repository = *row
	own, err := compile(r.ARN, row.Policy)
	if err != nil {
		return nil, err
	}
	r.policies = append(d.policies[:len(d.policies):len(d.policies)], own...)
	return r, nil
}

// Exists reports whether there is such a repository.
func (r *Repository) Exists() bool { return r.ID != "" }

// Check returns a fault of kind NotFound unless the domain and the repository
// exist.
func (r *Repository) Check() error {
	err := r.Domain.Check()
	if err != nil || r.Exists() {
		return err
	}
	return missingRepository(r.Name, r.DomainName, r.DomainOwner)
}

func missingRepository(name, domain, owner string) error {
	return fault.NotFoundResource("repository", name, "Repository not found. Repository '%s' in domain '%s' owned by account '%s' does not exist", name, domain, owner)
}

// notFound turns a row that vanished under us into the repository's NotFound.
func (r *Repository) notFound(err error) error {
	if isNotFound(err) {
		return missingRepository(r.Name, r.DomainName, r.DomainOwner)
	}
	return err
}

// Subject is what an action on the repository is judged on.
func (r *Repository) Subject() Subject {
	return Subject{ARN: r.ARN, Account: r.DomainOwner, Admin: r.Administrator, Policies: r.policies, Tags: r.Tags}
}

// DomainSubject is the repository judged by the policy of its domain alone: what
// changes the repository's own policy, and what makes the repository.
//
// Source: CodeArtifact User Guide, "Repository policies", on the interaction of
// repository and domain policies.
func (r *Repository) DomainSubject() Subject {
	return Subject{ARN: r.ARN, Account: r.DomainOwner, Admin: r.Administrator, Policies: r.Domain.policies, Tags: r.Tags}
}

// PackageSubject is what an action on one of its packages is judged on.
// Packages have no tags of their own.
func (r *Repository) PackageSubject(formatName string, n format.Name) Subject {
	s := r.Subject()
	s.ARN = arn.Package(arn.PackageID{
		Region: r.Region, Owner: r.DomainOwner, Domain: r.DomainName, Repository: r.Name, Format: formatName, Namespace: n.Namespace, Name: n.Name,
	})
	s.Tags = nil
	return s
}

// PolicyOf returns the policy of the repository, or the fault for one that has
// none.
func (r *Repository) PolicyOf() (store.ResourcePolicy, error) {
	if r.Policy.Document == "" {
		return r.Policy, missingPolicy("repository", r.Name)
	}
	return r.Policy, nil
}

// CreateRepository makes a repository in a domain. The id and the policy of row
// are ignored. Upstreams have been resolved in the same domain.
func (g *Registry) CreateRepository(ctx context.Context, d *Domain, row store.Repository, upstreams []*Repository) (*Repository, error) {
	if !arn.IsRepository(row.Name) {
		return nil, fault.Invalid("repository: %q is not a repository name: expected 2 to 100 letters, digits, dots, underscores and hyphens, a letter or digit first", row.Name)
	}
	row.ID, row.Policy, row.Created = newID(), store.ResourcePolicy{}, milliseconds(row.Created)
	row.DomainID, row.DomainName, row.DomainOwner, row.Region = d.ID, d.Name, d.Owner, d.Region
	tags, err := g.changeTags("repository", row.Name, nil, row.Tags, nil)
	if err != nil {
		return nil, err
	}
	row.Tags = tags
	list, err := g.upstreamList(row.Name, upstreams)
	if err != nil {
		return nil, err
	}
	err = g.change(ctx, func(tx *store.Tx) error {
		_, err := d.reread(ctx, tx)
		if err != nil {
			return d.notFound(err)
		}
		err = tx.CreateRepository(ctx, &row)
		if err == nil {
			err = g.checkRepositoryQuota(ctx, tx, d, row.Name)
		}
		if err == nil {
			err = tx.SetUpstreams(ctx, row.ID, list)
		}
		return err
	})
	if errors.Is(err, store.ErrExists) {
		return nil, fault.ConflictResource("repository", row.Name, "Repository '%s' in domain '%s' owned by account '%s' already exists", row.Name, d.Name, d.Owner)
	}
	if err != nil {
		return nil, err
	}
	return g.newRepository(d, &row)
}

func (g *Registry) checkRepositoryQuota(ctx context.Context, tx *store.Tx, d *Domain, name string) error {
	n, err := tx.CountRepositories(ctx, d.ID)
	if err == nil && n > g.Limits.Repositories {
		err = overQuota("repository", name, "The domain '%s' already has %d repositories, which is its quota", d.Name, g.Limits.Repositories)
	}
	return err
}

// upstreamList checks a list of upstreams and turns it into rows.
func (g *Registry) upstreamList(name string, upstreams []*Repository) ([]store.Upstream, error) {
	if len(upstreams) > g.Limits.Upstreams {
		return nil, overQuota("repository", name, "A repository can have at most %d direct upstreams", g.Limits.Upstreams)
	}
	list := make([]store.Upstream, 0, len(upstreams))
	seen := make(map[string]bool, len(upstreams))
	for _, u := range upstreams {
		if u.Name == name {
			return nil, fault.Invalid("upstreams: the repository '%s' cannot be its own upstream", name)
		}
		if seen[u.ID] {
			return nil, fault.Invalid("upstreams: '%s' is named twice", u.Name)
		}
		seen[u.ID] = true
		list = append(list, store.Upstream{ID: u.ID, Name: u.Name})
	}
	return list, nil
}

// A RepositoryUpdate says what to change; nil leaves a thing alone.
type RepositoryUpdate struct {
	Description *string
	Upstreams   *[]*Repository // replaces the whole list
}

// UpdateRepository changes a repository and returns it as it is then.
func (g *Registry) UpdateRepository(ctx context.Context, r *Repository, u RepositoryUpdate) (*Repository, error) {
	var list []store.Upstream
	if u.Upstreams != nil {
		var err error
		list, err = g.upstreamList(r.Name, *u.Upstreams)
		if err != nil {
			return nil, err
		}
	}
	var row *store.Repository
	err := g.change(ctx, func(tx *store.Tx) error {
		var err error
		row, err = r.reread(ctx, tx)
		if err != nil {
			return err
		}
		if u.Description != nil {
			row.Description = *u.Description
			err = tx.SetRepositoryDescription(ctx, r.ID, row.Description)
		}
		if err == nil && u.Upstreams != nil {
			err = tx.SetUpstreams(ctx, r.ID, list)
		}
		if err == nil && u.Upstreams != nil {
			err = checkCycle(ctx, tx, r.ID, r.ID, map[string]bool{})
		}
		return err
	})
	if err != nil {
		return nil, r.notFound(err)
	}
	return g.newRepository(r.Domain, row)
}

// checkCycle refuses a list by which a repository becomes its own upstream.
func checkCycle(ctx context.Context, tx *store.Tx, start, current string, seen map[string]bool) error {
	list, err := tx.Upstreams(ctx, current)
	if err != nil {
		return err
	}
	for _, u := range list {
		if u.ID == start {
			return fault.Invalid("upstreams: the list leads back to the repository itself")
		}
		if seen[u.ID] {
			continue
		}
		seen[u.ID] = true
		err := checkCycle(ctx, tx, start, u.ID, seen)
		if err != nil {
			return err
		}
	}
	return nil
}

// Upstreams returns the names in a repository's list, in order of priority.
func (g *Registry) Upstreams(ctx context.Context, r *Repository) ([]string, error) {
	var names []string
	err := g.DB.View(ctx, func(tx *store.Tx) error {
		list, err := tx.Upstreams(ctx, r.ID)
		for _, u := range list {
			names = append(names, u.Name)
		}
		return err
	})
	return names, err
}

// DeleteRepository removes a repository and everything in it.
func (g *Registry) DeleteRepository(ctx context.Context, r *Repository) error {
	return r.notFound(g.change(ctx, func(tx *store.Tx) error { return tx.DeleteRepository(ctx, r.ID) }))
}

// SetRepositoryPolicy is [Registry.SetDomainPolicy] for a repository.
func (g *Registry) SetRepositoryPolicy(ctx context.Context, r *Repository, revision, document string, bound map[string]string) (store.ResourcePolicy, error) {
	fresh := store.ResourcePolicy{Document: document, Revision: newRevision(), Bound: bound}
	var shown store.ResourcePolicy
	err := g.change(ctx, func(tx *store.Tx) error {
		row, err := r.reread(ctx, tx)
		if err != nil {
			return err
		}
		next, result, err := nextPolicy("repository", r.Name, row.Policy, fresh, revision)
		if err != nil {
			return err
		}
		shown = result
		return tx.SetRepositoryPolicy(ctx, r.ID, next)
	})
	return shown, r.notFound(err)
}

// reread reads the repository's row again, as long as it is the same repository.
func (r *Repository) reread(ctx context.Context, tx *store.Tx) (*store.Repository, error) {
	row, err := tx.Repository(ctx, r.DomainID, r.Name)
	if err == nil && row.ID != r.ID {
		err = store.ErrNotFound
	}
	return row, err
}

// TagRepository is [Registry.TagDomain] for a repository.
func (g *Registry) TagRepository(ctx context.Context, r *Repository, add map[string]string, remove []string) error {
	err := g.change(ctx, func(tx *store.Tx) error {
		row, err := r.reread(ctx, tx)
		if err != nil {
			return err
		}
		tags, err := g.changeTags("repository", r.Name, row.Tags, add, remove)
		if err != nil {
			return err
		}
		return tx.SetRepositoryTags(ctx, r.ID, tags)
	})
	return r.notFound(err)
}

// A RepositoryFilter narrows a list of repositories; empty fields do not.
type RepositoryFilter struct {
	Prefix        string // of the name
	Administrator string // account
}

// RepositoriesOf lists the repositories of a domain by name, and returns the
// token of the next page, empty after the last.
func (g *Registry) RepositoriesOf(ctx context.Context, d *Domain, f RepositoryFilter, p Page) ([]*store.Repository, string, error) {
	const list = "repositories-in-domain"
	after, err := p.after(list, 1)
	if err != nil {
		return nil, "", err
	}
	page := store.RepositoryPage{Domain: d.ID, Prefix: f.Prefix, Administrator: f.Administrator, AfterName: after[0], Limit: p.limit() + 1}
	var found []*store.Repository
	err = g.DB.View(ctx, func(tx *store.Tx) (err error) {
		found, err = tx.RepositoriesOfDomain(ctx, page)
		return err
	})
	found, next := firstPage(found, p.limit(), func(r *store.Repository) string { return pageToken(list, r.Name) })
	return found, next, err
}

// AdministeredBy lists the repositories that an account administers in a
// region, over all domains, by name.
func (g *Registry) AdministeredBy(ctx context.Context, region, account string, f RepositoryFilter, p Page) ([]*store.Repository, string, error) {
	const list = "repositories"
	after, err := p.after(list, 2)
	if err != nil {
		return nil, "", err
	}
	page := store.RepositoryPage{Administrator: account, AdministratorRegion: region, Prefix: f.Prefix,
		AfterName: after[0], AfterID: after[1], Limit: p.limit() + 1}
	var found []*store.Repository
	err = g.DB.View(ctx, func(tx *store.Tx) (err error) {
		found, err = tx.RepositoriesOfAdministrator(ctx, page)
		return err
	})
	found, next := firstPage(found, p.limit(), func(r *store.Repository) string { return pageToken(list, r.Name, r.ID) })
	return found, next, err
}
