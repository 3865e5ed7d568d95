package token

import (
	"bytes"
	"sync"
	"time"

	"github.com/fxamacker/cbor/v2"

	"daypass/internal/principal"
)

// The sealed forms are CBOR maps (RFC 8949) with integer keys and with instants
// as milliseconds since 1970. A key MUST keep its meaning for as long as tokens
// live. An unknown key is refused: a replica of an older version must not ignore a
// restriction that it does not know.

type claimsWire struct {
	ID        string  `cbor:"1,keyasint"`
	Domain    string  `cbor:"2,keyasint"`
	Owner     string  `cbor:"3,keyasint"`
	IssuedAt  int64   `cbor:"4,keyasint"`
	ExpiresAt int64   `cbor:"5,keyasint"`
	Principal refWire `cbor:"6,keyasint"`
	Mark      []byte  `cbor:"7,keyasint,omitempty"` // 8 bytes
}

type sessionKeyWire struct {
	AccessKeyID string  `cbor:"1,keyasint"`
	Secret      string  `cbor:"2,keyasint"`
	Principal   refWire `cbor:"3,keyasint"`
}

// refWire is principal.Ref, and sessionWire principal.Session.
type refWire struct {
	Kind        principal.Kind `cbor:"1,keyasint"`
	Account     string         `cbor:"2,keyasint"`
	ID          string         `cbor:"3,keyasint"`
	SessionName string         `cbor:"4,keyasint,omitempty"`
	Session     *sessionWire   `cbor:"5,keyasint,omitempty"`
}

type sessionWire struct {
	IssuedAt       int64               `cbor:"1,keyasint"`
	ExpiresAt      int64               `cbor:"2,keyasint"`
	Policies       []string            `cbor:"3,keyasint,omitempty"`
	PolicyARNs     []string            `cbor:"4,keyasint,omitempty"`
	Tags           map[string]string   `cbor:"5,keyasint,omitempty"`
	TransitiveKeys []string            `cbor:"6,keyasint,omitempty"`
	SourceIdentity string              `cbor:"7,keyasint,omitempty"`
	MFAAt          int64               `cbor:"8,keyasint,omitempty"` // 0: no MFA
	Provider       string              `cbor:"9,keyasint,omitempty"`
	Context        map[string][]string `cbor:"10,keyasint,omitempty"`
}

// modes are made at first use, because the program is also a client, which never
// needs them.
var modes = sync.OnceValues(func() (cbor.UserBufferEncMode, cbor.DecMode) {
	enc, err := cbor.EncOptions{}.UserBufferEncMode()
	if err != nil {
		panic("token: " + err.Error()) // the options are constant
	}
	dec, err := cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		MaxNestedLevels:   8,
	}.DecMode()
	if err != nil {
		panic("token: " + err.Error())
	}
	return enc, dec
})

func marshal(v any) ([]byte, error) {
	enc, _ := modes()
	return enc.Marshal(v)
}

// marshalTo is marshal into a buffer.
func marshalTo(b *bytes.Buffer, v any) error {
	enc, _ := modes()
	return enc.MarshalToBuffer(v, b)
}

func unmarshal(data []byte, v any) error {
	_, dec := modes()
	return dec.Unmarshal(data, v)
}

// milli returns Unix milliseconds, and 0 for the zero time, which is then omitted.
// instant is its inverse.
func milli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func encodeClaims(c *Claims) claimsWire {
	var mark []byte
	if c.Mark != (DomainMark{}) {
		mark = c.Mark[:]
	}
	return claimsWire{
		Mark: mark,
		ID:   c.ID, Domain: c.Domain, Owner: c.Owner,
		IssuedAt: milli(c.IssuedAt), ExpiresAt: milli(c.ExpiresAt),
		Principal: encodeRef(&c.Principal),
	}
}

// claimsWires is a pool of values to decode claims into and to encode them from.
// Decoded claims do not share memory with later ones: the decoder makes new strings
// and maps each time.
var claimsWires = sync.Pool{New: func() any { return new(claimsWire) }}

func (w *claimsWire) decode() *Claims {
	// One allocation for both, because they live equally long.
	c := new(struct {
		Claims
		session principal.Session
	})
	c.Claims = Claims{
		ID: w.ID, Domain: w.Domain, Owner: w.Owner,
		IssuedAt: instant(w.IssuedAt), ExpiresAt: instant(w.ExpiresAt),
		Principal: w.Principal.decode(&c.session),
	}
	copy(c.Mark[:], w.Mark)
	return &c.Claims
}

func encodeRef(r *principal.Ref) refWire {
	w := refWire{Kind: r.Kind, Account: r.Account, ID: r.ID, SessionName: r.SessionName}
	if s := r.Session; s != nil {
		w.Session = &sessionWire{
			IssuedAt: milli(s.IssuedAt), ExpiresAt: milli(s.ExpiresAt),
			Policies: s.Policies, PolicyARNs: s.PolicyARNs,
			Tags: s.Tags, TransitiveKeys: s.TransitiveKeys,
			SourceIdentity: s.SourceIdentity, MFAAt: milli(s.MFAAt),
			Provider: s.Provider, Context: s.Context,
		}
	}
	return w
}

// decode returns the reference. If it has a session, decode stores it in the one
// given, to save an allocation.
func (w *refWire) decode(session *principal.Session) principal.Ref {
	r := principal.Ref{Kind: w.Kind, Account: w.Account, ID: w.ID, SessionName: w.SessionName}
	if s := w.Session; s != nil {
		r.Session = session
		*session = principal.Session{
			IssuedAt: instant(s.IssuedAt), ExpiresAt: instant(s.ExpiresAt),
			Policies: s.Policies, PolicyARNs: s.PolicyARNs,
			Tags: s.Tags, TransitiveKeys: s.TransitiveKeys,
			SourceIdentity: s.SourceIdentity, MFAAt: instant(s.MFAAt),
			Provider: s.Provider, Context: s.Context,
		}
	}
	return r
}
