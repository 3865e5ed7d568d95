// Package edit owns how the command writes files that belong to a person: whole
// or not at all, readable by their owner alone unless they were shared before,
// at the end of symbolic links, one process at a time, and so that a change can
// be taken back. It knows no format of a file.
package edit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// Private is the mode of files that only their owner may read.
const Private fs.FileMode = 0o600

// maxFile bounds a file that is changed, in bytes.
const maxFile = 16 << 20

// ErrChanged means that somebody else has changed a file since.
var ErrChanged = errors.New("the file was changed by somebody else")

// Write gives a file its content: whoever reads it finds the old or the new one,
// whole, also after a crash. Mode 0 keeps the mode of the file, and is [Private]
// for a new one. The folder must exist.
func Write(path string, content []byte, mode fs.FileMode) error {
	path, err := resolve(path)
	if err != nil {
		return err
	}
	if mode == 0 {
		mode = Private
		info, err := os.Stat(path)
		if err == nil {
			mode = info.Mode().Perm()
		}
	}
	dir := filepath.Dir(path)
	file, err := os.CreateTemp(dir, "."+filepath.Base(path)+".new-*") // with mode 0600
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err == nil && mode != Private {
		err = file.Chmod(mode)
	}
	if err == nil {
		err = file.Sync()
	}
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	syncFolder(dir)
	return nil
}

// resolve follows symbolic links, also to a file that does not exist yet: the
// link is the person's and stays.
func resolve(path string) (string, error) {
	const most = 40 // links, as the kernel follows
	for range most {
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.Mode()&fs.ModeSymlink == 0 {
			return path, nil
		}
		if err != nil {
			return "", err
		}
		target, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = target
	}
	return "", fmt.Errorf("%s: too many symbolic links", path)
}

// syncFolder makes a rename last. Where folders cannot be synced, the system
// does it in its time.
func syncFolder(dir string) {
	folder, err := os.Open(dir)
	if err != nil {
		return
	}
	_ = folder.Sync()
	_ = folder.Close()
}

// A Change is what was done to a file, and can be undone.
type Change struct {
	path    string
	existed bool
	before  []byte
	mode    fs.FileMode
	after   [sha256.Size]byte
}

// Apply has fn make the new content of a file from the old one, which is nil
// for a file that does not exist, and writes it if it differs. No other process
// that uses Apply changes the file meanwhile; waiting for one ends with ctx. The
// result is nil where there was nothing to do.
func Apply(ctx context.Context, path string, fn func(before []byte) ([]byte, error)) (*Change, error) {
	path, err := resolve(path)
	if err != nil {
		return nil, err
	}
	unlock, err := Lock(ctx, path)
	if err != nil {
		return nil, err
	}
	defer unlock()
	c := &Change{path: path}
	c.before, c.mode, c.existed, err = read(path)
	if err != nil {
		return nil, err
	}
	after, err := fn(bytes.Clone(c.before))
	if err != nil || c.existed && bytes.Equal(after, c.before) {
		return nil, err
	}
	c.after = sha256.Sum256(after)
	return c, Write(path, after, c.mode)
}

// Undo puts back what the file had before the change, or removes the file where
// there was none. [ErrChanged] leaves a file alone that is not as it was written.
func (c *Change) Undo(ctx context.Context) error {
	unlock, err := Lock(ctx, c.path)
	if err != nil {
		return err
	}
	defer unlock()
	now, _, exists, err := read(c.path)
	if err != nil {
		return err
	}
	switch {
	case !exists && !c.existed:
		return nil
	case !exists || sha256.Sum256(now) != c.after:
		return fmt.Errorf("%s: %w", c.path, ErrChanged)
	case !c.existed:
		return os.Remove(c.path)
	}
	return Write(c.path, c.before, c.mode)
}

func read(path string) (content []byte, mode fs.FileMode, exists bool, err error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, false, nil
	}
	if err != nil {
		return nil, 0, false, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", path)
	}
	if err != nil {
		return nil, 0, false, err
	}
	content, err = io.ReadAll(io.LimitReader(file, maxFile+1))
	if err == nil && len(content) > maxFile {
		err = fmt.Errorf("%s has more than %d bytes", path, maxFile)
	}
	return content, info.Mode().Perm(), true, err
}

// Lock keeps other processes of this user that lock the same path waiting until
// unlock is called or the process ends. The lock is a file of its own in the
// cache folder of the user, which stays; the path itself need not exist.
func Lock(ctx context.Context, path string) (unlock func(), err error) {
	const between = 10 * time.Millisecond // tries
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(cache, "daypass", "locks")
	err = os.MkdirAll(dir, 0o700)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(absolute))
	lock := flock.New(filepath.Join(dir, hex.EncodeToString(sum[:])), flock.SetPermissions(Private))
	_, err = lock.TryLockContext(ctx, between)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return func() { _ = lock.Close() }, nil
}
