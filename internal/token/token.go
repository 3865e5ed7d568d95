package token

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"daypass/internal/principal"
)

// Claims is what an authorization token says.
type Claims struct {
	ID        string // ABIA and 16 characters, see [NewID]
	Domain    string // the domain that it is for
	Owner     string // the account that owns the domain
	IssuedAt  time.Time
	ExpiresAt time.Time // both UTC, whole milliseconds
	Principal principal.Ref
	Mark      DomainMark // of the domain that it is for; zero: made by a version that knew none
}

// A DomainMark tells a domain from a later one of its name.
type DomainMark [8]byte

// MarkDomain returns the mark of a domain's id, which is never used again. Ids
// are made at random, so that nobody can look for another one with the same mark.
func MarkDomain(id string) DomainMark {
	sum := sha256.Sum256([]byte(id))
	return DomainMark(sum[:8])
}

// A SessionKey is what a session token of STS carries. Sessions are not
// stored: whoever shows the token brings all that the server knew of it. When
// it ends is in Principal.Session.
type SessionKey struct {
	AccessKeyID string // ASIA and 16 characters
	Secret      string
	Principal   principal.Ref
}

// String leaves the secret out, so that a session can be printed by mistake.
func (k SessionKey) String() string { return "session " + k.AccessKeyID }

// GoString is String, for %#v.
func (k SessionKey) GoString() string { return k.String() }

// LogValue is String, for structured logs.
func (k SessionKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

// Errors of Open and OpenSession.
var (
	// ErrMalformed is wrapped by every error that says that a string is not a
	// token of this kind and instance, but for ErrUnknownKey.
	ErrMalformed = errors.New("not a valid token")
	// ErrChecksum wraps ErrMalformed: the token was cut short or altered on
	// its way. The token that was issued may well be good.
	ErrChecksum = fmt.Errorf("%w: its checksum is wrong, it was cut short or altered", ErrMalformed)
	// ErrForged wraps ErrMalformed: the checksum is right, the seal is not.
	ErrForged = fmt.Errorf("%w: its seal is broken", ErrMalformed)
	// ErrUnknownKey says that the key which sealed the token is not on the
	// ring: another instance made it, or it is so old that its key is gone.
	ErrUnknownKey = errors.New("the token was sealed with a key that is not known here")
	// ErrTooLong says that what should be sealed does not fit into MaxLength;
	// its session policies and tags are too large.
	ErrTooLong = fmt.Errorf("the token would be longer than %d characters", MaxLength)
)

// ErrMaster says that the stored token keys do not open under the master key.
var ErrMaster = errors.New("the master key is not the one that the stored token keys were sealed with")
