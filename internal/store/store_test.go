package store_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"daypass/internal/store"
	"daypass/internal/store/storetest"
)

func TestCore(t *testing.T) { storetest.Core(t) }

func TestSQLiteKeepsWhatWasCommittedAcrossAReopening(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	// A path with the characters that a URL would trip over.
	path := filepath.Join(t.TempDir(), "odd name ?#%41.db")
	db, err := store.Open(ctx, store.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(ctx, func(tx *store.Tx) error { return tx.SetValue(ctx, "k", []byte("v"), 0) })
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	db = storetest.Open(t, store.Config{Path: path})
	err = db.View(ctx, func(tx *store.Tx) error {
		value, _, err := tx.Value(ctx, "k")
		if err == nil && string(value) != "v" {
			t.Errorf("value = %q, want \"v\"", value)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestOnlyItsOwnerReadsTheDatabaseFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	db := storetest.Open(t, store.Config{Path: filepath.Join(folder, "some.db")})
	err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.SetValue(t.Context(), "k", []byte("v"), 0) })
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(folder)
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		info, err := file.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o, want 600", file.Name(), info.Mode().Perm())
		}
	}
}

func TestOpenRefusesOtherDatabases(t *testing.T) {
	t.Parallel()
	_, err := store.Open(t.Context(), store.Config{URL: "mysql://u:secret@host/db"})
	if err == nil || !strings.Contains(err.Error(), "expected postgres://") || strings.Contains(err.Error(), "secret") {
		t.Errorf("Open = %v, want what was expected, without the password", err)
	}
}

func TestAChangeByAnotherReplicaIsSeenThroughWatch(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "shared.db")
	here := storetest.Open(t, store.Config{Path: path})
	there := storetest.Open(t, store.Config{Path: path})
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	go here.Watch(ctx, time.Millisecond)

	cache := store.NewCache[string, int](here, 10)
	loads := 0
	get := func() int {
		v, err := cache.Get(ctx, "k", func(context.Context) (int, error) { loads++; return loads, nil })
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	before := get()
	err := there.Update(ctx, func(tx *store.Tx) error { tx.Touch(); return nil })
	if err != nil {
		t.Fatal(err)
	}
	for get() == before {
		if ctx.Err() != nil {
			t.Fatal("the change was never seen")
		}
	}
}
