package blob

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"daypass/internal/lock"
)

// lockName is the file in a process's staging folder that it holds locked.
const lockName = "lock"

// A stagingRoom is the folder where one process stages. It is made when it is
// first needed: a full disk must not keep a server from starting to read.
type stagingRoom struct {
	mu   sync.Mutex
	dir  string // empty: not made
	held *lock.File
}

// create makes a file in the folder, below parent. A folder that somebody removed
// is made anew: where the locks of another machine are not seen, its sweep does so.
func (r *stagingRoom) create(parent string) (*os.File, error) {
	dir, err := r.open(parent)
	if err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(dir, "*") // mode 0600
	if !errors.Is(err, fs.ErrNotExist) {
		return file, err
	}
	r.forget(dir)
	dir, err = r.open(parent)
	if err != nil {
		return nil, err
	}
	return os.CreateTemp(dir, "*")
}

// forget gives up a folder that is gone.
func (r *stagingRoom) forget(dir string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dir == dir {
		_ = r.held.Release()
		r.dir, r.held = "", nil
	}
}

// open returns the folder, below parent.
func (r *stagingRoom) open(parent string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dir != "" {
		return r.dir, nil
	}
	for {
		dir, err := os.MkdirTemp(parent, "")
		if err != nil {
			return "", err
		}
		held, err := lock.Take(filepath.Join(dir, lockName), false)
		var swept *lock.HeldError
		switch {
		case errors.As(err, &swept): // a sweep looks into it just now, and will have it
			continue
		case err != nil && !errors.Is(err, errors.ErrUnsupported):
			return "", errors.Join(err, os.RemoveAll(dir))
		}
		r.dir, r.held = dir, held
		return dir, nil
	}
}

// sweepStaging removes what is staged in folders whose processes are no more,
// and everywhere what was last written before an instant.
func sweepStaging(staging string, before time.Time) (int, error) {
	entries, err := os.ReadDir(staging)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, e := range entries {
		path := filepath.Join(staging, e.Name())
		if !e.IsDir() {
			n += removeStale(path, e, before)
			continue
		}
		left, err := os.ReadDir(path)
		if err != nil {
			continue // gone meanwhile
		}
		// Between the making of a folder and of its lock nothing is in it.
		held, err := lock.Take(filepath.Join(path, lockName), false)
		dead := err == nil && len(left) > 0
		for _, f := range left {
			switch {
			case f.Name() == lockName:
			case dead:
				if os.Remove(filepath.Join(path, f.Name())) == nil {
					n++
				}
			default:
				n += removeStale(filepath.Join(path, f.Name()), f, before)
			}
		}
		if dead {
			_ = os.RemoveAll(path) // while it is locked; what fails is tried by the next sweep
		}
		_ = held.Release()
	}
	return n, nil
}

// removeStale counts a file that it removed: one that was last written before an
// instant.
func removeStale(path string, e fs.DirEntry, before time.Time) int {
	info, err := e.Info()
	if err != nil || !info.ModTime().Before(before) || os.Remove(path) != nil {
		return 0 // gone meanwhile, or still being written
	}
	return 1
}
