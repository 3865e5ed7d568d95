package oidc

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/go-jose/go-jose/v4"
)

// algorithms are the algorithms that a token may be signed with.
//
// Source: IAM User Guide, "Create an OpenID Connect (OIDC) identity provider in
// IAM", prerequisites.
var algorithms = []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512, jose.ES256, jose.ES384, jose.ES512}

// A Token is a parsed token. Its signature is not verified yet.
type Token struct {
	signed *jose.JSONWebSignature
	claims Claims
}

// maxToken is the length of the longest token that STS accepts, in bytes.
const maxToken = 20_000

// Parse reads a signed JWT in its compact form. Nothing in it can be trusted before
// [Issuers.Verify] has accepted it. The errors are of type [*Error], with the
// reason Malformed.
func Parse(text string) (*Token, error) {
	text = strings.TrimSpace(text)
	if len(text) > maxToken {
		return nil, &Error{Reason: Malformed, Detail: "the token is too long"}
	}
	// Decoders skip line ends inside base64, so one token would have many
	// spellings.
	if strings.ContainsAny(text, "\r\n") {
		return nil, &Error{Reason: Malformed, Detail: "the token has a line break inside"}
	}
	signed, err := jose.ParseSignedCompact(text, algorithms)
	if err != nil || len(signed.Signatures) != 1 {
		return nil, &Error{Reason: Malformed, Detail: "the token is not a JWT signed with one of RS256, RS384, RS512, ES256, ES384 and ES512"}
	}
	// A critical header names extensions that must be understood. JWTs have none
	// (RFC 7519, 5).
	if _, ok := signed.Signatures[0].Protected.ExtraHeaders["crit"]; ok {
		return nil, &Error{Reason: Malformed, Detail: "the token has a critical header"}
	}
	var claims Claims
	if json.Unmarshal(signed.UnsafePayloadWithoutVerification(), &claims) != nil || claims == nil {
		return nil, &Error{Reason: Malformed, Detail: "the payload of the token is not a JSON object"}
	}
	return &Token{signed, claims}, nil
}

// Issuer returns the issuer that the token claims, which is not verified.
func (t *Token) Issuer() string {
	issuer, _ := t.claims.Text("iss")
	return issuer
}

func (t *Token) header() *jose.Header { return &t.signed.Signatures[0].Protected }

// verify returns the claims if one of the keys made the signature. A token that
// names its key is tried only with keys of that name and keys without a name.
func (t *Token) verify(keys []jose.JSONWebKey) (Claims, error) {
	failure := &Error{Reason: NoKey, Detail: "the issuer has no key that fits the token"}
	for i := range keys {
		key := &keys[i]
		if !fits(key, t.header()) {
			continue
		}
		payload, err := t.signed.Verify(key)
		if err != nil {
			failure = &Error{Reason: Forged, Detail: "the signature of the token was not made with the key of the issuer that it names"}
			continue
		}
		var claims Claims
		err = json.Unmarshal(payload, &claims) // the signed bytes, not the claims that Parse read
		if err != nil {
			return nil, &Error{Reason: Malformed, Detail: "the payload of the token is not a JSON object"}
		}
		return claims, nil
	}
	return nil, failure
}

// fits reports whether a key may have signed a token with such a header.
func fits(key *jose.JSONWebKey, h *jose.Header) bool {
	if h.KeyID != "" && key.KeyID != "" && key.KeyID != h.KeyID || key.Algorithm != "" && key.Algorithm != h.Algorithm {
		return false
	}
	switch public := key.Key.(type) {
	case *rsa.PublicKey:
		return strings.HasPrefix(h.Algorithm, "RS")
	case *ecdsa.PublicKey:
		return h.Algorithm == curveAlgorithm(public.Params().BitSize)
	}
	return false
}

// curveAlgorithm returns the algorithm that signs with a curve of a size, or "none".
//
// Source: RFC 7518, 3.4: each algorithm has one curve.
func curveAlgorithm(bits int) string {
	switch bits {
	case 256:
		return "ES256"
	case 384:
		return "ES384"
	case 521:
		return "ES512"
	}
	return "none"
}

// Claims is what an issuer says in a token: the JSON text of each claim by name.
type Claims map[string]json.RawMessage

// Text returns a claim that is one string. Numbers and booleans are returned as
// their text. A text that cannot be stored (see [isStorable]) counts as absent.
func (c Claims) Text(name string) (string, bool) {
	raw := bytes.TrimSpace(c[name])
	if len(raw) == 0 {
		return "", false
	}
	switch raw[0] {
	case '"':
		var s string
		if json.Unmarshal(raw, &s) != nil || !isStorable(s) {
			return "", false
		}
		return s, true
	case '{', '[', 'n': // null
		return "", false
	}
	return string(raw), true
}

// List returns a claim that is an array of strings, or one string as a list of one.
func (c Claims) List(name string) ([]string, bool) {
	var list []string
	if json.Unmarshal(c[name], &list) != nil {
		one, ok := c.Text(name)
		if !ok {
			return nil, false
		}
		return []string{one}, true
	}
	for _, s := range list {
		if !isStorable(s) {
			return nil, false
		}
	}
	return list, len(list) > 0
}

// Decode reads a claim into v, and reports whether it is there.
func (c Claims) Decode(name string, v any) (bool, error) {
	raw, ok := c[name]
	if !ok {
		return false, nil
	}
	return true, json.Unmarshal(raw, v)
}

// isStorable reports whether a database can keep a text.
func isStorable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }
