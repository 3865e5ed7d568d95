package token

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// A KeyStore stores the sealed keyset of an instance. All replicas share it.
type KeyStore interface {
	// LoadKeys returns the stored keyset and its revision. Revision 0 means that
	// none was saved yet.
	LoadKeys(ctx context.Context) (blob []byte, revision int64, err error)
	// SaveKeys replaces the stored keyset atomically if its revision is still the
	// one given. Otherwise it returns an error and changes nothing. Every save
	// changes the revision.
	SaveKeys(ctx context.Context, blob []byte, revision int64) error
}

const (
	// Life is the longest life of a credential that a key seals: a session of
	// GetSessionToken, 36 hours.
	Life = 36 * time.Hour
	// Retention is how long a key is kept after it was retired. It is longer than
	// Life for two reasons: clocks differ, and a replica that does not yet know of
	// the rotation still seals with the old key.
	Retention = Life + 12*time.Hour

	// maxKeys bounds the keyset. A key is made by hand or once a period, and removed
	// after Retention: more keys than this within two days are a mistake.
	maxKeys = 200

	keySize        = 32
	keysetVersion  = 1
	keysetContext  = "token keys"
	purposeClaims  = "daypass authorization token 1"
	purposeSession = "daypass session token 1"
	purposeMessage = "daypass authorization message 1"
)

// keysetWire is the stored form, CBOR under the master key.
type keysetWire struct {
	Version  int       `cbor:"1,keyasint"`
	Instance []byte    `cbor:"2,keyasint"` // 16 random bytes, part of the associated data
	Keys     []keyWire `cbor:"3,keyasint"` // oldest first; the last one seals
}

type keyWire struct {
	ID        uint32 `cbor:"1,keyasint"`
	CreatedAt int64  `cbor:"2,keyasint"`
	RetiredAt int64  `cbor:"3,keyasint,omitempty"`
	Secret    []byte `cbor:"4,keyasint"`
}

// A keyset is one revision of the keys, ready for use. It is immutable but for the
// claims that it keeps of tokens.
type keyset struct {
	keysetWire
	revision int64
	current  *key
	byID     map[uint32]*key
	claims   []byte // associated data of authorization tokens
	session  []byte // associated data of session tokens
	message  []byte // associated data of authorization messages
	opened   *opened
}

type key struct {
	id   uint32
	aead aead
}

// newKeyset prepares stored keys for use.
func newKeyset(w keysetWire, revision int64) (*keyset, error) {
	if w.Version != keysetVersion || len(w.Keys) == 0 {
		return nil, fmt.Errorf("stored token keys have version %d and %d keys; this program reads version %d", w.Version, len(w.Keys), keysetVersion)
	}
	s := &keyset{keysetWire: w, revision: revision, byID: make(map[uint32]*key, len(w.Keys)), opened: newOpened()}
	for _, stored := range w.Keys {
		aead, err := newAEAD(stored.Secret)
		if err != nil {
			return nil, fmt.Errorf("stored token key %08x: %w", stored.ID, err)
		}
		s.current = &key{stored.ID, aead}
		s.byID[stored.ID] = s.current
	}
	s.claims = append([]byte(purposeClaims+"\x00"), w.Instance...)
	s.session = append([]byte(purposeSession+"\x00"), w.Instance...)
	s.message = append([]byte(purposeMessage+"\x00"), w.Instance...)
	return s, nil
}

// decodeKeyset opens a stored keyset.
func decodeKeyset(m *Master, blob []byte, revision int64) (*keyset, error) {
	plain, err := m.Open(blob, []byte(keysetContext))
	if err != nil {
		return nil, ErrMaster
	}
	var w keysetWire
	err = unmarshal(plain, &w)
	if err != nil {
		return nil, fmt.Errorf("read stored token keys: %w", err)
	}
	return newKeyset(w, revision)
}

func (w *keysetWire) encode(m *Master) ([]byte, error) {
	plain, err := marshal(w)
	if err != nil {
		return nil, fmt.Errorf("write token keys: %w", err)
	}
	return m.Seal(plain, []byte(keysetContext))
}

// rotated returns a copy of w with a new key, which seals from now on. For the zero
// keysetWire it returns the first keyset of an instance.
func (w keysetWire) rotated(now time.Time, rand io.Reader) (keysetWire, error) {
	next := keysetWire{Version: keysetVersion, Instance: w.Instance, Keys: slices.Clone(w.Keys)}
	if next.Instance == nil {
		next.Instance = make([]byte, 16)
		_, err := io.ReadFull(rand, next.Instance)
		if err != nil {
			return w, fmt.Errorf("make token keys: %w", err)
		}
	}
	if n := len(next.Keys); n == maxKeys {
		return w, fmt.Errorf("make a token key: there are %d keys that may still be needed; the oldest go %s after they were retired", maxKeys, Retention)
	} else if n > 0 {
		next.Keys[n-1].RetiredAt = milli(now)
	}
	added := keyWire{CreatedAt: milli(now), Secret: make([]byte, keySize)}
	_, err := io.ReadFull(rand, added.Secret)
	if err != nil {
		return w, fmt.Errorf("make a token key: %w", err)
	}
	id, err := unusedID(next.Keys, rand)
	if err != nil {
		return w, err
	}
	added.ID = id
	next.Keys = append(next.Keys, added)
	return next, nil
}

// unusedID returns a random key id, so that instances have different ids. It is not
// zero, as in Tink.
func unusedID(keys []keyWire, rand io.Reader) (uint32, error) {
	for range 100 {
		var random [4]byte
		_, err := io.ReadFull(rand, random[:])
		if err != nil {
			return 0, fmt.Errorf("make a token key: %w", err)
		}
		id := binary.BigEndian.Uint32(random[:])
		if id != 0 && !slices.ContainsFunc(keys, func(k keyWire) bool { return k.ID == id }) {
			return id, nil
		}
	}
	return 0, errors.New("make a token key: no unused id found")
}

// pruned returns a copy of w without the keys whose tokens have all expired.
func (w keysetWire) pruned(now time.Time) keysetWire {
	expired := func(k keyWire) bool { return k.RetiredAt != 0 && !now.Before(instant(k.RetiredAt).Add(Retention)) }
	w.Keys = slices.DeleteFunc(slices.Clone(w.Keys), expired)
	return w
}

// hasSameKeys reports whether two keysets hold the same keys.
func (w keysetWire) hasSameKeys(other keysetWire) bool {
	return slices.EqualFunc(w.Keys, other.Keys, func(a, b keyWire) bool { return a.ID == b.ID })
}
