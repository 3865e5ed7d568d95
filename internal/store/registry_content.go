package store

import (
	"context"
	"errors"
	"time"
)

// A Content is the row of a blob: the bytes of one or more assets of a domain, which
// have the same SHA-256.
type Content struct {
	ID         string
	Domain     string // id
	SHA256     string // lower-case hexadecimal
	Generation int64  // part of the blob's key: counts up when deleted content is stored again
	Size       int64  // bytes
	Stored     bool   // the bytes are durable
}

// ClaimContent marks content as needed by a domain at an instant, and returns its
// row. If there is no row, or only one that is being removed, it inserts the one
// given. A sweep does not remove content that was claimed recently, so the caller
// has time to store the bytes and call [Tx.StoredContent].
func (tx *Tx) ClaimContent(ctx context.Context, row Content, now time.Time) (Content, error) {
	c := row
	var stored int64
	err := tx.queryRow(ctx, `UPDATE contents SET touched = $1 WHERE domain = $2 AND sha256 = $3 AND doomed = 0
		RETURNING id, generation, size, stored`,
		[]any{now.UnixMilli(), row.Domain, row.SHA256}, &c.ID, &c.Generation, &c.Size, &stored)
	c.Stored = stored == 1
	if !errors.Is(err, ErrNotFound) {
		return c, err
	}
	err = tx.queryRow(ctx, `SELECT COALESCE(MAX(generation) + 1, 0) FROM contents WHERE domain = $1 AND sha256 = $2`,
		[]any{row.Domain, row.SHA256}, &row.Generation)
	if err != nil {
		return row, err
	}
	_, err = tx.exec(ctx, `INSERT INTO contents (id, domain, sha256, generation, size, stored, doomed, touched)
		VALUES ($1, $2, $3, $4, $5, 0, 0, $6)`,
		row.ID, row.Domain, row.SHA256, row.Generation, row.Size, now.UnixMilli())
	return row, err
}

// StoredContent records that content is durable. It returns [ErrStale] if a sweep
// has begun to remove it.
func (tx *Tx) StoredContent(ctx context.Context, id string, now time.Time) error {
	err := tx.execOne(ctx, `UPDATE contents SET stored = 1, touched = $1 WHERE id = $2 AND doomed = 0`, now.UnixMilli(), id)
	if errors.Is(err, ErrNotFound) {
		return ErrStale
	}
	return err
}

// DoomContents marks up to limit contents for removal and returns them. It chooses
// those that no asset uses and that were not touched since before, and those that
// were marked before then by a sweep that did not finish. The caller removes the
// bytes and then calls [Tx.ForgetContent], well before another sweep would choose
// them.
func (tx *Tx) DoomContents(ctx context.Context, before, now time.Time, limit int) ([]Content, error) {
	var doomed []Content
	err := tx.queryEach(ctx, `UPDATE contents SET doomed = $1 WHERE id IN (
			SELECT id FROM contents WHERE touched < $2 AND doomed < $3
			AND NOT EXISTS (SELECT 1 FROM assets WHERE assets.content = contents.id) ORDER BY touched LIMIT $4)
		RETURNING id, domain, sha256, generation, size`,
		[]any{now.UnixMilli(), before.UnixMilli(), before.UnixMilli(), limit},
		func(scan func(...any) error) error {
			var c Content
			err := scan(&c.ID, &c.Domain, &c.SHA256, &c.Generation, &c.Size)
			doomed = append(doomed, c)
			return err
		})
	return doomed, err
}

// ForgetContent deletes the row of content whose bytes were removed.
func (tx *Tx) ForgetContent(ctx context.Context, id string) error {
	_, err := tx.exec(ctx, `DELETE FROM contents WHERE id = $1 AND doomed > 0`, id)
	return err
}
