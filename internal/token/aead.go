package token

import (
	"crypto/cipher"
	"crypto/rand"

	"golang.org/x/crypto/chacha20poly1305"
)

// An aead is XChaCha20-Poly1305 with a random nonce in front of the ciphertext.
// The nonce is long enough that random ones do not repeat, however many messages a
// key seals.
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

// open returns the plaintext. It overwrites the memory of sealed.
func (a aead) open(sealed, data []byte) ([]byte, error) {
	if len(sealed) < chacha20poly1305.NonceSizeX {
		return nil, ErrForged
	}
	nonce, sealed := sealed[:chacha20poly1305.NonceSizeX], sealed[chacha20poly1305.NonceSizeX:]
	return a.cipher.Open(sealed[:0], nonce, sealed, data)
}
