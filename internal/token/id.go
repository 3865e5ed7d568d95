package token

import (
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"io"

	"daypass/internal/arn"
)

const secretLength = 40 // characters

// NewID returns a new id: the prefix and, for credentials (ABIA, AKIA, ASIA),
// 16 characters of A–Z and 2–7, for everything else 17. They hold 80 and 85
// bits from rand, so that two ids are never the same. The error is rand's.
func NewID(prefix string, rand io.Reader) (string, error) {
	var text [32]byte // the prefix, and 11 bytes in base32 with their padding
	n := copy(text[:], prefix)
	random := make([]byte, 11)
	_, err := io.ReadFull(rand, random)
	if err != nil {
		return "", fmt.Errorf("make an id: %w", err)
	}
	base32.StdEncoding.Encode(text[n:], random)
	switch prefix {
	case arn.TokenID, arn.AccessKeyID, arn.SessionKeyID:
		return string(text[:n+16]), nil
	}
	return string(text[:n+17]), nil
}

// NewSecret returns a new secret access key: 40 characters of base64 that hold
// 240 bits from rand. The error is rand's.
func NewSecret(rand io.Reader) (string, error) {
	var random [secretLength * 6 / 8]byte
	_, err := io.ReadFull(rand, random[:])
	if err != nil {
		return "", fmt.Errorf("make a secret access key: %w", err)
	}
	return base64.StdEncoding.EncodeToString(random[:]), nil
}
