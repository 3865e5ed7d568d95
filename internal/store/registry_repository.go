package store

import (
	"context"
	"time"
	"unicode/utf8"
)

// A Repository is a repository, with the fields of its domain.
type Repository struct {
	ID            string
	Name          string // unique in the domain
	Administrator string // account that created it
	Description   string
	Tags          map[string]string
	Policy        ResourcePolicy
	Created       time.Time

	DomainID, DomainName, DomainOwner, Region string
}

// An Upstream is one entry of a repository's list. Its repository may have been
// deleted.
type Upstream struct{ ID, Name string }

const repositoryColumns = `r.id, r.name, r.administrator, r.description, r.tags, r.policy, r.policy_revision,
	r.policy_bound, r.created, d.id, d.name, d.owner, d.region FROM repositories r JOIN domains d ON d.id = r.domain`

func scanRepository(scan func(dest ...any) error) (*Repository, error) {
	r := new(Repository)
	var tags, bound string
	var created int64
	err := scan(&r.ID, &r.Name, &r.Administrator, &r.Description, &tags, &r.Policy.Document, &r.Policy.Revision, &bound, &created,
		&r.DomainID, &r.DomainName, &r.DomainOwner, &r.Region)
	if err != nil {
		return nil, err
	}
	r.Created = time.UnixMilli(created).UTC()
	r.Tags, r.Policy.Bound, err = decodeMaps(tags, bound)
	return r, err
}

// CreateRepository adds a repository, or returns [ErrExists].
func (tx *Tx) CreateRepository(ctx context.Context, r *Repository) error {
	tags, bound, err := encodeMaps(r.Tags, r.Policy.Bound)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO repositories
		(id, domain, name, administrator, description, tags, policy, policy_revision, policy_bound, created)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		r.ID, r.DomainID, r.Name, r.Administrator, r.Description, tags, r.Policy.Document, r.Policy.Revision, bound, r.Created.UnixMilli())
	return err
}

// Repository returns a repository of a domain by its name.
func (tx *Tx) Repository(ctx context.Context, domain, name string) (*Repository, error) {
	row := func(dest ...any) error {
		return tx.queryRow(ctx, `SELECT `+repositoryColumns+` WHERE r.domain = $1 AND r.name = $2`, []any{domain, name}, dest...)
	}
	return scanRepository(row)
}

// RepositoryExists reports whether a repository is there.
func (tx *Tx) RepositoryExists(ctx context.Context, id string) (bool, error) {
	var n int
	err := tx.queryRow(ctx, `SELECT COUNT(*) FROM repositories WHERE id = $1`, []any{id}, &n)
	return n == 1, err
}

// CountRepositories returns how many repositories a domain has.
func (tx *Tx) CountRepositories(ctx context.Context, domain string) (n int, err error) {
	err = tx.queryRow(ctx, `SELECT COUNT(*) FROM repositories WHERE domain = $1`, []any{domain}, &n)
	return n, err
}

// A RepositoryPage chooses the repositories of a page.
type RepositoryPage struct {
	Prefix              string // of the name; empty: any
	AfterName, AfterID  string // the last one of the page before; empty: from the start
	Limit               int
	Domain              string // id; for RepositoriesOfDomain
	Administrator       string // account; empty: any, for RepositoriesOfDomain alone
	AdministratorRegion string // for RepositoriesOfAdministrator
}

// RepositoriesOfDomain lists the repositories of a domain in the order of their
// names.
func (tx *Tx) RepositoriesOfDomain(ctx context.Context, p RepositoryPage) ([]*Repository, error) {
	return tx.repositories(ctx, `SELECT `+repositoryColumns+`
		WHERE r.domain = $1 AND r.name > $2 AND substr(r.name, 1, $3) = $4 AND ($5 = '' OR r.administrator = $6)
		ORDER BY r.name LIMIT $7`,
		p.Domain, p.AfterName, utf8.RuneCountInString(p.Prefix), p.Prefix, p.Administrator, p.Administrator, p.Limit)
}

// RepositoriesOfAdministrator lists the repositories that an account
// administers in a region, in the order of their names, over all domains.
func (tx *Tx) RepositoriesOfAdministrator(ctx context.Context, p RepositoryPage) ([]*Repository, error) {
	return tx.repositories(ctx, `SELECT `+repositoryColumns+`
		WHERE r.administrator = $1 AND (r.name > $2 OR (r.name = $3 AND r.id > $4)) AND substr(r.name, 1, $5) = $6 AND d.region = $7
		ORDER BY r.name, r.id LIMIT $8`,
		p.Administrator, p.AfterName, p.AfterName, p.AfterID, utf8.RuneCountInString(p.Prefix), p.Prefix, p.AdministratorRegion, p.Limit)
}

func (tx *Tx) repositories(ctx context.Context, query string, args ...any) ([]*Repository, error) {
	var found []*Repository
	err := tx.queryEach(ctx, query, args, func(scan func(...any) error) error {
		r, err := scanRepository(scan)
		found = append(found, r)
		return err
	})
	return found, err
}

// DeleteRepository removes a repository with its upstream list and everything
// published in it.
func (tx *Tx) DeleteRepository(ctx context.Context, id string) error {
	return tx.execOne(ctx, `DELETE FROM repositories WHERE id = $1`, id)
}

// SetRepositoryDescription replaces the description of a repository.
func (tx *Tx) SetRepositoryDescription(ctx context.Context, id, description string) error {
	return tx.execOne(ctx, `UPDATE repositories SET description = $1 WHERE id = $2`, description, id)
}

// SetRepositoryPolicy replaces the policy of a repository.
func (tx *Tx) SetRepositoryPolicy(ctx context.Context, id string, p ResourcePolicy) error {
	return tx.setPolicy(ctx, `UPDATE repositories SET policy = $1, policy_revision = $2, policy_bound = $3 WHERE id = $4`, id, p)
}

// SetRepositoryTags replaces the tags of a repository.
func (tx *Tx) SetRepositoryTags(ctx context.Context, id string, tags map[string]string) error {
	text, err := encodeMap(tags)
	if err != nil {
		return err
	}
	return tx.execOne(ctx, `UPDATE repositories SET tags = $1 WHERE id = $2`, text, id)
}

// Upstreams returns a repository's list in order of priority.
func (tx *Tx) Upstreams(ctx context.Context, repository string) ([]Upstream, error) {
	var found []Upstream
	err := tx.queryEach(ctx, `SELECT upstream, upstream_name FROM upstreams WHERE repository = $1 ORDER BY position`, []any{repository},
		func(scan func(...any) error) error {
			var u Upstream
			err := scan(&u.ID, &u.Name)
			found = append(found, u)
			return err
		})
	return found, err
}

// SetUpstreams replaces a repository's list.
func (tx *Tx) SetUpstreams(ctx context.Context, repository string, list []Upstream) error {
	_, err := tx.exec(ctx, `DELETE FROM upstreams WHERE repository = $1`, repository)
	if err != nil {
		return err
	}
	for i, u := range list {
		_, err = tx.exec(ctx, `INSERT INTO upstreams (repository, position, upstream, upstream_name) VALUES ($1, $2, $3, $4)`,
			repository, i, u.ID, u.Name)
		if err != nil {
			return err
		}
	}
	return nil
}
