package lock_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"daypass/internal/lock"
)

// TestMain holds a lock until it is killed, in the child of the last test.
func TestMain(m *testing.M) {
	path := os.Getenv("DAYPASS_TEST_LOCK")
	if path == "" {
		os.Exit(m.Run())
	}
	_, err := lock.Take(path, false)
	fmt.Println(err)
	select {}
}

func wantHeld(t *testing.T, err error, pid int) {
	t.Helper()
	var held *lock.HeldError
	if !errors.As(err, &held) || held.PID != pid {
		t.Errorf("%v, want it held by process %d", err, pid)
	}
}

func TestALockIsForOneOrSharedBySeveral(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	take := func(shared bool) *lock.File {
		t.Helper()
		l, err := lock.Take(path, shared)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	alone := take(false)
	for _, shared := range []bool{false, true} {
		_, err := lock.Take(path, shared)
		wantHeld(t, err, os.Getpid())
	}
	alone.Release()
	one, two := take(true), take(true)
	_, err := lock.Take(path, false)
	wantHeld(t, err, 0)
	one.Release()
	two.Release()
	take(false).Release()
}

func TestALockEndsWithItsProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "DAYPASS_TEST_LOCK="+path)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "<nil>\n" {
		t.Fatal(line, err)
	}
	_, err = lock.Take(path, false)
	wantHeld(t, err, cmd.Process.Pid)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	l, err := lock.Take(path, false)
	if err != nil {
		t.Fatal(err)
	}
	l.Release()
}
