package registry

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"

	"daypass/internal/blob"
	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/store"
)

// A Binding ties a repository to one call of a package manager.
type Binding struct {
	Format *format.Format
	Now    time.Time

	// Allow judges the route's actions on a package that is about to change, as of
	// the moment that it is asked; nil refuses. It is asked when a publication
	// begins, and again before it commits. Reads are judged before there is a
	// binding.
	Allow func(ctx context.Context, s Subject) error
}

// Bind returns the repository as the format may use it during one call. It is
// for one goroutine. If the repository does not exist every method says so.
func (r *Repository) Bind(b Binding) format.Repository {
	return &bound{registry: r.registry, repository: r, Binding: b}
}

type bound struct {
	Binding
	registry   *Registry
	repository *Repository
	used       []*rows // whose assets were handed out
}

func (b *bound) key(n format.Name) store.PackageKey {
	return store.PackageKey{Repository: b.repository.ID, Format: b.Format.Name, Namespace: n.Namespace, Name: n.Name}
}

// head returns the row of a package.
func (b *bound) head(ctx context.Context, n format.Name) (*store.Package, error) {
	err := b.repository.Check()
	if err != nil {
		return nil, err
	}
	if checkName(n) != nil {
		return nil, b.missingPackage(n)
	}
	head, err := b.registry.packages.head(ctx, b.key(n))
	if isNotFound(err) {
		return nil, b.missingPackage(n)
	}
	return head, err
}

func (b *bound) missingPackage(n format.Name) error {
	return fault.NotFoundResource("package", n.Name, "Package not found. Package '%s' does not exist in repository '%s'", label(n), b.repository.Name)
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

// Package implements [format.Repository].
func (b *bound) Package(ctx context.Context, n format.Name) (*format.Package, error) {
	head, err := b.head(ctx, n)
	if err != nil {
		return nil, err
	}
	r, err := b.registry.packages.content(ctx, rowsKey{pkg: head.ID, revision: head.Revision}, b.registry.loadListed(head))
	if err != nil {
		return nil, err
	}
	if len(r.Versions) == 0 {
		return nil, b.missingPackage(n)
	}
	b.used = append(b.used, r)
	return &r.Package, nil
}

// Document implements [format.Repository].
func (b *bound) Document(ctx context.Context, n format.Name, variant string, render func(*format.Package) ([]byte, error)) (*format.Document, error) {
	head, err := b.head(ctx, n)
	if err != nil {
		return nil, err
	}
	key := documentKey{head.ID, head.Revision, variant}
	known, ok := b.registry.packages.documents.GetIfPresent(key)
	if ok {
		return known, nil
	}
	return b.render(ctx, head, key, render)
}

// render makes a document that is not known.
func (b *bound) render(ctx context.Context, head *store.Package, key documentKey, render func(*format.Package) ([]byte, error)) (*format.Document, error) {
	return b.registry.packages.document(ctx, key, b.registry.loadListed(head), func(r *rows) (*format.Document, error) {
		if len(r.Versions) == 0 {
			return nil, b.missingPackage(r.Name)
		}
		body, err := render(&r.Package)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(body)
		return &format.Document{Body: body, ETag: `"` + base64.RawURLEncoding.EncodeToString(sum[:18]) + `"`}, nil
	})
}

// Packages implements [format.Repository].
func (b *bound) Packages(ctx context.Context, after format.Name, limit int) ([]format.Name, error) {
	err := b.repository.Check()
	if err != nil {
		return nil, err
	}
	var found []*store.Package
	err = b.registry.DB.View(ctx, func(tx *store.Tx) (err error) {
		found, err = tx.Packages(ctx, b.key(after), string(format.Published), limit)
		return err
	})
	names := make([]format.Name, len(found))
	for i, p := range found {
		names[i] = format.Name{Namespace: p.Namespace, Name: p.Name}
	}
	return names, err
}

// Asset implements [format.Repository]. It reads one version: what a package has
// beside it does not make a download dearer.
func (b *bound) Asset(ctx context.Context, ref format.Ref, name string) (*format.Asset, error) {
	head, err := b.head(ctx, ref.Name)
	if err != nil {
		return nil, err
	}
	r, err := b.registry.packages.content(ctx, rowsKey{head.ID, head.Revision, ref.Version}, b.registry.loadVersion(head))
	if isNotFound(err) {
		return nil, fault.NotFoundResource("package-version", ref.Version, "Version not found. Version '%s' of package '%s' does not exist in repository '%s'", ref.Version, label(ref.Name), b.repository.Name)
	}
	if err != nil {
		return nil, err
	}
	v := &r.Versions[0]
	if !v.Status.Downloadable() {
		return nil, fault.NotFoundResource("package-version", ref.Version, "Version '%s' of package '%s' in repository '%s' is %s and cannot be downloaded", ref.Version, label(ref.Name), b.repository.Name, v.Status)
	}
	for i := range v.Assets {
		if v.Assets[i].Name == name {
			b.used = append(b.used, r)
			return &v.Assets[i], nil
		}
	}
	return nil, fault.NotFoundResource("asset", name, "Asset not found. Version '%s' of package '%s' in repository '%s' has no asset '%s'", ref.Version, label(ref.Name), b.repository.Name, name)
}

// Open implements [format.Repository]. That the content is missing is our loss
// and not the client's mistake, so it is an internal error.
func (b *bound) Open(ctx context.Context, a *format.Asset) (io.ReadSeekCloser, error) {
	var generation int64
	for _, r := range b.used {
		if g, ok := r.moved[a.Digests.SHA256]; ok {
			generation = g
		}
	}
	key := blob.Key{Space: space(b.repository.DomainID, generation), SHA256: a.Digests.SHA256}
	file, err := b.registry.Blobs.Open(ctx, key, a.Size)
	if err != nil {
		return nil, fmt.Errorf("open asset %s: %w", a.Name, err)
	}
	return file, nil
}

// space is where a domain keeps content. Nearly all of it is of generation 0;
// see the contents table.
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
	moved  map[string]int64 // SHA-256 to the generation of content, where that is not 0
	weight int              // bytes, about
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
func (g *Registry) loadListed(head *store.Package) otter.LoaderFunc[rowsKey, *rows] {
	return func(ctx context.Context, key rowsKey) (*rows, error) {
		var versions []*store.Version
		var assets []*store.Asset
		err := g.DB.View(ctx, func(tx *store.Tx) (err error) {
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
	of := make(map[string][]format.Asset, len(versions))
	for _, a := range assets {
		of[a.Version] = append(of[a.Version], newAsset(a))
		if a.Generation != 0 {
			if r.moved == nil {
				r.moved = make(map[string]int64)
			}
			r.moved[a.SHA256] = a.Generation
		}
		r.weight += 768 + len(a.Name) + len(a.Detail)
	}
	for i, row := range versions {
		r.Versions[i] = newVersion(row)
		files := of[row.ID]
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
		Version:     row.Version,
		Status:      format.Status(row.Status),
		Revision:    row.Revision,
		Published:   row.Published,
		Yanked:      row.Yanked,
		Description: format.Description{Detail: json.RawMessage(row.Detail)},
	}
}

// A description is how a [format.Description] is stored; the readme and the
// detail have columns of their own.
type description struct {
	DisplayName  string              `json:"displayName,omitempty"`
	Summary      string              `json:"summary,omitempty"`
	HomePage     string              `json:"homePage,omitempty"`
	SourceCode   string              `json:"sourceCode,omitempty"`
	Licenses     []format.License    `json:"licenses,omitempty"`
	Dependencies []format.Dependency `json:"dependencies,omitempty"`
}

func describe(d format.Description) (*store.Description, error) {
	b, err := json.Marshal(description{d.DisplayName, d.Summary, d.HomePage, d.SourceCode, d.Licenses, d.Dependencies})
	if err != nil {
		return nil, err
	}
	stored := &store.Description{Text: storable(string(b))}
	if len(d.Readme) <= maxReadme {
		stored.Readme = storable(d.Readme)
	}
	return stored, nil
}
