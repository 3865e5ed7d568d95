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
	"daypass/internal/store"
)

// An OIDCProvider is an issuer of identity tokens that an account trusts.
type OIDCProvider = store.OIDCProvider

// How long what a provider is made of may be.
//
// Source: IAM API reference, CreateOpenIDConnectProvider.
const (
	maxProviderURL = 255
	maxClientID    = 255
)

// ProviderARN names a provider.
func ProviderARN(p *OIDCProvider) string { return arn.OIDCProvider(p.Account, p.URL) }

// IssuerOf takes the ARN of a provider apart: what follows the type is the
// issuer's URL without its scheme. What is no such ARN has neither part.
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

// NewProvider makes a provider of an issuer's URL, which it checks: tokens must
// name it letter for letter. Plain http is for issuers on the loopback address,
// and only where the configuration lets it be.
func (d *Directory) NewProvider(account, issuer string) (*OIDCProvider, error) {
	scheme, rest, _ := strings.Cut(issuer, "://")
	u, err := url.Parse(issuer)
	secure := scheme == "https" || scheme == "http" && d.LoopbackIssuers && err == nil && isLoopback(u.Hostname())
	plain := err == nil && u.Hostname() != "" && u.User == nil && u.Path == u.EscapedPath() && !strings.ContainsAny(rest, `?#*$\%`)
	if !secure || !plain || !arn.IsWord(rest) || len(issuer) > maxProviderURL {
		return nil, fault.New(fault.Validation, "Invalid Open ID Connect Provider URL").
			Hinted("Url: expected https://HOST[:PORT][/PATH] of at most %d characters, without a query", maxProviderURL) // the value may hold a password
	}
	return &OIDCProvider{Account: account, URL: rest, Scheme: scheme}, nil
}

func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// CreateProvider keeps a provider that [Directory.NewProvider] made.
func (d *Directory) CreateProvider(ctx context.Context, p *OIDCProvider) error {
	p.ID, p.Created = rand.Text(), d.now()
	err := checkProvider(p)
	if err != nil {
		return err
	}
	return d.change(ctx, func(tx *store.Tx) error {
		there, err := tx.OIDCProviders(ctx, p.Account)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(there, func(other *OIDCProvider) bool { return other.URL == p.URL }) {
			return providerExists(p)
		}
		if most := d.Quotas.Providers; len(there) >= most {
			return exceeded("OpenIdConnectProvidersPerAccount", most)
		}
		return exists(tx.CreateOIDCProvider(ctx, p), providerExists(p))
	})
}

func providerExists(p *OIDCProvider) error {
	return fault.New(fault.Conflict, "Provider with url %s://%s already exists.", p.Scheme, p.URL)
}

// checkProvider checks what can change of a provider, and brings thumbprints
// into one spelling.
func checkProvider(p *OIDCProvider) error {
	switch {
	case len(p.ClientIDs) > maxClientIDs:
		return exceeded("ClientIdsPerOpenIdConnectProvider", maxClientIDs)
	case len(p.Thumbprints) > maxThumbprints:
		return fault.New(fault.InvalidInput, "Thumbprint list must contain fewer than 5 entries."). // though it may have five
														Hinted("ThumbprintList: %d entries, expected at most %d", len(p.Thumbprints), maxThumbprints)
	}
	for _, id := range p.ClientIDs {
		if id == "" || len(id) > maxClientID || !printable(id) {
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

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7F || r == 0xFFFD })
}

// Provider returns the provider of an account whose ARN ends in what issuer is.
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
	return p, gone(err, missingProvider(account, issuer))
}

// ProviderOf returns the provider of an account for the issuer that a token
// names, which must match in every letter. There may be none: then it is nil.
func (d *Directory) ProviderOf(ctx context.Context, account, issuer string) (*OIDCProvider, error) {
	scheme, rest, _ := strings.Cut(issuer, "://")
	p, err := d.Provider(ctx, account, rest)
	if fault.Is(err, fault.NotFound) || err == nil && p.Scheme != scheme {
		return nil, nil
	}
	if err == nil && scheme == "http" && !d.LoopbackIssuers {
		return nil, nil // registered by a server that let them be
	}
	return p, err
}

// Providers returns all providers of an account.
func (d *Directory) Providers(ctx context.Context, account string) ([]*OIDCProvider, error) {
	return view(ctx, d, func(tx *store.Tx) ([]*OIDCProvider, error) { return tx.OIDCProviders(ctx, account) })
}

// EditProvider changes the client ids, thumbprints and tags of a provider.
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

// DeleteProvider removes a provider: tokens of its issuer open nothing from
// then on, sessions that were issued for them live on. One that is not there is
// no error, says the API reference.
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
