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
	// longestLife is the longest life of any credential: a GetSessionToken session
	// of 129,600 seconds, or a token that ends with it. A revocation of an older
	// instant covers no living credential.
	longestLife = 36 * time.Hour

	// longestToken is the longest life of an authorization token.
	longestToken = 12 * time.Hour

	// pruneSlack is how much longer a revocation is kept, for clocks that differ.
	pruneSlack = time.Hour
)

// A revocationCache has the revocations of all accounts. It reads only the rows
// that are new since the last look: a change of anything else costs one small
// query, however many revocations there are.
type revocationCache struct {
	turn chan struct{} // held by the caller that reads the database

	mu       sync.RWMutex
	accounts map[string]*revocations
	upTo     int64     // generation up to which all rows were read; -1: none
	looks    int64     // how many reads of the database were begun
	pruned   time.Time // when expired revocations were last dropped
}

func newRevocationCache() *revocationCache {
	return &revocationCache{turn: make(chan struct{}, 1), accounts: map[string]*revocations{}, upTo: -1}
}

// revocations are those of one account; instants are Unix milliseconds.
type revocations struct {
	all        cutoff           // of everything
	tokens     map[string]int64 // token id to the end of the revocation
	principals map[sessionKey]cutoff
}

// A cutoff revokes what was issued until an instant; the revocation itself ends
// at expires.
type cutoff struct{ until, expires int64 }

// sessionKey names a principal by unique id, and one session name or, with "",
// all of them.
type sessionKey struct{ id, session string }

// Revoke records a revocation, effective at once on this replica. A token issued
// in the same millisecond as the instant is revoked too. Expires is used for the
// revocation of one token alone: it is when the token ends, zero if that is not
// known.
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

// RevokeNow revokes what any replica issued before it returns, and returns the
// instant of the revocation. The replicas' clocks differ by up to
// [store.DB.ClockError], so the instant lies that far ahead, and RevokeNow waits
// for it: a credential issued after the return is not revoked.
func (d *Directory) RevokeNow(ctx context.Context, r Revocation) (time.Time, error) {
	r.Until = d.now().Add(d.DB.ClockError())
	err := d.Revoke(ctx, r)
	if err != nil {
		return r.Until, err
	}
	return r.Until, d.waitUntil(ctx, r.Until)
}

// waitUntil returns when an instant has passed, or the context has ended.
func (d *Directory) waitUntil(ctx context.Context, instant time.Time) error {
	if d.DB.ClockError() == 0 {
		return nil
	}
	timer := time.NewTimer(instant.Sub(d.now()) + time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// RevokeEverything revokes what every account has issued until now, and returns
// the instant. It makes the generation greater than afterGeneration, so that no
// cache keeps older state.
func (d *Directory) RevokeEverything(ctx context.Context, afterGeneration int64) (time.Time, error) {
	until := d.now().Add(d.DB.ClockError())
	err := d.DB.Update(ctx, func(tx *store.Tx) error {
		return tx.RevokeEverything(ctx, until, until.Add(longestLife+pruneSlack), afterGeneration)
	})
	if err != nil {
		return until, err
	}
	return until, d.waitUntil(ctx, until)
}

// PruneRevocations deletes the revocations that cover no living credential, and
// returns their number. It is meant to run periodically.
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
// The revocations of the principal's own account count. For a token those of the
// domain's owner count too. In the principal's own account a revocation of the
// session also revokes the tokens that the session made, whenever they were
// issued.
func (d *Directory) Revoked(ctx context.Context, tokenID string, ref principal.Ref, domainOwner string, issued time.Time) (bool, error) {
	return d.checkRevoked(ctx, func(forAccount func(account string) *revocations) bool {
		own := forAccount(ref.Account)
		if own.covers(tokenID, ref, issued) || ref.Session != nil && own.covers("", ref, ref.Session.IssuedAt) {
			return true
		}
		return domainOwner != "" && domainOwner != ref.Account && forAccount(domainOwner).covers(tokenID, ref, issued)
	})
}

func (r *revocations) covers(tokenID string, ref principal.Ref, issued time.Time) bool {
	if r == nil {
		return false
	}
	issuedAt := issued.UnixMilli()
	if issuedAt <= r.all.until {
		return true
	}
	if _, ok := r.tokens[tokenID]; ok {
		return true
	}
	if l, ok := r.principals[sessionKey{ref.ID, ""}]; ok && issuedAt <= l.until {
		return true
	}
	l, ok := r.principals[sessionKey{ref.ID, ref.SessionName}]
	return ok && issuedAt <= l.until
}

func (r *revocations) add(row Revocation) {
	l := cutoff{row.Until.UnixMilli(), row.Expires.UnixMilli()}
	switch {
	case row.Token != "":
		if r.tokens == nil {
			r.tokens = map[string]int64{}
		}
		r.tokens[row.Token] = l.expires
	case row.Principal != "":
		if r.principals == nil {
			r.principals = map[sessionKey]cutoff{}
		}
		r.principals[sessionKey{row.Principal, row.Session}] = l
	default:
		r.all = l
	}
}

// dropExpired removes the revocations that ended before now, and reports whether
// none are left.
func (r *revocations) dropExpired(now int64) bool {
	maps.DeleteFunc(r.tokens, func(_ string, expires int64) bool { return expires < now })
	maps.DeleteFunc(r.principals, func(_ sessionKey, l cutoff) bool { return l.expires < now })
	if r.all.expires < now {
		r.all = cutoff{}
	}
	return len(r.tokens) == 0 && len(r.principals) == 0 && r.all == cutoff{}
}

// checkRevoked returns the answer of ask, once the cache has all revocations that
// the database has now.
func (d *Directory) checkRevoked(ctx context.Context, ask func(forAccount func(account string) *revocations) bool) (bool, error) {
	cache := d.revoked
	cache.mu.RLock()
	if d.DB.UpToDate(cache.upTo) {
		defer cache.mu.RUnlock()
		return ask(cache.forAccount), nil
	}
	looks := cache.looks
	cache.mu.RUnlock()
	err := d.refreshRevocations(ctx, looks)
	if err != nil {
		return false, err
	}
	cache.mu.RLock()
	defer cache.mu.RUnlock()
	return ask(cache.forAccount), nil
}

func (k *revocationCache) forAccount(account string) *revocations { return k.accounts[account] }

// refreshRevocations reads the rows that are new since the last look, unless
// another caller began a look after looks was read: that one is new enough.
func (d *Directory) refreshRevocations(ctx context.Context, looks int64) error {
	cache := d.revoked
	select {
	case cache.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-cache.turn }()
	cache.mu.Lock()
	done, upTo := cache.looks > looks, cache.upTo
	if !done {
		cache.looks++
	}
	cache.mu.Unlock()
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
	cache.mu.Lock()
	defer cache.mu.Unlock()
	if err != nil {
		cache.looks-- // it failed, so nobody may rely on it
		return err
	}
	cache.merge(rows, upTo, d.now())
	return nil
}

// pruneInterval is how often expired revocations are dropped from memory.
const pruneInterval = time.Minute

func (k *revocationCache) merge(rows []Revocation, upTo int64, now time.Time) {
	for _, row := range rows {
		account := k.accounts[row.Account]
		if account == nil {
			account = &revocations{}
			k.accounts[row.Account] = account
		}
		account.add(row)
	}
	k.upTo = upTo
	if now.Sub(k.pruned) >= pruneInterval {
		k.pruned = now
		maps.DeleteFunc(k.accounts, func(_ string, r *revocations) bool { return r.dropExpired(now.UnixMilli()) })
	}
}
