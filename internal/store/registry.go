package store

import (
	"context"
	"time"
)

// A ResourcePolicy is the policy of a domain or a repository. The zero value
// means that there is none.
type ResourcePolicy struct {
	Document string            // as it was given
	Revision string            // a new one for every change
	Bound    map[string]string // principals of Document: ARN to unique id, as of when Document was set
}

// A Domain is a CodeArtifact domain.
type Domain struct {
	ID            string
	Region        string
	Owner         string // account
	Name          string // unique for owner and region
	EncryptionKey string // ARN
	Tags          map[string]string
	Policy        ResourcePolicy
	Created       time.Time
}

const domainColumns = `id, region, owner, name, encryption_key, tags, policy, policy_revision, policy_bound, created`

func scanDomain(scan func(dest ...any) error) (*Domain, error) {
	d := new(Domain)
	var tags, bound string
	var created int64
	err := scan(&d.ID, &d.Region, &d.Owner, &d.Name, &d.EncryptionKey, &tags, &d.Policy.Document, &d.Policy.Revision, &bound, &created)
	if err != nil {
		return nil, err
	}
	d.Created = time.UnixMilli(created).UTC()
	d.Tags, d.Policy.Bound, err = decodeMaps(tags, bound)
	return d, err
}

// CreateDomain adds a domain, or returns [ErrExists].
func (tx *Tx) CreateDomain(ctx context.Context, d *Domain) error {
	tags, bound, err := encodeMaps(d.Tags, d.Policy.Bound)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO domains (`+domainColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		d.ID, d.Region, d.Owner, d.Name, d.EncryptionKey, tags, d.Policy.Document, d.Policy.Revision, bound, d.Created.UnixMilli())
	return err
}

func encodeMaps(a, b map[string]string) (string, string, error) {
	one, err := encodeMap(a)
	if err != nil {
		return "", "", err
	}
	two, err := encodeMap(b)
	return one, two, err
}

func decodeMaps(a, b string) (map[string]string, map[string]string, error) {
	one, err := decodeMap(a)
	if err != nil {
		return nil, nil, err
	}
	two, err := decodeMap(b)
	return one, two, err
}

// DomainsNamed returns the domains of an account with a name, at most one a
// region, in the order of regions.
func (tx *Tx) DomainsNamed(ctx context.Context, owner, name string) ([]*Domain, error) {
	return tx.domains(ctx, `SELECT `+domainColumns+` FROM domains WHERE owner = $1 AND name = $2 ORDER BY region`, owner, name)
}

// Domains returns up to limit domains of an account in a region with names
// after the given one.
func (tx *Tx) Domains(ctx context.Context, owner, region, after string, limit int) ([]*Domain, error) {
	return tx.domains(ctx, `SELECT `+domainColumns+` FROM domains
		WHERE owner = $1 AND region = $2 AND name > $3 ORDER BY name LIMIT $4`, owner, region, after, limit)
}

func (tx *Tx) domains(ctx context.Context, query string, args ...any) ([]*Domain, error) {
	var found []*Domain
	err := tx.queryEach(ctx, query, args, func(scan func(...any) error) error {
		d, err := scanDomain(scan)
		found = append(found, d)
		return err
	})
	return found, err
}

// CountDomains returns how many domains an account has in a region.
func (tx *Tx) CountDomains(ctx context.Context, owner, region string) (n int, err error) {
	err = tx.queryRow(ctx, `SELECT COUNT(*) FROM domains WHERE owner = $1 AND region = $2`, []any{owner, region}, &n)
	return n, err
}

// DomainSize returns the size of all assets of a domain in bytes. Equal content
// counts once.
func (tx *Tx) DomainSize(ctx context.Context, id string) (bytes int64, err error) {
	err = tx.queryRow(ctx, `SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM contents
		WHERE domain = $1 AND stored = 1 AND EXISTS (SELECT 1 FROM assets WHERE assets.content = contents.id)`, []any{id}, &bytes)
	return bytes, err
}

// DeleteDomain removes a domain that has no repository.
func (tx *Tx) DeleteDomain(ctx context.Context, id string) error {
	return tx.execOne(ctx, `DELETE FROM domains WHERE id = $1`, id)
}

// SetDomainPolicy replaces the policy of a domain.
func (tx *Tx) SetDomainPolicy(ctx context.Context, id string, p ResourcePolicy) error {
	return tx.setPolicy(ctx, `UPDATE domains SET policy = $1, policy_revision = $2, policy_bound = $3 WHERE id = $4`, id, p)
}

func (tx *Tx) setPolicy(ctx context.Context, query, id string, p ResourcePolicy) error {
	bound, err := encodeMap(p.Bound)
	if err != nil {
		return err
	}
	return tx.execOne(ctx, query, p.Document, p.Revision, bound, id)
}

// SetDomainTags replaces the tags of a domain.
func (tx *Tx) SetDomainTags(ctx context.Context, id string, tags map[string]string) error {
	text, err := encodeMap(tags)
	if err != nil {
		return err
	}
	return tx.execOne(ctx, `UPDATE domains SET tags = $1 WHERE id = $2`, text, id)
}
