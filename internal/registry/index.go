package registry

import (
	"context"
	"hash/maphash"
	"iter"
	"sync/atomic"

	"daypass/internal/format"
	"daypass/internal/store"
)

// indexes count the changes of the packages of a format in a repository.
// Documents of all its packages are filed under the count. Several repositories
// share a counter, which at worst renders such a document once too often.
type indexes struct {
	counters [1 << 10]atomic.Int64
	seed     maphash.Seed

	// seen are the revisions of the packages that the last look found changed, by
	// id. Only [Registry.refresh] uses it.
	seen map[string]int64
}

func (x *indexes) counter(repository, formatName string) *atomic.Int64 {
	h := maphash.Comparable(x.seed, [2]string{repository, formatName})
	return &x.counters[h%uint64(len(x.counters))]
}

// changed counts the changes that a look finds and the last one did not.
func (x *indexes) changed(packages []*store.Package) {
	seen := make(map[string]int64, len(packages))
	for _, p := range packages {
		seen[p.ID] = p.Revision
		if revision, ok := x.seen[p.ID]; !ok || revision != p.Revision {
			x.counter(p.Repository, p.Format).Add(1)
		}
	}
	x.seen = seen
}

// namesAtOnce is how many names are read from the database at a time.
const namesAtOnce = 1000

// Index implements [resolve.Member].
func (m *member) Index(ctx context.Context, variant string, render func(iter.Seq2[format.Name, error]) ([]byte, error)) (*format.Document, error) {
	err := m.repository.Check()
	if err != nil {
		return nil, err
	}
	return m.registry.packages.index(ctx, m.repository.ID, m.format.Name, variant, func(ctx context.Context) (*format.Document, error) {
		body, err := render(m.names(ctx))
		if err != nil {
			return nil, err
		}
		return format.NewDocument(body), nil
	})
}

// names yields the names of the packages that have a listed version.
func (m *member) names(ctx context.Context) iter.Seq2[format.Name, error] {
	return func(yield func(format.Name, error) bool) {
		var last format.Name
		for {
			var found []*store.Package
			err := m.registry.DB.View(ctx, func(tx *store.Tx) (err error) {
				found, err = tx.Packages(ctx, m.key(last), string(format.Published), namesAtOnce)
				return err
			})
			if err != nil {
				yield(format.Name{}, err)
				return
			}
			m.addRows(len(found))
			for _, p := range found {
				last = format.Name{Namespace: p.Namespace, Name: p.Name}
				if !yield(last, nil) {
					return
				}
			}
			if len(found) < namesAtOnce {
				return
			}
		}
	}
}
