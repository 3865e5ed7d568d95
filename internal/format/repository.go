package format

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"time"
)

// A Repository is what a format sees of a repository, and of the repositories
// behind it. What a read needs was judged before the handler ran. Errors are
// faults, or else internal.
//
// A fault of kind NotFound from Package, Document or Open means that the client
// may not be told of the thing, whatever the reason.
type Repository interface {
	// Package returns a package with the versions that lists show (see
	// [Status.Listed]), in ascending order. The value is shared and must not be
	// changed.
	Package(ctx context.Context, name Name) (*Package, error)

	// Document returns what render makes of the package, which the
	// implementation may keep for as long as the package does not change. The
	// variant names the kind of document among those of the format.
	Document(ctx context.Context, name Name, variant string, render func(*Package) ([]byte, error)) (*Document, error)

	// Index returns what render makes of the names of all packages with a listed
	// version, in the order of namespace and name. The implementation may keep it
	// for as long as no package of the format changes in the repository. An error
	// that the sequence yields is its last element.
	Index(ctx context.Context, variant string, render func(iter.Seq2[Name, error]) ([]byte, error)) (*Document, error)

	// Open returns the content of an asset of a version that may be downloaded
	// (see [Status.Downloadable]). The caller closes it.
	Open(ctx context.Context, ref Ref, asset string) (*Content, error)

	// Begin begins to change a package by one of the route's verbs. What the verb
	// needs on the repository is judged. The caller always closes the change.
	Begin(ctx context.Context, verb *Verb) (Change, error)
}

// A Change collects what one request changes in one package. Nothing of it is
// seen before Commit, and nothing stays after Close without Commit.
type Change interface {
	// Stage makes room for the content of one asset of at most limit bytes.
	// Nothing need be known of what it will be.
	Stage(ctx context.Context, limit int64) (Staged, error)

	// Claim names the package that is changed, has the verb's actions judged on
	// it, and refuses a version that takes no changes (archived, disposed). It
	// returns the version as it is now, whatever its status, or nil if there is
	// none or none was named. Further calls may name other versions.
	Claim(ctx context.Context, ref Ref) (*Version, error)

	// Commit makes the edit of the claimed package durable and visible, whole or
	// not at all. The caller is judged again before that. An edit that changes
	// nothing succeeds and changes nothing.
	Commit(ctx context.Context, edit *Edit) error

	// Close drops what was not committed. It is safe after Commit.
	Close() error
}

// Staged is content on its way in. It is written once, from start to end, and
// can be read back before it is committed. A write past the limit fails with a
// fault of kind BodyTooLarge.
type Staged interface {
	io.Writer
	io.ReaderAt
	Size() int64
	Digests() Digests // of what was written so far
}

// An Edit is what changes in a package at once. Versions are edited in order.
type Edit struct {
	Versions []VersionEdit

	// Tags are set to versions that there are after the edit; an empty version
	// removes the tag.
	Tags map[string]string
}

// A VersionEdit is what changes in one version. A version that is not there is
// made by an edit with assets; without any the edit is refused with NotFound.
type VersionEdit struct {
	Version string // normalised

	// Revision refuses the edit with Conflict unless the version has it. Empty
	// means any.
	Revision string

	// Status is what a version becomes that is new or Unfinished; empty means
	// Published for a new one, and no change otherwise. Published and Unlisted
	// may also follow one another. Unfinished changes no finished version.
	Status Status

	// Description fills what the version does not say of itself yet; with Replace
	// it takes the place of what it said. Nil means no change.
	Description *Description
	Replace     bool

	Yank *Yank // nil: no change

	// Assets are added. One that is there with the same content is left as it is;
	// one with other content is refused (see [Conflicting]), and so is a new name
	// on a finished version unless the format grows versions. With Exact they
	// take the place of all assets that the version had.
	Assets []NewAsset
	Exact  bool

	// Details replace the details of assets that are there, by name.
	Details map[string]json.RawMessage

	Published time.Time // of a new version; zero: now
}

// A Yank says whether a version should not be used, and why: a yank of pypi and
// cargo, a deprecation of npm.
type Yank struct {
	Yanked bool
	Reason string
}

// A NewAsset is an asset to be added.
type NewAsset struct {
	Name string

	// Content is what was staged for it by the same change; or From names an
	// asset of the package whose content it shares.
	Content Staged
	From    *AssetRef

	Detail   json.RawMessage
	Uploaded time.Time // zero: now
}

// An AssetRef names an asset within a package.
type AssetRef struct{ Version, Asset string }

// Content is the bytes of an asset on their way to a client.
type Content struct {
	Asset Asset

	// Body is the content. It is an [io.Seeker] where the content is at rest; a
	// stream, where it is being stored; nil with a Redirect.
	Body io.ReadCloser

	// Redirect is a URL at which the client may fetch the content for a short
	// while. It holds a secret: it must not be logged.
	Redirect string
}

// Close ends the use of the content.
func (c *Content) Close() error {
	if c.Body == nil {
		return nil
	}
	return c.Body.Close()
}
