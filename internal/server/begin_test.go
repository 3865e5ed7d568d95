package server

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codeartifact"
	"github.com/google/go-cmp/cmp"

	"daypass/internal/blob"
	"daypass/internal/identity"
	"daypass/internal/principal"
	"daypass/internal/store"
	"daypass/internal/store/storetest"
)

// A place is a data folder on which servers start one after the other.
type place struct {
	t    *testing.T
	data string
	args []string
}

// open starts a server on the folder without a listener.
func (p place) open(now func() time.Time, args ...string) (*Server, error) {
	p.t.Helper()
	c, err := ParseConfig(slices.Concat([]string{"--data", p.data}, p.args, args), environment(nil), nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return Open(p.t.Context(), c, NewLogger("json", io.Discard), now)
}

// run starts a server, calls do, and closes the server as after a clean end.
func (p place) run(do func(*Server), args ...string) {
	p.t.Helper()
	s, err := p.open(time.Now, args...)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			p.t.Error(err)
		}
	}()
	if do != nil {
		do(s)
	}
	if err := s.writeMark(p.t.Context()); err != nil {
		p.t.Error(err)
	}
}

// refused expects that a start fails with an error that has all wants, and that it writes
// nothing.
func (p place) refused(wants ...string) {
	p.t.Helper()
	before := files(p.t, p.data)
	s, err := p.open(time.Now)
	if err == nil {
		s.Close()
		p.t.Fatal("it starts")
	}
	for _, want := range wants {
		if !strings.Contains(err.Error(), want) {
			p.t.Errorf("%v\nwant %s", err, want)
		}
	}
	if diff := cmp.Diff(before, files(p.t, p.data)); diff != "" {
		p.t.Errorf("a refused start changes files: %s", diff)
	}
}

func files(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	found := map[string]int64{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "lock" {
			return err
		}
		info, err := d.Info()
		if err == nil {
			found[name] = info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func (p place) rename(from, to string) {
	p.t.Helper()
	if err := os.Rename(filepath.Join(p.data, from), filepath.Join(p.data, to)); err != nil {
		p.t.Fatal(err)
	}
}

func (p place) copy(from, to string) {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(p.data, from))
	if err == nil {
		err = os.WriteFile(filepath.Join(p.data, to), text, 0o600)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

func newPlace(t *testing.T, args ...string) place { return place{t: t, data: t.TempDir(), args: args} }

func TestASecondServerOnADataFolderIsRefused(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	first, err := p.open(time.Now)
	if err != nil {
		t.Fatal(err)
	}
	p.refused("--data", p.data, "process "+strconv.Itoa(os.Getpid()))
	first.Close()
	p.run(nil)
}

func TestAStartWithoutItsMasterKeyIsRefused(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.run(nil)
	p.rename("master.key", "elsewhere")
	p.refused("master.key is missing")
	p.rename("elsewhere", "master.key")
	p.run(nil)
}

func TestAnEmptyDatabaseBesideAMasterKeyOrContentIsRefused(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.run(nil)
	p.rename("daypass.db", "daypass.db.away")
	p.refused("daypass.db", "the database is empty", "master.key")
	p.rename("master.key", "key") // and no key in the folder either
	p.refused("the database is empty", filepath.Join(p.data, "blobs"))
	// Older versions wrote content without a mark.
	if err := os.Remove(filepath.Join(p.data, "blobs", ".instance")); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(p.data, "blobs", "space"), 0o700); err != nil {
		t.Fatal(err)
	}
	p.refused("the database is empty", filepath.Join(p.data, "blobs"))
	p.rename("key", "master.key")
	p.rename("daypass.db.away", "daypass.db")
	p.run(nil)
}

func TestAFirstStartThatWasKilledIsTakenUp(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	// The start was killed after it created the tables, before or after the key.
	for range 2 {
		db, err := store.Open(t.Context(), store.Config{Path: filepath.Join(p.data, "daypass.db")})
		if err != nil {
			t.Fatal(err)
		}
		db.Close()
	}
	p.run(nil)
	p.run(nil)
}

func TestARestoredDatabaseIsRefusedUntilThatIsAccepted(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	ref := principal.Ref{Kind: principal.User, Account: "000000000000", ID: "AIDAX"}
	revoked := func(s *Server, id string, issued time.Time) bool {
		t.Helper()
		got, err := s.directory.Revoked(t.Context(), id, ref, "", issued)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	p.run(nil)
	p.copy("daypass.db", "backup")
	issued := time.Now()
	p.run(func(s *Server) {
		err := s.directory.Revoke(t.Context(), identity.Revocation{Account: "000000000000", Token: "ABIA1", Until: issued})
		if err != nil || !revoked(s, "ABIA1", issued) {
			t.Fatal("not revoked", err)
		}
	})
	p.run(nil)
	p.copy("backup", "daypass.db")
	p.refused("restored from a backup", "--accept-restore")
	p.run(func(s *Server) {
		if !revoked(s, "ABIA1", issued) || !revoked(s, "ABIA2", issued) {
			t.Error("what was issued before is not revoked")
		}
		if revoked(s, "ABIA3", time.Now().Add(time.Second)) {
			t.Error("what is issued afterwards is revoked")
		}
	}, "--accept-restore")
	p.run(nil)
}

// A backup may be older than the names of instances. A refused start gives it no name.
func TestARestoredDatabaseWithoutANameIsTakenOnceThatIsAccepted(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.run(nil)
	db, err := sql.Open("sqlite", filepath.Join(p.data, "daypass.db"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), `DELETE FROM instance WHERE name = 'instance-id'; PRAGMA wal_checkpoint(TRUNCATE)`)
	err = errors.Join(err, db.Close())
	if err != nil {
		t.Fatal(err)
	}
	p.refused("restored from a backup", "--accept-restore")
	p.refused("restored from a backup", "--accept-restore")
	p.run(nil, "--accept-restore")
	p.run(nil)
}

func TestContentOfAnotherInstanceIsRefused(t *testing.T) {
	t.Parallel()
	one, two := newPlace(t), newPlace(t)
	one.run(nil)
	two.run(nil)
	text, err := os.ReadFile(filepath.Join(one.data, "blobs", ".instance"))
	if err == nil {
		err = os.WriteFile(filepath.Join(two.data, "blobs", ".instance"), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	two.refused("belongs to another instance")
}

func TestAStartInAnotherRegionThanBeforeIsTold(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.run(nil)
	for _, test := range []struct {
		region string
		told   bool
	}{{"us-east-1", false}, {"eu-west-1", true}} {
		c, err := ParseConfig([]string{"--data", p.data, "--region", test.region}, environment(nil), nil)
		if err != nil {
			t.Fatal(err)
		}
		log := &lines{}
		s, err := Open(t.Context(), c, NewLogger("text", log), time.Now)
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
		if strings.Contains(log.String(), "another Region than before") != test.told {
			t.Errorf("%s: %s", test.region, log)
		}
	}
}

func TestServeStopsWhenTheDatabaseFileIsRemovedOrReplaced(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(p place){
		"removed":  func(p place) { p.rename("daypass.db", "away") },
		"replaced": func(p place) { p.copy("daypass.db", "copy"); p.rename("copy", "daypass.db") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			s, err := p.open(time.Now)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- s.Serve(t.Context(), listener) }()
			do(p)
			if err := <-ended; !errors.Is(err, store.ErrReplaced) || !strings.Contains(err.Error(), filepath.Join(p.data, "daypass.db")) {
				t.Errorf("Serve = %v", err)
			}
			// A change must fail, because the database that it would go to is gone.
			err = s.db.Update(t.Context(), func(tx *store.Tx) error { tx.Touch(); return nil })
			if err == nil {
				t.Error("a change of a file that is gone is acknowledged")
			}
		})
	}
}

// A replica whose clock is behind revokes what another has issued, and not what is issued
// afterwards.
func TestRevocationHoldsWhateverTheReplicasClocksSay(t *testing.T) {
	t.Parallel()
	database := storetest.Postgres(t)
	p := newPlace(t, "--database", database)
	start := func(ahead time.Duration) *Server {
		t.Helper()
		s, err := p.open(func() time.Time { return time.Now().Add(ahead) })
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	one, two := start(5*time.Second), start(-5*time.Second)
	// SDKs correct their clocks by this header, and signatures are checked against the
	// database's clock.
	for ahead, s := range map[time.Duration]*Server{time.Hour: start(time.Hour), 0: one} {
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/healthz", nil))
		date, err := http.ParseTime(w.Header().Get("Date"))
		if off := time.Since(date).Abs(); err != nil || off > time.Minute {
			t.Errorf("a replica ahead by %v says that it is %v off, %v", ahead, off, err)
		}
	}
	ref := principal.Ref{Kind: principal.User, Account: "000000000000", ID: "AIDAX"}
	revoked := func(issued time.Time) bool {
		t.Helper()
		if err := one.db.Ping(t.Context()); err != nil { // as its watch does
			t.Fatal(err)
		}
		got, err := one.directory.Revoked(context.Background(), "ABIA1", ref, "", issued)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	// Under load, a clock is known with an error of up to a second.
	before := one.now().Add(-time.Second)
	_, err := two.directory.RevokeNow(t.Context(), identity.Revocation{Account: ref.Account, Principal: ref.ID})
	if err != nil {
		t.Fatal(err)
	}
	after := one.now().Add(time.Second)
	if !revoked(before) {
		t.Error("a token of the replica that is ahead outlives its revocation")
	}
	if revoked(after) {
		t.Error("a token that was issued after the revocation is revoked")
	}
}

func TestATokenDoesNotOpenADomainThatWasMadeAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	token := b.repository(t)
	page := b.url + "/pypi/d/dom-000000000000/repo/simple/none/"
	want := func(token string, status int, text string) {
		t.Helper()
		answer, body := get(t, page, token)
		if answer.StatusCode != status || !strings.Contains(body, text) {
			t.Errorf("%d %s, want %d with %q", answer.StatusCode, body, status, text)
		}
	}
	want(token, http.StatusNotFound, "")
	client, domain, repository := b.artifacts(), aws.String("dom"), aws.String("repo")
	_, err := client.DeleteRepository(t.Context(), &codeartifact.DeleteRepositoryInput{Domain: domain, Repository: repository})
	if err == nil {
		_, err = client.DeleteDomain(t.Context(), &codeartifact.DeleteDomainInput{Domain: domain})
	}
	if err != nil {
		t.Fatal(err)
	}
	again := b.repository(t)
	want(token, http.StatusUnauthorized, "was deleted")
	want(again, http.StatusNotFound, "")
}

func TestAReplicaThatStartsWhileAnotherWorksIsNoRestore(t *testing.T) {
	t.Parallel()
	ctx, path, memory := t.Context(), filepath.Join(t.TempDir(), "shared.db"), blob.NewMemory()
	replica := func() *Server {
		return &Server{db: storetest.Open(t, store.Config{Path: path}), blobs: memory, log: slog.New(slog.DiscardHandler)}
	}
	one := replica()
	err := errors.Join(one.recognise(ctx), one.writeMark(ctx))
	if err != nil {
		t.Fatal(err)
	}
	two := replica() // it has opened the database, and reads the mark only below
	err = one.db.Update(ctx, func(tx *store.Tx) error { tx.Touch(); return nil })
	if err != nil {
		t.Fatal(err)
	}
	err = one.writeMark(ctx)
	if err != nil {
		t.Fatal(err)
	}
	err = two.recognise(ctx)
	if err != nil {
		t.Error(err)
	}
}
