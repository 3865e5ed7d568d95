package token

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"daypass/internal/principal"
)

// Claims is the content of an authorization token.
type Claims struct {
	ID        string // ABIA and 16 characters, see [NewID]
	Domain    string // the domain that it is for
	Owner     string // the account that owns the domain
	IssuedAt  time.Time
	ExpiresAt time.Time // both UTC, whole milliseconds
	Principal principal.Ref
	Mark      DomainMark // of the domain that it is for; zero in tokens of older versions
}

// A DomainMark tells a domain from a later one of the same name.
type DomainMark [8]byte

// MarkDomain returns the mark of a domain's id. Ids are random and never reused, so
// that nobody can make a domain with the same mark.
func MarkDomain(id string) DomainMark {
	sum := sha256.Sum256([]byte(id))
	return DomainMark(sum[:8])
}

// A SessionKey is the content of a session token of STS. Sessions are not stored:
// the token holds everything that the server knows of one. Principal.Session has
// the expiry.
type SessionKey struct {
	AccessKeyID string // ASIA and 16 characters
	Secret      string
	Principal   principal.Ref
}

// String leaves the secret out, in case a session is printed by mistake.
func (k SessionKey) String() string { return "session " + k.AccessKeyID }

// GoString is String, for %#v.
func (k SessionKey) GoString() string { return k.String() }

// LogValue is String, for structured logs.
func (k SessionKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

// Errors of Open and OpenSession.
var (
	// ErrMalformed is wrapped by every error about a string that is not a token of
	// this kind and instance, except ErrUnknownKey.
	ErrMalformed = errors.New("not a valid token")
	// ErrChecksum wraps ErrMalformed: the token was cut short or altered in transit.
	// The token as issued may be valid.
	ErrChecksum = fmt.Errorf("%w: its checksum is wrong, it was cut short or altered", ErrMalformed)
	// ErrForged wraps ErrMalformed: the checksum is right, but the token was not
	// sealed with the key that it names.
	ErrForged = fmt.Errorf("%w: its seal is broken", ErrMalformed)
	// ErrUnknownKey says that the keyring does not have the key that sealed the
	// token: another instance made it, or its key was removed long after it expired.
	ErrUnknownKey = errors.New("the token was sealed with a key that is not known here")
	// ErrTooLong says that a token would exceed MaxLength, because its session
	// policies and tags are too large.
	ErrTooLong = fmt.Errorf("the token would be longer than %d characters", MaxLength)
)

// ErrMaster says that the stored token keys do not open under the master key.
var ErrMaster = errors.New("the master key is not the one that the stored token keys were sealed with")
