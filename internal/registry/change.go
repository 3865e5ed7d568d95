package registry

import (
	"context"
	"errors"
	"fmt"

	"daypass/internal/blob"
	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/store"
)

// maxReadme is the length of the longest readme that is stored, in bytes. A longer one
// is dropped.
//
// Source: CodeArtifact User Guide, "View and update package version details".
const maxReadme = 400 << 10

// A change implements [format.Change].
type change struct {
	*bound
	member  *member
	verb    *format.Verb
	name    format.Name
	claimed bool
	stages  []*blob.Stage
}

// Stage implements [format.Change].
func (c *change) Stage(ctx context.Context, limit int64) (format.Staged, error) {
	g := c.member.registry
	s, err := g.Blobs.Stage(ctx, min(limit, g.Limits.AssetSize))
	if err != nil {
		return nil, err
	}
	c.stages = append(c.stages, s)
	return staged{s}, nil
}

// staged adapts a [blob.Stage] to [format.Staged].
type staged struct{ stage *blob.Stage }

func (s staged) Write(b []byte) (int, error)            { return s.stage.Write(b) }
func (s staged) ReadAt(b []byte, at int64) (int, error) { return s.stage.ReadAt(b, at) }
func (s staged) Size() int64                            { return s.stage.Size() }
func (s staged) Digests() format.Digests                { return format.Digests(s.stage.Digests()) }

// Close implements [format.Change].
func (c *change) Close() error {
	var errs []error
	for _, s := range c.stages {
		errs = append(errs, s.Abort())
	}
	return errors.Join(errs...)
}

// Claim implements [format.Change].
func (c *change) Claim(ctx context.Context, ref format.Ref) (*format.Version, error) {
	c.Caller.Observe(c.verb, ref)
	if c.claimed && c.name != ref.Name {
		return nil, fmt.Errorf("a change of %s claims %s too", label(c.name), label(ref.Name))
	}
	err := checkName(ref.Name)
	if err != nil {
		return nil, err
	}
	if ref.Version != "" {
		err = checkVersion(ref.Version)
		if err != nil {
			return nil, err
		}
	}
	c.name = ref.Name
	err = c.judgePackage(ctx)
	if err != nil {
		return nil, err
	}
	c.claimed = true
	if ref.Version == "" {
		return nil, nil
	}
	var found *format.Version
	err = c.member.registry.DB.View(ctx, func(tx *store.Tx) error {
		found = nil
		d, err := c.draft(ctx, tx)
		if err != nil {
			return err
		}
		v, err := d.findVersion(ctx, tx, ref.Version)
		if v == nil || err != nil {
			return err
		}
		err = v.loadAssets(ctx, tx)
		if err != nil {
			return err
		}
		found = v.formatVersion()
		return nil
	})
	return found, err
}

// judgePackage authorizes the verb's actions on the claimed package. Only then it
// checks that the repository exists.
func (c *change) judgePackage(ctx context.Context) error {
	err := c.Caller.Judge(ctx, c.verb.Package, c.repository.PackageSubject(c.Format.Name, c.name))
	if err != nil {
		return err
	}
	return c.repository.Check()
}

func checkVersion(version string) error {
	if !isName(version) {
		return fault.Invalid("version: %q is not a version: expected 1 to 255 characters without #, slashes, spaces and control characters", version)
	}
	return nil
}

// Commit implements [format.Change]. Its order makes a crash harmless at every point.
// First a row records that content is coming, then the content is made durable, and at
// the end one transaction makes the whole edit visible. A sweep removes the remains of
// an interrupted commit.
func (c *change) Commit(ctx context.Context, edit *format.Edit) error {
	if !c.claimed {
		return errors.New("a change is committed that claimed no package")
	}
	uploads, err := c.uploads(edit)
	if err != nil {
		return err
	}
	err = c.judgeAgain(ctx) // before anything is made durable; record calls it again
	if err != nil {
		return err
	}
	fresh, err := c.claimContent(ctx, edit, uploads)
	if err != nil {
		return err
	}
	for _, u := range fresh {
		err := c.storeContent(ctx, u)
		if err != nil {
			return err
		}
	}
	changed, err := c.record(ctx, edit, uploads)
	if changed || err != nil { // after an error the edit may or may not be committed
		c.member.registry.packages.invalidate(c.member.key(c.name))
	}
	return err
}

// judgeAgain authorizes the caller by the present state, which may have changed while
// the body was read.
func (c *change) judgeAgain(ctx context.Context) error {
	r := c.repository
	now, err := r.registry.Repository(ctx, r.Region, r.DomainOwner, r.DomainName, r.Name)
	if err != nil {
		return err
	}
	if now.ID != r.ID {
		return missingRepository(r.Name, r.DomainName, r.DomainOwner)
	}
	c.repository = now
	err = c.Caller.Again(ctx)
	if err != nil {
		return err
	}
	err = c.judge(ctx, c.verb)
	if err != nil {
		return err
	}
	return c.judgePackage(ctx)
}

// An upload is the staged content of one new asset.
type upload struct {
	name    string
	content format.Staged
	digests format.Digests
	claimed store.Content
}

// uploads checks the names and the content of an edit, and returns what is
// staged for each of its assets.
func (c *change) uploads(edit *format.Edit) (map[*format.NewAsset]*upload, error) {
	uploads := make(map[*format.NewAsset]*upload)
	versions := make(map[string]bool, len(edit.Versions))
	for i := range edit.Versions {
		v := &edit.Versions[i]
		err := checkVersion(v.Version)
		if err == nil {
			err = checkBounds(v)
		}
		if err != nil {
			return nil, err
		}
		if versions[v.Version] {
			return nil, fault.Invalid("version: %q is in the edit twice", v.Version)
		}
		versions[v.Version] = true
		seen := make(map[string]bool, len(v.Assets))
		for j := range v.Assets {
			a := &v.Assets[j]
			if !isAssetName(a.Name) {
				return nil, fault.Invalid("asset: %q is not an asset name: expected 1 to 255 characters without control characters", a.Name)
			}
			key := c.assetKey(a.Name)
			if seen[key] {
				return nil, fault.Invalid("asset: %q is in the upload twice", a.Name)
			}
			seen[key] = true
			if a.From == nil {
				uploads[a] = &upload{name: a.Name, content: a.Content, digests: a.Content.Digests()}
			}
		}
	}
	if len(edit.Versions) == 0 && len(edit.Tags) == 0 {
		return nil, fault.Invalid("content: the request changes nothing")
	}
	return uploads, nil
}

// assetKey returns the same text for all names of one asset.
func (c *change) assetKey(name string) string {
	if c.Format.AssetKey == nil {
		return name
	}
	return c.Format.AssetKey(name)
}

// claimContent finds the new assets of an edit and claims rows for their content.
func (c *change) claimContent(ctx context.Context, edit *format.Edit, uploads map[*format.NewAsset]*upload) (fresh []*upload, err error) {
	err = c.update(ctx, c.member.registry.DB.Update, func(tx *store.Tx) error {
		d, err := c.plan(ctx, tx, edit, uploads)
		if err != nil {
			return err
		}
		fresh = d.fresh()
		for _, u := range fresh {
			u.claimed, err = tx.ClaimContent(ctx, store.Content{
				ID: newID(), Domain: c.repository.DomainID, SHA256: u.digests.SHA256, Size: u.content.Size(),
			}, c.member.registry.Now())
			if err != nil {
				return err
			}
		}
		return nil
	})
	return fresh, err
}

// update runs a transaction that may race with another publisher's insert of the same
// row. The loser of the race runs again.
func (c *change) update(ctx context.Context, run func(context.Context, func(*store.Tx) error) error, fn func(*store.Tx) error) error {
	var err error
	for range 5 {
		err = run(ctx, fn)
		if !errors.Is(err, store.ErrExists) {
			return err
		}
	}
	return err
}

// storeContent makes content durable, unless the domain has it.
func (c *change) storeContent(ctx context.Context, u *upload) error {
	s, ok := u.content.(staged)
	if !ok {
		return fmt.Errorf("asset %s: its content was not staged by this change", u.name)
	}
	spaceName := space(u.claimed.Domain, u.claimed.Generation)
	if u.claimed.Stored {
		size, err := c.member.registry.Blobs.Stat(ctx, blob.Key{Space: spaceName, SHA256: u.claimed.SHA256})
		if err == nil && size == u.claimed.Size {
			return nil
		}
	}
	_, err := s.stage.Commit(ctx, spaceName)
	return err
}

// record writes the rows of the edit, if the caller is still authorized when it
// commits. It reports whether it changed anything.
func (c *change) record(ctx context.Context, edit *format.Edit, uploads map[*format.NewAsset]*upload) (changed bool, err error) {
	checked := func(ctx context.Context, fn func(*store.Tx) error) error {
		return c.member.registry.DB.UpdateChecked(ctx, c.judgeAgain, fn)
	}
	err = c.update(ctx, checked, func(tx *store.Tx) error {
		changed = false
		d, err := c.plan(ctx, tx, edit, uploads)
		if err != nil {
			return err
		}
		if !d.changed() {
			return nil
		}
		err = d.write(ctx, tx)
		changed = err == nil
		return err
	})
	return changed, err
}
