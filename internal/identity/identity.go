// Package identity owns who exists: accounts, users, groups, roles, their keys and
// policies, and what was revoked. It turns a reference frozen in a credential
// into today's principal with compiled policies. It never decides whether a
// principal may do something, and knows no wire format; its faults carry the
// words of the IAM API because its rules are that API's.
package identity

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"math/big"
	"time"

	"daypass/internal/policy"
	"daypass/internal/store"
)

// Rows that services may pass on as they are.
type (
	// An Account is a boundary of identities and of domains.
	Account = store.Account
	// An Entity is a user, a group or a role.
	Entity = store.Identity
	// A ManagedPolicy is a policy that several identities can have.
	ManagedPolicy = store.ManagedPolicy
	// A PolicyVersion is one text of a managed policy.
	PolicyVersion = store.PolicyVersion
	// A Usage is a way to use a managed policy.
	Usage = store.Usage
	// A Revocation ends credentials issued at or before an instant.
	Revocation = store.Revocation
)

// Kinds of an [Entity].
const (
	User  = store.KindUser
	Group = store.KindGroup
	Role  = store.KindRole
)

// Values of a [Usage]; its zero value is any.
const (
	AsPermissions = store.AsPermissions
	AsBoundary    = store.AsBoundary
)

// What [Directory.Counts] counts besides the kinds of an [Entity].
const (
	CountPolicies       = store.CountPolicies
	CountPolicyVersions = store.CountPolicyVersions
	CountMFADevices     = store.CountMFADevices
	CountMFAInUse       = store.CountMFAInUse
	CountProviders      = store.CountProviders
)

// States of an [AccessKey].
const (
	KeyActive   = store.KeyActive
	KeyInactive = store.KeyInactive
)

// A Sealer protects the secrets of access keys at rest. The context is bound
// to the sealed bytes: they open only under the same one.
type Sealer interface {
	Seal(plain, context []byte) ([]byte, error)
	Open(sealed, context []byte) ([]byte, error)
}

// A KeyPair is an access key with its secret in the clear.
type KeyPair struct {
	AccessKeyID     string
	SecretAccessKey string
}

// A Config is what a [Directory] works with; all of it but Root is needed.
type Config struct {
	DB      *store.DB
	Sealer  Sealer
	Now     func() time.Time
	Account string  // the account that the first start makes; Root is its root user
	Root    KeyPair // empty: the root user has no key, and no session of it opens anything
	Quotas  Quotas
	// LoopbackIssuers lets OpenID Connect providers have http:// URLs on the
	// loopback address, for tests.
	LoopbackIssuers bool
}

// A Directory answers for the identities of an instance. It is safe for
// concurrent use. What it derives from the database is cached and dropped with
// every change, so that its answers are those of this moment.
type Directory struct {
	Config
	keys      *store.Cache[string, *longTerm]
	standings *store.Cache[string, *standing]
	roles     *store.Cache[string, *AssumableRole]
	managed   *store.Cache[managedKey, *policy.Policy]
	sessions  *store.Cache[string, *policy.Policy]
	revoked   *revoked
	uses      uses
}

// Bounds of the caches: in entries, and in bytes of those that hold policies. A
// standing counts all of its policies, though it shares managed ones with others:
// it keeps them in memory when the cache of those has dropped them.
const (
	maxKeys = 10_000

	maxStandings = 64 << 20
	maxRoles     = 16 << 20
	maxManaged   = 32 << 20
	maxSessions  = 32 << 20
)

// entryWeight is what an entry of a cache takes besides its policies.
const entryWeight = 1 << 10

// New returns the directory of an instance.
func New(c Config) *Directory {
	c.Quotas = c.Quotas.orDefaults()
	return &Directory{
		Config:    c,
		keys:      store.NewCache[string, *longTerm](c.DB, maxKeys),
		standings: store.NewWeighedCache(c.DB, maxStandings, func(_ string, s *standing) int { return s.weight() }),
		roles:     store.NewWeighedCache(c.DB, maxRoles, func(_ string, r *AssumableRole) int { return entryWeight + len(r.Trust) + r.Policy.Weight() }),
		managed:   store.NewWeighedCache(c.DB, maxManaged, func(_ managedKey, p *policy.Policy) int { return entryWeight + p.Weight() }),
		sessions:  store.NewWeighedCache(c.DB, maxSessions, func(document string, p *policy.Policy) int { return entryWeight + len(document) + p.Weight() }),
		revoked:   newRevoked(),
	}
}

// now is the present in the precision that is stored.
func (d *Directory) now() time.Time { return d.Now().UTC().Truncate(time.Millisecond) }

// change runs fn in a transaction that empties the caches when it commits.
func (d *Directory) change(ctx context.Context, fn func(*store.Tx) error) error {
	return d.DB.Update(ctx, func(tx *store.Tx) error {
		tx.Touch()
		return fn(tx)
	})
}

const base32Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

// Prefixes of unique ids and how many characters follow them.
//
// Source: IAM User Guide, "IAM identifiers", unique ID prefixes.
const (
	prefixUser   = "AIDA"
	prefixGroup  = "AGPA"
	prefixRole   = "AROA"
	prefixPolicy = "ANPA"
	prefixKey    = "AKIA"

	uniqueTail = 17
	keyTail    = 16
)

// uniqueID returns a new id of n random characters after a prefix. It draws 5
// bits a character, so 80 bits for an access key.
func uniqueID(prefix string, n int) string {
	random := make([]byte, n)
	_, _ = rand.Read(random) // never fails
	id := []byte(prefix)
	for _, b := range random {
		id = append(id, base32Alphabet[b&31])
	}
	return string(id)
}

// newSecret returns 30 random bytes as 40 characters, the length of AWS's own.
func newSecret() string {
	random := make([]byte, 30)
	_, _ = rand.Read(random) // never fails
	return base64.StdEncoding.EncodeToString(random)
}

// newAccountID returns a random account number that does not begin with 0, so
// that it survives spreadsheets.
func newAccountID() string {
	n, err := rand.Int(rand.Reader, big.NewInt(900_000_000_000))
	if err != nil {
		panic(err) // crypto/rand never fails
	}
	return n.Add(n, big.NewInt(100_000_000_000)).String()
}

// exists and gone turn a row's fate into a fault, and pass on anything else.
func exists(err, instead error) error {
	if errors.Is(err, store.ErrExists) {
		return instead
	}
	return err
}

func gone(err, instead error) error {
	if errors.Is(err, store.ErrNotFound) {
		return instead
	}
	return err
}
