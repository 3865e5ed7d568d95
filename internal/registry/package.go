package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/maypok86/otter/v2"

	"daypass/internal/blob"
	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/store"
)

// A member is one repository's own packages of one format.
type member struct {
	registry   *Registry
	repository *Repository
	format     *format.Format
	caller     Caller // nil: nobody pays for rows
}

func (m *member) addRows(rows int) {
	if m.caller != nil {
		m.caller.CountRows(rows)
	}
}

func (m *member) key(n format.Name) store.PackageKey {
	return store.PackageKey{Repository: m.repository.ID, Format: m.format.Name, Namespace: n.Namespace, Name: n.Name}
}

// head returns the row of a package.
func (m *member) head(ctx context.Context, n format.Name) (*store.Package, error) {
	err := m.repository.Check()
	if err != nil {
		return nil, err
	}
	if checkName(n) != nil {
		return nil, m.missingPackage(n)
	}
	head, err := m.registry.packages.head(ctx, m.key(n))
	if isNotFound(err) {
		return nil, m.missingPackage(n)
	}
	return head, err
}

func (m *member) missingPackage(n format.Name) error {
	return fault.NotFoundResource("package", n.Name, "Package not found. Package '%s' does not exist in repository '%s'", label(n), m.repository.Name)
}

func label(n format.Name) string {
	if n.Namespace == "" {
		return n.Name
	}
	return n.Namespace + "/" + n.Name
}

func checkName(n format.Name) error {
	if !isName(n.Name) {
		return fault.Invalid("package: %q is not a package name: expected 1 to 255 characters without #, slashes, spaces and control characters", n.Name)
	}
	if n.Namespace != "" && !isName(n.Namespace) {
		return fault.Invalid("namespace: %q is not a namespace: expected 1 to 255 characters without #, slashes, spaces and control characters", n.Namespace)
	}
	return nil
}

// Package implements [resolve.Member].
func (m *member) Package(ctx context.Context, n format.Name) (*format.Package, error) {
	head, err := m.head(ctx, n)
	if err != nil {
		return nil, err
	}
	r, err := m.registry.packages.loadRows(ctx, rowsKey{pkg: head.ID, revision: head.Revision}, m.loadListed(head))
	if err != nil {
		return nil, err
	}
	if len(r.Versions) == 0 {
		return nil, m.missingPackage(n)
	}
	return &r.Package, nil
}

// Document implements [resolve.Member].
func (m *member) Document(ctx context.Context, n format.Name, variant string, render func(*format.Package) ([]byte, error)) (*format.Document, error) {
	head, err := m.head(ctx, n)
	if err != nil {
		return nil, err
	}
	key := documentKey{head.ID, head.Revision, variant}
	known, ok := m.registry.packages.documents.GetIfPresent(key)
	if ok {
		return known, nil
	}
	return m.render(ctx, head, key, render)
}

// render renders a document that is not cached.
func (m *member) render(ctx context.Context, head *store.Package, key documentKey, render func(*format.Package) ([]byte, error)) (*format.Document, error) {
	return m.registry.packages.document(ctx, key, m.loadListed(head), func(r *rows) (*format.Document, error) {
		if len(r.Versions) == 0 {
			return nil, m.missingPackage(r.Name)
		}
		body, err := render(&r.Package)
		if err != nil {
			return nil, err
		}
		return format.NewDocument(body), nil
	})
}

// Open implements [resolve.Member]. It reads one version: what a package has
// beside it does not make a download dearer. That the content is missing is our
// loss and not the client's mistake, so it is an internal error.
func (m *member) Open(ctx context.Context, ref format.Ref, name string) (*format.Content, error) {
	a, generation, err := m.asset(ctx, ref, name)
	if err != nil {
		return nil, err
	}
	key := blob.Key{Space: space(m.repository.DomainID, generation), SHA256: a.Digests.SHA256}
	file, err := m.registry.Blobs.Open(ctx, key, a.Size)
	if err != nil {
		return nil, fmt.Errorf("open asset %s: %w", a.Name, err)
	}
	return &format.Content{Asset: *a, Body: file}, nil
}

// asset returns an asset that may be downloaded, and the generation of its
// content.
func (m *member) asset(ctx context.Context, ref format.Ref, name string) (*format.Asset, int64, error) {
	head, err := m.head(ctx, ref.Name)
	if err != nil {
		return nil, 0, err
	}
	r, err := m.registry.packages.loadRows(ctx, rowsKey{head.ID, head.Revision, ref.Version}, m.registry.loadVersion(head))
	if isNotFound(err) {
		return nil, 0, fault.NotFoundResource("package-version", ref.Version, "Version not found. Version '%s' of package '%s' does not exist in repository '%s'", ref.Version, label(ref.Name), m.repository.Name)
	}
	if err != nil {
		return nil, 0, err
	}
	v := &r.Versions[0]
	if !v.Status.Downloadable() {
		return nil, 0, fault.NotFoundResource("package-version", ref.Version, "Version '%s' of package '%s' in repository '%s' is %s and cannot be downloaded", ref.Version, label(ref.Name), m.repository.Name, v.Status)
	}
	for i := range v.Assets {
		if v.Assets[i].Name == name {
			return &v.Assets[i], r.generations[v.Assets[i].Digests.SHA256], nil
		}
	}
	return nil, 0, fault.NotFoundResource("asset", name, "Asset not found. Version '%s' of package '%s' in repository '%s' has no asset '%s'", ref.Version, label(ref.Name), m.repository.Name, name)
}

// space returns the blob space of a domain's content of a generation. Nearly all
// content has generation 0; see the contents table.
func space(domain string, generation int64) string {
	if generation == 0 {
		return domain
	}
	return domain + "/g" + strconv.FormatInt(generation, 10)
}

// rows are what the database has of a package: the versions that are listed, or
// one version whatever its status. They are immutable.
type rows struct {
	format.Package
	generations map[string]int64 // SHA-256 to the generation of content, where that is not 0
	weight      int              // bytes, about
}

func (g *Registry) loadHead(ctx context.Context, key store.PackageKey) (head *store.Package, err error) {
	err = g.DB.View(ctx, func(tx *store.Tx) (err error) {
		head, err = tx.Package(ctx, key)
		return err
	})
	return head, err
}

// loadListed reads the versions that lists show. What it returns is as new as
// the head or newer, which is at worst read once too often.
func (m *member) loadListed(head *store.Package) otter.LoaderFunc[rowsKey, *rows] {
	return func(ctx context.Context, key rowsKey) (*rows, error) {
		var versions []*store.Version
		var assets []*store.Asset
		err := m.registry.DB.View(ctx, func(tx *store.Tx) (err error) {
			versions, err = tx.Versions(ctx, key.pkg, string(format.Published))
			if err != nil {
				return err
			}
			assets, err = tx.AssetsOfPackage(ctx, key.pkg, string(format.Published))
			return err
		})
		if err != nil {
			return nil, err
		}
		m.addRows(len(versions) + len(assets))
		return newRows(head, versions, assets), nil
	}
}

// loadVersion reads one version.
func (g *Registry) loadVersion(head *store.Package) otter.LoaderFunc[rowsKey, *rows] {
	return func(ctx context.Context, key rowsKey) (*rows, error) {
		var row *store.Version
		var assets []*store.Asset
		err := g.DB.View(ctx, func(tx *store.Tx) (err error) {
			row, err = tx.Version(ctx, key.pkg, key.version)
			if err != nil {
				return err
			}
			assets, err = tx.AssetsOfVersion(ctx, row.ID)
			return err
		})
		if err != nil {
			return nil, err
		}
		return newRows(head, []*store.Version{row}, assets), nil
	}
}

func newRows(head *store.Package, versions []*store.Version, assets []*store.Asset) *rows {
	r := &rows{
		Package: format.Package{Name: format.Name{Namespace: head.Namespace, Name: head.Name}, Tags: head.Tags, Versions: make([]format.Version, len(versions))},
		weight:  1 << 10,
	}
	assetsOf := make(map[string][]format.Asset, len(versions))
	for _, a := range assets {
		assetsOf[a.Version] = append(assetsOf[a.Version], newAsset(a))
		if a.Generation != 0 {
			if r.generations == nil {
				r.generations = make(map[string]int64)
			}
			r.generations[a.SHA256] = a.Generation
		}
		r.weight += 768 + len(a.Name) + len(a.Detail)
	}
	for i, row := range versions {
		r.Versions[i] = newVersion(row)
		files := assetsOf[row.ID]
		slices.SortFunc(files, func(a, b format.Asset) int { return strings.Compare(a.Name, b.Name) })
		r.Versions[i].Assets = files
		r.weight += 512 + len(row.Detail)
	}
	return r
}

func newAsset(a *store.Asset) format.Asset {
	return format.Asset{
		Name:     a.Name,
		Size:     a.Size,
		Digests:  format.Digests{MD5: a.MD5, SHA1: a.SHA1, SHA256: a.SHA256, SHA512: a.SHA512},
		Uploaded: a.Uploaded,
		Detail:   json.RawMessage(a.Detail),
	}
}

func newVersion(row *store.Version) format.Version {
	return format.Version{
		Version:   row.Version,
		Status:    format.Status(row.Status),
		Revision:  row.Revision,
		Published: row.Published,
		Yanked:    row.Yanked,
		Detail:    json.RawMessage(row.Detail),
	}
}
