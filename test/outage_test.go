package test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"daypass/internal/store/storetest"
)

// A line is a way to a server that can be cut (connections end, new ones are
// refused) and frozen (connections are taken, and nothing moves).
type line struct {
	target  [2]string // network, address
	address string    // of this end

	mu       sync.Mutex
	listener net.Listener
	frozen   chan struct{} // closed while the line moves
	open     map[net.Conn]bool
}

func newLine(t *testing.T, network, address string) *line {
	t.Helper()
	l := &line{target: [2]string{network, address}, address: "127.0.0.1:0", open: map[net.Conn]bool{}}
	l.mend(t)
	t.Cleanup(l.cut)
	return l
}

// mend lets the line work (again).
func (l *line) mend(t *testing.T) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.listener == nil:
		listener, err := net.Listen("tcp", l.address)
		if err != nil {
			t.Fatal(err)
		}
		l.listener, l.address = listener, listener.Addr().String()
		l.frozen = make(chan struct{})
		go l.accept(listener)
		close(l.frozen)
	default:
		close(l.frozen)
	}
}

func (l *line) freeze() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.frozen = make(chan struct{})
}

func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.listener != nil {
		l.listener.Close()
		l.listener = nil
	}
	for c := range l.open {
		c.Close()
	}
	clear(l.open)
}

func (l *line) accept(listener net.Listener) {
	for {
		near, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			far, err := net.Dial(l.target[0], l.target[1])
			if err != nil {
				near.Close()
				return
			}
			l.mu.Lock()
			l.open[near], l.open[far] = true, true
			l.mu.Unlock()
			go l.move(far, near)
			l.move(near, far)
		}()
	}
}

func (l *line) move(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		l.mu.Lock()
		moves := l.frozen
		l.mu.Unlock()
		<-moves
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// An outage is what load saw while something was away.
type outage struct {
	mu       sync.Mutex
	answered map[int]int // by status
	wrong    []string
}

// load uploads and downloads until ctx ends. Whatever the state of things is,
// an answer is a success, or a 503 that says when to come back.
func (o *outage) load(ctx context.Context, repo repository, promised *promises, worker int) {
	name := fmt.Sprint("load", worker)
	for n := 0; ctx.Err() == nil; n++ {
		version := fmt.Sprintf("1.%d", n)
		content, err := noise(name, version, 4<<10)
		if err == nil {
			err = repo.upload(ctx, name, version, content, nil)
		}
		if err == nil {
			promised.add(sdistName(name, version), content)
		}
		status, again, err := repo.probe(ctx, "simple/"+name+"/")
		if err != nil {
			continue // the trial is over
		}
		o.mu.Lock()
		o.answered[status]++
		switch {
		case status == http.StatusServiceUnavailable && again == "":
			o.wrong = append(o.wrong, "503 without Retry-After")
		case status != http.StatusOK && status != http.StatusNotFound && status != http.StatusServiceUnavailable:
			o.wrong = append(o.wrong, fmt.Sprint("an answer of ", status))
		}
		o.mu.Unlock()
	}
}

// probe gets a page and returns its status and Retry-After.
func (r repository) probe(ctx context.Context, path string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url+path, nil)
	if err != nil {
		return 0, "", err
	}
	req.SetBasicAuth("aws", r.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, res.Header.Get("Retry-After"), err
}

// await asks until the answer is the wanted one.
func await(t *testing.T, what string, want int, ask func() (int, error)) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		got, err := ask()
		if err == nil && got == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %d, %v; want %d", what, got, err, want)
		}
	}
}

// readyz asks a server whether it is ready.
func (s *server) readyz() (int, error) {
	res, _, err := fetch(http.DefaultClient, http.MethodGet, s.url+"/readyz", nil, nil)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, nil
}

// A database and a content store that are cut off, frozen and come back under
// load: every answer is a success or a 503 with Retry-After, the server says that
// it is not ready, recovers by itself, and nothing that was acknowledged is lost.
func TestOutagesUnderLoad(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T) (*line, []string, []string){
		"PostgreSQL": func(t *testing.T) (*line, []string, []string) {
			u, err := url.Parse(storetest.Postgres(t))
			if err != nil {
				t.Fatal(err)
			}
			l := postgresLine(t, u)
			u.Host, u.RawQuery = l.address, "sslmode=disable"
			return l, []string{"--database", u.String()}, nil
		},
		"S3": func(t *testing.T) (*line, []string, []string) {
			at := startStore(t)
			l := newLine(t, "tcp", strings.TrimPrefix(at, "http://"))
			address := "s3://packages/content?" + url.Values{"endpoint": {"http://" + l.address}, "region": {"us-east-1"}, "path-style": {"true"}}.Encode()
			return l, []string{"--blobs", address}, []string{"AWS_ACCESS_KEY_ID=key-of-the-content-store", "AWS_SECRET_ACCESS_KEY=secret-of-the-content-store"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, args, env := start(t)
			s, err := serve(t.TempDir(), append(plain(), env...), args...)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.kill)
			repo := s.newRepository(t)
			promised := &promises{files: map[string]string{}, added: make(chan struct{}, 1<<20)}
			o := &outage{answered: map[int]int{}}
			ctx, stop := context.WithCancel(t.Context())
			var workers sync.WaitGroup
			projects := []string{"load0", "load1", "load2", "load3"}
			for i := range projects {
				workers.Go(func() { o.load(ctx, repo, promised, i) })
			}
			for _, step := range []struct {
				what string
				do   func()
			}{{"cut", l.cut}, {"frozen", l.freeze}, {"cut again", l.cut}} {
				<-promised.added
				step.do()
				await(t, "readyz while "+step.what, http.StatusServiceUnavailable, s.readyz)
				l.mend(t)
				await(t, "readyz after "+step.what, http.StatusOK, s.readyz)
				for len(promised.added) > 0 {
					<-promised.added
				}
			}
			<-promised.added // it takes uploads again
			stop()
			workers.Wait()
			for _, wrong := range o.wrong {
				t.Error(wrong)
			}
			checkWhole(t, repo, projects, promised, everything)
			if t.Failed() {
				t.Log(s.log.text())
			}
			t.Logf("%d files were acknowledged; answers by status: %v", len(promised.files), o.answered)
		})
	}
}

// postgresLine is a line to the Unix socket of the tests' server.
func postgresLine(t *testing.T, u *url.URL) *line {
	if dir := u.Query().Get("host"); dir != "" {
		return newLine(t, "unix", filepath.Join(dir, ".s.PGSQL.5432"))
	}
	return newLine(t, "tcp", u.Host)
}

// Content that is lost, cut or out of reach is an error with a cause in the log
// and a count, and never the beginning of a success.
func TestLostContentIsNoSuccess(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := started(t, data)
	repo := s.newRepository(t)
	content, err := noise("lost", "1.0", 4<<10)
	if err == nil {
		err = repo.upload(t.Context(), "lost", "1.0", content, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	blobs := filepath.Join(data, "blobs")
	var stored string
	err = filepath.WalkDir(blobs, func(name string, d fs.DirEntry, err error) error {
		if info, _ := d.Info(); err == nil && d.Type().IsRegular() && info.Size() == int64(len(content)) {
			stored = name
		}
		return err
	})
	if err != nil || stored == "" {
		t.Fatalf("no stored content: %v", err)
	}
	files, err := repo.listed(t.Context(), "lost")
	if err != nil {
		t.Fatal(err)
	}
	var file string
	for href := range files {
		if path.Base(href) == sdistName("lost", "1.0") {
			file = "simple/lost/" + href
		}
	}
	for _, step := range []struct {
		what, reason string
		do           func() error
		status       int
	}{
		{"whole", "", func() error { return nil }, http.StatusOK},
		{"cut", "cut", func() error { return os.Truncate(stored, 100) }, http.StatusInternalServerError},
		{"lost", "missing", func() error { return os.Remove(stored) }, http.StatusInternalServerError},
		{"without its disk", "unreachable", func() error { return os.Rename(blobs, blobs+".away") }, http.StatusServiceUnavailable},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		status, again, err := repo.probe(t.Context(), file)
		if err != nil || status != step.status || (again != "") != (status == http.StatusServiceUnavailable) {
			t.Errorf("%s: %d, Retry-After %q, %v; want %d", step.what, status, again, err, step.status)
		}
		if step.reason == "" {
			continue
		}
		_, body, err := fetch(http.DefaultClient, http.MethodGet, s.url+"/metrics", nil, nil)
		if err != nil || !strings.Contains(string(body), `daypass_content_failures_total{reason="`+step.reason+`"} 1`) {
			t.Errorf("%s is not counted once: %v", step.reason, err)
		}
	}
	log, err := s.settled()
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(log, `"level":"ERROR"`); n != 3 {
		t.Errorf("the log has %d errors, want 3:\n%s", n, log)
	}
}

// startStore starts an S3-compatible store with the bucket packages.
func startStore(t *testing.T) string {
	t.Helper()
	c := moto()
	if c.err != nil {
		if os.Getenv("DAYPASS_TEST_REQUIRE") == "all" {
			t.Fatal(c.err)
		}
		t.Skipf("SKIPPED, needs moto: %v", c.err)
	}
	at, err := runStore(c, func(cmd *exec.Cmd) {
		t.Cleanup(func() {
			_ = cmd.Process.Kill() // it has nothing to lose
			_ = cmd.Wait()
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return at
}
