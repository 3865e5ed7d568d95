package identity

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/printable"
	"daypass/internal/store"
)

// An OIDCProvider is an issuer of identity tokens that an account trusts.
type OIDCProvider = store.OIDCProvider

// Maximum lengths of a provider's URL and client ids, in characters.
//
// Source: IAM API reference, CreateOpenIDConnectProvider.
const (
	maxProviderURL = 255
	maxClientID    = 255
)

// ProviderARN names a provider.
func ProviderARN(p *OIDCProvider) string { return arn.OIDCProvider(p.Account, p.URL) }

// IssuerOf returns the account in the ARN of a provider, and the issuer's URL
// without its scheme. Both are empty for any other text.
func IssuerOf(providerARN string) (account, issuer string) {
	a, err := arn.Parse(providerARN)
	if err != nil || a.Service != "iam" || a.Type() != "oidc-provider" || !arn.IsWord(providerARN) {
		return "", ""
	}
	return a.Account, a.Name()
}

func missingProvider(account, issuer string) error {
	return fault.New(fault.NotFound, "OpenIDConnect Provider not found for arn %s", arn.OIDCProvider(account, issuer))
}

// NewProvider checks an issuer's URL and returns a provider with it. Tokens must
// name the URL letter for letter. Plain http is accepted only for the loopback
// address, and only if the configuration allows it.
func (d *Directory) NewProvider(account, issuer string) (*OIDCProvider, error) {
	scheme, rest, _ := strings.Cut(issuer, "://")
	u, err := url.Parse(issuer)
	secure := scheme == "https" || scheme == "http" && d.LoopbackIssuers && err == nil && isLoopback(u.Hostname())
	plain := err == nil && u.Hostname() != "" && u.User == nil && u.Path == u.EscapedPath() && !strings.ContainsAny(rest, `?#*$\%`)
	if !secure || !plain || !arn.IsWord(rest) || len(issuer) > maxProviderURL {
		return nil, fault.New(fault.Validation, "Invalid Open ID Connect Provider URL").
			Hinted("Url: expected https://HOST[:PORT][/PATH] of at most %d characters, without a query", maxProviderURL) // the value is left out: it may hold a password
	}
	return &OIDCProvider{Account: account, URL: rest, Scheme: scheme}, nil
}

func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// CreateProvider stores a provider that [Directory.NewProvider] made.
func (d *Directory) CreateProvider(ctx context.Context, p *OIDCProvider) error {
	p.ID, p.Created = rand.Text(), d.now()
	err := checkProvider(p)
	if err != nil {
		return err
	}
	return d.change(ctx, func(tx *store.Tx) error {
		existing, err := tx.OIDCProviders(ctx, p.Account)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(existing, func(other *OIDCProvider) bool { return other.URL == p.URL }) {
			return providerExists(p)
		}
		if most := d.Quotas.Providers; len(existing) >= most {
			return exceeded("OpenIdConnectProvidersPerAccount", most)
		}
		return ifExists(tx.CreateOIDCProvider(ctx, p), providerExists(p))
	})
}

func providerExists(p *OIDCProvider) error {
	return fault.New(fault.Conflict, "Provider with url %s://%s already exists.", p.Scheme, p.URL)
}

// checkProvider checks the client ids and thumbprints of a provider. It turns the
// thumbprints into lower case.
func checkProvider(p *OIDCProvider) error {
	switch {
	case len(p.ClientIDs) > maxClientIDs:
		return exceeded("ClientIdsPerOpenIdConnectProvider", maxClientIDs)
	case len(p.Thumbprints) > maxThumbprints:
		return fault.New(fault.InvalidInput, "Thumbprint list must contain fewer than 5 entries."). // AWS's sentence, although five are accepted
														Hinted("ThumbprintList: %d entries, expected at most %d", len(p.Thumbprints), maxThumbprints)
	}
	for _, id := range p.ClientIDs {
		if id == "" || len(id) > maxClientID || printable.Text(id) != id {
			return fault.New(fault.InvalidInput, "ClientIDList: %q is not a client ID: expected 1 to %d characters without control characters", id, maxClientID)
		}
	}
	for i, thumbprint := range p.Thumbprints {
		sum, err := hex.DecodeString(thumbprint)
		if err != nil || len(sum) != 20 {
			return fault.New(fault.InvalidInput, "ThumbprintList: %q is not a thumbprint: expected the SHA-1 of a certificate in 40 hexadecimal digits", thumbprint)
		}
		p.Thumbprints[i] = strings.ToLower(thumbprint)
	}
	return nil
}

// Provider returns the provider of an account for an issuer's URL without its
// scheme, as the ARN has it.
func (d *Directory) Provider(ctx context.Context, account, issuer string) (*OIDCProvider, error) {
	return view(ctx, d, func(tx *store.Tx) (*OIDCProvider, error) { return provider(ctx, tx, account, issuer) })
}

// provider returns a provider of an account inside of a transaction.
func provider(ctx context.Context, tx *store.Tx, account, issuer string) (*OIDCProvider, error) {
	if !arn.IsWord(issuer) {
		return nil, missingProvider(account, issuer)
	}
	p, err := tx.OIDCProvider(ctx, account, issuer)
	if err == nil && replaced(ctx, ProviderARN(p), p.ID) {
		err = store.ErrNotFound
	}
	return p, ifNotFound(err, missingProvider(account, issuer))
}

// ProviderOf returns the provider of an account for the issuer that a token
// names, which must match letter for letter; nil if there is none.
func (d *Directory) ProviderOf(ctx context.Context, account, issuer string) (*OIDCProvider, error) {
	scheme, rest, _ := strings.Cut(issuer, "://")
	p, err := d.Provider(ctx, account, rest)
	if fault.Is(err, fault.NotFound) || err == nil && p.Scheme != scheme {
		return nil, nil
	}
	if err == nil && scheme == "http" && !d.LoopbackIssuers {
		return nil, nil // registered while the configuration allowed http
	}
	return p, err
}

// Providers returns all providers of an account.
func (d *Directory) Providers(ctx context.Context, account string) ([]*OIDCProvider, error) {
	return view(ctx, d, func(tx *store.Tx) ([]*OIDCProvider, error) { return tx.OIDCProviders(ctx, account) })
}

// EditProvider lets edit change the client ids, thumbprints and tags of a
// provider, and saves it.
func (d *Directory) EditProvider(ctx context.Context, account, issuer string, edit func(*OIDCProvider) error) error {
	return d.change(ctx, func(tx *store.Tx) error {
		p, err := provider(ctx, tx, account, issuer)
		if err != nil {
			return err
		}
		err = edit(p)
		if err == nil {
			err = checkProvider(p)
		}
		if err != nil {
			return err
		}
		return tx.UpdateOIDCProvider(ctx, p)
	})
}

// DeleteProvider removes a provider. Tokens of its issuer are refused from then
// on; sessions that were issued for them stay valid. A provider that does not
// exist is no error.
//
// Source: IAM API reference, DeleteOpenIDConnectProvider.
func (d *Directory) DeleteProvider(ctx context.Context, account, issuer string) error {
	err := d.change(ctx, func(tx *store.Tx) error {
		_, err := provider(ctx, tx, account, issuer)
		if err != nil {
			return err
		}
		return tx.DeleteOIDCProvider(ctx, account, issuer)
	})
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}
