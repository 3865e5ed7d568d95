package token

import (
	"crypto/rand"
	"crypto/sha256"
	"sync"
)

const (
	// openedTokens bounds the authorization tokens whose claims are kept, by their
	// characters and openedEntry more for each. As many again may be on their way out.
	openedTokens = 1 << 20
	openedEntry  = 512
	// openedLength is the most characters of a token whose claims are kept: longer
	// ones have policies and tags of a session.
	openedLength = 2 << 10
)

// opened keeps the claims of authorization tokens that were opened. A package
// manager shows its token with every request, and to decrypt and decode it takes
// longer than to judge it. Neither a token nor anything that opens it is kept, only
// its keyed hash and what it says; sessions, which carry a secret, are not kept at
// all. That a token was opened says nothing of whether it still is good.
//
// It belongs to one revision of the keys, and is gone with it: a token whose key is
// no longer on the ring is unknown at once.
type opened struct {
	key [sha256.Size]byte // of the hashes

	mu         sync.RWMutex
	young, old map[openedHash]*Claims
	weight     int // of young
}

type openedHash [sha256.Size]byte

func newOpened() *opened {
	o := &opened{young: map[openedHash]*Claims{}}
	_, _ = rand.Read(o.key[:]) // never fails: it would end the program
	return o
}

func (o *opened) hash(token string) openedHash {
	b := buffers.Get().(*buffer)
	defer buffers.Put(b)
	b.text = append(append(b.text[:0], o.key[:]...), token...)
	return sha256.Sum256(b.text)
}

// get returns the claims of a token, nil if they are not kept.
func (o *opened) get(h openedHash, token string) *Claims {
	o.mu.RLock()
	claims := o.young[h]
	aged := o.old[h]
	o.mu.RUnlock()
	if claims == nil && aged != nil {
		claims = aged
		o.put(h, token, claims)
	}
	return claims
}

// put keeps the claims of a token. Once enough are kept, those that were not asked
// for since are dropped.
func (o *opened) put(h openedHash, token string, claims *Claims) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.young[h] != nil {
		return
	}
	if o.weight > openedTokens {
		o.young, o.old, o.weight = map[openedHash]*Claims{}, o.young, 0
	}
	o.young[h] = claims
	o.weight += len(token) + openedEntry
}
