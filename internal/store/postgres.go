//go:build !embedded

package store

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Source of the codes: PostgreSQL documentation, appendix A.
const (
	uniqueViolation      = "23505"
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
)

var postgresEngine = engine{
	name:    "PostgreSQL",
	dialect: goose.DialectPostgres,
	// Serializable makes "read, then write" as safe as it is with SQLite's single
	// writer. Distributed databases of the same protocol support it too.
	update: &sql.TxOptions{Isolation: sql.LevelSerializable},
	// With Serializable alone a transaction that read the generation before a change
	// could commit after it.
	forShare: " FOR SHARE",
	unique:   func(err error) bool { return postgresCode(err) == uniqueViolation },
	retryable: func(err error) bool {
		c := postgresCode(err)
		return c == serializationFailure || c == deadlockDetected
	},
	unavailable: postgresUnavailable,
	hasTable:    `SELECT COUNT(*) FROM pg_class WHERE oid = to_regclass($1)`,
	clock:       `CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)`,
}

// postgresUnavailable reports whether an error means that the server can't be
// reached, is starting or stopping, lacks a resource, can't read its disk or
// accepts no changes.
func postgresUnavailable(err error) bool {
	if code := postgresCode(err); code != "" {
		switch code[:2] {
		case "08", "53", "58": // connection exception, insufficient resources, system error
			return true
		}
		switch code {
		case "57P01", "57P02", "57P03", "57P05", "25006": // shutdown, crash, starting up, idle, read only
			return true
		}
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || pgconn.SafeToRetry(err) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// connectTimeout bounds how long a new connection may take.
const connectTimeout = 5 * time.Second

func postgresCode(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func openPostgres(url string) (*DB, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		// pgx masks the password in its message, and shows the rest of the URL.
		return nil, fmt.Errorf("database URL: %w", err)
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	// The lock lets only one of several replicas that start together migrate.
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, err
	}
	engine := postgresEngine
	engine.options = []goose.ProviderOption{goose.WithSessionLocker(locker)}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(20)
	db.SetMaxIdleConns(10)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return &DB{engine: &engine, read: db, write: db}, nil
}
