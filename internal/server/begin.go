package server

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"daypass/internal/blob"
	"daypass/internal/lock"
	"daypass/internal/store"
)

// hold locks the data folder until this process ends. The lock is exclusive with the
// embedded database. With --database it is shared, as replicas may use one folder.
func (s *Server) hold() error {
	held, err := lock.Take(filepath.Join(s.config.Data, "lock"), s.config.Database != "")
	var by *lock.HeldError
	switch {
	case errors.As(err, &by) && by.PID != 0:
		return fmt.Errorf("--data: the folder %s is in use by another daypass serve, process %d: stop that one, or give another folder", s.config.Data, by.PID)
	case errors.As(err, &by):
		return fmt.Errorf("--data: the folder %s is in use by another daypass serve: stop that one, or give another folder", s.config.Data)
	case errors.Is(err, errors.ErrUnsupported):
		s.log.Warn("the file system of the data folder has no locks: nothing keeps a second server from it")
		return nil
	case err != nil:
		return fmt.Errorf("data folder: %w", err)
	}
	s.held = held
	return nil
}

// ownsKeyFile reports whether the master key is in the data folder, where the first
// start creates it.
func (s *Server) ownsKeyFile() bool {
	return !s.config.Dev && s.config.MasterKey == nil && s.config.MasterKeyFile == ""
}

// admit refuses a database that does not belong to the master key or to the content.
// It runs before anything is written.
func (s *Server) admit(ctx context.Context, found store.Found) error {
	if s.ownsKeyFile() {
		_, err := os.Stat(s.keyFile())
		missing := errors.Is(err, fs.ErrNotExist)
		switch {
		case missing && found.Keys:
			return fmt.Errorf("master key: %s is missing: bring the file back, or give the key with --master-key-file or DAYPASS_MASTER_KEY. Without it the stored token keys and access keys can't be opened", s.keyFile())
		case !missing && !found.Schema:
			return fmt.Errorf("the database is empty (%s), but there is the master key of an older one, %s: bring that database back. For a new instance take another folder, or give the key with --master-key-file", s.databaseName(), s.keyFile())
		}
	}
	if found.Keys {
		return nil
	}
	err := s.openContent(ctx)
	if err != nil {
		return err
	}
	_, err = s.blobs.Mark(ctx)
	empty := errors.Is(err, blob.ErrNotFound)
	if empty {
		empty, err = s.blobs.Empty(ctx)
	}
	switch {
	case err != nil:
		return fmt.Errorf("content store: %w", err)
	case !empty:
		return fmt.Errorf("the database is empty (%s), but there is content of an older one in %s: bring that database back, or give another place for content", s.databaseName(), s.contentName())
	}
	return nil
}

func (s *Server) databaseName() string {
	if s.config.Database != "" {
		return "--database"
	}
	return s.databaseFile()
}

func (s *Server) databaseFile() string { return filepath.Join(s.config.Data, "daypass.db") }

func (s *Server) contentName() string {
	if s.config.Blobs != "" {
		return s.config.Blobs // it holds no credentials
	}
	return filepath.Join(s.config.Data, "blobs")
}

// A mark is a JSON object that is stored beside the content. It names the instance that
// the content belongs to and the generation that its database had reached. A database
// with a lower generation was restored from a backup.
type mark struct {
	Instance   string `json:"instance"`
	Generation int64  `json:"generation"`
	Region     string `json:"region,omitempty"`
}

// readMark returns the mark, and whether there is one that can be decoded.
func (s *Server) readMark(ctx context.Context) (mark, bool, error) {
	var m mark
	note, err := s.blobs.Mark(ctx)
	if errors.Is(err, blob.ErrNotFound) {
		return m, false, nil
	}
	if err != nil {
		return m, false, err
	}
	err = json.Unmarshal(note, &m)
	return m, err == nil && m.Instance != "", nil // writeMark replaces one that can't be decoded
}

// writeMark stores the generation of the database in the mark, unless it is there. A
// slow replica may replace it with a slightly lower one, until the next change.
func (s *Server) writeMark(ctx context.Context) error {
	now := s.db.Generation()
	if now <= s.marked {
		return nil
	}
	m, found, err := s.readMark(ctx)
	if err == nil && (!found || m.Generation < now) {
		var note []byte
		note, err = json.Marshal(mark{s.instance, now, s.config.Region})
		if err == nil {
			err = s.blobs.SetMark(ctx, note)
		}
	}
	if err == nil {
		s.marked = now
	}
	return err
}

// recognise compares the database with the mark beside the content. In a restored
// database tokens that were revoked and keys that were deactivated since the backup
// would work again. Such a database is refused, unless the operator gives
// --accept-restore.
func (s *Server) recognise(ctx context.Context) error {
	// The mark is read before the database. The change of its generation was committed
	// before it was stored, so a database that lacks that change was restored.
	m, found, err := s.readMark(ctx)
	if err != nil {
		return fmt.Errorf("content store: %w", err)
	}
	err = s.db.Ping(ctx)
	if err != nil {
		return err
	}
	s.instance, err = s.db.Instance(ctx)
	if err != nil {
		return err
	}
	if found && m.Region != "" && m.Region != s.config.Region {
		s.log.Warn("another Region than before: ARNs in policies and in clients' settings that name the old one match nothing", "region", s.config.Region, "before", m.Region)
	}
	named := s.instance != ""
	behind := found && (!named || m.Generation > s.db.Generation())
	switch {
	case found && named && m.Instance != s.instance:
		return fmt.Errorf("the content in %s belongs to another instance than the database: give the two that belong together", s.contentName())
	case behind && !s.config.AcceptRestore:
		return fmt.Errorf("the database was restored from a backup: it is at change %d, the content store saw change %d. "+
			"Tokens revoked and access keys deactivated or deleted since the backup would work again. "+
			"Start once with --accept-restore, which revokes every token and session issued before that start; then look at the access keys", s.db.Generation(), m.Generation)
	case s.config.AcceptRestore:
		until, err := s.directory.RevokeEverything(ctx, m.Generation)
		if err != nil {
			return fmt.Errorf("--accept-restore: %w", err)
		}
		s.log.Warn("every token and session issued until now is revoked; access keys are as they were at the backup: look at them", "until", until.Format(time.RFC3339Nano))
	}
	if !named { // last, so that a refused start names nothing
		s.instance, err = s.db.NameInstance(ctx, rand.Text())
	}
	return err
}
