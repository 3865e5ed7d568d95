// Package throttle owns how many requests a second one account, one principal,
// one authorization token and one address may make of this process. It knows
// nothing of HTTP: its caller says who asks, and writes the refusal. It is a package
// of its own because unauthenticated requests write to its memory, which is bounded
// here.
package throttle

import (
	"net/netip"
	"time"
)

// A Limit is one thing that is counted.
type Limit uint8

const (
	Token     Limit = iota // requests with one authorization token
	Address                // requests of one address whose caller was not authenticated
	Principal              // requests of one user, or of all sessions of one role

	// The others are counted for each account.
	GetAuthorizationToken
	Reads
	Writes
	STS
	numLimits
)

// limits has for each limit its name in settings and logs, and AWS's rate, 0 if AWS
// has none.
//
// Sources: CodeArtifact User Guide, "Quotas in AWS CodeArtifact"; IAM User
// Guide, "IAM and AWS STS quotas".
var limits = [numLimits]struct {
	name string
	aws  int
}{
	Token:                 {"token", 1200},
	Address:               {"address", 600},
	Principal:             {"principal", 0},
	GetAuthorizationToken: {"get-authorization-token", 40},
	Reads:                 {"reads", 800},
	Writes:                {"writes", 100},
	STS:                   {"sts", 600},
}

func (l Limit) String() string { return limits[l].name }

// Limits returns every limit.
func Limits() []Limit {
	all := make([]Limit, numLimits)
	for i := range all {
		all[i] = Limit(i)
	}
	return all
}

// Rates has for each limit how many requests a second it allows; 0 means any number.
type Rates [numLimits]int

// AWS returns the rates that AWS publishes.
func AWS() Rates {
	var r Rates
	for i := range limits {
		r[i] = limits[i].aws
	}
	return r
}

// A Throttle counts requests. It is safe for concurrent use. Without rates it allows
// everything.
type Throttle struct {
	buckets    [numLimits]bucket
	tokens     table[string]
	principals table[string]
	accounts   table[account]
	addresses  table[netip.Addr]
}

// An account is the key of a bucket that is counted by account.
type account struct {
	id    string
	limit Limit
}

// New returns a throttle that begins to count now.
func New(rates Rates, now time.Time) *Throttle {
	t := &Throttle{}
	for i, rate := range rates {
		t.buckets[i] = newBucket(rate)
	}
	t.tokens.init(now)
	t.principals.init(now)
	t.accounts.init(now)
	t.addresses.init(now)
	return t
}

// Account counts one request of an account under a limit. It returns 0 if the request
// is allowed, else how long to wait. Here and in the other methods now is the present
// instant, not the one at which the request began to arrive.
func (t *Throttle) Account(now time.Time, limit Limit, id string) time.Duration {
	return t.accounts.use(take, now, t.buckets[limit], account{id, limit})
}

// Token is like [Throttle.Account] for the token with this id.
func (t *Throttle) Token(now time.Time, id string) time.Duration {
	return t.tokens.use(take, now, t.buckets[Token], id)
}

// Principal is like [Throttle.Account] for the user or role with this unique id.
func (t *Throttle) Principal(now time.Time, id string) time.Duration {
	return t.principals.use(take, now, t.buckets[Principal], id)
}

// A Caller is an authenticated caller with the ids that it is counted by. Token is
// empty if it sent none.
type Caller struct{ Token, Principal, Account string }

// maxSpend bounds the requests that one call of Spend counts. More would not raise
// any debt.
const maxSpend = 10_000

// Spend counts further requests of a caller whose request was allowed, but cost as
// much as several.
func (t *Throttle) Spend(now time.Time, limit Limit, c Caller, requests int) {
	for range min(requests, maxSpend) {
		if c.Token != "" {
			t.tokens.use(charge, now, t.buckets[Token], c.Token)
		}
		t.principals.use(charge, now, t.buckets[Principal], c.Principal)
		t.accounts.use(charge, now, t.buckets[limit], account{c.Account, limit})
	}
}

// Address returns how long an address has to wait; 0 means not at all. It counts
// nothing: only requests without an authenticated caller are counted, by Charge.
func (t *Throttle) Address(now time.Time, address netip.Addr) time.Duration {
	return t.addresses.use(peek, now, t.buckets[Address], Network(address))
}

// Charge counts a request of an address whose caller was not authenticated.
func (t *Throttle) Charge(now time.Time, address netip.Addr) {
	t.addresses.use(charge, now, t.buckets[Address], Network(address))
}

// Network is what one subscriber holds: an IPv4 address, or 64 bits of IPv6, of
// which each has as many addresses as it likes.
//
// Source: RFC 6177, section 2.
func Network(address netip.Addr) netip.Addr {
	if !address.Is6() {
		return address
	}
	prefix, err := address.Prefix(64)
	if err != nil {
		return address
	}
	return prefix.Addr()
}
