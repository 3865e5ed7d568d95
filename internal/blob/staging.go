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

// A stagingFolder is the folder where one process stages content. It is made when it
// is first needed, so that a server can start on a full disk and serve reads.
type stagingFolder struct {
	mu   sync.Mutex
	dir  string // empty: not made
	held *lock.File
}

// create makes a file in the folder, below parent. It makes the folder again if it
// was removed. The sweep of another machine may do that, on a file system that does
// not share locks between machines.
func (r *stagingFolder) create(parent string) (*os.File, error) {
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

// forget releases a folder that was removed.
func (r *stagingFolder) forget(dir string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dir == dir {
		_ = r.held.Release()
		r.dir, r.held = "", nil
	}
}

// open returns the folder, below parent, and makes it if necessary.
func (r *stagingFolder) open(parent string) (string, error) {
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
		case errors.As(err, &swept): // a sweep has locked it and will remove it
			continue
		case err != nil && !errors.Is(err, errors.ErrUnsupported):
			return "", errors.Join(err, os.RemoveAll(dir))
		}
		r.dir, r.held = dir, held
		return dir, nil
	}
}

// sweepStaging removes the staged content of processes that have ended, and any that
// was last written before an instant.
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
			continue // removed in the meantime
		}
		// A folder whose process is about to lock it is still empty.
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
			_ = os.RemoveAll(path) // while it is locked; after an error the next sweep tries again
		}
		_ = held.Release()
	}
	return n, nil
}

// removeStale removes a file that was last written before an instant. It returns the
// number of files removed, 0 or 1.
func removeStale(path string, e fs.DirEntry, before time.Time) int {
	info, err := e.Info()
	if err != nil || !info.ModTime().Before(before) || os.Remove(path) != nil {
		return 0 // removed in the meantime, or still being written
	}
	return 1
}
