package iam

import (
	"context"
	"slices"

	api "daypass/api/iam"
	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/identity"
)

func (s *Service) oidcOperations() []gate.Operation {
	return []gate.Operation{
		creating("CreateOpenIDConnectProvider", "iam:TagOpenIDConnectProvider", s.resolveNewProvider, s.createProvider),
		op("GetOpenIDConnectProvider", onProvider(s, func(in *api.GetOpenIDConnectProviderInput) string { return in.OpenIDConnectProviderArn }), s.getProvider),
		op("ListOpenIDConnectProviders", everything[api.ListOpenIDConnectProvidersInput], s.listProviders),
		op("DeleteOpenIDConnectProvider", onProvider(s, func(in *api.DeleteOpenIDConnectProviderInput) string { return in.OpenIDConnectProviderArn }), s.deleteProvider),
		op("UpdateOpenIDConnectProviderThumbprint", onProvider(s, func(in *api.UpdateOpenIDConnectProviderThumbprintInput) string { return in.OpenIDConnectProviderArn }), s.updateThumbprint),
		op("AddClientIDToOpenIDConnectProvider", onProvider(s, func(in *api.AddClientIDToOpenIDConnectProviderInput) string { return in.OpenIDConnectProviderArn }), s.addClientID),
		op("RemoveClientIDFromOpenIDConnectProvider", onProvider(s, func(in *api.RemoveClientIDFromOpenIDConnectProviderInput) string { return in.OpenIDConnectProviderArn }), s.removeClientID),
	}
}

// issuer returns the issuer in the ARN of a provider of the caller's account. It is
// the issuer's URL without the scheme.
func issuer(c *gate.Call, providerARN string) (string, error) {
	account, issuer := identity.IssuerOf(providerARN)
	if issuer == "" {
		return "", fault.New(fault.InvalidInput, "ARN %s is not valid.", providerARN)
	}
	if account != c.Principal.Account || providerARN != arn.OIDCProvider(account, issuer) {
		return "", fault.New(fault.NotFound, "OpenIDConnect Provider not found for arn %s", providerARN)
	}
	return issuer, nil
}

// resolveProvider authorizes on a provider. It need not exist.
func (s *Service) resolveProvider(ctx context.Context, c *gate.Call, providerARN string) (gate.Subject, *identity.OIDCProvider, error) {
	url, err := issuer(c, providerARN)
	if err != nil {
		return gate.Subject{}, nil, err
	}
	p, err := s.Directory.Provider(ctx, c.Principal.Account, url)
	if fault.Is(err, fault.NotFound) {
		p, err = &identity.OIDCProvider{Account: c.Principal.Account, URL: url}, nil
	}
	if err != nil {
		return gate.Subject{}, nil, err
	}
	return gate.Subject{ARN: identity.ProviderARN(p), Tags: p.Tags}, p, nil
}

// onProvider authorizes an operation on the provider that its input names.
func onProvider[In any](s *Service, given func(*In) string) gate.Resolve[In, *identity.OIDCProvider] {
	return func(ctx context.Context, c *gate.Call, in *In) (gate.Subject, *identity.OIDCProvider, error) {
		return s.resolveProvider(ctx, c, given(in))
	}
}

func (s *Service) newProvider(c *gate.Call, in *api.CreateOpenIDConnectProviderInput) (*identity.OIDCProvider, error) {
	p, err := s.Directory.NewProvider(c.Principal.Account, in.Url)
	if err != nil {
		return nil, err
	}
	for _, id := range in.ClientIDList {
		if !slices.Contains(p.ClientIDs, id) {
			p.ClientIDs = append(p.ClientIDs, id)
		}
	}
	p.Thumbprints = slices.Clone(in.ThumbprintList)
	p.Tags, err = tagMap(in.Tags)
	return p, err
}

func (s *Service) resolveNewProvider(_ context.Context, c *gate.Call, in *api.CreateOpenIDConnectProviderInput) (gate.Subject, *identity.OIDCProvider, error) {
	p, err := s.newProvider(c, in)
	if err != nil {
		return gate.Subject{}, nil, err
	}
	return gate.Subject{ARN: identity.ProviderARN(p), RequestTags: p.Tags}, p, nil
}

func (s *Service) createProvider(ctx context.Context, _ *gate.Call, _ *api.CreateOpenIDConnectProviderInput, _ map[string]string, p *identity.OIDCProvider) (*api.CreateOpenIDConnectProviderOutput, error) {
	err := s.Directory.CreateProvider(ctx, p)
	if err != nil {
		return nil, err
	}
	return &api.CreateOpenIDConnectProviderOutput{OpenIDConnectProviderArn: identity.ProviderARN(p), Tags: tagList(p.Tags)}, nil
}

// provider returns the provider that an ARN names.
func (s *Service) provider(ctx context.Context, c *gate.Call, providerARN string) (*identity.OIDCProvider, error) {
	url, err := issuer(c, providerARN)
	if err != nil {
		return nil, err
	}
	return s.Directory.Provider(ctx, c.Principal.Account, url)
}

func (s *Service) getProvider(ctx context.Context, c *gate.Call, in *api.GetOpenIDConnectProviderInput) (*api.GetOpenIDConnectProviderOutput, error) {
	p, err := s.provider(ctx, c, in.OpenIDConnectProviderArn)
	if err != nil {
		return nil, err
	}
	return &api.GetOpenIDConnectProviderOutput{
		Url: p.URL, ClientIDList: p.ClientIDs, ThumbprintList: p.Thumbprints, CreateDate: date(p.Created), Tags: tagList(p.Tags),
	}, nil
}

func (s *Service) listProviders(ctx context.Context, c *gate.Call, _ *api.ListOpenIDConnectProvidersInput) (*api.ListOpenIDConnectProvidersOutput, error) {
	all, err := s.Directory.Providers(ctx, c.Principal.Account)
	if err != nil {
		return nil, err
	}
	out := &api.ListOpenIDConnectProvidersOutput{OpenIDConnectProviderList: []api.OpenIDConnectProviderListEntry{}}
	for _, p := range all {
		out.OpenIDConnectProviderList = append(out.OpenIDConnectProviderList, api.OpenIDConnectProviderListEntry{Arn: identity.ProviderARN(p)})
	}
	return out, nil
}

func (s *Service) deleteProvider(ctx context.Context, c *gate.Call, in *api.DeleteOpenIDConnectProviderInput) (*api.DeleteOpenIDConnectProviderOutput, error) {
	url, err := issuer(c, in.OpenIDConnectProviderArn)
	if err != nil {
		return nil, err
	}
	return nothing[api.DeleteOpenIDConnectProviderOutput](s.Directory.DeleteProvider(ctx, c.Principal.Account, url))
}

// edit changes the provider that an ARN names.
func (s *Service) edit(ctx context.Context, c *gate.Call, providerARN string, change func(*identity.OIDCProvider)) error {
	url, err := issuer(c, providerARN)
	if err != nil {
		return err
	}
	return s.Directory.EditProvider(ctx, c.Principal.Account, url, func(p *identity.OIDCProvider) error {
		change(p)
		return nil
	})
}

func (s *Service) updateThumbprint(ctx context.Context, c *gate.Call, in *api.UpdateOpenIDConnectProviderThumbprintInput) (*api.UpdateOpenIDConnectProviderThumbprintOutput, error) {
	return nothing[api.UpdateOpenIDConnectProviderThumbprintOutput](s.edit(ctx, c, in.OpenIDConnectProviderArn, func(p *identity.OIDCProvider) {
		p.Thumbprints = slices.Clone(in.ThumbprintList)
	}))
}

// addClientID and removeClientID succeed if there is nothing to change.
//
// Source: IAM API reference, AddClientIDToOpenIDConnectProvider.
func (s *Service) addClientID(ctx context.Context, c *gate.Call, in *api.AddClientIDToOpenIDConnectProviderInput) (*api.AddClientIDToOpenIDConnectProviderOutput, error) {
	return nothing[api.AddClientIDToOpenIDConnectProviderOutput](s.edit(ctx, c, in.OpenIDConnectProviderArn, func(p *identity.OIDCProvider) {
		if !slices.Contains(p.ClientIDs, in.ClientID) {
			p.ClientIDs = append(p.ClientIDs, in.ClientID)
		}
	}))
}

func (s *Service) removeClientID(ctx context.Context, c *gate.Call, in *api.RemoveClientIDFromOpenIDConnectProviderInput) (*api.RemoveClientIDFromOpenIDConnectProviderOutput, error) {
	return nothing[api.RemoveClientIDFromOpenIDConnectProviderOutput](s.edit(ctx, c, in.OpenIDConnectProviderArn, func(p *identity.OIDCProvider) {
		p.ClientIDs = slices.DeleteFunc(p.ClientIDs, func(id string) bool { return id == in.ClientID })
	}))
}
