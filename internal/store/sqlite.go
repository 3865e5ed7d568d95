package store

import (
	"database/sql"
	"errors"
	"net/url"
	"os"
	"strings"
	"sync"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// pragmas of every connection. With WAL readers never wait for the writer. With
// synchronous FULL an acknowledged commit survives a power cut. With busy_timeout a
// writer waits for another process instead of failing at once. The log is truncated
// when the database is closed, but not removed (see keepSideFiles).
var pragmas = []string{"journal_size_limit(67108864)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "busy_timeout(10000)"}

var sqliteEngine = engine{
	name:     "SQLite",
	dialect:  goose.DialectSQLite3,
	hasTable: `SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = $1`,
	unique: func(err error) bool {
		code := sqliteCode(err)
		return code == sqlite3.SQLITE_CONSTRAINT_UNIQUE || code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	},
	retryable: func(err error) bool {
		primary := sqliteCode(err) & 0xff
		return primary == sqlite3.SQLITE_BUSY || primary == sqlite3.SQLITE_LOCKED
	},
	unavailable: func(err error) bool {
		switch sqliteCode(err) & 0xff {
		case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_NOMEM:
			return true
		}
		return false
	},
}

func sqliteCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// openSQLite opens a file with one connection that writes and several that read.
// SQLite allows only one writer. To queue for it here is fair, and no transaction
// of this process gets SQLITE_BUSY because of another.
//
// The file holds sealed secrets and permissions, so that only its owner may read
// it, whatever the folder allows. SQLite gives its side files the same mode.
func openSQLite(path string) (*DB, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	err = errors.Join(err, file.Close())
	if err != nil {
		return nil, err
	}
	keepSideFiles()
	write, err := sql.Open("sqlite", sqliteURL(path, "immediate"))
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite", sqliteURL(path, "deferred"))
	if err != nil {
		write.Close()
		return nil, err
	}
	read.SetMaxOpenConns(8)
	read.SetMaxIdleConns(8)
	return &DB{engine: &sqliteEngine, read: read, write: write, file: &openedFile{path, info}}, nil
}

func sqliteURL(path, lock string) string {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}
	// Mode rw does not create: a later connection must not replace a removed file by
	// an empty one.
	u.RawQuery = url.Values{"_pragma": pragmas, "_txlock": {lock}, "mode": {"rw"}}.Encode()
	return u.String()
}

// keepSideFiles makes SQLite keep the log and its index when a connection is closed.
// By default it removes them and makes them again, for which a full disk has no
// room. With them a server can start on a full disk and serve reads.
var keepSideFiles = sync.OnceFunc(func() {
	sqlite.RegisterConnectionHook(func(c sqlite.ExecQuerierContext, name string) error {
		if strings.Contains(name, ":memory:") {
			return nil
		}
		control, ok := c.(sqlite.FileControl)
		if !ok {
			return errors.New("the SQLite driver has no file control")
		}
		_, err := control.FileControlPersistWAL("main", 1)
		return err
	})
})

// openMemory keeps the database in the memory of one connection.
func openMemory() (*DB, error) {
	keepSideFiles() // the driver's list of hooks must not grow once connections read it
	db, err := sql.Open("sqlite", "file::memory:?_pragma=foreign_keys(1)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(1)
	db.SetConnMaxIdleTime(0)
	db.SetConnMaxLifetime(0)
	return &DB{engine: &sqliteEngine, read: db, write: db}, nil
}
