package token

import (
	"crypto/cipher"
	"crypto/rand"

	"golang.org/x/crypto/chacha20poly1305"
)

// An aead is XChaCha20-Poly1305 with the random nonce in front of what it
// seals. Its nonce is long enough to be drawn at random for as many messages as
// one key can ever seal.
//
// Source: draft-irtf-cfrg-xchacha-03.
type aead struct{ cipher cipher.AEAD }

func newAEAD(key []byte) (aead, error) {
	c, err := chacha20poly1305.NewX(key)
	return aead{c}, err
}

// seal appends the sealed form of plain to dst.
func (a aead) seal(dst, plain, data []byte) []byte {
	n := len(dst)
	dst = append(dst, make([]byte, chacha20poly1305.NonceSizeX)...)
	nonce := dst[n:]
	_, _ = rand.Read(nonce) // never fails: it would end the program
	return a.cipher.Seal(dst, nonce, plain, data)
}

// open returns what was sealed. It stands where sealed stood.
func (a aead) open(sealed, data []byte) ([]byte, error) {
	if len(sealed) < chacha20poly1305.NonceSizeX {
		return nil, ErrForged
	}
	nonce, sealed := sealed[:chacha20poly1305.NonceSizeX], sealed[chacha20poly1305.NonceSizeX:]
	return a.cipher.Open(sealed[:0], nonce, sealed, data)
}
