package format

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"time"
)

// A Repository is a repository and its upstreams as a format uses them. Reads were
// authorized before the handler ran. An error that is no fault is internal.
//
// A fault of kind NotFound from Package, Document or Open means that the client must
// get the answer "not found", whatever the reason.
type Repository interface {
	// Package returns a package with the versions that lists show (see
	// [Status.Listed]), in ascending order. The value is shared and must not be
	// changed.
	Package(ctx context.Context, name Name) (*Package, error)

	// Document returns the document that render makes of the package. The
	// implementation may keep it until the package changes. The variant tells apart
	// the kinds of document that the format has for a package.
	Document(ctx context.Context, name Name, variant string, render func(*Package) ([]byte, error)) (*Document, error)

	// Index returns the document that render makes of the names of all packages with
	// a listed version, in the order of namespace and name. The implementation may
	// keep it until a package of the format changes in the repository. An error that
	// the sequence yields is its last element.
	Index(ctx context.Context, variant string, render func(iter.Seq2[Name, error]) ([]byte, error)) (*Document, error)

	// Open returns the content of an asset of a version that may be downloaded
	// (see [Status.Downloadable]). The caller closes it.
	Open(ctx context.Context, ref Ref, asset string) (*Content, error)

	// Begin begins a change of a package by one of the route's verbs. It authorizes
	// the verb's actions on the repository. The caller MUST close the change.
	Begin(ctx context.Context, verb *Verb) (Change, error)
}

// A Change is what one request changes in one package. It is invisible before Commit.
// Close without Commit discards it.
type Change interface {
	// Stage begins the upload of one asset of at most limit bytes. The package and
	// the asset's name need not be known yet.
	Stage(ctx context.Context, limit int64) (Staged, error)

	// Claim names the package that is changed, and authorizes the verb's actions on
	// it. It refuses a version that cannot be changed (archived, disposed). It
	// returns the version as it is now, whatever its status, or nil if it does not
	// exist or ref has no version. Further calls may name other versions.
	Claim(ctx context.Context, ref Ref) (*Version, error)

	// Commit makes the edit of the claimed package durable and visible, atomically.
	// It authorizes the caller again before that. An edit without effect succeeds.
	Commit(ctx context.Context, edit *Edit) error

	// Close discards what was not committed. It may be called after Commit.
	Close() error
}

// Staged is an upload in progress. It is written from start to end, and can be read
// back before it is committed. A write past the limit returns a fault of kind
// BodyTooLarge.
type Staged interface {
	io.Writer
	io.ReaderAt
	Size() int64
	Digests() Digests // of the bytes written so far
}

// An Edit is what changes in a package at once. Versions are edited in order.
type Edit struct {
	Versions []VersionEdit

	// Tags maps tags to versions, which must exist after the edit. An empty version
	// removes the tag.
	Tags map[string]string
}

// A VersionEdit is what changes in one version. If the version does not exist, an
// edit with assets makes it, and one without assets is refused with NotFound.
type VersionEdit struct {
	Version string // normalised

	// Revision is the revision that the version must have; else the edit is refused
	// with Conflict. Empty means any.
	Revision string

	// Status is the new status of a version that is new or Unfinished. Empty means
	// Published for a new version, and no change otherwise. An edit may also change
	// Published to Unlisted and back. Unfinished does not change a finished version.
	Status Status

	// Description sets the fields of the description that are still empty; with
	// Replace it replaces the description. Nil means no change.
	Description *Description
	Replace     bool

	Yank *Yank // nil: no change

	// Assets are added. An asset that exists with the same content is left as it is.
	// One that exists with other content is refused (see [Conflicting]). A new name
	// in a finished version is refused unless the format grows versions. With Exact
	// they replace all assets of the version.
	Assets []NewAsset
	Exact  bool

	// Details replaces the details of existing assets, by name.
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

	// Content was staged by the same change. If it is nil, From names an asset of
	// the package whose content the new one shares.
	Content Staged
	From    *AssetRef

	Detail   json.RawMessage
	Uploaded time.Time // zero: now
}

// An AssetRef identifies an asset of a package.
type AssetRef struct{ Version, Asset string }

// Content is an asset that is opened for a download.
type Content struct {
	Asset Asset

	// Body is the content. It is an [io.Seeker] if the content is stored, and a
	// stream if it is still being stored. It is nil with a Redirect.
	Body io.ReadCloser

	// Redirect is a URL at which the client may download the content for a short
	// time. It holds a secret: it MUST NOT be logged.
	Redirect string
}

// Close closes the body.
func (c *Content) Close() error {
	if c.Body == nil {
		return nil
	}
	return c.Body.Close()
}
