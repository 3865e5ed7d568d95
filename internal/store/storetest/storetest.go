// Package storetest owns the suite that every engine of the store must pass,
// and gives other packages' tests a database to work on. It is ordinary code
// so that each engine's test is one line.
package storetest

import (
	"path/filepath"
	"testing"

	"daypass/internal/store"
)

// Each runs a test on every engine, each time on an empty database.
func Each(t *testing.T, test func(t *testing.T, db *store.DB)) {
	t.Helper()
	engines := map[string]func(testing.TB) store.Config{
		"sqlite": func(t testing.TB) store.Config { return store.Config{Path: filepath.Join(t.TempDir(), "daypass.db")} },
		"memory": func(testing.TB) store.Config { return store.Config{Memory: true} },
		"postgres": func(t testing.TB) store.Config {
			return store.Config{URL: Postgres(t)}
		},
	}
	for name, config := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, Open(t, config(t)))
		})
	}
}

// Memory returns an empty database that lives as long as the test.
func Memory(t testing.TB) *store.DB {
	t.Helper()
	return Open(t, store.Config{Memory: true})
}

// Open opens a database for the test and closes it at its end.
func Open(t testing.TB, c store.Config) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// Fill makes n things, some in each transaction: one for all of them may exceed
// the time that a transaction has, on a busy machine.
func Fill(t testing.TB, db *store.DB, n int, create func(tx *store.Tx, i int) error) {
	t.Helper()
	const batch = 100
	for first := 0; first < n; first += batch {
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			for i := first; i < min(first+batch, n); i++ {
				err := create(tx, i)
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
