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
	var random [11]byte
	_, err := io.ReadFull(rand, random[:])
	if err != nil {
		return "", fmt.Errorf("make an id: %w", err)
	}
	n := 17
	switch prefix {
	case arn.TokenID, arn.AccessKeyID, arn.SessionKeyID:
		n = 16
	}
	return prefix + base32.StdEncoding.EncodeToString(random[:])[:n], nil
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
