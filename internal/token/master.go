package token

import (
	"bytes"
	"errors"
	"fmt"
)

// MasterKeySize is the length of a master key in bytes.
const MasterKeySize = 32

// masterVersion is the first byte of everything that a Master seals, so that the
// algorithm can be changed.
const masterVersion = 1

// A Master seals the secrets in the database: the token keys, and the secrets of
// access keys. A copy of the database does not reveal them, because the master key
// is not in it. It is safe for concurrent use.
type Master struct{ aead aead }

// NewMaster returns a Master with a key of 32 random bytes.
func NewMaster(key []byte) (*Master, error) {
	if len(key) != MasterKeySize {
		return nil, fmt.Errorf("the master key has %d bytes, must have %d", len(key), MasterKeySize)
	}
	aead, err := newAEAD(key)
	if err != nil {
		return nil, fmt.Errorf("make master key: %w", err)
	}
	return &Master{aead}, nil
}

// Seal encrypts plain. The context says what it is and whose, such as
// "access-key AKIA…". Open needs the same context, so that a sealed value does not
// open if it was copied to another row.
func (m *Master) Seal(plain, context []byte) ([]byte, error) {
	return m.aead.seal([]byte{masterVersion}, plain, masterData(context)), nil
}

// Open is the inverse of Seal.
func (m *Master) Open(sealed, context []byte) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != masterVersion {
		return nil, errors.New("not sealed by a master key of this version")
	}
	plain, err := m.aead.open(bytes.Clone(sealed[1:]), masterData(context))
	if err != nil {
		return nil, errors.New("does not open under this master key and context")
	}
	return plain, nil
}

func masterData(context []byte) []byte {
	return append([]byte("daypass master 1\x00"), context...)
}

// String implements [fmt.Stringer], so that the key is not printed.
func (m *Master) String() string { return "master key" }

// GoString is String, for %#v.
func (m *Master) GoString() string { return m.String() }
