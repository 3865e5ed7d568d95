package store

import (
	"database/sql"
	"errors"
	"fmt"
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
	// Serializable makes "look, then write" as safe here as it is with SQLite's
	// single writer, and lets distributed databases of the same protocol serve.
	update: &sql.TxOptions{Isolation: sql.LevelSerializable},
	unique: func(err error) bool { return postgresCode(err) == uniqueViolation },
	retryable: func(err error) bool {
		c := postgresCode(err)
		return c == serializationFailure || c == deadlockDetected
	},
}

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
	// Replicas that start together take turns at migrating.
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
