//go:build embedded

package store

import "errors"

// openPostgres refuses: this build has no client of PostgreSQL, see
// docs/install-and-run.md.
func openPostgres(string) (*DB, error) {
	return nil, errors.New("database URL: this program was built without PostgreSQL (-tags embedded): build it without the tag")
}
