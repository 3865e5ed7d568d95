package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"daypass/internal/blob"
	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/store"
)

// A Binding ties a repository to one call of a package manager.
type Binding struct {
	Format *format.Format
	Now    time.Time

	// Allow judges the route's actions on a package that is about to change; nil
	// refuses. Reads are judged before there is a binding.
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
	used       []*content // whose assets were handed out
}

func (b *bound) key(n format.Name) store.PackageKey {
	return store.PackageKey{Repository: b.repository.ID, Format: b.Format.Name, Namespace: n.Namespace, Name: n.Name}
}

// content reads a package, listed or not.
func (b *bound) content(ctx context.Context, n format.Name) (*content, error) {
	err := b.repository.Check()
	if err != nil {
		return nil, err
	}
	if checkName(n) != nil {
		return nil, b.missingPackage(n)
	}
	key := b.key(n)
	c, err := b.registry.packages.get(ctx, key, func(ctx context.Context) (*content, error) { return b.registry.loadContent(ctx, key) })
	if isNotFound(err) {
		return nil, b.missingPackage(n)
	}
	if err != nil {
		return nil, err
	}
	b.used = append(b.used, c)
	return c, nil
}

// listed is content of which there is something to list.
func (b *bound) listed(ctx context.Context, n format.Name) (*content, error) {
	c, err := b.content(ctx, n)
	if err == nil && len(c.listed.Versions) == 0 {
		err = b.missingPackage(n)
	}
	return c, err
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
	c, err := b.listed(ctx, n)
	if err != nil {
		return nil, err
	}
	return c.listed, nil
}

// Document implements [format.Repository].
func (b *bound) Document(ctx context.Context, n format.Name, variant string, render func(*format.Package) ([]byte, error)) (*format.Document, error) {
	c, err := b.listed(ctx, n)
	if err != nil {
		return nil, err
	}
	return c.document(b.registry.packages, variant, render)
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

// Asset implements [format.Repository].
func (b *bound) Asset(ctx context.Context, ref format.Ref, name string) (*format.Asset, error) {
	c, err := b.content(ctx, ref.Name)
	if err != nil {
		return nil, err
	}
	v, ok := c.versions[ref.Version]
	if !ok {
		return nil, fault.NotFoundResource("package-version", ref.Version, "Version not found. Version '%s' of package '%s' does not exist in repository '%s'", ref.Version, label(ref.Name), b.repository.Name)
	}
	if !v.Status.Downloadable() {
		return nil, fault.NotFoundResource("package-version", ref.Version, "Version '%s' of package '%s' in repository '%s' is %s and cannot be downloaded", ref.Version, label(ref.Name), b.repository.Name, v.Status)
	}
	for i := range v.Assets {
		if v.Assets[i].Name == name {
			return &v.Assets[i], nil
		}
	}
	return nil, fault.NotFoundResource("asset", name, "Asset not found. Version '%s' of package '%s' in repository '%s' has no asset '%s'", ref.Version, label(ref.Name), b.repository.Name, name)
}

// Open implements [format.Repository]. That the content is missing is our loss
// and not the client's mistake, so it is an internal error.
func (b *bound) Open(ctx context.Context, a *format.Asset) (io.ReadSeekCloser, error) {
	var generation int64
	for _, c := range b.used {
		if g, ok := c.moved[a.Digests.SHA256]; ok {
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

// loadContent reads a package whole. Readmes stay behind: no list shows them.
func (g *Registry) loadContent(ctx context.Context, key store.PackageKey) (*content, error) {
	var row *store.Package
	var versions []*store.Version
	var assets []*store.Asset
	// One statement can't see what the next does not: the revision is read first,
	// so that content newer than it is at worst dropped once too often.
	err := g.DB.View(ctx, func(tx *store.Tx) (err error) {
		row, err = tx.Package(ctx, key)
		if err != nil {
			return err
		}
		versions, err = tx.Versions(ctx, row.ID)
		if err != nil {
			return err
		}
		assets, err = tx.AssetsOfPackage(ctx, row.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return newContent(row, versions, assets)
}

func newContent(row *store.Package, versions []*store.Version, assets []*store.Asset) (*content, error) {
	c := &content{
		revision: row.Revision,
		listed:   &format.Package{Name: format.Name{Namespace: row.Namespace, Name: row.Name}, Tags: row.Tags},
		versions: make(map[string]format.Version, len(versions)),
		weight:   1 << 10,
	}
	of := make(map[string][]format.Asset, len(versions))
	for _, a := range assets {
		of[a.Version] = append(of[a.Version], newAsset(a))
		if a.Generation != 0 {
			if c.moved == nil {
				c.moved = make(map[string]int64)
			}
			c.moved[a.SHA256] = a.Generation
		}
		c.weight += int64(512 + len(a.Name) + len(a.Detail))
	}
	for _, row := range versions {
		v, err := newVersion(row)
		if err != nil {
			return nil, err
		}
		v.Assets = of[row.ID]
		c.versions[v.Version] = v
		if v.Status.Listed() {
			c.listed.Versions = append(c.listed.Versions, v)
		}
		c.weight += int64(1024 + len(row.Description))
	}
	return c, nil
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

func newVersion(row *store.Version) (format.Version, error) {
	v := format.Version{
		Version:   row.Version,
		Status:    format.Status(row.Status),
		Revision:  row.Revision,
		Published: row.Published,
		Yanked:    row.Yanked,
	}
	var d description
	err := json.Unmarshal([]byte(row.Description), &d)
	if err != nil {
		return v, fmt.Errorf("description of version %s: %w", row.Version, err)
	}
	v.Description = d.restore()
	v.Readme = row.Readme
	return v, nil
}

// A description is how a [format.Description] is stored; the readme has a
// column of its own.
type description struct {
	DisplayName  string              `json:"displayName,omitempty"`
	Summary      string              `json:"summary,omitempty"`
	HomePage     string              `json:"homePage,omitempty"`
	SourceCode   string              `json:"sourceCode,omitempty"`
	Licenses     []format.License    `json:"licenses,omitempty"`
	Dependencies []format.Dependency `json:"dependencies,omitempty"`
	Detail       json.RawMessage     `json:"detail,omitempty"`
}

func (d description) restore() format.Description {
	return format.Description{DisplayName: d.DisplayName, Summary: d.Summary, HomePage: d.HomePage, SourceCode: d.SourceCode,
		Licenses: d.Licenses, Dependencies: d.Dependencies, Detail: d.Detail}
}

func describe(d format.Description) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // a format's detail comes back as it was given
	err := e.Encode(description{d.DisplayName, d.Summary, d.HomePage, d.SourceCode, d.Licenses, d.Dependencies, d.Detail})
	return b.String(), err
}
