// Package registry owns domains and repositories with their policies and tags, and
// the packages, versions and assets in them, on top of the store and the blob store.
// It implements the repository that formats use. It must never know who is asking: it
// returns the subject of an action, and its callers authorize it.
package registry

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"daypass/internal/blob"
	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/policy"
	"daypass/internal/store"
	"daypass/internal/tag"
)

// Rows that services may pass on as they are.
type (
	// A DomainRow is a domain as it is stored.
	DomainRow = store.Domain
	// A RepositoryRow is a repository as it is stored.
	RepositoryRow = store.Repository
	// A ResourcePolicy is the policy of a domain or a repository.
	ResourcePolicy = store.ResourcePolicy
)

// Limits are the quotas. A field that is zero has AWS's default.
//
// Source: CodeArtifact User Guide, "Quotas in AWS CodeArtifact".
type Limits struct {
	Domains      int   // of an account in a region: 10
	Repositories int   // of a domain: 1,000
	Upstreams    int   // of a repository: 10
	Assets       int   // of a version: 350
	Tags         int   // of a domain or repository: 50
	AssetSize    int64 // bytes: 5 GiB
}

func (l Limits) orDefaults() Limits {
	set := func(v *int, standard int) {
		if *v == 0 {
			*v = standard
		}
	}
	set(&l.Domains, 10)
	set(&l.Repositories, 1000)
	set(&l.Upstreams, 10)
	set(&l.Assets, 350)
	set(&l.Tags, 50)
	if l.AssetSize == 0 {
		l.AssetSize = 5 << 30
	}
	return l
}

// A Config is what a [Registry] works with.
type Config struct {
	DB     *store.DB
	Blobs  blob.Store
	Now    func() time.Time // nil means time.Now
	Region string           // preferred where an address names no region
	Limits Limits

	// Formats are the package formats that operations of the API know.
	Formats []*format.Format
}

// A Registry is safe for concurrent use, and several may share one database
// and one store of content.
type Registry struct {
	Config
	domains      *store.Cache[domainKey, *Domain]
	repositories *store.Cache[repositoryKey, *Repository]
	packages     *cache
}

// How much lookups are remembered, in bytes, and about what one takes besides its
// policies.
const (
	maxDomains      = 16 << 20
	maxRepositories = 32 << 20
	lookupWeight    = 1 << 10
)

// weightOf is what a lookup takes with its policies.
func weightOf(policies []*policy.Policy) int {
	n := lookupWeight
	for _, p := range policies {
		n += p.Weight()
	}
	return n
}

// New returns a registry over an open database and store.
func New(c Config) *Registry {
	c.Limits = c.Limits.orDefaults()
	if c.Now == nil {
		c.Now = time.Now
	}
	g := &Registry{
		Config:       c,
		domains:      store.NewWeighedCache(c.DB, maxDomains, func(_ domainKey, d *Domain) int { return weightOf(d.policies) }),
		repositories: store.NewWeighedCache(c.DB, maxRepositories, func(_ repositoryKey, r *Repository) int { return weightOf(r.policies[len(r.Domain.policies):]) }),
	}
	g.packages = newCache(g.loadHead)
	return g
}

// A Subject is what an action on a domain, a repository or a package is judged
// on.
type Subject = policy.Subject

// change runs a transaction that empties the caches of all replicas.
func (g *Registry) change(ctx context.Context, fn func(*store.Tx) error) error {
	return g.DB.Update(ctx, func(tx *store.Tx) error {
		tx.Touch()
		return fn(tx)
	})
}

// newID returns a random id that is safe in paths.
func newID() string { return rand.Text() }

// newRevision returns the revision of a policy: 44 characters, as AWS's are.
func newRevision() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails: crypto/rand
	return base64.StdEncoding.EncodeToString(b)
}

// compile parses a stored policy and pins it to the principals that it was bound to.
func compile(resource string, p store.ResourcePolicy) ([]*policy.Policy, error) {
	if p.Document == "" {
		return nil, nil
	}
	parsed, err := policy.Parse(resource, p.Document, policy.Resource)
	if err != nil {
		return nil, fmt.Errorf("policy of %s: %w", resource, err)
	}
	return []*policy.Policy{parsed.Pin(p.Bound)}, nil
}

// checkRevision refuses a change that expects another revision of the stored policy.
func checkRevision(kind, name string, stored store.ResourcePolicy, expected string) error {
	if expected == "" || expected == stored.Revision {
		return nil
	}
	return fault.ConflictResource(kind, name, "The policy of %s '%s' has another revision than %s: read it again before changing it", kind, name, expected)
}

func missingPolicy(kind, name string) error {
	return fault.NotFoundResource(kind, name, "Policy not found. The %s '%s' has no permissions policy", kind, name)
}

func overQuota(kind, name, format string, args ...any) error {
	return &fault.Error{Kind: fault.Quota, ResourceType: kind, ResourceID: name, Message: fmt.Sprintf(format, args...)}
}

// changeTags returns tags with some added and some removed, within the quota. No key
// comes to stand beside another spelling of it: to condition keys they are one.
func (g *Registry) changeTags(kind, name string, tags, add map[string]string, remove []string) (map[string]string, error) {
	if key, twin, found := tag.Clash(tags, add); found {
		return nil, fault.Invalid("tags: the key %q differs by case alone from %q, which the %s has: expected that spelling, or its removal first", key, twin, kind)
	}
	result := make(map[string]string, len(tags)+len(add))
	maps.Copy(result, tags)
	maps.Copy(result, add)
	for _, k := range remove {
		delete(result, k)
	}
	if len(result) > g.Limits.Tags {
		return nil, overQuota(kind, name, "A %s can have at most %d tags", kind, g.Limits.Tags)
	}
	return result, nil
}

const maxName = 255 // characters

// isName reports whether text has the shape of a package's name, namespace or
// version, or of an entry in a list. Control characters are out besides:
// databases refuse some.
func isName(s string) bool {
	return consistsOf(s, func(r rune) bool { return r != '#' && r != '/' && !unicode.IsSpace(r) && !unicode.Is(unicode.C, r) })
}

// isAssetName reports whether text has the shape of an asset's name.
func isAssetName(s string) bool {
	return consistsOf(s, func(r rune) bool { return !unicode.Is(unicode.C, r) })
}

func consistsOf(s string, ok func(rune) bool) bool {
	n := utf8.RuneCountInString(s)
	return 1 <= n && n <= maxName && utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !ok(r) }) < 0
}

func isNotFound(err error) bool { return errors.Is(err, store.ErrNotFound) }

// milliseconds cuts an instant to what the store keeps of it.
func milliseconds(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
