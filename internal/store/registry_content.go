package store

import (
	"context"
	"errors"
	"time"
)

// A Content is a row of its table: bytes that a domain has or is about to have.
type Content struct {
	ID         string
	Domain     string // id
	SHA256     string // lower-case hexadecimal
	Generation int64  // part of the place of the bytes
	Size       int64  // bytes
	Stored     bool   // durable
}

// ClaimContent says at an instant that a domain is about to use content, and
// returns the row that stands for it, which is fresh if there was none that may
// still be used. Between this and [Tx.StoredContent] no sweep removes it that
// spares what was touched since.
func (tx *Tx) ClaimContent(ctx context.Context, fresh Content, at time.Time) (Content, error) {
	c := fresh
	var stored int64
	err := tx.queryRow(ctx, `UPDATE contents SET touched = $1 WHERE domain = $2 AND sha256 = $3 AND doomed = 0
		RETURNING id, generation, size, stored`,
		[]any{at.UnixMilli(), fresh.Domain, fresh.SHA256}, &c.ID, &c.Generation, &c.Size, &stored)
	c.Stored = stored == 1
	if !errors.Is(err, ErrNotFound) {
		return c, err
	}
	err = tx.queryRow(ctx, `SELECT COALESCE(MAX(generation) + 1, 0) FROM contents WHERE domain = $1 AND sha256 = $2`,
		[]any{fresh.Domain, fresh.SHA256}, &fresh.Generation)
	if err != nil {
		return fresh, err
	}
	_, err = tx.exec(ctx, `INSERT INTO contents (id, domain, sha256, generation, size, stored, doomed, touched)
		VALUES ($1, $2, $3, $4, $5, 0, 0, $6)`,
		fresh.ID, fresh.Domain, fresh.SHA256, fresh.Generation, fresh.Size, at.UnixMilli())
	return fresh, err
}

// StoredContent says that content is durable. It returns [ErrStale] if it was
// doomed meanwhile.
func (tx *Tx) StoredContent(ctx context.Context, id string, at time.Time) error {
	err := tx.execOne(ctx, `UPDATE contents SET stored = 1, touched = $1 WHERE id = $2 AND doomed = 0`, at.UnixMilli(), id)
	if errors.Is(err, ErrNotFound) {
		return ErrStale
	}
	return err
}

// DoomContents takes up to limit contents for removal: those that no asset
// refers to and that nobody touched since an instant, and those that were
// doomed before that instant by somebody who never finished. The caller removes
// their bytes and then forgets them, well before others would take them over.
func (tx *Tx) DoomContents(ctx context.Context, before, at time.Time, limit int) ([]Content, error) {
	var doomed []Content
	err := tx.queryEach(ctx, `UPDATE contents SET doomed = $1 WHERE id IN (
			SELECT id FROM contents WHERE touched < $2 AND doomed < $3
			AND NOT EXISTS (SELECT 1 FROM assets WHERE assets.content = contents.id) ORDER BY touched LIMIT $4)
		RETURNING id, domain, sha256, generation, size`,
		[]any{at.UnixMilli(), before.UnixMilli(), before.UnixMilli(), limit},
		func(scan func(...any) error) error {
			var c Content
			err := scan(&c.ID, &c.Domain, &c.SHA256, &c.Generation, &c.Size)
			doomed = append(doomed, c)
			return err
		})
	return doomed, err
}

// ForgetContent removes the row of doomed content, whose bytes are gone.
func (tx *Tx) ForgetContent(ctx context.Context, id string) error {
	_, err := tx.exec(ctx, `DELETE FROM contents WHERE id = $1 AND doomed > 0`, id)
	return err
}
