// Package format owns the one shape that every package format has: its name,
// its routes with the action that each needs, its names and versions, and how
// it speaks of errors. A format is a folder beside this file that exports one
// [Format] value; a new one is a folder and a line in the server's list.
//
// A format knows HTTP and its clients' documents. It must never know who is
// asking, whether they may, how anything is stored, or another format: it
// speaks to a [Repository], which the registry implements.
package format

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"daypass/internal/fault"
)

// The actions that routes carry.
//
// Source: Service Authorization Reference, AWS CodeArtifact.
const (
	Read         = "codeartifact:ReadFromRepository"    // judged on the repository
	ListPackages = "codeartifact:ListPackages"          // judged on the repository
	Publish      = "codeartifact:PublishPackageVersion" // judged on the package
	PutMetadata  = "codeartifact:PutPackageMetadata"    // judged on the package
)

// OnPackage reports whether an action is judged on a package, and so only when
// the handler has named one; every other action is judged on the repository
// before the handler runs.
func OnPackage(action string) bool { return action == Publish || action == PutMetadata }

// A Format is one package format as data.
type Format struct {
	// Name is the format's name in the API and its segment in addresses: npm,
	// pypi, maven, nuget, generic, ruby, swift or cargo.
	Name string

	Routes []Route

	// Challenges are the schemes that a 401 offers in WWW-Authenticate, in
	// order; empty means that it carries none.
	Challenges []string

	// NormalizeName returns a name as it is stored and as ARNs spell it. The
	// error is one line that says what is wrong with it.
	NormalizeName func(Name) (Name, error)

	// NormalizeVersion returns a version as it is stored. The error is one line
	// that says what is wrong with it.
	NormalizeVersion func(version string) (string, error)

	// SortKey returns a text whose order, byte by byte, is the format's order of
	// versions. It accepts every version: what the format's rules do not cover
	// sorts before what they do.
	SortKey func(version string) string

	// GrowsVersions says that assets with new names may be added to a version
	// that is published already (pypi, maven).
	GrowsVersions bool

	// WriteError answers a request with a fault in the way that the format's
	// clients show to people. Challenges are in the header already.
	WriteError func(w http.ResponseWriter, r *http.Request, e *fault.Error)
}

// A Route is one kind of request that a format answers.
type Route struct {
	Method string // GET answers HEAD too, as in net/http

	// Pattern is the tail of a net/http pattern, below
	// {base}/{format}/d/{domain}-{owner}/{repository}. It is empty or begins
	// with a slash, and does not use the wildcards "domain" and "repository".
	Pattern string

	// Action is what the caller must be allowed to do, and Also what else, on
	// the same resource (see [OnPackage]).
	Action string
	Also   []string

	// Handle answers the request, or returns an error. If something is written
	// already then, the connection is cut. It bounds what it reads of the body
	// itself.
	Handle func(w http.ResponseWriter, r *http.Request, c *Call) error
}

// A Call is what a handler gets besides the request.
type Call struct {
	Repository Repository
	Base       string    // URL of the repository as the client sees it, with the last slash
	Now        time.Time // the instant that is "now" for the whole call
	MaxAsset   int64     // bytes that one asset may have
}

// A Repository is what a format sees of a repository. Reads were authorised
// before the handler ran. Errors are faults, or else internal.
//
// A fault of kind NotFound from Package, Document or Asset means that the
// client may not be told of the thing, whatever the reason.
type Repository interface {
	// Package returns a package with the versions that lists show (see
	// [Status.Listed]), in ascending order, each with its assets in order of
	// name. Of their descriptions only the detail is there: lists print nothing
	// else. The value is shared and must not be changed.
	Package(ctx context.Context, name Name) (*Package, error)

	// Document returns what render makes of the package, which the
	// implementation may keep for as long as the package does not change. The
	// variant names the kind of document among those of the format.
	Document(ctx context.Context, name Name, variant string, render func(*Package) ([]byte, error)) (*Document, error)

	// Packages returns the names of packages with at least one listed version,
	// in the order of namespace and name, at most limit of them, that follow
	// after.
	Packages(ctx context.Context, after Name, limit int) ([]Name, error)

	// Asset returns one asset of a version that may be downloaded (see
	// [Status.Downloadable]).
	Asset(ctx context.Context, ref Ref, name string) (*Asset, error)

	// Open returns the content of an asset that this repository returned.
	Open(ctx context.Context, asset *Asset) (io.ReadSeekCloser, error)

	// Publish begins to publish assets of one version. It authorises the
	// route's actions on the package and refuses what can't be published
	// (blocked by origin controls, archived, disposed) before any byte is read.
	// The caller always closes the publication.
	Publish(ctx context.Context, ref Ref) (Publication, error)
}

// A Publication takes the assets of one request for one version. Nothing of it
// is seen before Commit, and nothing stays after Close without Commit.
type Publication interface {
	// Stage makes room for the content of one asset of at most limit bytes.
	Stage(ctx context.Context, limit int64) (Staged, error)

	// Commit makes the release durable and visible, whole or not at all. An
	// asset that is there with the same content is left as it is; one with
	// other content is refused with [Conflicting]; so is a new name on a
	// published version unless the format grows versions.
	Commit(ctx context.Context, release *Release) error

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

// A Name is a package's name within its format. Namespace is the npm scope
// without its @, the Maven group, the Swift scope; pypi, nuget, ruby and cargo
// have none.
type Name struct{ Namespace, Name string }

// A Ref names a version of a package; both are normalised.
type Ref struct {
	Name
	Version string
}

// A Package is a package with versions.
type Package struct {
	Name
	Tags     map[string]string // npm: dist-tag to version
	Versions []Version
}

// A Version is one version of a package.
type Version struct {
	Version   string // normalised
	Status    Status
	Revision  string    // changes with every change of the version
	Published time.Time // UTC, at which the version came to be

	Description
	Yanked *string // pypi, cargo: why it was withdrawn; nil: it was not

	Assets []Asset
}

// A Description is what a version says of itself. A field that its author left
// out is empty.
type Description struct {
	DisplayName  string // the name before normalisation
	Summary      string
	HomePage     string
	SourceCode   string // URL of the source repository
	Licenses     []License
	Readme       string // as found: Markdown, reStructuredText or plain
	Dependencies []Dependency

	// Detail is JSON that only the format understands: what it needs to write
	// its index documents again. Empty means none.
	Detail json.RawMessage
}

// A License is a licence that a version names.
type License struct{ Name, URL string }

// A Dependency is one dependency that a version declares, in the terms of
// ListPackageVersionDependencies.
type Dependency struct {
	Namespace   string
	Package     string
	Type        string // the format's word: regular, dev, Requires-Dist, …
	Requirement string // the range of versions, as declared
}

// An Asset is one file of a version.
type Asset struct {
	Name     string // path-safe by the format's own rules
	Size     int64
	Digests  Digests
	Uploaded time.Time       // UTC
	Detail   json.RawMessage // as in [Description], for this asset
}

// Digests are the four that the API tells of each asset, in lower-case
// hexadecimal.
type Digests struct{ MD5, SHA1, SHA256, SHA512 string }

// A Document is what a format made of a package.
type Document struct {
	Body []byte // shared: must not be changed
	ETag string // strong, with its quotes
}

// A Release is what one publication adds to a version.
type Release struct {
	// Description describes a version that is new; an existing one keeps its
	// own.
	Description

	Assets []NewAsset

	// Unfinished leaves a new version in the status Unfinished (maven until its
	// metadata comes, generic until the last asset).
	Unfinished bool
}

// A NewAsset is content with its name.
type NewAsset struct {
	Name    string
	Content Staged
	Detail  json.RawMessage
}

// A Status is the state of a version.
//
// Source: CodeArtifact User Guide, "Package version status".
type Status string

const (
	Published  Status = "Published"
	Unfinished Status = "Unfinished"
	Unlisted   Status = "Unlisted"
	Archived   Status = "Archived"
	Disposed   Status = "Disposed"
)

// Listed reports whether package managers are told of such versions.
func (s Status) Listed() bool { return s == Published }

// Downloadable reports whether package managers may fetch the assets of such
// versions. Unlisted ones stay available to lock files.
func (s Status) Downloadable() bool { return s == Published || s == Unlisted }

// Conflicting is the fault for an asset that exists with other content.
func Conflicting(asset string, stored, uploaded Digests) *fault.Error {
	return fault.ConflictResource("asset", asset,
		"%s already exists with other content: stored sha256=%s, uploaded sha256=%s. "+
			"Published files never change: publish under a new version, or delete this version first.",
		asset, stored.SHA256, uploaded.SHA256)
}

// Code returns the HTTP status for a fault in the answer to a package manager:
// that of the API, but 401 wherever the caller could not be established, so
// that clients ask for new credentials.
func Code(e *fault.Error) int {
	switch e.Kind {
	case fault.MissingAuthentication, fault.IncompleteSignature, fault.UnknownKey, fault.ExpiredSession, fault.BadSignature:
		return http.StatusUnauthorized
	}
	return e.Kind.Status(fault.RestJSON)
}
