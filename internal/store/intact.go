package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// ErrReplaced says that the database is not the one that was opened: its file was
// removed or replaced, or an earlier state was restored. Caches may be wrong, and
// writes may be lost.
var ErrReplaced = errors.New("the database was removed, replaced or restored while the server ran")

// A openedFile is a file as it was when it was opened.
type openedFile struct {
	path string
	info fs.FileInfo
}

// Intact returns an error that wraps [ErrReplaced] once that has happened.
func (db *DB) Intact() error {
	if db.wentBack.Load() {
		return fmt.Errorf("%w: its generation went back", ErrReplaced)
	}
	if db.file == nil {
		return nil
	}
	info, err := os.Stat(db.file.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %s is gone", ErrReplaced, db.file.path)
	case err != nil:
		return nil //nolint:nilerr // the disk is unavailable; the statements report it
	case !os.SameFile(info, db.file.info):
		return fmt.Errorf("%w: %s is another file", ErrReplaced, db.file.path)
	}
	return nil
}

// fileHasContent reports whether a file exists and is not empty.
func fileHasContent(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Size() > 0
}
