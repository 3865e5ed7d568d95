package identity

import (
	"context"
	"maps"
	"sync"
	"time"

	"daypass/internal/principal"
	"daypass/internal/store"
)

const (
	// longestLife is how long any credential can live: a GetSessionToken session
	// of 129,600 seconds, or a token that ends with it. A revocation of an instant
	// further back has nothing left to revoke.
	longestLife = 36 * time.Hour

	// longestToken is how long an authorization token can live.
	longestToken = 12 * time.Hour

	// pruneSlack keeps a revocation a little beyond that, for clocks that differ.
	pruneSlack = time.Hour
)

// revoked is what all accounts have revoked, kept up with the database row by
// row: a change of anything else costs it one small query, however much is
// revoked.
type revoked struct {
	turn chan struct{} // held by whoever reads the database

	mu       sync.RWMutex
	accounts map[string]*revocations
	upTo     int64     // generation
	looks    int64     // how many were begun
	pruned   time.Time // when what had ended was last dropped
}

func newRevoked() *revoked {
	return &revoked{turn: make(chan struct{}, 1), accounts: map[string]*revocations{}, upTo: -1}
}

// revocations is what one account has revoked; instants are Unix milliseconds.
type revocations struct {
	all        limit
	tokens     map[string]int64 // to the end of the revocation
	principals map[sessionKey]limit
}

// A limit is an instant until which what was issued is revoked, and when that
// revocation ends.
type limit struct{ until, expires int64 }

// sessionKey names a principal by unique id, and one session name or, with "",
// all of them.
type sessionKey struct{ id, session string }

// Revoke records a revocation, effective at once on this replica. A token
// issued in the very millisecond of the instant is revoked too. Of a revocation
// of one token Expires is when the token ends, zero if that is not known; else it
// is ignored.
func (d *Directory) Revoke(ctx context.Context, r Revocation) error {
	switch {
	case r.Token == "":
		r.Expires = r.Until.Add(longestLife + pruneSlack)
	case r.Expires.IsZero():
		r.Expires = d.now().Add(longestToken + pruneSlack)
	default:
		r.Expires = r.Expires.Add(pruneSlack)
	}
	return d.DB.Update(ctx, func(tx *store.Tx) error { return tx.Revoke(ctx, r) })
}

// RevokeNow is Revoke of all that was issued before it returns, by any replica.
// It returns the instant. The clocks of replicas differ a little although all go
// by the database's, so that the instant is that much ahead, and is waited for:
// what is issued afterwards is not revoked.
func (d *Directory) RevokeNow(ctx context.Context, r Revocation) (time.Time, error) {
	r.Until = d.now().Add(d.DB.ClockError())
	err := d.Revoke(ctx, r)
	if err != nil {
		return r.Until, err
	}
	return r.Until, d.after(ctx, r.Until)
}

// after returns once an instant has passed.
func (d *Directory) after(ctx context.Context, at time.Time) error {
	if d.DB.ClockError() == 0 {
		return nil
	}
	timer := time.NewTimer(at.Sub(d.now()) + time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// RevokeEverything revokes what every account has issued until now, and returns
// the instant. Afterwards the generation is greater than the given one.
func (d *Directory) RevokeEverything(ctx context.Context, than int64) (time.Time, error) {
	until := d.now().Add(d.DB.ClockError())
	err := d.DB.Update(ctx, func(tx *store.Tx) error {
		return tx.RevokeEverything(ctx, until, until.Add(longestLife+pruneSlack), than)
	})
	if err != nil {
		return until, err
	}
	return until, d.after(ctx, until)
}

// PruneRevocations forgets the revocations that no living credential can fall
// under any more, and returns how many those were. Run it now and then.
func (d *Directory) PruneRevocations(ctx context.Context) (int64, error) {
	var n int64
	err := d.DB.Update(ctx, func(tx *store.Tx) error {
		var err error
		n, err = tx.PruneRevocations(ctx, d.now())
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
	return d.covered(ctx, func(of func(account string) *revocations) bool {
		own := of(ref.Account)
		if own.cover(tokenID, ref, issued) || ref.Session != nil && own.cover("", ref, ref.Session.IssuedAt) {
			return true
		}
		return domainOwner != "" && domainOwner != ref.Account && of(domainOwner).cover(tokenID, ref, issued)
	})
}

func (r *revocations) cover(tokenID string, ref principal.Ref, issued time.Time) bool {
	if r == nil {
		return false
	}
	at := issued.UnixMilli()
	if at <= r.all.until {
		return true
	}
	if _, ok := r.tokens[tokenID]; ok {
		return true
	}
	if l, ok := r.principals[sessionKey{ref.ID, ""}]; ok && at <= l.until {
		return true
	}
	l, ok := r.principals[sessionKey{ref.ID, ref.SessionName}]
	return ok && at <= l.until
}

func (r *revocations) add(row Revocation) {
	l := limit{row.Until.UnixMilli(), row.Expires.UnixMilli()}
	switch {
	case row.Token != "":
		if r.tokens == nil {
			r.tokens = map[string]int64{}
		}
		r.tokens[row.Token] = l.expires
	case row.Principal != "":
		if r.principals == nil {
			r.principals = map[sessionKey]limit{}
		}
		r.principals[sessionKey{row.Principal, row.Session}] = l
	default:
		r.all = l
	}
}

// drop forgets what had ended at an instant, and reports whether nothing is left.
func (r *revocations) drop(now int64) bool {
	maps.DeleteFunc(r.tokens, func(_ string, expires int64) bool { return expires < now })
	maps.DeleteFunc(r.principals, func(_ sessionKey, l limit) bool { return l.expires < now })
	if r.all.expires < now {
		r.all = limit{}
	}
	return len(r.tokens) == 0 && len(r.principals) == 0 && r.all == limit{}
}

// covered reports whether one of two accounts has revoked something, by what the
// database says now.
func (d *Directory) covered(ctx context.Context, ask func(of func(account string) *revocations) bool) (bool, error) {
	k := d.revoked
	k.mu.RLock()
	if d.DB.Knows(k.upTo) {
		defer k.mu.RUnlock()
		return ask(k.of), nil
	}
	looks := k.looks
	k.mu.RUnlock()
	err := d.follow(ctx, looks)
	if err != nil {
		return false, err
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	return ask(k.of), nil
}

func (k *revoked) of(account string) *revocations { return k.accounts[account] }

// follow reads what was revoked since the last look. Of many who wait one looks:
// a look that was begun after a caller came is good for the caller too.
func (d *Directory) follow(ctx context.Context, looks int64) error {
	k := d.revoked
	select {
	case k.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-k.turn }()
	k.mu.Lock()
	done, upTo := k.looks > looks, k.upTo
	if !done {
		k.looks++
	}
	k.mu.Unlock()
	if done {
		return nil
	}
	var rows []Revocation
	err := d.DB.View(ctx, func(tx *store.Tx) error {
		rows = rows[:0]
		var err error
		upTo, err = tx.Revocations(ctx, upTo, func(r Revocation) { rows = append(rows, r) })
		return err
	})
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil {
		k.looks-- // it was good for nobody
		return err
	}
	k.take(rows, upTo, d.now())
	return nil
}

// dropEvery is how often what has ended is dropped.
const dropEvery = time.Minute

func (k *revoked) take(rows []Revocation, upTo int64, now time.Time) {
	for _, row := range rows {
		of := k.accounts[row.Account]
		if of == nil {
			of = &revocations{}
			k.accounts[row.Account] = of
		}
		of.add(row)
	}
	k.upTo = upTo
	if now.Sub(k.pruned) >= dropEvery {
		k.pruned = now
		maps.DeleteFunc(k.accounts, func(_ string, r *revocations) bool { return r.drop(now.UnixMilli()) })
	}
}
