package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/store"
)

// A draft is a package with an edit applied, before it is written. It lives as long as
// a transaction.
type draft struct {
	*change
	pkg      *store.Package // nil: there is none
	versions []*draftVersion
	tags     map[string]string // nil: as they are
}

// A draftVersion is a version with an edit applied.
type draftVersion struct {
	*draft
	row     *store.Version
	created bool
	touched bool // other columns of the row change

	description        *store.Description // nil: not read
	descriptionChanged bool

	assets        []*draftAsset
	loaded        bool
	removedAssets []string // names
}

// A draftAsset is an asset of a draft: one that exists, one that is uploaded, or one
// that shares the content of another.
type draftAsset struct {
	row     *store.Asset
	upload  *upload
	from    *draftAsset
	created bool
	touched bool // its detail changes
}

func (a *draftAsset) sha256() string {
	switch {
	case a.upload != nil:
		return a.upload.digests.SHA256
	case a.from != nil:
		return a.from.sha256()
	}
	return a.row.SHA256
}

// draft reads the package.
func (c *change) draft(ctx context.Context, tx *store.Tx) (*draft, error) {
	exists, err := tx.RepositoryExists(ctx, c.repository.ID)
	if err == nil && !exists {
		err = missingRepository(c.repository.Name, c.repository.DomainName, c.repository.DomainOwner)
	}
	if err != nil {
		return nil, err
	}
	d := &draft{change: c}
	d.pkg, err = tx.Package(ctx, c.member.key(c.name))
	if isNotFound(err) {
		return d, nil
	}
	return d, err
}

// findVersion returns a version, or nil if there is none. It refuses one that cannot be
// changed.
func (d *draft) findVersion(ctx context.Context, tx *store.Tx, version string) (*draftVersion, error) {
	for _, v := range d.versions {
		if v.row.Version == version {
			return v, nil
		}
	}
	if d.pkg == nil {
		return nil, nil
	}
	row, err := tx.Version(ctx, d.pkg.ID, version)
	if isNotFound(err) && d.Format.OneVersionPerKey {
		row, err = tx.VersionByKey(ctx, d.pkg.ID, d.Format.SortKey(version))
	}
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	switch status := format.Status(row.Status); status {
	case format.Archived, format.Disposed:
		return nil, fault.ConflictResource("package-version", version, "Version %s of %s is %s: it takes no changes", version, label(d.name), status)
	}
	return &draftVersion{draft: d, row: row}, nil
}

func (v *draftVersion) loadAssets(ctx context.Context, tx *store.Tx) error {
	if v.loaded || v.created {
		return nil
	}
	rows, err := tx.AssetsOfVersion(ctx, v.row.ID)
	for _, row := range rows {
		v.assets = append(v.assets, &draftAsset{row: row})
	}
	v.loaded = err == nil
	return err
}

func (v *draftVersion) loadDescription(ctx context.Context, tx *store.Tx) (err error) {
	if v.description == nil {
		v.description, err = tx.Description(ctx, v.row.ID)
	}
	return err
}

// formatVersion is the version as formats see it.
func (v *draftVersion) formatVersion() *format.Version {
	found := newVersion(v.row)
	for _, a := range v.assets {
		found.Assets = append(found.Assets, newAsset(a.row))
	}
	return &found
}

func (d *draft) changed() bool {
	return d.tags != nil || slices.ContainsFunc(d.versions, (*draftVersion).changed)
}

func (v *draftVersion) changed() bool {
	return v.created || v.touched || v.descriptionChanged || len(v.removedAssets) > 0 ||
		slices.ContainsFunc(v.assets, func(a *draftAsset) bool { return a.created || a.touched })
}

// fresh returns the uploads whose content the edit needs.
func (d *draft) fresh() []*upload {
	var fresh []*upload
	for _, v := range d.versions {
		for _, a := range v.assets {
			if a.created && a.upload != nil {
				fresh = append(fresh, a.upload)
			}
		}
	}
	return fresh
}

// plan returns the package with an edit applied.
func (c *change) plan(ctx context.Context, tx *store.Tx, edit *format.Edit, uploads map[*format.NewAsset]*upload) (*draft, error) {
	d, err := c.draft(ctx, tx)
	if err != nil {
		return nil, err
	}
	for i := range edit.Versions {
		e := &edit.Versions[i]
		v, err := d.openVersion(ctx, tx, e)
		if err != nil {
			return nil, err
		}
		err = v.apply(ctx, tx, e, uploads)
		if err != nil {
			return nil, err
		}
		d.versions = append(d.versions, v)
	}
	return d, d.changeTags(ctx, tx, edit.Tags)
}

// openVersion returns the version that an edit changes, or a new one if it does not
// exist.
func (d *draft) openVersion(ctx context.Context, tx *store.Tx, e *format.VersionEdit) (*draftVersion, error) {
	v, err := d.findVersion(ctx, tx, e.Version)
	if err != nil {
		return nil, err
	}
	if e.Revision != "" && (v == nil || v.row.Revision != e.Revision) {
		return nil, fault.ConflictResource("package-version", e.Version, "Version %s of %s was changed meanwhile: try again", e.Version, label(d.name))
	}
	publishes := slices.Contains(d.verb.Package, format.Publish)
	if len(e.Assets) > 0 && !publishes {
		return nil, fmt.Errorf("the %s format adds assets as it does %s, which is not publishing", d.Format.Name, d.verb.Name)
	}
	if v != nil {
		return v, nil
	}
	if len(e.Assets) == 0 {
		return nil, fault.NotFoundResource("package-version", e.Version, "Version not found. Version '%s' of package '%s' does not exist in repository '%s'", e.Version, label(d.name), d.repository.Name)
	}
	published := e.Published
	if published.IsZero() {
		published = d.Now
	}
	origin := d.Origin
	if origin == (Origin{}) {
		origin = Origin{Type: "INTERNAL", Repository: d.repository.Name}
	}
	return &draftVersion{draft: d, created: true, description: &store.Description{Text: "{}"}, row: &store.Version{
		ID:               newID(),
		Version:          e.Version,
		SortKey:          d.Format.SortKey(e.Version),
		Status:           string(format.Published),
		Origin:           origin.Type,
		OriginRepository: origin.Repository,
		OriginConnection: origin.Connection,
		Published:        milliseconds(published),
	}}, nil
}

// apply applies an edit to the version.
func (v *draftVersion) apply(ctx context.Context, tx *store.Tx, e *format.VersionEdit, uploads map[*format.NewAsset]*upload) error {
	if len(e.Assets) > 0 || len(e.Details) > 0 {
		err := v.loadAssets(ctx, tx)
		if err != nil {
			return err
		}
	}
	err := v.addAssets(ctx, tx, e, uploads)
	if err != nil {
		return err
	}
	err = v.setDetails(e.Details)
	if err != nil {
		return err
	}
	if e.Description != nil {
		err = v.loadDescription(ctx, tx)
		if err == nil {
			err = v.setDescription(e.Description, e.Replace)
		}
		if err != nil {
			return err
		}
	}
	if y := e.Yank; y != nil && (y.Yanked != (v.row.Yanked != nil) || y.Yanked && *v.row.Yanked != y.Reason) {
		v.row.Yanked, v.touched = nil, true
		if y.Yanked {
			reason := storable(y.Reason)
			v.row.Yanked = &reason
		}
	}
	v.setStatus(e.Status)
	return nil
}

// setStatus changes the status, if an edit may do that.
//
// Source: CodeArtifact User Guide, "Package version status".
func (v *draftVersion) setStatus(status format.Status) {
	switch {
	case status == "" || string(status) == v.row.Status:
	case status == format.Unfinished && !v.created:
	default:
		v.row.Status, v.touched = string(status), true
	}
}

// addAssets adds assets. An asset that exists with the same content is left as it is.
//
// Source: CodeArtifact User Guide, "Package version status" and "Package version
// immutability".
func (v *draftVersion) addAssets(ctx context.Context, tx *store.Tx, e *format.VersionEdit, uploads map[*format.NewAsset]*upload) error {
	if len(e.Assets) == 0 {
		return nil
	}
	grown := false
	var named []*draftAsset
	for i := range e.Assets {
		a, err := v.newAsset(ctx, tx, &e.Assets[i], uploads)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(v.assets, func(b *draftAsset) bool { return v.assetKey(b.row.Name) == v.assetKey(a.row.Name) })
		switch {
		case at < 0:
			v.assets, grown = append(v.assets, a), true
		case v.assets[at].sha256() == a.sha256():
			a = v.assets[at]
		case e.Exact:
			v.removedAssets = append(v.removedAssets, v.assets[at].row.Name)
			v.assets[at] = a
		default:
			return format.Conflicting(a.row.Name, newAsset(v.assets[at].row), a.digests())
		}
		named = append(named, a)
	}
	if e.Exact {
		for _, a := range v.assets {
			if !slices.Contains(named, a) {
				v.removedAssets = append(v.removedAssets, a.row.Name)
			}
		}
		v.assets = named
	}
	if grown && !v.created && !e.Exact && v.row.Status != string(format.Unfinished) && !v.Format.GrowsVersions {
		return fault.ConflictResource("package-version", v.row.Version, "Version %s of %s is %s and takes no further files: publish a new version", v.row.Version, label(v.name), v.row.Status)
	}
	return v.checkQuota()
}

func (a *draftAsset) digests() format.Digests {
	switch {
	case a.upload != nil:
		return a.upload.digests
	case a.from != nil:
		return a.from.digests()
	}
	return newAsset(a.row).Digests
}

func (v *draftVersion) checkQuota() error {
	n := 0
	for _, a := range v.assets {
		if v.Format.Auxiliary == nil || !v.Format.Auxiliary(a.row.Name) {
			n++
		}
	}
	if limit := v.member.registry.Limits.Assets; n > limit {
		return overQuota("package-version", v.row.Version, "A package version can have at most %d assets", limit)
	}
	return nil
}

// newAsset is an asset of an edit, before its content has a place.
func (v *draftVersion) newAsset(ctx context.Context, tx *store.Tx, n *format.NewAsset, uploads map[*format.NewAsset]*upload) (*draftAsset, error) {
	uploaded := n.Uploaded
	if uploaded.IsZero() {
		uploaded = v.Now
	}
	a := &draftAsset{created: true, row: &store.Asset{
		Version: v.row.ID, Name: n.Name, Uploaded: milliseconds(uploaded), Detail: storable(string(n.Detail)),
	}}
	if n.From == nil {
		a.upload = uploads[n]
		return a, nil
	}
	source, err := v.findVersion(ctx, tx, n.From.Version)
	if err == nil && source != nil {
		err = source.loadAssets(ctx, tx)
	}
	if err != nil {
		return nil, err
	}
	if source != nil {
		for _, b := range source.assets {
			if b.row.Name == n.From.Asset {
				a.from = b
				return a, nil
			}
		}
	}
	return nil, fault.NotFoundResource("asset", n.From.Asset, "Asset not found. Version '%s' of package '%s' in repository '%s' has no asset '%s'", n.From.Version, label(v.name), v.repository.Name, n.From.Asset)
}

// setDetails replaces details of assets.
func (v *draftVersion) setDetails(details map[string]json.RawMessage) error {
	for _, name := range slices.Sorted(maps.Keys(details)) {
		i := slices.IndexFunc(v.assets, func(a *draftAsset) bool { return a.row.Name == name })
		if i < 0 {
			return fault.NotFoundResource("asset", name, "Asset not found. Version '%s' of package '%s' in repository '%s' has no asset '%s'", v.row.Version, label(v.name), v.repository.Name, name)
		}
		text := storable(string(details[name]))
		if a := v.assets[i]; a.row.Detail != text {
			a.row.Detail, a.touched = text, true
		}
	}
	return nil
}

// setDescription sets the empty fields of the description, or replaces it.
func (v *draftVersion) setDescription(d *format.Description, replace bool) error {
	had, err := restore(v.description, v.row.Detail)
	if err != nil {
		return fmt.Errorf("description of version %s: %w", v.row.Version, err)
	}
	about := *d
	if !replace {
		about = mergeDescription(had, *d)
	}
	before, err := describe(had)
	if err != nil {
		return err
	}
	after, err := describe(about)
	if err != nil {
		return err
	}
	if v.created || *before != *after {
		err = checkDescription(&about)
		if err != nil {
			return err
		}
		v.description, v.descriptionChanged = after, true
	}
	if detail := storable(string(about.Detail)); detail != v.row.Detail {
		v.row.Detail, v.touched = detail, true
	}
	return nil
}

// mergeDescription returns d with its empty fields taken from other.
func mergeDescription(d, other format.Description) format.Description {
	for _, p := range [...]struct{ to, from *string }{
		{&d.DisplayName, &other.DisplayName}, {&d.Summary, &other.Summary}, {&d.HomePage, &other.HomePage},
		{&d.SourceCode, &other.SourceCode}, {&d.Readme, &other.Readme},
	} {
		if *p.to == "" {
			*p.to = *p.from
		}
	}
	if len(d.Licenses) == 0 {
		d.Licenses = other.Licenses
	}
	if len(d.Dependencies) == 0 {
		d.Dependencies = other.Dependencies
	}
	if len(d.Detail) == 0 {
		d.Detail = other.Detail
	}
	return d
}

// maxTags bounds the tags of a package.
const maxTags = 1000

// changeTags sets and removes tags.
func (d *draft) changeTags(ctx context.Context, tx *store.Tx, tags map[string]string) error {
	var now map[string]string
	if d.pkg != nil {
		now = d.pkg.Tags
	}
	result := maps.Clone(now)
	if result == nil {
		result = make(map[string]string, len(tags))
	}
	for _, tag := range slices.Sorted(maps.Keys(tags)) {
		version := tags[tag]
		if version == "" {
			delete(result, tag)
			continue
		}
		if !isName(tag) {
			return fault.Invalid("tag: %q is not a tag: expected 1 to 255 characters without #, slashes, spaces and control characters", tag)
		}
		v, err := d.findVersion(ctx, tx, version)
		if err != nil {
			return err
		}
		if v == nil {
			return fault.NotFoundResource("package-version", version, "Version not found. Version '%s' of package '%s' does not exist in repository '%s'", version, label(d.name), d.repository.Name)
		}
		result[tag] = v.row.Version
	}
	if len(result) > maxTags {
		return overQuota("package", d.name.Name, "A package can have at most %d tags", maxTags)
	}
	if !maps.Equal(result, now) {
		d.tags = result
	}
	return nil
}

// write writes what changed.
func (d *draft) write(ctx context.Context, tx *store.Tx) error {
	now := d.member.registry.Now()
	if d.pkg == nil && len(d.versions) > 0 {
		d.pkg = &store.Package{PackageKey: d.member.key(d.name), ID: newID(), Changed: now}
		err := tx.CreatePackage(ctx, d.pkg)
		if err != nil {
			return err
		}
	}
	for _, v := range d.versions {
		if !v.changed() {
			continue
		}
		err := v.write(ctx, tx)
		if err != nil {
			return err
		}
	}
	if d.tags != nil {
		err := tx.SetPackageTags(ctx, d.pkg.ID, d.tags)
		if err != nil {
			return err
		}
	}
	return tx.PackageChanged(ctx, d.pkg.ID, now)
}

func (v *draftVersion) write(ctx context.Context, tx *store.Tx) error {
	err := v.loadAssets(ctx, tx)
	if err == nil {
		err = v.loadDescription(ctx, tx)
	}
	if err != nil {
		return err
	}
	for _, a := range v.assets {
		err := v.setContent(ctx, tx, a)
		if err != nil {
			return err
		}
	}
	v.row.Package = v.pkg.ID
	v.row.Revision = versionRevision(v.row, v.description, v.assets)
	if v.created {
		err = tx.CreateVersion(ctx, v.row, v.description)
	} else {
		err = tx.UpdateVersion(ctx, v.row)
		if err == nil && v.descriptionChanged {
			err = tx.SetDescription(ctx, v.row.ID, v.description)
		}
	}
	if err != nil {
		return err
	}
	for _, name := range v.removedAssets {
		err := tx.DeleteAsset(ctx, v.row.ID, name)
		if err != nil {
			return err
		}
	}
	for _, a := range v.assets {
		switch {
		case a.created:
			err = tx.CreateAsset(ctx, a.row)
		case a.touched:
			err = tx.SetAssetDetail(ctx, a.row)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// setContent sets the columns about the content of a new asset.
func (v *draftVersion) setContent(ctx context.Context, tx *store.Tx, a *draftAsset) error {
	switch {
	case !a.created:
		return nil
	case a.from != nil:
		// The version that it is from comes earlier in the edit, or is there.
		from := a.from.row
		a.row.Content, a.row.Generation, a.row.Size = from.Content, from.Generation, from.Size
		a.row.MD5, a.row.SHA1, a.row.SHA256, a.row.SHA512 = from.MD5, from.SHA1, from.SHA256, from.SHA512
		return nil
	}
	u := a.upload
	err := tx.StoredContent(ctx, u.claimed.ID, v.member.registry.Now())
	if err != nil {
		return fmt.Errorf("asset %s: %w", a.row.Name, err)
	}
	a.row.Content, a.row.Generation, a.row.Size = u.claimed.ID, u.claimed.Generation, u.content.Size()
	a.row.MD5, a.row.SHA1, a.row.SHA256, a.row.SHA512 = u.digests.MD5, u.digests.SHA1, u.digests.SHA256, u.digests.SHA512
	return nil
}

// storable removes what PostgreSQL can't store in text: NUL and invalid UTF-8. JSON
// has neither outside of escapes.
func storable(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD")
}
