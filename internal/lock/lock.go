// Package lock owns locks on files. A lock ends with the process that holds it,
// however the process ends. The package knows nothing of what a lock protects.
//
// Locks are advisory. Processes of other machines that mount the file's folder see
// them only if the file system shares locks between machines.
package lock

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/gofrs/flock"
)

// A File is a held lock.
type File struct{ lock *flock.Flock }

// A HeldError says that another process holds the lock.
type HeldError struct {
	Path string
	PID  int // of the process that holds it alone; 0 if it is unknown or several share the lock
}

func (e *HeldError) Error() string {
	if e.PID == 0 {
		return e.Path + " is locked by another process"
	}
	return fmt.Sprintf("%s is locked by process %d", e.Path, e.PID)
}

// Take locks a file for this process alone, or shared with other processes that
// share it. It creates the file if there is none. The error is a [HeldError] if
// another process holds a lock that excludes this one, and
// [errors.ErrUnsupported] if the system has no such locks.
func Take(path string, shared bool) (*File, error) {
	l := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	try := l.TryLock
	if shared {
		try = l.TryRLock
	}
	locked, err := try()
	if err != nil {
		return nil, err
	}
	if !locked {
		return nil, &HeldError{Path: path, PID: holder(path)}
	}
	text := ""
	if !shared {
		text = strconv.Itoa(os.Getpid())
	}
	_ = os.WriteFile(path, []byte(text), 0o600) // it serves a message only: a full disk does not prevent the lock
	return &File{l}, nil
}

func holder(path string) int {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return pid
}

// Release gives the lock back. The file stays, because a process that waits for
// the lock may have it open.
func (f *File) Release() error {
	if f == nil {
		return nil
	}
	return f.lock.Unlock()
}
