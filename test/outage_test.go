package test

import (
	"context"
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
	"syscall"
	"testing"
	"time"

	"daypass/internal/store/storetest"
)

// A line is a TCP proxy to a server. While it is cut, its connections are closed and
// new ones are refused.
type line struct {
	target  string // the server's address
	address string // the proxy's address

	mu       sync.Mutex
	listener net.Listener
	open     map[net.Conn]bool
}

func newLine(t *testing.T, target string) *line {
	t.Helper()
	l := &line{target: target, address: "127.0.0.1:0", open: map[net.Conn]bool{}}
	l.mend(t)
	t.Cleanup(l.cut)
	return l
}

// mend makes the line accept connections.
func (l *line) mend(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", l.address)
	if err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.listener, l.address = listener, listener.Addr().String()
	go l.accept(listener)
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
			defer near.Close()
			far, err := net.Dial("tcp", l.target)
			if err != nil {
				return
			}
			l.mu.Lock()
			l.open[near], l.open[far] = true, true
			l.mu.Unlock()
			go move(far, near)
			move(near, far)
		}()
	}
}

func move(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	_, _ = io.Copy(to, from) // until either is closed
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

// waitForStatus asks until the answer is the wanted one.
func waitForStatus(t *testing.T, what string, want int, ask func() (int, error)) {
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

// A trouble is an outage of a database or a content store. do begins it, and mend
// ends it.
type trouble struct {
	what     string
	do, mend func()
}

// The outages happen under load: a database is stopped, killed and frozen, a content
// store is cut off and frozen. Meanwhile each client gets an answer, a success or a
// 503 with Retry-After. The server reports that it is not ready, and recovers by
// itself. Nothing that was acknowledged is lost.
func TestOutagesUnderLoad(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T) (args, env []string, troubles []trouble){
		"PostgreSQL": func(t *testing.T) ([]string, []string, []trouble) {
			c := storetest.NewCluster(t)
			return []string{"--database", c.URL}, nil, []trouble{
				{"stopped", c.Stop, c.Start}, {"killed", c.Kill, c.Start}, {"frozen", c.Freeze, c.Thaw},
			}
		},
		"S3": func(t *testing.T) ([]string, []string, []trouble) {
			at, process := startS3(t)
			l := newLine(t, strings.TrimPrefix(at, "http://"))
			address := "s3://packages/content?" + url.Values{"endpoint": {"http://" + l.address}, "region": {"us-east-1"}, "path-style": {"true"}}.Encode()
			send := func(sig syscall.Signal) func() {
				return func() {
					if err := process.Signal(sig); err != nil {
						t.Error(err)
					}
				}
			}
			return []string{"--blobs", address}, []string{"AWS_ACCESS_KEY_ID=key-of-the-content-store", "AWS_SECRET_ACCESS_KEY=secret-of-the-content-store"},
				[]trouble{{"cut off", l.cut, func() { l.mend(t) }}, {"frozen", send(syscall.SIGSTOP), send(syscall.SIGCONT)}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args, env, troubles := start(t)
			s, err := serve(t.TempDir(), append(serverEnvironment(), env...), args...)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.kill)
			l := newLoad(t, s)
			ctx, stop := context.WithCancel(t.Context())
			wait := l.start(ctx)
			l.await(t, "before any trouble", works)
			for _, trouble := range troubles {
				began := time.Now()
				trouble.do()
				l.now()
				waitForStatus(t, "readyz while "+trouble.what, http.StatusServiceUnavailable, s.readyz)
				l.await(t, "while "+trouble.what, answers)
				answered := time.Since(began)
				trouble.mend()
				l.now()
				waitForStatus(t, "readyz after "+trouble.what, http.StatusOK, s.readyz)
				l.await(t, "after "+trouble.what, works)
				t.Logf("%s: all were answered after %v, and served again %v later", trouble.what, answered, time.Since(began)-answered)
			}
			stop()
			wait()
			for _, wrong := range l.wrong {
				t.Error(wrong)
			}
			checkFiles(t, l.repo, []string{loadProject}, l.promised, anyName)
			if t.Failed() {
				t.Log(s.log.text())
			}
			t.Logf("%d files were acknowledged; the slowest answer took %v; answers by status: %v", len(l.promised.files), l.slowest, l.answered)
		})
	}
}

// Content that is lost, cut or unreachable gives an error. The cause is in the log and
// the error is counted. The answer never begins as a success.
func TestLostContentIsNoSuccess(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := startServer(t, data)
	repo := s.newRepository(t)
	content, err := randomArchive("lost", "1.0", 4<<10)
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
	files, err := repo.listFiles(t.Context(), "lost")
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
	log, err := s.completeLog()
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(log, `"level":"ERROR"`); n != 3 {
		t.Errorf("the log has %d errors, want 3:\n%s", n, log)
	}
}

// startS3 starts an S3-compatible store with the bucket packages.
func startS3(t *testing.T) (address string, process *os.Process) {
	t.Helper()
	c := moto()
	if c.err != nil {
		if os.Getenv("DAYPASS_TEST_REQUIRE") == "all" {
			t.Fatal(c.err)
		}
		t.Skipf("SKIPPED, needs moto: %v", c.err)
	}
	at, err := runS3(c, func(cmd *exec.Cmd) {
		process = cmd.Process
		t.Cleanup(func() {
			_ = cmd.Process.Kill() // it has nothing to lose
			_ = cmd.Wait()
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return at, process
}
