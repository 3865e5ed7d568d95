package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"daypass/internal/blob"
	"daypass/internal/store"
)

// DefaultGrace is how long content without an asset is kept: much longer than a
// commit takes, and than an upload may pause.
const DefaultGrace = 6 * time.Hour

// sweepBatch is how many contents one step of a sweep removes at most.
const sweepBatch = 100

// A SweepResult counts what a sweep removed.
type SweepResult struct {
	Contents int   // kept once each
	Bytes    int64 // of them
	Uploads  int   // that were never committed
}

// Sweep removes content that no asset uses and that was not claimed for the grace
// period: of failed and interrupted publications, and of deleted repositories.
// Replicas may sweep at the same time. The result is right even if there is an error.
func (g *Registry) Sweep(ctx context.Context, grace time.Duration) (SweepResult, error) {
	// What was doomed belongs to whoever doomed it for the grace period; being
	// done well before it ends is what makes taking over safe.
	ctx, cancel := context.WithTimeout(ctx, grace/2)
	defer cancel()
	var s SweepResult
	now := g.Now()
	before := now.Add(-grace)
	var err error
	s.Uploads, err = g.Blobs.Sweep(ctx, before)
	if err != nil {
		return s, fmt.Errorf("sweep uploads: %w", err)
	}
	for {
		n, err := g.sweepSome(ctx, before, now, &s)
		if err != nil {
			return s, fmt.Errorf("sweep content: %w", err)
		}
		if n < sweepBatch {
			return s, nil
		}
	}
}

func (g *Registry) sweepSome(ctx context.Context, before, now time.Time, s *SweepResult) (int, error) {
	var doomed []store.Content
	err := g.DB.Update(ctx, func(tx *store.Tx) (err error) {
		doomed, err = tx.DoomContents(ctx, before, now, sweepBatch)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, c := range doomed {
		err := g.Blobs.Delete(ctx, blob.Key{Space: space(c.Domain, c.Generation), SHA256: c.SHA256}, now)
		if err != nil && !errors.Is(err, blob.ErrNotFound) {
			return 0, err
		}
		err = g.DB.Update(ctx, func(tx *store.Tx) error { return tx.ForgetContent(ctx, c.ID) })
		if err != nil {
			return 0, err
		}
		s.Contents++
		s.Bytes += c.Size
	}
	return len(doomed), nil
}
