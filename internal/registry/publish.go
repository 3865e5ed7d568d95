package registry

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"daypass/internal/blob"
	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/store"
)

// maxReadme is the most that is kept of a readme; a longer one is dropped.
//
// Source: CodeArtifact User Guide, "View and update package version details".
const maxReadme = 400 << 10

// Publish implements [format.Repository].
func (b *bound) Publish(ctx context.Context, ref format.Ref) (format.Publication, error) {
	err := checkName(ref.Name)
	if err != nil {
		return nil, err
	}
	if !isName(ref.Version) {
		return nil, fault.Invalid("version: %q is not a version: expected 1 to 255 characters without #, slashes, spaces and control characters", ref.Version)
	}
	if b.Allow == nil {
		return nil, fault.New(fault.AccessDenied, "This address does not publish packages")
	}
	p := &publication{bound: b, ref: ref}
	err = p.judge(ctx)
	if err != nil {
		return nil, err
	}
	err = b.registry.DB.View(ctx, func(tx *store.Tx) error {
		_, err := p.present(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// judge judges the caller on the package, and then says whether there is a
// repository.
func (p *publication) judge(ctx context.Context) error {
	err := p.Allow(ctx, p.repository.PackageSubject(p.Format.Name, p.ref.Name))
	if err != nil {
		return err
	}
	return p.repository.Check()
}

// judgeAgain judges by what holds now: much may have changed while the content
// came in.
func (p *publication) judgeAgain(ctx context.Context) error {
	r := p.repository
	now, err := p.registry.Repository(ctx, r.Region, r.DomainOwner, r.DomainName, r.Name)
	if err != nil {
		return err
	}
	if now.ID != r.ID {
		return missingRepository(r.Name, r.DomainName, r.DomainOwner)
	}
	p.repository = now
	return p.judge(ctx)
}

type publication struct {
	*bound
	ref    format.Ref
	stages []*blob.Stage
}

// Stage implements [format.Publication].
func (p *publication) Stage(ctx context.Context, limit int64) (format.Staged, error) {
	s, err := p.registry.Blobs.Stage(ctx, min(limit, p.registry.Limits.AssetSize))
	if err != nil {
		return nil, err
	}
	p.stages = append(p.stages, s)
	return staged{s}, nil
}

// staged shows a format its content in its own terms.
type staged struct{ stage *blob.Stage }

func (s staged) Write(b []byte) (int, error)            { return s.stage.Write(b) }
func (s staged) ReadAt(b []byte, at int64) (int, error) { return s.stage.ReadAt(b, at) }
func (s staged) Size() int64                            { return s.stage.Size() }
func (s staged) Digests() format.Digests                { return format.Digests(s.stage.Digests()) }

// Close implements [format.Publication].
func (p *publication) Close() error {
	var errs []error
	for _, s := range p.stages {
		errs = append(errs, s.Abort())
	}
	return errors.Join(errs...)
}

// present is what there is of the version before the publication.
type present struct {
	pkg     *store.Package // nil: none
	version *store.Version // nil: none
	assets  []*store.Asset
}

func (p *publication) present(ctx context.Context, tx *store.Tx) (present, error) {
	var at present
	there, err := tx.RepositoryExists(ctx, p.repository.ID)
	if err == nil && !there {
		err = missingRepository(p.repository.Name, p.repository.DomainName, p.repository.DomainOwner)
	}
	if err != nil {
		return at, err
	}
	at.pkg, err = tx.Package(ctx, p.key(p.ref.Name))
	if isNotFound(err) {
		return present{}, nil
	}
	if err != nil {
		return at, err
	}
	at.version, err = tx.Version(ctx, at.pkg.ID, p.ref.Version)
	if isNotFound(err) {
		return present{pkg: at.pkg}, nil
	}
	if err != nil {
		return at, err
	}
	switch status := format.Status(at.version.Status); status {
	case format.Archived, format.Disposed:
		return at, fault.ConflictResource("package-version", p.ref.Version, "Version %s of %s is %s: it takes no files until it is deleted", p.ref.Version, label(p.ref.Name), status)
	}
	at.assets, err = tx.AssetsOfVersion(ctx, at.version.ID)
	return at, err
}

// An upload is one new asset on its way in.
type upload struct {
	format.NewAsset
	digests format.Digests
	content store.Content
}

// admit returns which of the uploads are new. What is there with the same
// bytes is left alone.
//
// Source: CodeArtifact User Guide, "Package version status" and "Package
// version immutability".
func (p *publication) admit(at present, uploads []*upload) ([]*upload, error) {
	var fresh []*upload
	for _, u := range uploads {
		i := slices.IndexFunc(at.assets, func(a *store.Asset) bool { return a.Name == u.Name })
		if i < 0 {
			fresh = append(fresh, u)
			continue
		}
		if at.assets[i].SHA256 != u.digests.SHA256 {
			return nil, format.Conflicting(u.Name, newAsset(at.assets[i]).Digests, u.digests)
		}
	}
	if len(fresh) == 0 {
		return nil, nil
	}
	if at.version != nil && at.version.Status != string(format.Unfinished) && !p.Format.GrowsVersions {
		return nil, fault.ConflictResource("package-version", p.ref.Version, "Version %s of %s is %s and takes no further files: publish a new version", p.ref.Version, label(p.ref.Name), at.version.Status)
	}
	if limit := p.registry.Limits.Assets; len(at.assets)+len(fresh) > limit {
		return nil, overQuota("package-version", p.ref.Version, "A package version can have at most %d assets", limit)
	}
	return fresh, nil
}

func newUploads(release *format.Release) ([]*upload, error) {
	if len(release.Assets) == 0 {
		return nil, fault.Invalid("content: the upload has no file")
	}
	seen := make(map[string]bool, len(release.Assets))
	uploads := make([]*upload, len(release.Assets))
	for i, a := range release.Assets {
		if !isAssetName(a.Name) {
			return nil, fault.Invalid("asset: %q is not an asset name: expected 1 to 255 characters without control characters", a.Name)
		}
		if seen[a.Name] {
			return nil, fault.Invalid("asset: %q is in the upload twice", a.Name)
		}
		seen[a.Name] = true
		uploads[i] = &upload{NewAsset: a, digests: a.Content.Digests()}
	}
	return uploads, nil
}

// Commit implements [format.Publication]. The order makes a crash harmless at
// every point: first a row says that content is coming, then the content is
// made durable, and one transaction at the end makes all of the release visible.
// What is left of an attempt that got less far is swept.
func (p *publication) Commit(ctx context.Context, release *format.Release) error {
	uploads, err := newUploads(release)
	if err != nil {
		return err
	}
	err = p.judgeAgain(ctx) // before anything is made durable; record does it too
	if err != nil {
		return err
	}
	fresh, err := p.claim(ctx, uploads)
	if err != nil {
		return err
	}
	for _, u := range fresh {
		err := p.settle(ctx, u)
		if err != nil {
			return err
		}
	}
	changed, err := p.record(ctx, release, uploads)
	if changed || err != nil { // after an error nobody knows whether it was committed
		p.registry.packages.drop(p.key(p.ref.Name))
	}
	return err
}

// claim finds out what is new and where its content goes.
func (p *publication) claim(ctx context.Context, uploads []*upload) (fresh []*upload, err error) {
	err = p.update(ctx, p.registry.DB.Update, func(tx *store.Tx) error {
		at, err := p.present(ctx, tx)
		if err != nil {
			return err
		}
		fresh, err = p.admit(at, uploads)
		if err != nil {
			return err
		}
		for _, u := range fresh {
			u.content, err = tx.ClaimContent(ctx, store.Content{
				ID: newID(), Domain: p.repository.DomainID, SHA256: u.digests.SHA256, Size: u.Content.Size(),
			}, p.registry.Now())
			if err != nil {
				return err
			}
		}
		return nil
	})
	return fresh, err
}

// update is for what several publishers may insert at once: the loser of a race
// looks again.
func (p *publication) update(ctx context.Context, run func(context.Context, func(*store.Tx) error) error, fn func(*store.Tx) error) error {
	var err error
	for range 5 {
		err = run(ctx, fn)
		if !errors.Is(err, store.ErrExists) {
			return err
		}
	}
	return err
}

// settle makes content durable, unless the domain has it.
func (p *publication) settle(ctx context.Context, u *upload) error {
	s, ok := u.Content.(staged)
	if !ok {
		return fmt.Errorf("asset %s: its content was not staged by this publication", u.Name)
	}
	at := space(u.content.Domain, u.content.Generation)
	if u.content.Stored {
		size, err := p.registry.Blobs.Stat(ctx, blob.Key{Space: at, SHA256: u.content.SHA256})
		if err == nil && size == u.content.Size {
			return nil
		}
	}
	_, err := s.stage.Commit(ctx, at)
	return err
}

// record writes the rows of the release, as long as the caller may: whoever is
// refused before it commits has published nothing. It reports whether it changed
// anything.
func (p *publication) record(ctx context.Context, release *format.Release, uploads []*upload) (changed bool, err error) {
	checked := func(ctx context.Context, fn func(*store.Tx) error) error {
		return p.registry.DB.UpdateChecked(ctx, p.judgeAgain, fn)
	}
	err = p.update(ctx, checked, func(tx *store.Tx) error {
		changed = false
		at, err := p.present(ctx, tx)
		if err != nil {
			return err
		}
		fresh, err := p.admit(at, uploads)
		if err != nil {
			return err
		}
		finish := at.version != nil && at.version.Status == string(format.Unfinished) && !release.Unfinished
		if len(fresh) == 0 && !finish {
			return nil
		}
		err = p.write(ctx, tx, at, release, fresh)
		changed = err == nil
		return err
	})
	return changed, err
}

func (p *publication) write(ctx context.Context, tx *store.Tx, at present, release *format.Release, fresh []*upload) error {
	at, err := p.version(ctx, tx, at, release)
	if err != nil {
		return err
	}
	for _, u := range fresh {
		a, err := p.attach(ctx, tx, at.version.ID, u)
		if err != nil {
			return err
		}
		at.assets = append(at.assets, a)
	}
	status := at.version.Status
	if status == string(format.Unfinished) && !release.Unfinished {
		status = string(format.Published)
	}
	about, err := tx.Description(ctx, at.version.ID)
	if err != nil {
		return err
	}
	err = tx.SetVersionState(ctx, at.version.ID, status, versionRevision(at.version, about, at.assets))
	if err != nil {
		return err
	}
	return tx.PackageChanged(ctx, at.pkg.ID, p.registry.Now())
}

// version makes the package and the version where there is none.
func (p *publication) version(ctx context.Context, tx *store.Tx, at present, release *format.Release) (present, error) {
	if at.pkg == nil {
		at.pkg = &store.Package{PackageKey: p.key(p.ref.Name), ID: newID(), Changed: p.registry.Now()}
		err := tx.CreatePackage(ctx, at.pkg)
		if err != nil {
			return at, err
		}
	}
	if at.version != nil {
		return at, nil
	}
	about, err := describe(release.Description)
	if err != nil {
		return at, err
	}
	at.version = &store.Version{
		ID:               newID(),
		Package:          at.pkg.ID,
		Version:          p.ref.Version,
		SortKey:          p.Format.SortKey(p.ref.Version),
		Status:           string(format.Published),
		Origin:           "INTERNAL",
		OriginRepository: p.repository.Name,
		Published:        milliseconds(p.Now),
		Detail:           storable(string(release.Detail)),
	}
	if release.Unfinished {
		at.version.Status = string(format.Unfinished)
	}
	return at, tx.CreateVersion(ctx, at.version, about)
}

func (p *publication) attach(ctx context.Context, tx *store.Tx, version string, u *upload) (*store.Asset, error) {
	err := tx.StoredContent(ctx, u.content.ID, p.registry.Now())
	if err != nil {
		return nil, fmt.Errorf("asset %s: %w", u.Name, err)
	}
	a := &store.Asset{
		Version: version, Name: u.Name, Content: u.content.ID, Generation: u.content.Generation, Size: u.Content.Size(),
		MD5: u.digests.MD5, SHA1: u.digests.SHA1, SHA256: u.digests.SHA256, SHA512: u.digests.SHA512,
		Uploaded: milliseconds(p.Now), Detail: storable(string(u.Detail)),
	}
	return a, tx.CreateAsset(ctx, a)
}

// storable takes out what PostgreSQL can't keep in text. JSON never has it
// outside of escapes.
func storable(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD")
}

// versionRevision identifies one exact set of assets and metadata: base64 of a
// SHA-256 over both. The status is no part of it.
//
// Source: CodeArtifact User Guide, "AWS CodeArtifact concepts", package version
// revision.
func versionRevision(v *store.Version, about *store.Description, assets []*store.Asset) string {
	sorted := slices.SortedFunc(slices.Values(assets), func(a, b *store.Asset) int { return strings.Compare(a.Name, b.Name) })
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
		part(a.Name)
		part(a.SHA256)
		part(a.Detail)
	}
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}
