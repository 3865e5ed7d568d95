package registry

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/store"
)

// A PackageVersion is a version with its description and origin.
type PackageVersion struct {
	format.Version
	Description format.Description
	Origin      Origin
}

// PackageVersion returns a version, whatever its status.
func (r *Repository) PackageVersion(ctx context.Context, f *format.Format, ref format.Ref) (*PackageVersion, error) {
	m := &member{registry: r.registry, repository: r, format: f}
	head, err := m.head(ctx, ref.Name)
	if err != nil {
		return nil, err
	}
	var row *store.Version
	var about *store.Description
	var assets []*store.Asset
	err = r.registry.DB.View(ctx, func(tx *store.Tx) (err error) {
		row, err = tx.Version(ctx, head.ID, ref.Version)
		if err != nil {
			return err
		}
		about, err = tx.Description(ctx, row.ID)
		if err != nil {
			return err
		}
		assets, err = tx.AssetsOfVersion(ctx, row.ID)
		return err
	})
	if isNotFound(err) {
		return nil, fault.NotFoundResource("package-version", ref.Version, "Version not found. Version '%s' of package '%s' does not exist in repository '%s'", ref.Version, label(ref.Name), r.Name)
	}
	if err != nil {
		return nil, err
	}
	v := &PackageVersion{Version: newVersion(row), Origin: Origin{row.Origin, row.OriginRepository, row.OriginConnection}}
	for _, a := range assets {
		v.Assets = append(v.Assets, newAsset(a))
	}
	v.Description, err = restore(about, row.Detail)
	return v, err
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

// restore reads a stored description back. That of a version that is being made
// is empty.
func restore(stored *store.Description, detail string) (format.Description, error) {
	var d description
	if stored.Text != "" {
		err := json.Unmarshal([]byte(stored.Text), &d)
		if err != nil {
			return format.Description{}, err
		}
	}
	restored := format.Description{DisplayName: d.DisplayName, Summary: d.Summary, HomePage: d.HomePage, SourceCode: d.SourceCode,
		Licenses: d.Licenses, Dependencies: d.Dependencies, Readme: stored.Readme}
	if detail != "" {
		restored.Detail = json.RawMessage(detail)
	}
	return restored, nil
}

// versionRevision identifies one exact set of assets and metadata: base64 of a
// SHA-256 over both. The status is no part of it.
//
// Source: CodeArtifact User Guide, "AWS CodeArtifact concepts", package version
// revision.
func versionRevision(v *store.Version, about *store.Description, assets []*draftAsset) string {
	sorted := slices.SortedFunc(slices.Values(assets), func(a, b *draftAsset) int { return strings.Compare(a.row.Name, b.row.Name) })
	h := sha256.New()
	part := func(s string) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		io.WriteString(h, s)
	}
	part(v.Version)
	part(v.Detail)
	part(about.Text)
	part(about.Readme)
	if v.Yanked != nil {
		part(*v.Yanked)
	}
	for _, a := range sorted {
		part(a.row.Name)
		part(a.row.SHA256)
		part(a.row.Detail)
	}
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}
