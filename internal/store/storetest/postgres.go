package storetest

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Postgres returns the URL of a new, empty PostgreSQL database, which is
// dropped when the test ends. Where there is no server (see NewPostgres) the test
// is skipped with the reason, or fails when DAYPASS_TEST_REQUIRE is "all".
func Postgres(t testing.TB) string {
	t.Helper()
	if _, err := server(); err != nil && os.Getenv("DAYPASS_TEST_REQUIRE") != "all" {
		t.Skipf("SKIPPED, needs PostgreSQL: %v", err)
	}
	u, drop, err := NewPostgres()
	if err != nil {
		t.Fatalf("PostgreSQL: %v", err)
	}
	t.Cleanup(func() {
		if err := drop(); err != nil {
			t.Errorf("drop the database: %v", err)
		}
	})
	return u
}

// NewPostgres makes an empty database and returns its URL and what drops it. The
// server is started once a test binary, on a Unix socket of its own that no other
// process is told about, and it stops by itself when the test binary is gone,
// however that ends. DAYPASS_TEST_POSTGRES names a running server to use instead:
// the URL of a database whose user may create others.
func NewPostgres() (string, func() error, error) {
	base, err := server()
	if err != nil {
		return "", nil, err
	}
	u, err := url.Parse(base)
	if err != nil {
		return "", nil, err
	}
	name := "daypass_" + strings.ToLower(rand.Text())
	u.Path = "/" + name
	if err := administer(base, "CREATE DATABASE "+name); err != nil {
		return "", nil, err
	}
	// FORCE ends connections that a killed server left open.
	drop := func() error { return administer(base, "DROP DATABASE "+name+" WITH (FORCE)") }
	return u.String(), drop, nil
}

// server gives the URL of the one server of this test binary.
var server = sync.OnceValues(func() (string, error) {
	if given := os.Getenv("DAYPASS_TEST_POSTGRES"); given != "" {
		return given, nil
	}
	bin, err := binaries()
	if err != nil {
		return "", err
	}
	dir, err := start(bin, "-c synchronous_commit=off -c full_page_writes=off -c max_connections=200")
	return address(dir), err
})

// address is the URL of a server whose socket is in a folder.
func address(dir string) string {
	return "postgres://postgres@/postgres?" + url.Values{"host": {dir}}.Encode()
}

// supervise runs until its standard input closes, which is when the test binary
// that holds the other end is gone; only then can nobody be using the server.
// The server takes no TCP connection and syncs nothing: its data is thrown away,
// and what a process wrote outlives it all the same. At the end a test may have
// halted it.
const supervise = `
trap '' INT TERM
bin=$1; dir=$2; options=$3
"$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$dir/log" 2>&1 &&
"$bin/pg_ctl" -D "$dir/data" -w -s -l "$dir/log" -o "-k '$dir' -c listen_addresses= -c fsync=off $options" start >>"$dir/log" 2>&1 ||
exit 1
echo ready
cat >/dev/null
kill -CONT "$(head -n 1 "$dir/data/postmaster.pid")" 2>/dev/null
"$bin/pg_ctl" -D "$dir/data" -m immediate -s stop >/dev/null 2>&1
cd / && rm -rf "$dir"
`

// start makes a server and returns the folder of its socket and its data.
func start(bin, options string) (string, error) {
	dir, err := os.MkdirTemp("", "daypass-pg-")
	if err != nil {
		return "", err
	}
	if os.Geteuid() == 0 {
		if err := give(dir, "postgres"); err != nil {
			return "", errors.Join(err, os.RemoveAll(dir))
		}
	}
	return dir, supervised(unprivileged("sh", "-c", supervise, "sh", bin, dir, options), filepath.Join(dir, "log"))
}

// unprivileged is a command as PostgreSQL wants to be run, which refuses root.
func unprivileged(command ...string) []string {
	if os.Geteuid() == 0 {
		return append([]string{"runuser", "-u", "postgres", "--"}, command...)
	}
	return command
}

// lifelines holds the supervisor's standard input. It is never closed and never
// collected: the end of this process closes it.
var lifelines []io.WriteCloser

// supervised starts the supervisor and waits for its word that the server answers.
func supervised(command []string, log string) error {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = "/"
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	lifelines = append(lifelines, in)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err == nil && line == "ready\n" {
		return nil
	}
	said, _ := os.ReadFile(log)
	return fmt.Errorf("the server did not start: %w\n%s", errors.Join(cmd.Wait(), os.RemoveAll(filepath.Dir(log))), said)
}

// binaries finds the folder of initdb and pg_ctl: on PATH, or where Debian puts
// each major version, newest first.
func binaries() (string, error) {
	if path, err := exec.LookPath("pg_ctl"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(path), "initdb")); err == nil {
			return filepath.Dir(path), nil
		}
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errors.New("no pg_ctl on PATH and none under /usr/lib/postgresql")
	}
	slices.SortFunc(found, func(a, b string) int { return major(b) - major(a) })
	return filepath.Dir(found[0]), nil
}

// major is the 15 of /usr/lib/postgresql/15/bin/initdb.
func major(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

// give hands the folder to the named user.
func give(dir, name string) error {
	u, err := user.Lookup(name)
	if err != nil {
		return err
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return err
	}
	return os.Chown(dir, uid, gid)
}

// administer runs one statement outside any transaction.
func administer(base, statement string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, base)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}
