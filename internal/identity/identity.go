// Package identity owns accounts, users, groups, roles, their keys and policies,
// and revocations. It turns the reference in a credential into the principal as it
// is now, with compiled policies. It never decides whether a principal may do
// something, and knows no wire format. Its faults have the sentences of the IAM
// API, because its rules are that API's.
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
	// An Account owns identities and domains.
	Account = store.Account
	// An Entity is a user, a group or a role.
	Entity = store.Identity
	// A ManagedPolicy is a policy that several identities can have.
	ManagedPolicy = store.ManagedPolicy
	// An InlinePolicy is a policy of one entity alone.
	InlinePolicy = store.InlinePolicy
	// A PolicyVersion is one version of a managed policy.
	PolicyVersion = store.PolicyVersion
	// A Usage is a way to use a managed policy.
	Usage = store.Usage
	// A PolicyUserQuery chooses entities that use a managed policy.
	PolicyUserQuery = store.PolicyUserQuery
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

// A Sealer encrypts the secrets of access keys at rest. Sealed bytes open only
// with the context that they were sealed with.
type Sealer interface {
	Seal(plain, context []byte) ([]byte, error)
	Open(sealed, context []byte) ([]byte, error)
}

// A KeyPair is an access key with its secret in the clear.
type KeyPair struct {
	AccessKeyID     string
	SecretAccessKey string
}

// A Config has the dependencies and settings of a [Directory]. Root, Quotas and
// LoopbackIssuers may be zero.
type Config struct {
	DB      *store.DB
	Sealer  Sealer
	Now     func() time.Time
	Account string  // the account that the first start makes; Root is its root user
	Root    KeyPair // empty: the root user has no key, and its sessions are invalid
	Quotas  Quotas
	// LoopbackIssuers lets OpenID Connect providers have http:// URLs on the
	// loopback address, for tests.
	LoopbackIssuers bool
}

// A Directory has the identities of an instance. It is safe for concurrent use.
// It caches what it derives from the database, and empties the caches with every
// change.
type Directory struct {
	Config
	keys       *store.Cache[string, *activeKey]
	principals *store.Cache[string, *currentPrincipal]
	roles      *store.Cache[string, *AssumableRole]
	managed    *store.Cache[managedKey, *policy.Policy]
	sessions   *store.Cache[string, *policy.Policy]
	revoked    *revocationCache
	uses       uses
}

// Bounds of the caches. maxKeys counts entries; the others count bytes, because
// their entries hold policies. A principal counts its managed policies although it
// shares them with others: it keeps them in memory when the cache of managed
// policies has dropped them.
const (
	maxKeys = 10_000

	maxPrincipals = 64 << 20
	maxRoles      = 16 << 20
	maxManaged    = 32 << 20
	maxSessions   = 32 << 20
)

// entryWeight is the memory of a cache entry besides its policies, in bytes.
const entryWeight = 1 << 10

// New returns the directory of an instance.
func New(c Config) *Directory {
	c.Quotas = c.Quotas.orDefaults()
	return &Directory{
		Config:     c,
		keys:       store.NewCache[string, *activeKey](c.DB, maxKeys),
		principals: store.NewWeighedCache(c.DB, maxPrincipals, func(_ string, s *currentPrincipal) int { return s.weight() }),
		roles:      store.NewWeighedCache(c.DB, maxRoles, func(_ string, r *AssumableRole) int { return entryWeight + len(r.Trust) + r.Policy.Weight() }),
		managed:    store.NewWeighedCache(c.DB, maxManaged, func(_ managedKey, p *policy.Policy) int { return entryWeight + p.Weight() }),
		sessions:   store.NewWeighedCache(c.DB, maxSessions, func(document string, p *policy.Policy) int { return entryWeight + len(document) + p.Weight() }),
		revoked:    newRevocationCache(),
	}
}

// now is the present in milliseconds, the precision of the database.
func (d *Directory) now() time.Time { return d.Now().UTC().Truncate(time.Millisecond) }

// change runs fn in a transaction that empties the caches when it commits.
func (d *Directory) change(ctx context.Context, fn func(*store.Tx) error) error {
	return d.DB.Update(ctx, func(tx *store.Tx) error {
		tx.Touch()
		return fn(tx)
	})
}

const base32Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

// How many characters follow the prefixes of unique ids.
const (
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

// ifExists returns a fault for [store.ErrExists], and any other error unchanged.
func ifExists(err, instead error) error {
	if errors.Is(err, store.ErrExists) {
		return instead
	}
	return err
}

// ifNotFound returns a fault for [store.ErrNotFound], and any other error unchanged.
func ifNotFound(err, instead error) error {
	if errors.Is(err, store.ErrNotFound) {
		return instead
	}
	return err
}
