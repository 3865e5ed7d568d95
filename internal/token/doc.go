// Package token owns the two secrets that Daypass issues without storing them:
// authorization tokens for package managers and session tokens of STS. It owns how
// they are sealed and opened, their format, the keys and the rotation of keys, and
// the format of ids and secrets. It knows nothing of HTTP or SQL. The caller
// decides whether an opened token has expired, was revoked, or permits anything.
//
// It is a package of its own so that the reasons why nobody else can make a token
// are in one place.
//
// # Format
//
// A token is a prefix, the unpadded base64url of what was sealed, and a
// checksum:
//
//	daypass_          AfY4m7…                       0gJ2kQ
//	prefix            1 byte version, 4 bytes       CRC-32 (IEEE) of all that
//	                  key id, 24 bytes nonce,       precedes, 6 base62 digits
//	                  ciphertext, 16 bytes tag
//
// The checksum is no protection. By it the server and secret scanners tell a
// damaged token from one that was never issued. [Pattern] finds tokens in a text,
// [Valid] excludes strings that only look like one, and [Mask] shortens one for a
// log.
//
// # Sealing
//
// Tokens are sealed with XChaCha20-Poly1305 by the Tink library, under a random
// key of 32 bytes. The choice over AES-256-GCM is for the nonce: it is random
// here, since replicas share a key and no counter. With the 96 bits of GCM one
// key may seal 2^32 messages before a repeated nonce becomes likelier than
// 2^-32 (NIST SP 800-38D §8.3), and a busy instance gets there within days;
// with 192 bits that takes 2^80 messages, so that the nonce does not limit the
// period of rotation. It costs 16 characters a token and, on a processor with AES
// instructions, some 350 ns.
//
// The associated data names the purpose and the instance. So a token of one kind is
// not accepted as another, and another instance with the same key cannot open it.
// Authorization messages, which tell why a request was denied, are sealed in the
// same way for a purpose of their own. They are no credentials.
//
// # What is kept
//
// The claims of authorization tokens that were opened are kept in memory, by a keyed
// hash of the token and within a bound: see [Keyring.Open]. No token is kept, and no
// session.
package token
