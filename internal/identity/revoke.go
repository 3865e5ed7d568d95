package identity

import (
	"context"
	"time"

	"daypass/internal/principal"
	"daypass/internal/store"
)

// longestLife is how long any credential can live: a GetSessionToken session of
// 129,600 seconds, or a token that ends with it. A revocation of an instant
// further back has nothing left to revoke.
const longestLife = 36 * time.Hour

// pruneSlack keeps a revocation a little beyond that, for clocks that differ.
const pruneSlack = time.Hour

// revocations is what one account has revoked; instants are Unix milliseconds.
type revocations struct {
	all        int64
	tokens     map[string]bool
	principals map[sessionKey]int64
}

// sessionKey names a principal by unique id, and one session name or, with "",
// all of them.
type sessionKey struct{ id, session string }

// Revoke records a revocation, effective at once on this replica. A token
// issued in the very millisecond of the instant is revoked too.
func (d *Directory) Revoke(ctx context.Context, r Revocation) error {
	return d.change(ctx, func(tx *store.Tx) error { return tx.Revoke(ctx, r) })
}

// PruneRevocations forgets the revocations that no living credential can fall
// under any more, and returns how many those were. Run it now and then.
func (d *Directory) PruneRevocations(ctx context.Context) (int64, error) {
	var n int64
	err := d.DB.Update(ctx, func(tx *store.Tx) error {
		var err error
		n, err = tx.PruneRevocations(ctx, d.now().Add(-longestLife-pruneSlack))
		return err
	})
	return n, err
}

// Revoked reports whether a credential of ref, issued at an instant, was
// revoked. For an authorization token tokenID and domainOwner are set; for a
// session both are empty.
//
// The revocations of the principal's own account count, and for a token those
// of the domain's owner too: either may cut off what it is responsible for. In
// the eyes of its own account a token is also gone when the session that made
// it was revoked, however young the token.
func (d *Directory) Revoked(ctx context.Context, tokenID string, ref principal.Ref, domainOwner string, issued time.Time) (bool, error) {
	own, err := d.revocations(ctx, ref.Account)
	if err != nil {
		return false, err
	}
	if own.cover(tokenID, ref, issued) || ref.Session != nil && own.cover("", ref, ref.Session.IssuedAt) {
		return true, nil
	}
	if domainOwner == "" || domainOwner == ref.Account {
		return false, nil
	}
	owner, err := d.revocations(ctx, domainOwner)
	return err == nil && owner.cover(tokenID, ref, issued), err
}

func (r *revocations) cover(tokenID string, ref principal.Ref, issued time.Time) bool {
	if r == nil {
		return false
	}
	at := issued.UnixMilli()
	if at <= r.all || r.tokens[tokenID] {
		return true
	}
	if until, ok := r.principals[sessionKey{ref.ID, ""}]; ok && at <= until {
		return true
	}
	until, ok := r.principals[sessionKey{ref.ID, ref.SessionName}]
	return ok && at <= until
}

func (d *Directory) revocations(ctx context.Context, account string) (*revocations, error) {
	return d.revoked.Get(ctx, account, func(ctx context.Context) (*revocations, error) {
		var rows []Revocation
		err := d.DB.View(ctx, func(tx *store.Tx) error {
			var err error
			rows, err = tx.Revocations(ctx, account)
			return err
		})
		if err != nil || len(rows) == 0 {
			return nil, err
		}
		return newRevocations(rows), nil
	})
}

func newRevocations(rows []Revocation) *revocations {
	r := &revocations{tokens: make(map[string]bool), principals: make(map[sessionKey]int64)}
	for _, row := range rows {
		switch {
		case row.Token != "":
			r.tokens[row.Token] = true
		case row.Principal != "":
			r.principals[sessionKey{row.Principal, row.Session}] = row.Until.UnixMilli()
		default:
			r.all = row.Until.UnixMilli()
		}
	}
	return r
}
