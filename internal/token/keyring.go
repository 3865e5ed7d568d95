package token

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"daypass/internal/principal"
)

const (
	// DefaultPeriod is how long a key seals tokens before a new one replaces it.
	DefaultPeriod = 30 * 24 * time.Hour

	// A token with an unknown key id makes a keyring load the stored keys. Anybody
	// can send such tokens, so that loads are limited: to one per reloadEvery in the
	// long run, and to reloadBurst at once.
	reloadEvery = 200 * time.Millisecond
	reloadBurst = 10

	// maxAttempts bounds how often a change is tried when replicas are in each
	// other's way.
	maxAttempts = 10

	// prefixVersion is the first of the five bytes before each sealed message. The
	// key's id follows. This is Tink's output prefix, so that Tink keysets could
	// replace this format.
	prefixVersion = 1
	prefixLength  = 5
)

// A KeyringConfig has the dependencies and settings of a [Keyring].
type KeyringConfig struct {
	Store  KeyStore
	Master *Master
	Now    func() time.Time // nil: time.Now
	Period time.Duration    // how long a key seals; 0: DefaultPeriod
	Rand   io.Reader        // for new keys; nil: crypto/rand
}

// A Keyring seals and opens tokens. It is safe for concurrent use. Several keyrings
// may share one store: a key that another one made is loaded when a token sealed
// with it is first opened.
//
// RotateIfDue MUST be called at least every hour. It also loads the keys that other
// replicas made.
type Keyring struct {
	config            KeyringConfig
	keys              atomic.Pointer[keyset]
	turn              chan struct{} // held while loading or saving
	reloadsSpentUntil time.Time     // see mayReload; guarded by turn
}

// KeyInfo describes a key without its secret.
type KeyInfo struct {
	ID        string // 8 hex digits
	CreatedAt time.Time
	RetiredAt time.Time // zero for the key that seals new tokens
}

// OpenKeyring returns the keyring of a store. It makes a first key if the store has
// none. The error wraps [ErrMaster] if the stored keys were sealed with another
// master key.
func OpenKeyring(ctx context.Context, config KeyringConfig) (*Keyring, error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Period == 0 {
		config.Period = DefaultPeriod
	}
	if config.Rand == nil {
		config.Rand = rand.Reader
	}
	k := &Keyring{config: config, turn: make(chan struct{}, 1)}
	err := k.change(ctx, func(w keysetWire, now time.Time) (keysetWire, error) {
		if len(w.Keys) > 0 {
			return w, nil
		}
		return w.rotated(now, config.Rand)
	})
	if err != nil {
		return nil, err
	}
	return k, nil
}

// Rotate makes a new key, which seals new tokens from now on. The old keys open
// their tokens until those have expired.
func (k *Keyring) Rotate(ctx context.Context) (KeyInfo, error) {
	err := k.change(ctx, func(w keysetWire, now time.Time) (keysetWire, error) {
		return w.pruned(now).rotated(now, k.config.Rand)
	})
	if err != nil {
		return KeyInfo{}, err
	}
	keys := k.Keys()
	return keys[len(keys)-1], nil
}

// RotateIfDue loads the stored keys, makes a new one if the newest is as old as the
// configured period, and removes those that are no longer needed. If several
// replicas find a rotation due, only one of them rotates.
func (k *Keyring) RotateIfDue(ctx context.Context) error {
	return k.change(ctx, func(w keysetWire, now time.Time) (keysetWire, error) {
		w = w.pruned(now)
		if n := len(w.Keys); n > 0 && now.Before(instant(w.Keys[n-1].CreatedAt).Add(k.config.Period)) {
			return w, nil
		}
		return w.rotated(now, k.config.Rand)
	})
}

// Keys lists the keys, oldest first. The last one seals new tokens.
func (k *Keyring) Keys() []KeyInfo {
	stored := k.keys.Load().Keys
	infos := make([]KeyInfo, len(stored))
	for i, s := range stored {
		infos[i] = KeyInfo{fmt.Sprintf("%08x", s.ID), instant(s.CreatedAt), instant(s.RetiredAt)}
	}
	return infos
}

// Seal makes an authorization token. The error wraps [ErrTooLong] if the
// claims are too large.
func (k *Keyring) Seal(c *Claims) (string, error) {
	keys := k.keys.Load()
	w := claimsWires.Get().(*claimsWire)
	defer claimsWires.Put(w)
	*w = encodeClaims(c)
	return keys.seal(Prefix, keys.claims, w)
}

// Open returns the claims of an authorization token, expired or not. The error
// wraps [ErrMalformed] or [ErrUnknownKey], or is the store's if the keys had to be
// loaded. Others may hold the same claims, which MUST NOT be changed.
func (k *Keyring) Open(ctx context.Context, s string) (*Claims, error) {
	if len(s) > openedLength {
		return k.openClaims(ctx, s)
	}
	keep := k.keys.Load().opened
	hash := keep.hash(s)
	claims := keep.get(hash, s)
	if claims != nil {
		return claims, nil
	}
	claims, err := k.openClaims(ctx, s)
	if err != nil {
		return nil, err
	}
	keep.put(hash, s, claims)
	return claims, nil
}

func (k *Keyring) openClaims(ctx context.Context, s string) (*Claims, error) {
	w := claimsWires.Get().(*claimsWire)
	defer claimsWires.Put(w)
	*w = claimsWire{}
	err := k.open(ctx, Prefix, s, w)
	if err != nil {
		return nil, err
	}
	return w.decode(), nil
}

// SealSession makes a session token. See [Keyring.Seal].
func (k *Keyring) SealSession(key *SessionKey) (string, error) {
	keys := k.keys.Load()
	return keys.seal(SessionPrefix, keys.session, &sessionKeyWire{key.AccessKeyID, key.Secret, encodeRef(&key.Principal)})
}

// OpenSession returns the session key in a session token. See [Keyring.Open].
func (k *Keyring) OpenSession(ctx context.Context, s string) (*SessionKey, error) {
	var w sessionKeyWire
	err := k.open(ctx, SessionPrefix, s, &w)
	if err != nil {
		return nil, err
	}
	return &SessionKey{w.AccessKeyID, w.Secret, w.Principal.decode(new(principal.Session))}, nil
}

func (s *keyset) seal(prefix string, data []byte, v any) (string, error) {
	b := buffers.Get().(*buffer)
	defer buffers.Put(b)
	b.plain.Reset()
	err := marshalTo(&b.plain, v)
	plain := b.plain.Bytes()
	defer clear(plain)
	if err != nil {
		return "", fmt.Errorf("seal a token: %w", err)
	}
	b.sealed = append(b.sealed[:0], prefixVersion)
	b.sealed = binary.BigEndian.AppendUint32(b.sealed, s.current.id)
	b.sealed = s.current.aead.seal(b.sealed, plain, data)
	return b.encodeText(prefix)
}

func (k *Keyring) open(ctx context.Context, prefix, s string, v any) error {
	b := buffers.Get().(*buffer)
	defer buffers.Put(b)
	sealed, err := decodeText(b.sealed[:0], prefix, s)
	if err != nil {
		return err
	}
	b.sealed = sealed
	if len(sealed) < prefixLength || sealed[0] != prefixVersion {
		return ErrMalformed
	}
	keys, key, err := k.find(ctx, binary.BigEndian.Uint32(sealed[1:]))
	if err != nil {
		return err
	}
	data := keys.claims
	switch prefix {
	case SessionPrefix:
		data = keys.session
	case MessagePrefix:
		data = keys.message
	}
	plain, err := key.aead.open(sealed[prefixLength:], data)
	if err != nil {
		return ErrForged
	}
	defer clear(plain) // it is in the pooled buffer
	err = unmarshal(plain, v)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return nil
}

// find returns the key with an id. If the keyring does not have it, find loads the
// stored keys once: another replica may have rotated them.
func (k *Keyring) find(ctx context.Context, id uint32) (*keyset, *key, error) {
	keys := k.keys.Load()
	if found := keys.byID[id]; found != nil {
		return keys, found, nil
	}
	keys, err := k.refresh(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	if found := keys.byID[id]; found != nil {
		return keys, found, nil
	}
	return nil, nil, ErrUnknownKey
}

// refresh loads the stored keys, unless the id became known while waiting for the
// turn, or they were loaded too often recently. A load by another goroutine in the
// meantime does not count: it may have read the store before the key was saved.
func (k *Keyring) refresh(ctx context.Context, id uint32) (*keyset, error) {
	err := k.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer k.unlock()
	keys := k.keys.Load()
	if keys.byID[id] != nil || !k.mayReload(k.config.Now()) {
		return keys, nil
	}
	_, err = k.load(ctx)
	if err != nil {
		return nil, err
	}
	return k.keys.Load(), nil
}

// mayReload is a leaky bucket. Each reload adds reloadEvery to reloadsSpentUntil,
// which may be at most reloadBurst times reloadEvery ahead of now.
func (k *Keyring) mayReload(now time.Time) bool {
	const most = reloadBurst * reloadEvery
	next := k.reloadsSpentUntil.Add(reloadEvery)
	if k.reloadsSpentUntil.Before(now) || k.reloadsSpentUntil.After(now.Add(most)) { // drained, or the clock was set back
		next = now.Add(reloadEvery)
	}
	if next.After(now.Add(most)) {
		return false
	}
	k.reloadsSpentUntil = next
	return true
}

func (k *Keyring) lock(ctx context.Context) error {
	select {
	case k.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (k *Keyring) unlock() { <-k.turn }

// load loads the stored keys and returns their revision, 0 if there are none. The
// caller holds the turn.
func (k *Keyring) load(ctx context.Context) (int64, error) {
	blob, revision, err := k.config.Store.LoadKeys(ctx)
	if err != nil {
		return 0, fmt.Errorf("load token keys: %w", err)
	}
	if revision == 0 {
		if k.keys.Load() != nil {
			return 0, errors.New("load token keys: the stored keys are gone")
		}
		return 0, nil
	}
	keys, err := decodeKeyset(k.config.Master, blob, revision)
	if err != nil {
		return 0, err
	}
	k.keys.Store(keys)
	return revision, nil
}

// change loads the stored keys and replaces them by the result of edit, if that is
// different. If another replica changed them in between, edit is called again.
func (k *Keyring) change(ctx context.Context, edit func(keysetWire, time.Time) (keysetWire, error)) error {
	err := k.lock(ctx)
	if err != nil {
		return err
	}
	defer k.unlock()
	var failed error
	last := int64(-1)
	for range maxAttempts {
		revision, err := k.load(ctx)
		if err != nil {
			return err
		}
		if revision == last { // no other replica changed the keys: the save failed for another reason
			return fmt.Errorf("save token keys: %w", failed)
		}
		last = revision
		var before keysetWire
		if keys := k.keys.Load(); keys != nil {
			before = keys.keysetWire
		}
		after, err := edit(before, k.config.Now())
		if err != nil || after.hasSameKeys(before) {
			return err
		}
		blob, err := after.encode(k.config.Master)
		if err != nil {
			return err
		}
		failed = k.config.Store.SaveKeys(ctx, blob, revision)
		if failed == nil {
			_, err = k.load(ctx)
			return err
		}
	}
	return fmt.Errorf("save token keys: %w", failed)
}
