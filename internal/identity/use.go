package identity

import (
	"context"
	"errors"
	"slices"
	"sync"

	"daypass/internal/principal"
	"daypass/internal/store"
)

// A Use is when credentials were last used, and for what.
type Use = store.Use

// uses are the last uses that the database does not know yet, at most one for
// each key, role and root user.
type uses struct {
	mu      sync.Mutex
	pending map[string]Use

	flushing sync.Mutex // so that whoever flushes last waits for who flushes yet
}

// Used notes that a request was signed with a long-term key or by a session of a
// role. It only writes to memory, see [Directory.FlushUses].
func (d *Directory) Used(accessKeyID string, ref principal.Ref, u Use) {
	switch {
	case ref.Kind == principal.Role:
		d.uses.note(ref.ID, u)
	case ref.Session != nil: // the long-term key behind it is not used again
	case ref.Kind == principal.Root:
		d.uses.note(ref.Account, u)
	default:
		d.uses.note(accessKeyID, u)
	}
}

func (s *uses) note(subject string, u Use) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending == nil {
		s.pending = make(map[string]Use)
	}
	if u.At.After(s.pending[subject].At) {
		s.pending[subject] = u
	}
}

func (s *uses) get(subject string) Use {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pending[subject]
}

// take empties the list.
func (s *uses) take() map[string]Use {
	s.mu.Lock()
	defer s.mu.Unlock()
	pending := s.pending
	s.pending = nil
	return pending
}

// flushAtOnce bounds a transaction.
const flushAtOnce = 500

// FlushUses writes down what was used since the last time. What cannot be
// written is kept for the next.
func (d *Directory) FlushUses(ctx context.Context) error {
	d.uses.flushing.Lock()
	defer d.uses.flushing.Unlock()
	pending := d.uses.take()
	subjects := make([]string, 0, len(pending))
	for subject := range pending {
		subjects = append(subjects, subject)
	}
	slices.Sort(subjects) // replicas that write the same rows do not block each other
	for chunk := range slices.Chunk(subjects, flushAtOnce) {
		err := d.DB.Update(ctx, func(tx *store.Tx) error {
			for _, subject := range chunk {
				err := tx.RecordUse(ctx, subject, pending[subject])
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			for subject, u := range pending {
				d.uses.note(subject, u) // those written before are written again, which changes nothing
			}
			return err
		}
	}
	return nil
}

// lastUse returns the later of what memory and the database know; a zero Use
// means never.
func (d *Directory) lastUse(ctx context.Context, tx *store.Tx, subject string) (Use, error) {
	u, err := tx.LastUse(ctx, subject)
	if errors.Is(err, store.ErrNotFound) {
		u, err = Use{}, nil
	}
	return d.latest(subject, u), err
}

func (d *Directory) latest(subject string, known Use) Use {
	if u := d.uses.get(subject); u.At.After(known.At) {
		return u
	}
	return known
}

// RoleUse returns when a session of a role was last used; a zero Use means never.
func (d *Directory) RoleUse(ctx context.Context, id string) (Use, error) {
	return view(ctx, d, func(tx *store.Tx) (Use, error) { return d.lastUse(ctx, tx, id) })
}

// KeyUse returns the user of an account that has a long-term key, nil for the
// root user, and when the key was last used; a zero Use means never. A key of no
// user of the account is a fault of kind NotFound.
func (d *Directory) KeyUse(ctx context.Context, account, id string) (*Entity, Use, error) {
	var owner *Entity
	var u Use
	err := d.DB.View(ctx, func(tx *store.Tx) error {
		var err error
		if d.isRootKey(id) && account == d.Account {
			u, err = d.lastUse(ctx, tx, account)
			return err
		}
		key, err := tx.AccessKey(ctx, id)
		if err != nil {
			return err
		}
		owner, err = tx.Identity(ctx, key.Identity)
		if err == nil && owner.Account != account {
			err = store.ErrNotFound
		}
		if err != nil {
			return err
		}
		u, err = d.lastUse(ctx, tx, id)
		return err
	})
	if err != nil {
		return nil, Use{}, gone(err, missingKey(id))
	}
	return owner, u, nil
}
