package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// Folder stores content in files: dir/space/ab/cd/digest. Staged content is in a
// folder of this process below dir/.staging, so that a rename commits it. A lock in
// that folder tells a running process from one that has ended.
type Folder struct {
	dir        string
	staging    string
	ownStaging stagingFolder

	// dirs is locked for writing while folders are made and synced, and for reading
	// while content is renamed into one: so the entry of every folder that a rename
	// finds is durable.
	dirs sync.RWMutex
}

// stagingName begins with a character that no space begins with.
const stagingName = ".staging"

// OpenFolder returns a store in a folder, which it makes if there is none.
func OpenFolder(dir string) (*Folder, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	f := &Folder{dir: dir, staging: filepath.Join(dir, stagingName)}
	err = os.MkdirAll(f.staging, 0o700)
	if err != nil {
		return nil, fmt.Errorf("open blobs: %w", err)
	}
	return f, errors.Join(syncDir(dir), syncDir(filepath.Dir(dir)))
}

func (f *Folder) file(key Key) (string, error) {
	p, err := key.path()
	if err != nil {
		return "", err
	}
	return filepath.Join(f.dir, filepath.FromSlash(p)), nil
}

// Stage implements [Store].
func (f *Folder) Stage(_ context.Context, limit int64) (*Stage, error) {
	file, err := f.ownStaging.create(f.staging)
	if err != nil {
		return nil, unavailable(fmt.Errorf("stage: %w", err), false)
	}
	return newStage(&folderSink{store: f, File: file}, limit), nil
}

type folderSink struct {
	store *Folder
	*os.File
}

func (s *folderSink) abort() error {
	return errors.Join(s.Close(), os.Remove(s.Name()))
}

func (s *folderSink) commit(_ context.Context, key Key) error {
	path, err := s.store.file(key)
	if err != nil {
		return errors.Join(err, s.abort())
	}
	now := time.Now() // Delete asks when content was committed, not when it was written
	err = errors.Join(os.Chtimes(s.Name(), now, now), s.Sync(), s.Close())
	if err == nil {
		err = s.store.rename(s.Name(), path)
	}
	if err != nil {
		os.Remove(s.Name()) // the first error is the one to report
		return fmt.Errorf("commit %s: %w", key.SHA256, unavailable(err, false))
	}
	return nil
}

// rename moves a finished file to its path, over equal content if that exists, and
// makes the rename durable.
func (f *Folder) rename(from, to string) error {
	dir := filepath.Dir(to)
	move := func() error {
		f.dirs.RLock()
		defer f.dirs.RUnlock()
		return os.Rename(from, to)
	}
	err := move()
	if errors.Is(err, fs.ErrNotExist) {
		err = f.mkdir(dir)
		if err != nil {
			return err
		}
		err = move()
	}
	if err != nil {
		return err
	}
	return syncDir(dir)
}

// mkdir makes a folder and those above it, and syncs the parent of each one
// that it made.
func (f *Folder) mkdir(dir string) error {
	f.dirs.Lock()
	defer f.dirs.Unlock()
	var missing []string
	for d := dir; d != f.dir; d = filepath.Dir(d) {
		missing = append(missing, d)
	}
	for i := len(missing) - 1; i >= 0; i-- {
		err := os.Mkdir(missing[i], 0o700)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return err
		}
		err = syncDir(filepath.Dir(missing[i]))
		if err != nil {
			return err
		}
	}
	return nil
}

func syncDir(dir string) error {
	if runtime.GOOS == "windows" { // it cannot sync a folder, and orders renames itself
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func errSizeDiffers(key Key, have, want int64) error {
	return fmt.Errorf("%w: %s/%s has %d bytes, expected %d", ErrCut, key.Space, key.SHA256, have, want)
}

// Open implements [Store]. The reader is an *os.File. Open reads its first byte, to
// find a disk that fails.
func (f *Folder) Open(_ context.Context, key Key, size int64) (io.ReadSeekCloser, error) {
	path, err := f.file(key)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, f.failure(err)
	}
	info, err := file.Stat()
	if err == nil && info.Size() != size {
		err = errSizeDiffers(key, info.Size(), size)
	}
	if err == nil && size > 0 {
		_, err = file.ReadAt(make([]byte, 1), 0)
	}
	if err != nil {
		file.Close()
		return nil, f.failure(err)
	}
	return file, nil
}

// failure returns [ErrNotFound] for missing content, and a fault of kind Unavailable
// if the whole folder is missing, for example because its disk is not mounted.
func (f *Folder) failure(err error) error {
	if errors.Is(err, fs.ErrNotExist) && f.Check(context.Background()) == nil {
		return ErrNotFound
	}
	return unavailable(err, false)
}

// Stat implements [Store].
func (f *Folder) Stat(_ context.Context, key Key) (int64, error) {
	path, err := f.file(key)
	if err != nil {
		return 0, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0, f.failure(err)
	}
	return info.Size(), nil
}

// Delete implements [Store].
func (f *Folder) Delete(_ context.Context, key Key, before time.Time) error {
	path, err := f.file(key)
	if err != nil {
		return err
	}
	// No commit can come between reading the time and the removal.
	f.dirs.Lock()
	defer f.dirs.Unlock()
	return unavailable(removeOlder(path, before), false)
}

func removeOlder(path string, before time.Time) error {
	info, err := os.Stat(path)
	if err == nil && info.ModTime().Before(before) {
		err = os.Remove(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Sweep implements [Store].
func (f *Folder) Sweep(ctx context.Context, before time.Time) (int, error) {
	n, err := sweepStaging(f.staging, before)
	if err != nil {
		return n, unavailable(err, false)
	}
	return n, ctx.Err()
}

// Empty implements [Store].
func (f *Folder) Empty(context.Context) (bool, error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return false, unavailable(err, false)
	}
	return !slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.IsDir() && !strings.HasPrefix(e.Name(), ".") }), nil
}

// Mark implements [Store].
func (f *Folder) Mark(context.Context) ([]byte, error) {
	mark, err := os.ReadFile(filepath.Join(f.dir, markName))
	if err != nil {
		return nil, f.failure(err)
	}
	return mark, nil
}

// SetMark implements [Store].
func (f *Folder) SetMark(_ context.Context, mark []byte) error {
	file, err := os.CreateTemp(f.dir, markName+"-*")
	if err != nil {
		return unavailable(err, false)
	}
	defer os.Remove(file.Name()) // unless it was renamed
	_, err = file.Write(mark)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), filepath.Join(f.dir, markName))
	}
	return unavailable(err, false)
}

// Check implements [Store].
func (f *Folder) Check(context.Context) error {
	_, err := os.Stat(f.staging)
	return unavailable(err, false)
}
