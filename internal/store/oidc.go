package store

import (
	"context"
	"encoding/json"
	"time"
)

// An OIDCProvider is an issuer of identity tokens that an account trusts.
type OIDCProvider struct {
	ID          string // unique: a provider that is made again has another one
	Account     string
	URL         string // the issuer's URL without its scheme, as in the ARN
	Scheme      string // of the issuer's URL
	ClientIDs   []string
	Thumbprints []string
	Tags        map[string]string
	Created     time.Time
}

// CreateOIDCProvider adds a provider, or returns [ErrExists].
func (tx *Tx) CreateOIDCProvider(ctx context.Context, p *OIDCProvider) error {
	clients, thumbprints, tags, err := encodeProvider(p)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO oidc_providers (id, account, url, scheme, client_ids, thumbprints, tags, created)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		p.ID, p.Account, p.URL, p.Scheme, clients, thumbprints, tags, p.Created.UnixMilli())
	return err
}

const providerColumns = `id, account, url, scheme, client_ids, thumbprints, tags, created`

func scanProvider(scan func(...any) error) (*OIDCProvider, error) {
	p := new(OIDCProvider)
	var clients, thumbprints, tags string
	var created int64
	err := scan(&p.ID, &p.Account, &p.URL, &p.Scheme, &clients, &thumbprints, &tags, &created)
	if err != nil {
		return nil, err
	}
	p.Created = time.UnixMilli(created).UTC()
	p.ClientIDs, err = decodeList(clients)
	if err != nil {
		return nil, err
	}
	p.Thumbprints, err = decodeList(thumbprints)
	if err != nil {
		return nil, err
	}
	p.Tags, err = decodeMap(tags)
	return p, err
}

// OIDCProvider returns one provider of an account.
func (tx *Tx) OIDCProvider(ctx context.Context, account, url string) (*OIDCProvider, error) {
	return scanProvider(func(dest ...any) error {
		return tx.queryRow(ctx, `SELECT `+providerColumns+` FROM oidc_providers WHERE account = $1 AND url = $2`, []any{account, url}, dest...)
	})
}

// OIDCProviders returns all providers of an account; a quota keeps them few.
func (tx *Tx) OIDCProviders(ctx context.Context, account string) ([]*OIDCProvider, error) {
	var found []*OIDCProvider
	err := tx.queryEach(ctx, `SELECT `+providerColumns+` FROM oidc_providers WHERE account = $1 ORDER BY created, url`, []any{account},
		func(scan func(...any) error) error {
			p, err := scanProvider(scan)
			found = append(found, p)
			return err
		})
	return found, err
}

// UpdateOIDCProvider replaces the client ids, thumbprints and tags of a provider.
func (tx *Tx) UpdateOIDCProvider(ctx context.Context, p *OIDCProvider) error {
	clients, thumbprints, tags, err := encodeProvider(p)
	if err != nil {
		return err
	}
	return tx.execOne(ctx, `UPDATE oidc_providers SET client_ids = $1, thumbprints = $2, tags = $3 WHERE account = $4 AND url = $5`,
		clients, thumbprints, tags, p.Account, p.URL)
}

// DeleteOIDCProvider removes a provider.
func (tx *Tx) DeleteOIDCProvider(ctx context.Context, account, url string) error {
	return tx.execOne(ctx, `DELETE FROM oidc_providers WHERE account = $1 AND url = $2`, account, url)
}

func encodeProvider(p *OIDCProvider) (clients, thumbprints, tags string, err error) {
	clients, err = encodeList(p.ClientIDs)
	if err != nil {
		return "", "", "", err
	}
	thumbprints, err = encodeList(p.Thumbprints)
	if err != nil {
		return "", "", "", err
	}
	tags, err = encodeMap(p.Tags)
	return clients, thumbprints, tags, err
}

func encodeList(list []string) (string, error) {
	if len(list) == 0 {
		return "", nil
	}
	b, err := json.Marshal(list)
	return string(b), err
}

func decodeList(s string) ([]string, error) {
	if s == "" {
		return nil, nil
	}
	var list []string
	err := json.Unmarshal([]byte(s), &list)
	return list, err
}
