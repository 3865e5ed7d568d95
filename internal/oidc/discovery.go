package oidc

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

const (
	// maxKeys bounds the keys of each kind that an issuer may have.
	//
	// Source: IAM User Guide, "Create an OpenID Connect (OIDC) identity provider
	// in IAM": 100 RSA and 100 EC keys.
	maxKeys = 100
	// minRSA is the least size of an RSA key, in bits (RFC 7518, 3.3). The
	// largest bounds what a verification costs.
	minRSA = 2048
	maxRSA = 8192
)

// discovery is the part of an issuer's metadata that Daypass reads.
//
// Source: OpenID Connect Discovery 1.0, 3 and 4.
type discovery struct {
	Issuer     string   `json:"issuer"`
	KeysURL    string   `json:"jwks_uri"`
	Algorithms []string `json:"id_token_signing_alg_values_supported"`
}

// discoveryURL returns the URL of an issuer's metadata.
func discoveryURL(issuer string) string {
	return strings.TrimSuffix(issuer, "/") + "/.well-known/openid-configuration"
}

func unusable(format string, args ...any) *Error {
	return &Error{Reason: NoKey, Detail: fmt.Sprintf(format, args...)}
}

// keysURL returns the URL of an issuer's keys, from the metadata in document.
func keysURL(issuer string, document []byte) (string, error) {
	var d discovery
	err := json.Unmarshal(document, &d)
	switch {
	case err != nil:
		return "", unusable("the discovery document of %s is not a JSON object of the expected form", issuer)
	case d.Issuer != issuer:
		return "", unusable("the discovery document of %s is that of issuer %.255q", issuer, d.Issuer)
	case d.KeysURL == "":
		return "", unusable("the discovery document of %s has no jwks_uri", issuer)
	case len(d.Algorithms) == 0:
		return "", unusable("the discovery document of %s has no id_token_signing_alg_values_supported", issuer)
	}
	return d.KeysURL, nil
}

// parseKeys reads a JSON web key set. It leaves out keys of other kinds, for other
// uses, and keys that are too weak (RFC 7517, 5).
func parseKeys(issuer string, document []byte) ([]jose.JSONWebKey, error) {
	var set struct{ Keys []json.RawMessage }
	err := json.Unmarshal(document, &set)
	if err != nil || set.Keys == nil {
		return nil, unusable("the keys of %s are not a JSON web key set", issuer)
	}
	var keys []jose.JSONWebKey
	var rsaKeys, ecKeys int
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(raw) != nil || !key.Valid() || key.Use != "" && key.Use != "sig" {
			continue
		}
		switch public := key.Key.(type) {
		case *rsa.PublicKey:
			rsaKeys++
			if bits := public.N.BitLen(); bits < minRSA || bits > maxRSA {
				continue
			}
		case *ecdsa.PublicKey:
			ecKeys++
		default:
			continue
		}
		if rsaKeys > maxKeys || ecKeys > maxKeys {
			return nil, unusable("%s has more than %d keys of one kind", issuer, maxKeys)
		}
		key.Certificates = nil // large, and not used
		keys = append(keys, key)
	}
	return keys, nil
}
