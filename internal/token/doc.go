// Package token owns the two secrets that Daypass hands out and keeps no copy
// of: authorization tokens for package managers and the session tokens of STS.
// It owns how they are sealed and opened, their spelling, the keys that seal
// them and the rotation of those keys, and the spelling of ids and secrets. It
// knows nothing of HTTP and of SQL, and never judges what it opens: whether
// claims have expired, were revoked, or permit anything is the caller's
// business.
//
// It stands apart so that one can read in one place why a token cannot be made
// by anyone else.
//
// # Spelling
//
// A token is a prefix, the unpadded base64url of what was sealed, and a
// checksum:
//
//	daypass_          AfY4m7…                       0gJ2kQ
//	prefix            1 byte version, 4 bytes       CRC-32 (IEEE) of all that
//	                  key id, 24 bytes nonce,       precedes, 6 base62 digits
//	                  ciphertext, 16 bytes tag
//
// The checksum is no protection. It lets the server and secret scanners tell a
// token that was damaged on its way from one that was never issued. [Pattern]
// finds tokens in a text, [Valid] weeds out what only looks like one, and
// [Mask] makes one fit for a log.
//
// # Sealing
//
// Tokens are sealed with XChaCha20-Poly1305 by the Tink library, under a random
// key of 32 bytes. The choice over AES-256-GCM is for the nonce: it is random
// here, since replicas share a key and no counter. With the 96 bits of GCM one
// key may seal 2^32 messages before a repeated nonce becomes likelier than
// 2^-32 (NIST SP 800-38D §8.3), and a busy instance gets there within days;
// with 192 bits that takes 2^80 messages, so that the period of rotation is
// a matter of policy rather than of arithmetic. It costs 16 characters and, where
// a processor has instructions for AES, some 350 ns for each token.
//
// The associated data names the purpose and the instance. No kind of token can
// be taken for another, nor opened by an instance that merely holds the same
// key. Authorization messages, which tell why a request was denied, are sealed
// in the same way for a purpose of their own, so that they open nothing.
package token
