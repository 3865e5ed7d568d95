// Package lock owns locks on files that end with the process which holds them,
// however it ends. It knows nothing of what they protect.
//
// They are advisory and are seen by every process that mounts the file's folder,
// as far as the file system has such locks for others than its own machine.
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

// A HeldError says that others hold the lock.
type HeldError struct {
	Path string
	PID  int // of whoever holds it alone; 0: not known, or several share it
}

func (e *HeldError) Error() string {
	if e.PID == 0 {
		return e.Path + " is locked by another process"
	}
	return fmt.Sprintf("%s is locked by process %d", e.Path, e.PID)
}

// Take locks a file, which it makes if there is none, for this process alone,
// or shared with others that share it. A lock that others hold in another way is
// a [HeldError]; where there are no such locks the error is
// [errors.ErrUnsupported].
func Take(path string, shared bool) (*File, error) {
	l := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	try := l.TryLock
	if shared {
		try = l.TryRLock
	}
	ours, err := try()
	if err != nil {
		return nil, err
	}
	if !ours {
		return nil, &HeldError{Path: path, PID: holder(path)}
	}
	text := ""
	if !shared {
		text = strconv.Itoa(os.Getpid())
	}
	_ = os.WriteFile(path, []byte(text), 0o600) // for a message alone: a full disk may refuse to keep it
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

// Release gives the lock back. The file stays: whoever waits for it may have it
// open.
func (f *File) Release() error {
	if f == nil {
		return nil
	}
	return f.lock.Unlock()
}
