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
	// DefaultPeriod is how long a key seals before it is retired.
	DefaultPeriod = 30 * 24 * time.Hour

	// Strangers can make a keyring load its keys by showing tokens with made-up
	// key ids: at most once per reloadEvery in the long run, and reloadBurst
	// times at once.
	reloadEvery = 200 * time.Millisecond
	reloadBurst = 10

	// attempts bounds how often a change is tried when replicas are in each
	// other's way.
	attempts = 10

	// prefixVersion begins the five bytes before each sealed message, followed
	// by the key's id: the output prefix of Tink, so that its keysets can take
	// over one day.
	prefixVersion = 1
	prefixLength  = 5
)

// A KeyringConfig says where keys are kept.
type KeyringConfig struct {
	Store  KeyStore
	Master *Master
	Now    func() time.Time // nil: time.Now
	Period time.Duration    // how long a key seals; 0: DefaultPeriod
	Rand   io.Reader        // of new keys; nil: crypto/rand
}

// A Keyring seals and opens tokens. It is safe for concurrent use, and any
// number of keyrings may share one store: a key that another one made is
// fetched when a token sealed with it first turns up.
//
// RotateIfDue MUST be called at least every hour, for it also is what tells a
// replica of a rotation before it meets such a token.
type Keyring struct {
	config KeyringConfig
	keys   atomic.Pointer[keyset]
	turn   chan struct{} // held by whoever loads or saves
	spent  time.Time     // until when reloads are used up; the turn guards it
}

// KeyInfo is what may be told of a key.
type KeyInfo struct {
	ID        string // 8 hex digits
	CreatedAt time.Time
	RetiredAt time.Time // zero for the key that seals now
}

// OpenKeyring returns the keyring over a store, with a first key if there is
// none yet. The error wraps [ErrMaster] if the store's keys belong to another
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

// Rotate makes a new key that seals from now on. The old ones still open what
// they sealed until nothing of it can be alive.
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

// RotateIfDue fetches the stored keys, makes a new one if the youngest has
// sealed for the configured period, and drops the ones that are no longer
// needed. Of several replicas that find a rotation due, one makes it.
func (k *Keyring) RotateIfDue(ctx context.Context) error {
	return k.change(ctx, func(w keysetWire, now time.Time) (keysetWire, error) {
		w = w.pruned(now)
		if n := len(w.Keys); n > 0 && now.Before(instant(w.Keys[n-1].CreatedAt).Add(k.config.Period)) {
			return w, nil
		}
		return w.rotated(now, k.config.Rand)
	})
}

// Keys lists the keys on this ring, oldest first; the last one seals.
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
	return keys.seal(Prefix, keys.claims, claimsOut(c))
}

// Open returns what an authorization token says, expired or not. It fails with
// an error that wraps [ErrMalformed] or [ErrUnknownKey], or with the store's
// error if the key had to be looked for there.
func (k *Keyring) Open(ctx context.Context, s string) (*Claims, error) {
	w := claimsWires.Get().(*claimsWire)
	defer claimsWires.Put(w)
	*w = claimsWire{}
	err := k.open(ctx, Prefix, s, w)
	if err != nil {
		return nil, err
	}
	return w.in(), nil
}

// SealSession makes a session token. See [Keyring.Seal].
func (k *Keyring) SealSession(key *SessionKey) (string, error) {
	keys := k.keys.Load()
	return keys.seal(SessionPrefix, keys.session, &sessionKeyWire{key.AccessKeyID, key.Secret, refOut(&key.Principal)})
}

// OpenSession returns what a session token carries. See [Keyring.Open].
func (k *Keyring) OpenSession(ctx context.Context, s string) (*SessionKey, error) {
	var w sessionKeyWire
	err := k.open(ctx, SessionPrefix, s, &w)
	if err != nil {
		return nil, err
	}
	return &SessionKey{w.AccessKeyID, w.Secret, w.Principal.in(new(principal.Session))}, nil
}

func (s *keyset) seal(prefix string, data []byte, v any) (string, error) {
	plain, err := marshal(v)
	if err != nil {
		return "", fmt.Errorf("seal a token: %w", err)
	}
	b := buffers.Get().(*buffer)
	defer buffers.Put(b)
	b.sealed = append(b.sealed[:0], prefixVersion)
	b.sealed = binary.BigEndian.AppendUint32(b.sealed, s.current.id)
	b.sealed = s.current.aead.seal(b.sealed, plain, data)
	return compose(prefix, b.sealed)
}

func (k *Keyring) open(ctx context.Context, prefix, s string, v any) error {
	b := buffers.Get().(*buffer)
	defer buffers.Put(b)
	sealed, err := decompose(b.sealed[:0], prefix, s)
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
	defer clear(plain) // it is in the buffer
	err = unmarshal(plain, v)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return nil
}

// find returns the key of an id. If it is not on the ring, the stored keys are
// fetched once: another replica may have rotated them.
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

// refresh fetches the stored keys unless the id has turned up while the turn
// was waited for, or they were fetched too often of late. That others fetched
// them meanwhile says nothing: they may have looked before the key was saved.
func (k *Keyring) refresh(ctx context.Context, id uint32) (*keyset, error) {
	err := k.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer k.leave()
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

// mayReload is a leaky bucket: each reload adds reloadEvery to the instant until
// which reloads are spent, and that may be reloadBurst times as far ahead.
func (k *Keyring) mayReload(now time.Time) bool {
	const most = reloadBurst * reloadEvery
	next := k.spent.Add(reloadEvery)
	if k.spent.Before(now) || k.spent.After(now.Add(most)) { // drained, or the clock was set back
		next = now.Add(reloadEvery)
	}
	if next.After(now.Add(most)) {
		return false
	}
	k.spent = next
	return true
}

func (k *Keyring) enter(ctx context.Context) error {
	select {
	case k.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (k *Keyring) leave() { <-k.turn }

// load fetches the stored keys and returns their revision, 0 if there are
// none. The turn is held.
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

// change fetches the stored keys and replaces them by what edit makes of them,
// if that is different. If another replica changed them in between, edit is
// asked again.
func (k *Keyring) change(ctx context.Context, edit func(keysetWire, time.Time) (keysetWire, error)) error {
	err := k.enter(ctx)
	if err != nil {
		return err
	}
	defer k.leave()
	var failed error
	last := int64(-1)
	for range attempts {
		revision, err := k.load(ctx)
		if err != nil {
			return err
		}
		if revision == last { // nobody was in the way: the save failed by itself
			return fmt.Errorf("save token keys: %w", failed)
		}
		last = revision
		var before keysetWire
		if keys := k.keys.Load(); keys != nil {
			before = keys.keysetWire
		}
		after, err := edit(before, k.config.Now())
		if err != nil || after.same(before) {
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
