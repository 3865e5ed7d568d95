// Package store owns the SQL: one schema and one set of statements that run on
// SQLite and on PostgreSQL, with transactions, generations and caches. The packages
// above it decide what the rows mean, who may change them and how they look on the
// wire. Each engine's differences are in one file.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pressly/goose/v3"

	"daypass/internal/fault"
)

var (
	// ErrNotFound is returned by a statement about one row that does not exist.
	ErrNotFound = errors.New("not found")
	// ErrExists is returned by an insert that breaks a unique constraint.
	ErrExists = errors.New("already exists")
	// ErrStale is returned by a compare-and-swap that another writer won.
	ErrStale = errors.New("changed by another writer")
)

// maxAttempts bounds how often an Update is run when the engine reports a
// serialization failure. Contention on the generation row is the only common cause.
// Of the contending transactions one always succeeds.
const maxAttempts = 25

// maxTransaction bounds the duration of a transaction, and so how long a caller
// waits for a database that does not answer.
const maxTransaction = 10 * time.Second

//go:embed migrations/*.sql
var migrations embed.FS

// A Config says where the database is. Exactly one engine is chosen: memory if
// Memory is set, PostgreSQL if URL is set, else a SQLite file at Path.
type Config struct {
	Memory bool
	URL    string // postgres://… or postgresql://…
	Path   string // file of the SQLite database, in a folder that exists

	// Now is this machine's clock; nil means time.Now.
	Now func() time.Time

	// Admit is called with what the database holds before anything is written. Its
	// error ends Open. Nil accepts everything.
	Admit func(context.Context, Found) error
}

// A Found is what a database held before this program opened it.
type Found struct {
	Schema bool // it has tables of Daypass, maybe of an older version
	Keys   bool // it has token keys: a first start was completed
}

// A DB is an open database at the newest schema. It is safe for concurrent use.
type DB struct {
	engine *engine
	read   *sql.DB
	write  *sql.DB

	now        func() time.Time // this machine's clock
	clock      clock
	file       *openedFile  // of an embedded database; nil otherwise
	wentBack   atomic.Bool  // the database went back, see [DB.Intact]
	generation atomic.Int64 // last known value of the generation row
	watching   atomic.Bool
	confirmed  atomic.Int64 // Unix nanoseconds of the last look at the generation row
}

// An engine is what differs between the two databases.
type engine struct {
	name        string
	dialect     goose.Dialect
	options     []goose.ProviderOption
	update      *sql.TxOptions
	forShare    string           // ends a SELECT whose rows must not change until the transaction ends
	unique      func(error) bool // the error is a broken unique constraint
	retryable   func(error) bool // the transaction may succeed when run again
	unavailable func(error) bool // the database can't be used now
	hasTable    string           // query that counts the tables with the name $1
	clock       string           // expression for the milliseconds since 1970; empty: the clock is this machine's
}

// Open connects, brings the schema up to date and returns the database.
// Migrations run forward only; a schema newer than this program is refused.
func Open(ctx context.Context, c Config) (*DB, error) {
	if c.Admit == nil || c.Memory {
		c.Admit = func(context.Context, Found) error { return nil }
	}
	if c.URL == "" && !c.Memory && !fileHasContent(c.Path) {
		// Opening the file to inspect it would create it.
		err := c.Admit(ctx, Found{})
		if err != nil {
			return nil, err
		}
	}
	db, err := open(c)
	if err != nil {
		return nil, err
	}
	db.now = c.Now
	if db.now == nil {
		db.now = time.Now
	}
	err = db.admit(ctx, c.Admit)
	if err != nil {
		db.Close()
		return nil, err
	}
	err = db.migrate(ctx)
	for range firstMeasurements {
		if err == nil {
			err = db.refresh(ctx)
		}
		if err != nil || db.engine.clock == "" || db.clock.isGood() {
			break
		}
	}
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("open %s database: %w", db.engine.name, err)
	}
	return db, nil
}

func open(c Config) (*DB, error) {
	switch {
	case c.Memory:
		return openMemory()
	case c.URL == "":
		return openSQLite(c.Path)
	case strings.HasPrefix(c.URL, "postgres://"), strings.HasPrefix(c.URL, "postgresql://"):
		return openPostgres(c.URL)
	}
	return nil, fmt.Errorf("unsupported database URL: expected postgres://user@host/name")
}

// admit calls ask with what the database holds. If ask refuses an empty database, it
// is called again: another replica that starts now may have made the tables in
// between.
func (db *DB) admit(ctx context.Context, ask func(context.Context, Found) error) error {
	found, err := db.inspect(ctx)
	if err != nil {
		return fmt.Errorf("open %s database: %w", db.engine.name, err)
	}
	err = ask(ctx, found)
	if err == nil || found.Schema {
		return err
	}
	found, err2 := db.inspect(ctx)
	if err2 != nil || !found.Schema {
		return err
	}
	return ask(ctx, found)
}

func (db *DB) inspect(ctx context.Context) (Found, error) {
	var f Found
	var tables, keys int
	err := db.read.QueryRowContext(ctx, db.engine.hasTable, "instance").Scan(&tables)
	if err != nil || tables == 0 {
		return f, err
	}
	f.Schema = true
	err = db.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM instance WHERE name = $1`, keysetName).Scan(&keys)
	f.Keys = keys > 0
	return f, err
}

func (db *DB) migrate(ctx context.Context) error {
	folder, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(db.engine.dialect, db.write, folder, db.engine.options...)
	if err != nil {
		return err
	}
	current, err := provider.GetDBVersion(ctx)
	if err != nil {
		return err
	}
	newest := int64(len(provider.ListSources()))
	if current > newest {
		return fmt.Errorf("its schema is version %d, this program knows up to %d: run a newer daypass", current, newest)
	}
	_, err = provider.Up(ctx)
	return err
}

// Close releases the connections. Committed data is already durable.
func (db *DB) Close() error {
	err := db.write.Close()
	if db.read != db.write {
		err = errors.Join(err, db.read.Close())
	}
	return err
}

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error { return db.failure(db.refresh(ctx)) }

// failure returns a fault of kind Unavailable for an error that means that the
// database can't be used now. No other code makes that decision.
func (db *DB) failure(err error) error {
	var known *fault.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	// The driver reports a transaction that it ended at its deadline as ErrTxDone.
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, sql.ErrTxDone) || errors.Is(err, errSilent) || errors.Is(err, ErrReplaced) ||
		errors.Is(err, errOvertaken) || db.engine.unavailable(err) || db.engine.retryable(err) {
		return fault.TemporaryFailure(fmt.Errorf("%s database: %w", db.engine.name, err))
	}
	return err
}

// A Tx is one transaction. Its methods are the statements of the schema.
type Tx struct {
	tx         *sql.Tx
	engine     *engine
	deadline   time.Time
	touched    bool
	generation int64 // of the generation row, once touched
}

// begin starts a transaction within ctx, which must have a deadline. Each statement
// gets that deadline too.
func (db *DB) begin(ctx context.Context, pool *sql.DB, options *sql.TxOptions) (*Tx, error) {
	if db.silent() {
		return nil, errSilent
	}
	tx, err := pool.BeginTx(ctx, options)
	deadline, _ := ctx.Deadline()
	return &Tx{tx: tx, engine: db.engine, deadline: deadline}, err
}

// View runs fn in a transaction that only reads. A database that can't be used
// now is a fault of kind Unavailable.
func (db *DB) View(ctx context.Context, fn func(*Tx) error) error {
	return db.failure(db.view(ctx, fn))
}

func (db *DB) view(ctx context.Context, fn func(*Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, maxTransaction)
	defer cancel()
	tx, err := db.begin(ctx, db.read, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.tx.Rollback() // reading leaves nothing to commit
	return fn(tx)
}

// Update runs fn in a transaction and commits it if fn returns nil. When the
// engine reports a serialization failure fn runs again, so it MUST NOT have
// effects outside of the transaction. A database that can't be used now is a
// fault of kind Unavailable; fn's changes may or may not have been committed then.
func (db *DB) Update(ctx context.Context, fn func(*Tx) error) error {
	for attempt := 1; ; attempt++ {
		err := db.updateOnce(ctx, fn)
		if err == nil || attempt == maxAttempts || !db.engine.retryable(err) {
			return db.failure(err)
		}
		if !pause(ctx, attempt) {
			return db.failure(err)
		}
	}
}

func (db *DB) updateOnce(ctx context.Context, fn func(*Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, maxTransaction)
	defer cancel()
	tx, err := db.begin(ctx, db.write, db.engine.update)
	if err != nil {
		return err
	}
	defer tx.tx.Rollback()
	err = fn(tx)
	if err == nil {
		err = tx.incrementGeneration(ctx)
	}
	if err == nil {
		err = tx.tx.Commit()
	}
	if err == nil {
		err = db.Intact() // a commit into a removed file is lost
	}
	if err == nil && tx.touched {
		db.advance(tx.generation)
	}
	return err
}

// pause waits a random time that grows with each attempt, so that contending
// transactions separate. It reports false if ctx ended first.
func pause(ctx context.Context, attempt int) bool {
	limit := time.Millisecond << min(attempt, 6)
	select {
	case <-ctx.Done():
		return false
	case <-time.After(rand.N(limit)):
		return true
	}
}

func (tx *Tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	ctx, cancel := context.WithDeadline(ctx, tx.deadline)
	defer cancel()
	result, err := tx.tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, tx.translate(err)
	}
	return result.RowsAffected()
}

// execOne is exec for a statement that must change exactly one row.
func (tx *Tx) execOne(ctx context.Context, query string, args ...any) error {
	n, err := tx.exec(ctx, query, args...)
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	return err
}

func (tx *Tx) queryRow(ctx context.Context, query string, args []any, dest ...any) error {
	ctx, cancel := context.WithDeadline(ctx, tx.deadline)
	defer cancel()
	return tx.translate(tx.tx.QueryRowContext(ctx, query, args...).Scan(dest...))
}

// queryEach calls scan once for every row.
func (tx *Tx) queryEach(ctx context.Context, query string, args []any, scan func(row func(dest ...any) error) error) error {
	ctx, cancel := context.WithDeadline(ctx, tx.deadline)
	defer cancel()
	rows, err := tx.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return tx.translate(err)
	}
	defer rows.Close()
	for rows.Next() {
		err := scan(rows.Scan)
		if err != nil {
			return err
		}
	}
	return tx.translate(rows.Err())
}

// translate returns [ErrNotFound] or [ErrExists] for the engine's error of that
// meaning, and any other error unchanged.
func (tx *Tx) translate(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return ErrNotFound
	case tx.engine.unique(err):
		return fmt.Errorf("%w: %w", ErrExists, err)
	}
	return err
}
