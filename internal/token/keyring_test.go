package token

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

// A memory is a KeyStore that behaves; onSave, if set, is called before a save
// and may fail it.
type memory struct {
	mu       sync.Mutex
	blob     []byte
	revision int64
	loads    int
	down     error
	onSave   func() error
}

var errStale = errors.New("stale revision")

func (m *memory) LoadKeys(context.Context) ([]byte, int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.loads++
	return m.blob, m.revision, m.down
}

func (m *memory) SaveKeys(_ context.Context, blob []byte, revision int64) error {
	if m.onSave != nil {
		if err := m.onSave(); err != nil {
			return err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if revision != m.revision {
		return errStale
	}
	m.blob, m.revision = bytes.Clone(blob), m.revision+1
	return nil
}

// A testClock stands still until it is moved.
type testClock struct {
	mu  sync.Mutex
	now time.Time
}

func clock() *testClock { return &testClock{now: issued} }

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newMaster(t testing.TB, fill byte) *Master {
	t.Helper()
	m, err := NewMaster(bytes.Repeat([]byte{fill}, MasterKeySize))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newRing(t testing.TB, store KeyStore, c *testClock) *Keyring {
	t.Helper()
	ring, err := OpenKeyring(t.Context(), KeyringConfig{Store: store, Master: newMaster(t, 7), Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func sealed(t testing.TB, ring *Keyring) string {
	t.Helper()
	s, err := ring.Seal(ordinary())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustOpen(t testing.TB, ring *Keyring, s string) {
	t.Helper()
	if _, err := ring.Open(t.Context(), s); err != nil {
		t.Fatalf("a live token does not open: %v", err)
	}
}

func rotate(t testing.TB, ring *Keyring) KeyInfo {
	t.Helper()
	info, err := ring.Rotate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func TestAForeignKeyringKnowsNothing(t *testing.T) {
	t.Parallel()
	c := clock()
	ours, theirs := newRing(t, new(memory), c), newRing(t, new(memory), c)
	s := sealed(t, theirs)
	if _, err := ours.Open(t.Context(), s); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("a foreign token: error %v, want ErrUnknownKey", err)
	}
	// Even with the very same key the instance is part of what is sealed.
	w := theirs.keys.Load().keysetWire
	w.Instance = ours.keys.Load().Instance
	same, err := newKeyset(w, 1)
	if err != nil {
		t.Fatal(err)
	}
	ours.keys.Store(same)
	if _, err := ours.Open(t.Context(), s); !errors.Is(err, ErrForged) {
		t.Errorf("a token of another instance with the same key: error %v, want ErrForged", err)
	}
}

func TestAnotherMasterKeyIsToldClearly(t *testing.T) {
	t.Parallel()
	store := new(memory)
	newRing(t, store, clock())
	_, err := OpenKeyring(t.Context(), KeyringConfig{Store: store, Master: newMaster(t, 8)})
	if !errors.Is(err, ErrMaster) {
		t.Errorf("error %v, want ErrMaster", err)
	}
	if store.revision != 1 {
		t.Error("the stored keys were overwritten")
	}
}

func TestMasterKeysOpenOnlyWhatTheySealedAndInItsContext(t *testing.T) {
	t.Parallel()
	m, other := newMaster(t, 1), newMaster(t, 2)
	blob, err := m.Seal([]byte("secret"), []byte("key A"))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := m.Open(blob, []byte("key A"))
	if err != nil || string(plain) != "secret" {
		t.Fatalf("opened %q, %v", plain, err)
	}
	if _, err := m.Open(blob, []byte("key B")); err == nil {
		t.Error("opened in another context")
	}
	if _, err := other.Open(blob, []byte("key A")); err == nil {
		t.Error("opened under another key")
	}
	for i := range blob {
		bad := bytes.Clone(blob)
		bad[i] ^= 1
		if _, err := m.Open(bad, []byte("key A")); err == nil {
			t.Errorf("opened with byte %d changed", i)
		}
		if _, err := m.Open(blob[:i], []byte("key A")); err == nil {
			t.Errorf("opened when cut to %d bytes", i)
		}
	}
	for _, n := range []int{0, 16, 31, 33, 64} {
		if _, err := NewMaster(make([]byte, n)); err == nil {
			t.Errorf("a master key of %d bytes was accepted", n)
		}
	}
}

func TestTheStoreHoldsNoPlainKeys(t *testing.T) {
	t.Parallel()
	store := new(memory)
	ring := newRing(t, store, clock())
	if bytes.Contains(store.blob, ring.keys.Load().Keys[0].Secret) {
		t.Error("a key is stored in the clear")
	}
}

func TestKeysSurviveARestart(t *testing.T) {
	t.Parallel()
	store, c := new(memory), clock()
	s := sealed(t, newRing(t, store, c))
	mustOpen(t, newRing(t, store, c), s)
}

func TestARotationBreaksNoLiveToken(t *testing.T) {
	t.Parallel()
	store, c := new(memory), clock()
	ring := newRing(t, store, c)
	before := sealed(t, ring)
	c.pass(time.Hour)
	made := rotate(t, ring)
	keys := ring.Keys()
	if len(keys) != 2 || keys[1] != made || !keys[0].RetiredAt.Equal(c.Now()) || !made.RetiredAt.IsZero() || !made.CreatedAt.Equal(c.Now()) {
		t.Errorf("keys after a rotation: %v", keys)
	}
	after := sealed(t, ring)
	if before[:len(Prefix)+6] == after[:len(Prefix)+6] {
		t.Error("the new key does not seal")
	}
	// The longest life of anything sealed with the old key is 36 hours; the
	// clock of another replica may be hours behind.
	for _, step := range []time.Duration{Life - time.Millisecond, time.Millisecond, 12*time.Hour - time.Millisecond} {
		c.pass(step)
		if err := ring.RotateIfDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		mustOpen(t, ring, before)
		mustOpen(t, newRing(t, store, c), before)
	}
	c.pass(time.Millisecond) // 48 hours after the old key was retired
	if err := ring.RotateIfDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	if keys := ring.Keys(); len(keys) != 1 || keys[0] != made {
		t.Errorf("keys after the overlap: %v", keys)
	}
	if _, err := ring.Open(t.Context(), before); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("a token of a dropped key: error %v, want ErrUnknownKey", err)
	}
	mustOpen(t, ring, after)
}

func TestRotationIsDueOnceAPeriod(t *testing.T) {
	t.Parallel()
	store, c := new(memory), clock()
	a, b := newRing(t, store, c), newRing(t, store, c)
	for i := range 3 {
		revision := store.revision
		c.pass(DefaultPeriod - time.Millisecond)
		for _, ring := range []*Keyring{a, b} {
			if err := ring.RotateIfDue(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if i > 0 { // what was retired a period ago is dropped
			revision++
		}
		if store.revision != revision {
			t.Fatalf("rotated before it was due: revision %d, want %d", store.revision, revision)
		}
		c.pass(time.Millisecond)
		for _, ring := range []*Keyring{a, b} {
			if err := ring.RotateIfDue(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if store.revision != revision+1 {
			t.Fatalf("two replicas made %d rotations of one period", store.revision-revision)
		}
		if keys := a.Keys(); len(keys) != 2 {
			t.Fatalf("keys: %v", keys)
		}
	}
}

func TestAReplicaFollowsTheRotationOfAnother(t *testing.T) {
	t.Parallel()
	store, c := new(memory), clock()
	a, b := newRing(t, store, c), newRing(t, store, c)
	rotate(t, a)
	s := sealed(t, a)
	loads := store.loads
	mustOpen(t, b, s)
	mustOpen(t, b, s)
	if n := store.loads - loads; n != 1 {
		t.Errorf("the store was asked %d times, want once", n)
	}
	if x, y := sealed(t, b), sealed(t, a); x[:len(Prefix)+6] != y[:len(Prefix)+6] {
		t.Error("the other replica still seals with the old key")
	}
}

func TestUnknownKeysCannotFloodTheStore(t *testing.T) {
	t.Parallel()
	store, c := new(memory), clock()
	ring := newRing(t, store, c)
	foreign := sealed(t, newRing(t, new(memory), c))
	loads := store.loads
	for range 1000 { // ten seconds of a hundred tokens a second
		c.pass(10 * time.Millisecond)
		if _, err := ring.Open(t.Context(), foreign); !errors.Is(err, ErrUnknownKey) {
			t.Fatal(err)
		}
	}
	if n := store.loads - loads; n < 50 || n > 51+reloadBurst {
		t.Errorf("the store was asked %d times in ten seconds", n)
	}
}

func TestAStoreThatIsDownIsNotAnUnknownKey(t *testing.T) {
	t.Parallel()
	store, c := new(memory), clock()
	ring := newRing(t, store, c)
	live, foreign := sealed(t, ring), sealed(t, newRing(t, new(memory), c))
	c.pass(time.Minute)
	store.down = errors.New("no route")
	if _, err := ring.Open(t.Context(), foreign); !errors.Is(err, store.down) || errors.Is(err, ErrUnknownKey) {
		t.Errorf("error %v, want the store's", err)
	}
	if _, err := ring.Rotate(t.Context()); !errors.Is(err, store.down) {
		t.Errorf("rotation: error %v, want the store's", err)
	}
	mustOpen(t, ring, live)
}

func TestAWaitForTheStoreEndsWithItsContext(t *testing.T) {
	t.Parallel()
	c := clock()
	ring := newRing(t, new(memory), c)
	foreign := sealed(t, newRing(t, new(memory), c))
	if err := ring.lock(t.Context()); err != nil { // somebody is at the store
		t.Fatal(err)
	}
	defer ring.unlock()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ring.Open(ctx, foreign); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}

func TestAFailedSaveChangesNothing(t *testing.T) {
	t.Parallel()
	store, c := new(memory), clock()
	ring := newRing(t, store, c)
	broken := errors.New("disk full")
	calls := 0
	store.onSave = func() error { calls++; return broken }
	if _, err := ring.Rotate(t.Context()); !errors.Is(err, broken) {
		t.Errorf("error %v, want that of the store", err)
	}
	if calls != 1 || len(ring.Keys()) != 1 {
		t.Errorf("%d saves were tried, keys %v", calls, ring.Keys())
	}
	store.onSave = nil
	rotate(t, ring)
}

func TestARotationInBetweenIsNotLost(t *testing.T) {
	t.Parallel()
	store, c := new(memory), clock()
	a, b := newRing(t, store, c), newRing(t, store, c)
	store.onSave = func() error {
		store.onSave = nil
		rotate(t, b)
		return nil
	}
	rotate(t, a)
	if keys := a.Keys(); len(keys) != 3 {
		t.Errorf("two rotations at a time left %v", keys)
	}
	mustOpen(t, a, sealed(t, b))
}

func TestEndlessContentionIsGivenUp(t *testing.T) {
	t.Parallel()
	store, c := new(memory), clock()
	ring := newRing(t, store, c)
	store.onSave = func() error {
		store.mu.Lock()
		defer store.mu.Unlock()
		store.revision++ // somebody always is first
		return nil
	}
	if _, err := ring.Rotate(t.Context()); !errors.Is(err, errStale) {
		t.Errorf("error %v, want that of the store", err)
	}
}

func TestTooManyRotationsAreRefusedBeforeTheyHurt(t *testing.T) {
	t.Parallel()
	store, c := new(memory), clock()
	ring := newRing(t, store, c)
	first := sealed(t, ring)
	for range maxKeys - 1 {
		rotate(t, ring)
	}
	if _, err := ring.Rotate(t.Context()); err == nil || !strings.Contains(err.Error(), "48h") {
		t.Errorf("error %v", err)
	}
	mustOpen(t, newRing(t, store, c), first)
	c.pass(Retention)
	rotate(t, ring)
	if n := len(ring.Keys()); n != 2 {
		t.Errorf("%d keys are left", n)
	}
}

func TestReplicasThatStartTogetherAgree(t *testing.T) {
	t.Parallel()
	store, c := new(memory), clock()
	rings := make([]*Keyring, 8)
	var wg sync.WaitGroup
	for i := range rings {
		wg.Go(func() {
			ring, err := OpenKeyring(t.Context(), KeyringConfig{Store: store, Master: newMaster(t, 7), Now: c.Now})
			if err != nil {
				t.Error(err)
			}
			rings[i] = ring
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	if store.revision != 1 {
		t.Errorf("the first key was made %d times", store.revision)
	}
	s := sealed(t, rings[0])
	for _, ring := range rings {
		mustOpen(t, ring, s)
	}
}

func TestRingsAreSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	store, c := new(memory), clock()
	a, b := newRing(t, store, c), newRing(t, store, c)
	tokens := make(chan string, 64)
	var work, sealers sync.WaitGroup
	for range 2 {
		sealers.Go(func() {
			for range 200 {
				s, err := a.Seal(ordinary())
				if err != nil {
					t.Error(err)
				}
				tokens <- s
			}
		})
		work.Go(func() {
			for s := range tokens {
				c.pass(reloadEvery) // so that no load is held back
				if _, err := b.Open(t.Context(), s); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for _, ring := range []*Keyring{a, b} {
		work.Go(func() {
			for range 20 {
				if _, err := ring.Rotate(t.Context()); err != nil {
					t.Error(err)
				}
				if err := ring.RotateIfDue(t.Context()); err != nil {
					t.Error(err)
				}
				ring.Keys()
			}
		})
	}
	sealers.Wait()
	close(tokens)
	work.Wait()
}
