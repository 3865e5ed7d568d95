package store

import (
	"context"
	"errors"
	"time"
)

// TakeLease leases a task to a holder until an instant, or renews the lease. It
// reports false if another holder's lease is in force.
func (tx *Tx) TakeLease(ctx context.Context, task, holder string, now, until time.Time) (bool, error) {
	var taken string
	err := tx.queryRow(ctx, `INSERT INTO leases (name, holder, until) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
		WHERE leases.holder = excluded.holder OR leases.until <= $4 RETURNING holder`,
		[]any{task, holder, until.UnixMilli(), now.UnixMilli()}, &taken)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
