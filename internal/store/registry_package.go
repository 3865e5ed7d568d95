package store

import (
	"context"
	"database/sql"
	"time"
)

// A PackageKey identifies a package.
type PackageKey struct {
	Repository string // id
	Format     string
	Namespace  string // empty: none
	Name       string // normalised
}

// A Package is a package of a repository.
type Package struct {
	PackageKey
	ID       string
	Tags     map[string]string
	Revision int64 // grows with every change of anything in the package
	Changed  time.Time
}

// A Version is one version of a package.
type Version struct {
	ID               string
	Package          string // id
	Version          string // normalised
	SortKey          string // bytes whose order is the order of versions
	Status           string
	Revision         string
	Origin           string // INTERNAL, EXTERNAL or UNKNOWN
	OriginRepository string // by name; empty: it came through a connection
	OriginConnection string
	Published        time.Time
	Detail           string  // JSON, or empty
	Yanked           *string // the reason, which may be empty; nil: not yanked
}

// A Description is the metadata of a version.
type Description struct {
	Text   string // JSON
	Readme string
}

// An Asset is a file of a version.
type Asset struct {
	Version    string // id
	Name       string
	Content    string // id
	Generation int64  // of the content
	Size       int64  // bytes
	MD5        string // digests in lower-case hexadecimal
	SHA1       string
	SHA256     string
	SHA512     string
	Uploaded   time.Time
	Detail     string // JSON, or empty
}

// Package returns a package, or [ErrNotFound].
func (tx *Tx) Package(ctx context.Context, key PackageKey) (*Package, error) {
	p := &Package{PackageKey: key}
	var tags string
	var changed int64
	err := tx.queryRow(ctx, `SELECT id, tags, revision, changed FROM packages
		WHERE repository = $1 AND format = $2 AND namespace = $3 AND name = $4`,
		[]any{key.Repository, key.Format, key.Namespace, key.Name}, &p.ID, &tags, &p.Revision, &changed)
	if err != nil {
		return nil, err
	}
	p.Changed = time.UnixMilli(changed).UTC()
	p.Tags, err = decodeMap(tags)
	return p, err
}

// CreatePackage adds a package, or returns [ErrExists].
func (tx *Tx) CreatePackage(ctx context.Context, p *Package) error {
	tags, err := encodeMap(p.Tags)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO packages (id, repository, format, namespace, name, tags, revision, changed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		p.ID, p.Repository, p.Format, p.Namespace, p.Name, tags, p.Revision, p.Changed.UnixMilli())
	return err
}

// SetPackageTags replaces the tags of a package.
func (tx *Tx) SetPackageTags(ctx context.Context, id string, tags map[string]string) error {
	text, err := encodeMap(tags)
	if err != nil {
		return err
	}
	return tx.execOne(ctx, `UPDATE packages SET tags = $1 WHERE id = $2`, text, id)
}

// PackageChanged records that something in a package changed at an instant.
func (tx *Tx) PackageChanged(ctx context.Context, id string, now time.Time) error {
	return tx.execOne(ctx, `UPDATE packages SET revision = revision + 1, changed = $1 WHERE id = $2`, now.UnixMilli(), id)
}

// ChangedPackages returns the packages that changed at an instant or later.
// Their tags are left out.
func (tx *Tx) ChangedPackages(ctx context.Context, since time.Time) ([]*Package, error) {
	var found []*Package
	err := tx.queryEach(ctx, `SELECT id, repository, format, namespace, name, revision, changed FROM packages
		WHERE changed >= $1 ORDER BY changed`, []any{since.UnixMilli()},
		func(scan func(...any) error) error {
			p := new(Package)
			var changed int64
			err := scan(&p.ID, &p.Repository, &p.Format, &p.Namespace, &p.Name, &p.Revision, &changed)
			p.Changed = time.UnixMilli(changed).UTC()
			found = append(found, p)
			return err
		})
	return found, err
}

// Packages returns up to limit packages of a format in a repository that have a
// version with a status. They follow after in the order of namespace and name. Their
// tags are left out.
func (tx *Tx) Packages(ctx context.Context, after PackageKey, status string, limit int) ([]*Package, error) {
	var found []*Package
	err := tx.queryEach(ctx, `SELECT id, namespace, name, revision FROM packages
		WHERE repository = $1 AND format = $2 AND (namespace, name) > ($3, $4)
		AND EXISTS (SELECT 1 FROM versions WHERE versions.package = packages.id AND versions.status = $5)
		ORDER BY namespace, name LIMIT $6`,
		[]any{after.Repository, after.Format, after.Namespace, after.Name, status, limit},
		func(scan func(...any) error) error {
			p := &Package{PackageKey: PackageKey{Repository: after.Repository, Format: after.Format}}
			err := scan(&p.ID, &p.Namespace, &p.Name, &p.Revision)
			found = append(found, p)
			return err
		})
	return found, err
}

const versionColumns = `id, package, version, sort_key, status, revision, origin, origin_repository, origin_connection,
	published, detail, yanked`

func (v *Version) scan(scan func(dest ...any) error) error {
	var published int64
	var key []byte
	var yanked sql.NullString
	err := scan(&v.ID, &v.Package, &v.Version, &key, &v.Status, &v.Revision, &v.Origin, &v.OriginRepository,
		&v.OriginConnection, &published, &v.Detail, &yanked)
	v.Published = time.UnixMilli(published).UTC()
	v.SortKey = string(key)
	if yanked.Valid {
		v.Yanked = &yanked.String
	}
	return err
}

// Version returns one version of a package, or [ErrNotFound].
func (tx *Tx) Version(ctx context.Context, pkg, version string) (*Version, error) {
	v := new(Version)
	err := v.scan(func(dest ...any) error {
		return tx.queryRow(ctx, `SELECT `+versionColumns+` FROM versions WHERE package = $1 AND version = $2`,
			[]any{pkg, version}, dest...)
	})
	if err != nil {
		return nil, err
	}
	return v, nil
}

// Description returns the metadata of a version, or [ErrNotFound].
func (tx *Tx) Description(ctx context.Context, version string) (*Description, error) {
	d := new(Description)
	err := tx.queryRow(ctx, `SELECT description, readme FROM descriptions WHERE version = $1`, []any{version}, &d.Text, &d.Readme)
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Versions returns the versions of a package that have a status, in ascending
// order.
func (tx *Tx) Versions(ctx context.Context, pkg, status string) ([]*Version, error) {
	var found []*Version
	err := tx.queryEach(ctx, `SELECT `+versionColumns+` FROM versions WHERE package = $1 AND status = $2 ORDER BY sort_key, id`, []any{pkg, status},
		func(scan func(...any) error) error {
			v := new(Version)
			found = append(found, v)
			return v.scan(scan)
		})
	return found, err
}

// CreateVersion adds a version with its description, or returns [ErrExists].
func (tx *Tx) CreateVersion(ctx context.Context, v *Version, d *Description) error {
	_, err := tx.exec(ctx, `INSERT INTO versions (`+versionColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		v.ID, v.Package, v.Version, []byte(v.SortKey), v.Status, v.Revision, v.Origin, v.OriginRepository, v.OriginConnection,
		v.Published.UnixMilli(), v.Detail, v.Yanked)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO descriptions (version, description, readme) VALUES ($1, $2, $3)`, v.ID, d.Text, d.Readme)
	return err
}

// VersionByKey returns the version of a package that has a sort key, the oldest
// if several have it, or [ErrNotFound].
func (tx *Tx) VersionByKey(ctx context.Context, pkg, sortKey string) (*Version, error) {
	v := new(Version)
	err := v.scan(func(dest ...any) error {
		return tx.queryRow(ctx, `SELECT `+versionColumns+` FROM versions WHERE package = $1 AND sort_key = $2 ORDER BY published, id LIMIT 1`,
			[]any{pkg, []byte(sortKey)}, dest...)
	})
	if err != nil {
		return nil, err
	}
	return v, nil
}

// UpdateVersion replaces the changeable fields of a version: status, revision,
// detail and yank.
func (tx *Tx) UpdateVersion(ctx context.Context, v *Version) error {
	return tx.execOne(ctx, `UPDATE versions SET status = $1, revision = $2, detail = $3, yanked = $4 WHERE id = $5`,
		v.Status, v.Revision, v.Detail, v.Yanked, v.ID)
}

// SetDescription replaces the metadata of a version.
func (tx *Tx) SetDescription(ctx context.Context, version string, d *Description) error {
	return tx.execOne(ctx, `UPDATE descriptions SET description = $1, readme = $2 WHERE version = $3`, d.Text, d.Readme, version)
}

const assetColumns = `a.version, a.name, a.content, c.generation, a.size, a.md5, a.sha1, a.sha256, a.sha512, a.uploaded, a.detail
	FROM assets a JOIN contents c ON c.id = a.content`

// AssetsOfVersion returns the assets of a version in the order of their names.
func (tx *Tx) AssetsOfVersion(ctx context.Context, version string) ([]*Asset, error) {
	return tx.assets(ctx, `SELECT `+assetColumns+` WHERE a.version = $1 ORDER BY a.name`, version)
}

// AssetsOfPackage returns the assets of the versions of a package that have a
// status, in no order.
func (tx *Tx) AssetsOfPackage(ctx context.Context, pkg, status string) ([]*Asset, error) {
	return tx.assets(ctx, `SELECT `+assetColumns+` JOIN versions v ON v.id = a.version WHERE v.package = $1 AND v.status = $2`, pkg, status)
}

func (tx *Tx) assets(ctx context.Context, query string, args ...any) ([]*Asset, error) {
	var found []*Asset
	err := tx.queryEach(ctx, query, args, func(scan func(...any) error) error {
		a := new(Asset)
		var uploaded int64
		err := scan(&a.Version, &a.Name, &a.Content, &a.Generation, &a.Size, &a.MD5, &a.SHA1, &a.SHA256, &a.SHA512, &uploaded, &a.Detail)
		a.Uploaded = time.UnixMilli(uploaded).UTC()
		found = append(found, a)
		return err
	})
	return found, err
}

// CreateAsset adds an asset to a version, or returns [ErrExists].
func (tx *Tx) CreateAsset(ctx context.Context, a *Asset) error {
	_, err := tx.exec(ctx, `INSERT INTO assets (version, name, content, size, md5, sha1, sha256, sha512, uploaded, detail)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		a.Version, a.Name, a.Content, a.Size, a.MD5, a.SHA1, a.SHA256, a.SHA512, a.Uploaded.UnixMilli(), a.Detail)
	return err
}

// SetAssetDetail replaces the detail of an asset.
func (tx *Tx) SetAssetDetail(ctx context.Context, a *Asset) error {
	return tx.execOne(ctx, `UPDATE assets SET detail = $1 WHERE version = $2 AND name = $3`, a.Detail, a.Version, a.Name)
}

// DeleteAsset removes an asset from a version. Its content stays.
func (tx *Tx) DeleteAsset(ctx context.Context, version, name string) error {
	return tx.execOne(ctx, `DELETE FROM assets WHERE version = $1 AND name = $2`, version, name)
}
