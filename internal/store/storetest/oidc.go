package storetest

import (
	"context"
	"testing"
	"time"

	"daypass/internal/store"
)

// OIDC tests the statements on OpenID Connect providers.
func OIDC(t *testing.T) {
	tests := map[string]func(*testing.T, *store.DB){
		"a provider comes back as it was made, and as it was changed": providerRoundTrip,
		"a provider is unique in its account, and belongs to it":      providerAccounts,
		"a provider that is gone is not found":                        providerGone,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			Each(t, test)
		})
	}
}

func provider(account, url string) *store.OIDCProvider {
	return &store.OIDCProvider{
		ID: "of " + url, Account: account, URL: url, Scheme: "https", ClientIDs: []string{"b", "a"}, Thumbprints: []string{"00ff"},
		Tags: map[string]string{"Team": "a"}, Created: epoch,
	}
}

func makeProviders(t *testing.T, db *store.DB, made ...*store.OIDCProvider) {
	t.Helper()
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for _, p := range made {
			err := tx.CreateOIDCProvider(ctx, p)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func wantProviders(t *testing.T, db *store.DB, account string, want ...*store.OIDCProvider) {
	t.Helper()
	same(t, want, view(t, db, func(ctx context.Context, tx *store.Tx) ([]*store.OIDCProvider, error) {
		return tx.OIDCProviders(ctx, account)
	}))
	for _, p := range want {
		same(t, p, view(t, db, func(ctx context.Context, tx *store.Tx) (*store.OIDCProvider, error) {
			return tx.OIDCProvider(ctx, account, p.URL)
		}))
	}
}

func providerRoundTrip(t *testing.T, db *store.DB) {
	twoAccounts(t, db)
	first, bare := provider(accountA, "idp.example/a"), &store.OIDCProvider{Account: accountA, URL: "127.0.0.1:1", Scheme: "http", Created: epoch.Add(time.Second)}
	makeProviders(t, db, bare, first)
	wantProviders(t, db, accountA, first, bare)

	first.ClientIDs, first.Thumbprints, first.Tags = nil, nil, nil
	bare.ClientIDs, bare.Thumbprints, bare.Tags = []string{"x"}, []string{"aa", "bb"}, map[string]string{"k": ""}
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		err := tx.UpdateOIDCProvider(ctx, first)
		if err != nil {
			return err
		}
		return tx.UpdateOIDCProvider(ctx, bare)
	})
	wantProviders(t, db, accountA, first, bare)
}

func providerAccounts(t *testing.T, db *store.DB) {
	twoAccounts(t, db)
	mine, theirs := provider(accountA, "idp.example"), provider(accountB, "idp.example")
	makeProviders(t, db, mine, theirs)
	failing(t, db, store.ErrExists, func(ctx context.Context, tx *store.Tx) error { return tx.CreateOIDCProvider(ctx, mine) })
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.DeleteOIDCProvider(ctx, accountA, mine.URL) })
	wantProviders(t, db, accountA)
	wantProviders(t, db, accountB, theirs)
}

func providerGone(t *testing.T, db *store.DB) {
	twoAccounts(t, db)
	p := provider(accountA, "idp.example")
	for _, statement := range []func(context.Context, *store.Tx) error{
		func(ctx context.Context, tx *store.Tx) error { return tx.UpdateOIDCProvider(ctx, p) },
		func(ctx context.Context, tx *store.Tx) error { return tx.DeleteOIDCProvider(ctx, p.Account, p.URL) },
		func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.OIDCProvider(ctx, p.Account, p.URL)
			return err
		},
	} {
		failing(t, db, store.ErrNotFound, statement)
	}
}
