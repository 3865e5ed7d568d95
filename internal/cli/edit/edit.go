// Package edit owns how the command changes files that belong to a person. A file is
// written as a whole or not at all. Only its owner can read it, unless others could
// before. Symbolic links stay. Processes take turns, and a change can be undone. The
// package knows no format of a file.
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

// Private is the mode of files that only their owner can read and write.
const Private fs.FileMode = 0o600

// maxFile is the size of the largest file that can be changed, in bytes.
const maxFile = 16 << 20

// ErrChanged means that a file was changed by somebody else in the meantime.
var ErrChanged = errors.New("the file was changed by somebody else")

// Write replaces the content of a file. A reader finds the whole old content or the
// whole new one, also after a crash. Mode 0 keeps the mode of the file, and means
// [Private] for a new file. The folder must exist.
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

// resolve follows symbolic links, also to a file that does not exist yet. A person
// made the link, so it is not replaced.
func resolve(path string) (string, error) {
	const maxLinks = 40 // as many as the kernel follows
	for range maxLinks {
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

// syncFolder makes a rename durable. It ignores errors, because some systems cannot
// sync a folder.
func syncFolder(dir string) {
	folder, err := os.Open(dir)
	if err != nil {
		return
	}
	_ = folder.Sync()
	_ = folder.Close()
}

// A Change is a change of a file that can be undone.
type Change struct {
	path    string
	existed bool
	before  []byte
	mode    fs.FileMode
	after   [sha256.Size]byte
}

// Apply replaces the content of a file by the result of fn. fn gets the present
// content, which is nil if there is no file. Other processes that use Apply wait
// meanwhile. Waiting for them ends with ctx. The change is nil if the content stays
// the same.
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

// Undo restores the content from before the change, or removes the file if there was
// none. It returns [ErrChanged] and does nothing if the file is not as the change
// wrote it.
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

// Lock locks a path against other processes of this user that call Lock, until
// unlock is called or the process ends. The lock is a file in the user's cache
// folder, which stays there. The path itself need not exist. Waiting for the lock
// ends with ctx, whose error is in the chain then.
func Lock(ctx context.Context, path string) (unlock func(), err error) {
	const retryDelay = 10 * time.Millisecond
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
	_, err = lock.TryLockContext(ctx, retryDelay)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return func() { _ = lock.Close() }, nil
}
