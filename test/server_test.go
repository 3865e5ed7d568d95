package test

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

// patience bounds every wait for a process. It is far longer than any needs.
const patience = time.Minute

// binary builds the real program once, with the race detector if the tests have it.
// DAYPASS_TEST_BINARY may name a program that is built already.
var binary = sync.OnceValues(func() (string, error) {
	if given := os.Getenv("DAYPASS_TEST_BINARY"); given != "" {
		return filepath.Abs(given)
	}
	path := filepath.Join(scratch, "bin", "daypass")
	args := []string{"build", "-o", path}
	if raceEnabled {
		args = append(args, "-race")
	}
	out, err := exec.Command("go", append(args, "daypass/cmd/daypass")...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the binary: %w\n%s", err, out)
	}
	return path, nil
})

// quickExit turns off the second that a program with the race detector waits at its
// end.
const quickExit = "GORACE=atexit_sleep_ms=0"

// A server is a running "daypass serve".
type server struct {
	url   string // without a slash at its end
	data  string // its folder
	flags []string
	env   []string

	cmd  *exec.Cmd
	log  *log
	done chan struct{} // closed when the process is gone
	err  error         // what it ended with; read it after done
}

// serve starts the binary on a data folder and waits until it is ready. args follow
// the arguments that every server has. env is the whole environment.
func serve(data string, env []string, args ...string) (*server, error) {
	return serveAt("127.0.0.1:0", data, env, args...)
}

func serveAt(listen, data string, env []string, args ...string) (*server, error) {
	bin, err := binary()
	if err != nil {
		return nil, err
	}
	s := &server{data: data, flags: args, env: env, log: newLog(listening), done: make(chan struct{})}
	s.cmd = exec.Command(bin, append([]string{"serve", "--listen", listen, "--data", data}, args...)...)
	s.cmd.Env = env
	s.cmd.Stderr = s.log
	s.cmd.Stdout = s.log
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		s.err = s.cmd.Wait()
		close(s.done)
	}()
	if err := s.ready(); err != nil {
		s.kill()
		return nil, fmt.Errorf("%w\n%s", err, s.log.text())
	}
	return s, nil
}

// ready waits for the log line with the address, which is printed when requests are
// served. It also requests /readyz, as an operator's probe does.
func (s *server) ready() error {
	select {
	case s.url = <-s.log.address:
	case <-s.done:
		return fmt.Errorf("the server ended at its start: %w", s.err)
	case <-time.After(patience):
		return errors.New("the server named no address")
	}
	if strings.HasPrefix(s.url, "https:") {
		return nil
	}
	res, err := http.Get(s.url + "/readyz")
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("/readyz says %s", res.Status)
	}
	return nil
}

// restart starts the server again, on the same folder and address.
func (s *server) restart() (*server, error) {
	_, address, _ := strings.Cut(s.url, "://")
	return serveAt(address, s.data, s.env, s.flags...)
}

func (s *server) running() bool {
	select {
	case <-s.done:
		return false
	default:
		return true
	}
}

// stop ends the server as an operator does, and returns how the process ended.
func (s *server) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-s.done:
		return s.err
	case <-time.After(patience):
		s.kill()
		return errors.New("the server did not end after SIGTERM")
	}
}

// kill ends the server as a power cut would, and waits until it is gone.
func (s *server) kill() {
	_ = s.cmd.Process.Kill() // fails only if the process has ended already
	<-s.done
}

// keys returns the key pair that the first start wrote.
func (s *server) keys() (id, secret string, err error) {
	file, err := os.Open(filepath.Join(s.data, "credentials"))
	if err != nil {
		return "", "", err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), "=")
		switch strings.TrimSpace(name) {
		case "aws_access_key_id":
			id = strings.TrimSpace(value)
		case "aws_secret_access_key":
			secret = strings.TrimSpace(value)
		}
	}
	if id == "" || secret == "" {
		return "", "", errors.Join(lines.Err(), fmt.Errorf("no key pair in %s", file.Name()))
	}
	return id, secret, nil
}

// A log keeps what a server prints, and sends the first address in it.
type log struct {
	mu      sync.Mutex
	all     bytes.Buffer
	pattern *regexp.Regexp // of the address, in its first group
	found   bool
	address chan string
	changed *sync.Cond // told of each piece
}

var listening = regexp.MustCompile(`listening on (https?://[^\s"]+)`)

func newLog(address *regexp.Regexp) *log {
	l := &log{pattern: address, address: make(chan string, 1)}
	l.changed = sync.NewCond(&l.mu)
	return l
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all.Write(p)
	l.changed.Broadcast()
	if !l.found {
		if m := l.pattern.FindSubmatch(l.all.Bytes()); m != nil {
			l.found = true
			l.address <- strings.TrimSuffix(string(m[1]), "/")
		}
	}
	return len(p), nil
}

// waitFor waits until the log contains a text, and reports whether it does.
func (l *log) waitFor(text string) bool {
	late := false
	timer := time.AfterFunc(patience, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		late = true
		l.changed.Broadcast()
	})
	defer timer.Stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	for !late && !bytes.Contains(l.all.Bytes(), []byte(text)) {
		l.changed.Wait()
	}
	return !late
}

// completeLog returns the log with the lines of all requests so far. A line is written
// a little after the answer, but in order. So the line of one more request says that
// all others are written.
func (s *server) completeLog() (string, error) {
	if !s.running() {
		return s.log.text(), nil
	}
	path := "/pypi/" + rand.Text()
	c := &http.Client{Timeout: patience, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} // no secret is sent
	_, _, err := fetch(c, http.MethodGet, s.url+path, nil, nil)
	if err == nil && !s.log.waitFor(path) {
		err = fmt.Errorf("the server logged no line of %s", path)
	}
	return s.log.text(), err
}

func (l *log) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// fetch makes one request and reads the whole answer.
func fetch(c *http.Client, method, url string, body io.Reader, set func(*http.Request)) (*http.Response, []byte, error) {
	req, err := http.NewRequest(method, url, body)
	if err != nil {
		return nil, nil, err
	}
	if set != nil {
		set(req)
	}
	res, err := c.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	all, err := io.ReadAll(res.Body)
	return res, all, err
}
