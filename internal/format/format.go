// Package format owns the contract of package formats: a format's name, its routes
// with the permissions that each needs, the rules of its names and versions, and how
// it writes errors. A format is a folder beside this file that exports one [Format]
// value. To add one takes a folder and a line in the server's list.
//
// A format knows HTTP and its clients' documents. It must never know who is asking,
// whether they may, how anything is stored, or another format. It uses a
// [Repository], which the registry implements. docs/decisions/010 shows eight formats
// on this contract.
package format

import (
	"encoding/json"
	"net/http"
	"time"

	"daypass/internal/fault"
)

// The actions that verbs take.
//
// Source: Service Authorization Reference, AWS CodeArtifact.
const (
	Read         = "codeartifact:ReadFromRepository"
	ListPackages = "codeartifact:ListPackages"
	Publish      = "codeartifact:PublishPackageVersion"
	PutMetadata  = "codeartifact:PutPackageMetadata"
)

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

	// SortKey returns a text whose byte order is the format's order of versions. It
	// accepts every text: one that is no version by the format's rules sorts first.
	SortKey func(version string) string

	// OneVersionPerKey says that versions of equal SortKey are one version,
	// which keeps the spelling that it was published with first (pypi).
	OneVersionPerKey bool

	// AssetKey returns a text that is equal for names of one and the same asset
	// of a version. Nil means that only equal names are.
	AssetKey func(asset string) string

	// Auxiliary reports whether an asset accompanies another: it is served, but
	// it is no asset in the terms of the API and of its quota. Nil means none.
	Auxiliary func(asset string) bool

	// GrowsVersions says that assets with new names may be added to a version
	// that is published already (pypi, maven).
	GrowsVersions bool

	// WriteError answers a request with a fault, in a form that the format's clients
	// show to people. The challenges are already in the header.
	WriteError func(w http.ResponseWriter, r *http.Request, e *fault.Error)
}

// A Route is one kind of request that a format answers.
type Route struct {
	Method string // GET answers HEAD too, as in net/http

	// Pattern is the tail of a net/http pattern, below
	// {base}/{format}/d/{domain}-{owner}/{repository}. It is empty or begins
	// with a slash, and does not use the wildcards "domain" and "repository".
	Pattern string

	// Verbs are what such a request may do, at least one. If there is one, its
	// actions on the repository are authorized before the handler runs. If there are
	// several, the handler reads from the body which one it is and passes it to
	// [Repository.Begin].
	Verbs []*Verb

	// Handle answers the request, or returns an error. After an error the connection
	// is cut if part of the answer was written. Handle MUST bound what it reads of
	// the body, and reserve memory for what it keeps with [Call.Hold].
	Handle func(w http.ResponseWriter, r *http.Request, c *Call) error
}

// A Verb is one thing that requests do, with all the actions that it needs.
type Verb struct {
	Name       string
	Repository []string // actions on the repository
	Package    []string // actions on the package that is changed
}

// Action is the action that stands for the verb in logs and limits.
func (v *Verb) Action() string {
	if len(v.Package) > 0 {
		return v.Package[0]
	}
	return v.Repository[0]
}

// A Call is what a handler gets besides the request.
type Call struct {
	Repository Repository
	Base       string    // URL of the repository as the client sees it, with the last slash
	Now        time.Time // the instant that is "now" for the whole call
	MaxAsset   int64     // maximum size of an asset in bytes

	// Hold reserves memory for bytes of the body that the handler keeps, from the
	// amount that all requests share. The memory is released when the handler
	// returns. The error says that there is none left. Nil means no limit.
	Hold func(bytes int64) error
}

// A Name is a package's name within its format. Namespace is the npm scope
// without its @, the Maven group, the Swift scope; pypi, nuget, ruby and cargo
// have none.
type Name struct{ Namespace, Name string }

// A Ref identifies a version of a package; both are normalised.
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

// A Version is one version of a package, with the fields that index documents show.
// Its description is not among them.
type Version struct {
	Version   string // normalised
	Status    Status
	Revision  string          // changes with every change of the version except of its status
	Published time.Time       // UTC: when it was published, here or in its source
	Detail    json.RawMessage // as in [Description]
	Yanked    *string         // why it should not be used, maybe empty; nil: not yanked
	Assets    []Asset         // in the order of their names
}

// A Description is the metadata of a version. A field that its author left out is
// empty.
type Description struct {
	DisplayName  string // the name before normalisation
	Summary      string
	HomePage     string
	SourceCode   string // URL of the source repository
	Licenses     []License
	Readme       string // as found: Markdown, reStructuredText or plain
	Dependencies []Dependency

	// Detail is JSON that only the format understands: what its index documents need
	// besides the other fields. It may be empty.
	Detail json.RawMessage
}

// A License is a licence of a version.
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
	Uploaded time.Time       // UTC: when it was uploaded, here or to its source
	Detail   json.RawMessage // as in [Description], for this asset
}

// Digests are the four digests that the API shows for an asset, in lower-case
// hexadecimal.
type Digests struct{ MD5, SHA1, SHA256, SHA512 string }

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

// Listed reports whether lists for package managers show such versions.
func (s Status) Listed() bool { return s == Published }

// Downloadable reports whether package managers may download the assets of such
// versions. Unlisted ones stay available to lock files.
func (s Status) Downloadable() bool { return s == Published || s == Unlisted }

// Conflicting returns the fault for an asset that exists with other content.
func Conflicting(asset string, stored Asset, uploaded Digests) *fault.Error {
	which := asset
	if stored.Name != asset {
		which = stored.Name + ", which is the same file as " + asset + ","
	}
	return fault.ConflictResource("asset", asset,
		"%s already exists with other content: stored sha256=%s, uploaded sha256=%s. "+
			"Published files never change: publish under a new version.",
		which, stored.Digests.SHA256, uploaded.SHA256)
}

// Code returns the HTTP status of a fault for a package manager. It is that of the
// API, but 401 whenever the caller was not authenticated, so that clients ask for new
// credentials.
func Code(e *fault.Error) int {
	switch e.Kind {
	case fault.MissingAuthentication, fault.IncompleteSignature, fault.UnknownKey, fault.ExpiredSession, fault.BadSignature:
		return http.StatusUnauthorized
	}
	return e.Kind.Status(fault.RestJSON)
}
