package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"strings"
	"sync"
)

// defaultKeys is how many signing keys a Verifier remembers. One is used by
// one access key for one Region and service on one day, and takes about 1 KiB.
const defaultKeys = 1024

// A Verifier verifies signatures and remembers the signing keys that it
// derived, which saves four of the five HMACs of a verification. The zero
// value is ready for use, a nil one remembers nothing, and both are safe for
// concurrent use.
type Verifier struct {
	// Max is the number of keys that are remembered; 0 means 1024.
	Max int

	mu sync.Mutex
	// Two generations bound the memory: when recent is half of Max, it becomes
	// old and what was old is forgotten. A key that is used again moves back.
	recent, old map[keyName]*signingKey
}

// A keyName is everything but the secret that a signing key is derived from.
type keyName struct{ accessKeyID, date, region, service string }

// A signingKey is the end of the chain of HMACs. Its pool holds HMAC states
// that have the key absorbed already.
type signingKey struct {
	secret string // that it was derived from
	states sync.Pool
}

// key returns the signing key for s under secret, and whether it is one that
// is remembered.
func (v *Verifier) key(s *Signature, secret string) (*signingKey, bool) {
	if v != nil {
		// Both secrets are the server's own: there is no stranger whose guess
		// the time of this comparison could help.
		if k := v.recall(keyName{s.AccessKeyID, s.ScopeDate, s.Region, s.Service}); k != nil && k.secret == secret {
			return k, true
		}
	}
	return derive(s, secret), false
}

// signingKeyBytes derives a signing key.
//
// Source: IAM User Guide, "Create a signed AWS API request", step 4.
func signingKeyBytes(s *Signature, secret string) []byte {
	key := []byte("AWS4" + secret)
	for _, part := range [...]string{s.ScopeDate, s.Region, s.Service, s.Terminator} {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(part))
		key = h.Sum(nil)
	}
	return key
}

func derive(s *Signature, secret string) *signingKey {
	key := signingKeyBytes(s, secret)
	k := &signingKey{secret: secret}
	k.states.New = func() any { return hmac.New(sha256.New, key) }
	return k
}

// mac leaves the HMAC of c.buf in c.sum.
func (k *signingKey) mac(c *scratch) {
	h := k.states.Get().(hash.Hash)
	h.Reset()
	h.Write(c.buf)
	h.Sum(c.sum[:0])
	k.states.Put(h)
}

func (v *Verifier) recall(name keyName) *signingKey {
	v.mu.Lock()
	defer v.mu.Unlock()
	k := v.recent[name]
	if k == nil {
		if k = v.old[name]; k != nil {
			v.insert(name, k)
		}
	}
	return k
}

// remember keeps the key of a signature that has just been verified. Keys of
// signatures that were refused are never kept, so that strangers cannot push
// out those that are in use.
func (v *Verifier) remember(s *Signature, k *signingKey) {
	if v == nil || s.Terminator != terminator {
		return
	}
	// The strings are parts of the request; copies let go of the rest of it.
	name := keyName{strings.Clone(s.AccessKeyID), strings.Clone(s.ScopeDate), strings.Clone(s.Region), strings.Clone(s.Service)}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.insert(name, k)
}

// insert puts a key into the recent generation. v.mu is held.
func (v *Verifier) insert(name keyName, k *signingKey) {
	most := v.Max
	if most == 0 {
		most = defaultKeys
	}
	if len(v.recent) >= (most+1)/2 {
		v.old, v.recent = v.recent, nil
	}
	if v.recent == nil {
		v.recent = make(map[keyName]*signingKey)
	}
	v.recent[name] = k
}
