package storetest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A Cluster is a PostgreSQL server of one test's own, which the test may stop,
// kill and freeze. It keeps what it committed.
type Cluster struct {
	URL string

	t        testing.TB
	bin, dir string
	killed   bool // its process ids may be another's by now
}

// NewCluster starts a server. Where PostgreSQL is not installed the test is
// skipped with the reason, or fails when DAYPASS_TEST_REQUIRE is "all".
func NewCluster(t testing.TB) *Cluster {
	t.Helper()
	bin, err := binaries()
	if err != nil && os.Getenv("DAYPASS_TEST_REQUIRE") != "all" {
		t.Skipf("SKIPPED, needs PostgreSQL: %v", err)
	}
	dir := ""
	if err == nil {
		dir, err = start(bin, "")
	}
	if err != nil {
		t.Fatalf("PostgreSQL: %v", err)
	}
	c := &Cluster{URL: address(dir), t: t, bin: bin, dir: dir}
	t.Cleanup(c.Kill)
	return c
}

// Stop ends the server in order, without waiting for its clients.
func (c *Cluster) Stop() { c.control("stop", "-m", "fast") }

// Start starts the server again after [Cluster.Stop] or [Cluster.Kill].
func (c *Cluster) Start() {
	c.t.Helper()
	c.control("start")
	c.killed = false
}

func (c *Cluster) control(words ...string) {
	c.t.Helper()
	command := unprivileged(append([]string{filepath.Join(c.bin, "pg_ctl"), "-D", filepath.Join(c.dir, "data"), "-w", "-s", "-l", filepath.Join(c.dir, "log")}, words...)...)
	if words[0] == "start" {
		command = append(command, "-o", fmt.Sprintf("-k '%s' -c listen_addresses= -c fsync=off", c.dir))
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = "/"
	err := cmd.Run() // without pipes, which the server would keep open
	if err != nil {
		said, _ := os.ReadFile(filepath.Join(c.dir, "log"))
		c.t.Fatalf("pg_ctl %s: %v\n%s", words[0], err, said)
	}
}

// Kill ends all processes of the server at once, as a crash does.
func (c *Cluster) Kill() {
	c.t.Helper()
	if !c.killed {
		c.signal(syscall.SIGKILL)
	}
	c.killed = true
}

// Freeze halts all processes of the server: connections stay open, and nothing
// answers.
func (c *Cluster) Freeze() { c.signal(syscall.SIGSTOP) }

// Thaw lets a frozen server go on.
func (c *Cluster) Thaw() { c.signal(syscall.SIGCONT) }

// signal goes to the first process and then to its children, each of which is a
// process group of its own.
func (c *Cluster) signal(sig syscall.Signal) {
	c.t.Helper()
	file, err := os.ReadFile(filepath.Join(c.dir, "data", "postmaster.pid"))
	if errors.Is(err, os.ErrNotExist) {
		return // it was stopped
	}
	first, _, _ := strings.Cut(string(file), "\n")
	parent, numberErr := strconv.Atoi(first)
	if err = errors.Join(err, numberErr); err != nil {
		c.t.Fatal(err)
	}
	send := func(pid int, sig syscall.Signal) {
		err := syscall.Kill(pid, sig)
		if err != nil && !errors.Is(err, syscall.ESRCH) {
			c.t.Fatalf("signal process %d: %v", pid, err)
		}
	}
	send(parent, syscall.SIGSTOP) // so that it makes no more children
	children := childrenOf(c.t, parent)
	send(parent, sig)
	for _, pid := range children {
		send(pid, sig)
	}
	// A server starts only once its predecessor is gone.
	for deadline := time.Now().Add(time.Minute); sig == syscall.SIGKILL && syscall.Kill(parent, 0) == nil; {
		if time.Now().After(deadline) {
			c.t.Fatalf("process %d does not end", parent)
		}
	}
}

func childrenOf(t testing.TB, parent int) []int {
	t.Helper()
	table, err := exec.Command("ps", "-A", "-o", "ppid=,pid=").Output()
	if err != nil {
		t.Fatalf("ps: %v", err)
	}
	var children []int
	for line := range strings.Lines(string(table)) {
		if fields := strings.Fields(line); len(fields) == 2 && fields[0] == strconv.Itoa(parent) {
			pid, err := strconv.Atoi(fields[1])
			if err != nil {
				t.Fatal(err)
			}
			children = append(children, pid)
		}
	}
	return children
}
