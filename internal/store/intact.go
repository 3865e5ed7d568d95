package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// ErrReplaced says that the database is not the one that was opened: its file
// was removed or replaced, or its contents went back to an earlier state. What
// is known here of it may be wrong, and what is written may be lost.
var ErrReplaced = errors.New("the database was removed, replaced or restored while the server ran")

// A heldFile is a file as it was when it was opened.
type heldFile struct {
	path string
	info fs.FileInfo
}

// Intact returns an error that wraps [ErrReplaced] once that has happened.
func (db *DB) Intact() error {
	if db.lost.Load() {
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
		return nil //nolint:nilerr // the disk is away; the statements tell
	case !os.SameFile(info, db.file.info):
		return fmt.Errorf("%w: %s is another file", ErrReplaced, db.file.path)
	}
	return nil
}

// hasContent reports whether there is a file that is not empty.
func hasContent(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Size() > 0
}
