package storetest

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"

	"daypass/internal/store"
)

// Core tests transactions, values, generations and caches.
func Core(t *testing.T) {
	t.Run("a failed update leaves nothing", func(t *testing.T) { Each(t, failedUpdate) })
	t.Run("a value is replaced only at its last revision", func(t *testing.T) { Each(t, compareAndSwap) })
	t.Run("concurrent updates all succeed and none is lost", func(t *testing.T) { Each(t, concurrentUpdates) })
	t.Run("a cache forgets when an update touches", func(t *testing.T) { Each(t, cacheForgets) })
	t.Run("a value loaded before a change is not kept after it", func(t *testing.T) { Each(t, cacheRace) })
	t.Run("a checked update is checked again after a change", func(t *testing.T) { Each(t, checkedAgain) })
	t.Run("a checked update keeps later changes waiting", func(t *testing.T) { Each(t, checkedHolds) })
	t.Run("a cache keeps at most its bound", func(t *testing.T) { Each(t, cacheBound) })
	t.Run("a cache keeps at most its weight", func(t *testing.T) { Each(t, cacheWeight) })
}

func failedUpdate(t *testing.T, db *store.DB) {
	ctx := t.Context()
	boom := errors.New("boom")
	err := db.Update(ctx, func(tx *store.Tx) error {
		err := tx.SetValue(ctx, "k", []byte("v"), 0)
		if err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatalf("Update = %v, want the function's own error", err)
	}
	_, revision := value(t, db, "k")
	if revision != 0 {
		t.Errorf("revision = %d, want 0: the value was never committed", revision)
	}
}

func compareAndSwap(t *testing.T, db *store.DB) {
	ctx := t.Context()
	set := func(v string, revision int64) error {
		return db.Update(ctx, func(tx *store.Tx) error { return tx.SetValue(ctx, "k", []byte(v), revision) })
	}
	for _, step := range []struct {
		value    string
		revision int64
		want     error
	}{
		{"first", 0, nil},
		{"rival's first", 0, store.ErrStale},
		{"second", 1, nil},
		{"late", 1, store.ErrStale},
		{"early", 7, store.ErrStale},
	} {
		err := set(step.value, step.revision)
		if !errors.Is(err, step.want) {
			t.Errorf("set %q at revision %d = %v, want %v", step.value, step.revision, err, step.want)
		}
	}
	got, revision := value(t, db, "k")
	if got != "second" || revision != 2 {
		t.Errorf("value = %q at %d, want \"second\" at 2", got, revision)
	}
}

func concurrentUpdates(t *testing.T, db *store.DB) {
	const writers, rounds = 4, 10
	ctx := t.Context()
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for range rounds {
				err := db.Update(ctx, func(tx *store.Tx) error { return increment(ctx, tx) })
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	got, _ := value(t, db, "n")
	if got != strconv.Itoa(writers*rounds) {
		t.Errorf("counter = %s, want %d", got, writers*rounds)
	}
}

func increment(ctx context.Context, tx *store.Tx) error {
	old, revision, err := tx.Value(ctx, "n")
	if err != nil {
		return err
	}
	n, _ := strconv.Atoi(string(old))
	return tx.SetValue(ctx, "n", []byte(strconv.Itoa(n+1)), revision)
}

func cacheForgets(t *testing.T, db *store.DB) {
	ctx := t.Context()
	loads := 0
	cache := store.NewCache[string, int](db, 10)
	get := func() int {
		v, err := cache.Get(ctx, "k", func(context.Context) (int, error) { loads++; return loads, nil })
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if a, b := get(), get(); a != 1 || b != 1 {
		t.Errorf("two gets = %d, %d, want 1, 1: the second is from the cache", a, b)
	}
	touch(t, db)
	if v := get(); v != 2 {
		t.Errorf("get after a touch = %d, want 2: loaded again", v)
	}
}

func cacheRace(t *testing.T, db *store.DB) {
	ctx := t.Context()
	cache := store.NewCache[string, string](db, 10)
	_, err := cache.Get(ctx, "k", func(context.Context) (string, error) {
		touch(t, db) // a change commits while the old value is being loaded
		return "old", nil
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := cache.Get(ctx, "k", func(context.Context) (string, error) { return "new", nil })
	if err != nil || got != "new" {
		t.Errorf("get after the change = %q, %v, want \"new\"", got, err)
	}
}

func checkedAgain(t *testing.T, db *store.DB) {
	ctx, refused := t.Context(), errors.New("refused")
	for _, test := range []struct {
		name    string
		changes int  // that are committed after a check
		refuse  bool // once there was a change
		want    error
		checks  int
		written bool
	}{
		{"nothing changes", 0, false, nil, 1, true},
		{"two changes that do not matter", 2, false, nil, 3, true},
		{"a change that matters", 1, true, refused, 2, false},
	} {
		touch(t, db) // so that what is known is current
		checks, written := 0, false
		err := db.UpdateChecked(ctx, func(context.Context) error {
			checks++
			if test.refuse && checks > 1 {
				return refused
			}
			if checks <= test.changes {
				touch(t, db)
			}
			return nil
		}, func(*store.Tx) error { written = true; return nil })
		if !errors.Is(err, test.want) || checks != test.checks || written != test.written {
			t.Errorf("%s: %v after %d checks, written: %v; want %v, %d, %v", test.name, err, checks, written, test.want, test.checks, test.written)
		}
	}
	checks := 0
	err := db.UpdateChecked(ctx, func(context.Context) error { checks++; touch(t, db); return nil }, func(*store.Tx) error {
		t.Error("a change without an end was let through")
		return nil
	})
	if err == nil || checks > 100 {
		t.Errorf("changes without an end: %v after %d checks, want an error after a few", err, checks)
	}
}

// checkedHolds holds that a change which is committed later is also later in
// time: its Update returns after the checked one.
func checkedHolds(t *testing.T, db *store.DB) {
	touch(t, db)
	var mu sync.Mutex
	var order []string
	note := func(what string) {
		mu.Lock()
		defer mu.Unlock()
		order = append(order, what)
	}
	var rival sync.WaitGroup
	err := db.UpdateChecked(t.Context(), func(context.Context) error { return nil }, func(tx *store.Tx) error {
		started := make(chan struct{})
		rival.Go(func() {
			close(started)
			touch(t, db)
			note("revoked")
		})
		<-started
		err := tx.SetValue(t.Context(), "k", []byte("v"), 0)
		note("written")
		return err
	})
	rival.Wait()
	if err != nil || len(order) != 2 || order[0] != "written" {
		t.Errorf("%v, %v; want the write and then the revocation", order, err)
	}
}

func cacheBound(t *testing.T, db *store.DB) {
	ctx := t.Context()
	cache := store.NewCache[int, int](db, 3)
	for i := range 100 {
		_, err := cache.Get(ctx, i%4, func(context.Context) (int, error) { return i, nil })
		if err != nil {
			t.Fatal(err)
		}
		if n := cache.Len(); n > 3 {
			t.Fatalf("cache holds %d values, want at most 3", n)
		}
	}
}

// A value that is heavier than others pushes out some, one that is too heavy none.
func cacheWeight(t *testing.T, db *store.DB) {
	const limit = 100
	cache := store.NewWeighedCache(db, limit, func(key string, weight int) int { return len(key) + weight })
	loads := 0
	get := func(key string, weight int) {
		t.Helper()
		_, err := cache.Get(t.Context(), key, func(context.Context) (int, error) { loads++; return weight, nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range 10 {
		get(strconv.Itoa(i), 9)
	}
	if cache.Len() != 10 || loads != 10 {
		t.Fatalf("%d values of ten and %d loads, want 10 and 10", cache.Len(), loads)
	}
	get("heavy", 25)
	get("heavy", 25)
	if cache.Len() != 10 || loads != 12 {
		t.Errorf("%d values and %d loads, want 10 and 12: more than a quarter is not kept", cache.Len(), loads)
	}
	get("h", 24)
	if cache.Len() != 8 {
		t.Errorf("%d values, want 8: three of ten make room for one of 25", cache.Len())
	}
}

func touch(t *testing.T, db *store.DB) {
	t.Helper()
	err := db.Update(t.Context(), func(tx *store.Tx) error { tx.Touch(); return nil })
	if err != nil {
		t.Fatal(err)
	}
}

func value(t *testing.T, db *store.DB, name string) (string, int64) {
	t.Helper()
	var got []byte
	var revision int64
	err := db.View(t.Context(), func(tx *store.Tx) error {
		var err error
		got, revision, err = tx.Value(t.Context(), name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(got), revision
}
