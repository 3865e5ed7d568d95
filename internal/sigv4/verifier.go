package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"strings"
	"sync"
)

// defaultKeys is how many signing keys a Verifier caches by default. A signing key
// belongs to one access key, day, Region and service, and takes about 1 KiB.
const defaultKeys = 1024

// A Verifier verifies signatures and caches the signing keys that it derives. A
// cached key saves four of the five HMACs of a verification. The zero value is ready
// for use; a nil one caches nothing. Both are safe for concurrent use.
type Verifier struct {
	// Max is the number of keys that are cached; 0 means 1024.
	Max int

	mu sync.Mutex
	// Two generations bound the memory: when recent has half of Max, it becomes old
	// and the previous old is dropped. A key of old that is used again is copied to
	// recent.
	recent, old map[keyName]*signingKey
}

// A keyName is the input of a signing key's derivation without the secret.
type keyName struct{ accessKeyID, date, region, service string }

// A signingKey is a derived key. Its pool holds HMAC states that are keyed with it.
type signingKey struct {
	secret string // the one that it was derived from
	states sync.Pool
}

// key returns the signing key for s under secret, and whether it was cached.
func (v *Verifier) key(s *Signature, secret string) (*signingKey, bool) {
	if v != nil {
		// Both secrets come from the server: the time of this comparison reveals
		// nothing to a caller.
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

// mac stores the HMAC of c.buf in c.sum.
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

// remember caches the key of a signature that was verified. Keys of refused
// signatures are never cached, so that unauthenticated requests cannot evict those
// in use.
func (v *Verifier) remember(s *Signature, k *signingKey) {
	if v == nil || s.Terminator != terminator {
		return
	}
	// The strings are parts of the request: clones do not keep the rest of it in
	// memory.
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
