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

// uses are the last uses that are not yet in the database, at most one for each
// key, role and root user.
type uses struct {
	mu      sync.Mutex
	pending map[string]Use

	flushing sync.Mutex // a flush waits for the one before: at stop all uses are written
}

// Used records that a request was signed with a long-term key or by a role
// session. It writes to memory alone, see [Directory.FlushUses].
func (d *Directory) Used(accessKeyID string, ref principal.Ref, u Use) {
	switch {
	case ref.Kind == principal.Role:
		d.uses.record(ref.ID, u)
	case ref.Session != nil: // a session is no use of the long-term key that made it
	case ref.Kind == principal.Root:
		d.uses.record(ref.Account, u)
	default:
		d.uses.record(accessKeyID, u)
	}
}

func (s *uses) record(id string, u Use) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending == nil {
		s.pending = make(map[string]Use)
	}
	if u.At.After(s.pending[id].At) {
		s.pending[id] = u
	}
}

func (s *uses) get(id string) Use {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pending[id]
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

// FlushUses writes the uses since the last flush to the database. Uses that cannot
// be written are kept for the next flush.
func (d *Directory) FlushUses(ctx context.Context) error {
	d.uses.flushing.Lock()
	defer d.uses.flushing.Unlock()
	pending := d.uses.take()
	ids := make([]string, 0, len(pending))
	for id := range pending {
		ids = append(ids, id)
	}
	slices.Sort(ids) // replicas that write the same rows do not block each other
	for chunk := range slices.Chunk(ids, flushAtOnce) {
		err := d.DB.Update(ctx, func(tx *store.Tx) error {
			for _, id := range chunk {
				err := tx.RecordUse(ctx, id, pending[id])
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			for id, u := range pending {
				d.uses.record(id, u) // those written before are written again, which changes nothing
			}
			return err
		}
	}
	return nil
}

// lastUse returns the later of the uses in memory and in the database; a zero Use
// means never.
func (d *Directory) lastUse(ctx context.Context, tx *store.Tx, id string) (Use, error) {
	u, err := tx.LastUse(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		u, err = Use{}, nil
	}
	return d.latest(id, u), err
}

func (d *Directory) latest(id string, known Use) Use {
	if u := d.uses.get(id); u.At.After(known.At) {
		return u
	}
	return known
}

// RoleUse returns when a session of a role was last used; a zero Use means never.
func (d *Directory) RoleUse(ctx context.Context, id string) (Use, error) {
	return view(ctx, d, func(tx *store.Tx) (Use, error) { return d.lastUse(ctx, tx, id) })
}

// KeyUse returns the user of a long-term key, nil for the root user, and the key's
// last use; a zero Use means never. A key that no user of the account has is a
// fault of kind NotFound.
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
		return nil, Use{}, ifNotFound(err, missingKey(id))
	}
	return owner, u, nil
}
