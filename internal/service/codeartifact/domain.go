package codeartifact

import (
	"context"

	api "daypass/api/codeartifact"
	"daypass/internal/arn"
	"daypass/internal/gate"
	"daypass/internal/registry"
)

func (s *Service) domainOperations() []gate.Operation {
	return []gate.Operation{
		gate.Op("CreateDomain", s.judgeCreateDomain, s.createDomain),
		gate.Op("DescribeDomain",
			onDomain(s, func(in *api.DescribeDomainInput) (string, string) { return in.Domain, in.DomainOwner }), s.describeDomain),
		gate.Op("ListDomains", onAccount[api.ListDomainsInput], s.listDomains),
		gate.Op("DeleteDomain",
			onDomain(s, func(in *api.DeleteDomainInput) (string, string) { return in.Domain, in.DomainOwner }), s.deleteDomain),
	}
}

// judgeCreateDomain judges on the name that the domain will have. The two
// references of AWS differ here; a statement on "*" matches either way.
//
// Source: CodeArtifact User Guide, "AWS CodeArtifact permissions reference".
func (s *Service) judgeCreateDomain(_ context.Context, c *gate.Call, in *api.CreateDomainInput) (gate.Subject, error) {
	tags, err := tagMap(in.Tags)
	if err != nil {
		return gate.Subject{}, err
	}
	account := c.Principal.Account
	return gate.Subject{ARN: arn.Domain(c.Region, account, in.Domain), Account: account, RequestTags: tags}, nil
}

func (s *Service) createDomain(ctx context.Context, c *gate.Call, in *api.CreateDomainInput) (*api.CreateDomainOutput, error) {
	on, err := s.judgeCreateDomain(ctx, c, in)
	if err == nil && len(on.RequestTags) > 0 {
		err = c.Authorize(ctx, "codeartifact:TagResource", on)
	}
	if err != nil {
		return nil, err
	}
	key, err := encryptionKey(ctx, c, in.EncryptionKey)
	if err != nil {
		return nil, err
	}
	d, err := s.Registry.CreateDomain(ctx, registry.DomainRow{
		Region: c.Region, Owner: c.Principal.Account, Name: in.Domain, EncryptionKey: key, Tags: on.RequestTags, Created: c.Now,
	})
	if err != nil {
		return nil, err
	}
	return &api.CreateDomainOutput{Domain: describeDomain(d, registry.Usage{}, active)}, nil
}

func (s *Service) describeDomain(ctx context.Context, c *gate.Call, in *api.DescribeDomainInput) (*api.DescribeDomainOutput, error) {
	d, usage, err := s.used(ctx, c, in.Domain, in.DomainOwner)
	if err != nil {
		return nil, err
	}
	return &api.DescribeDomainOutput{Domain: describeDomain(d, usage, active)}, nil
}

// used is a domain that exists, with what it holds.
func (s *Service) used(ctx context.Context, c *gate.Call, name, domainOwner string) (*registry.Domain, registry.Usage, error) {
	d, err := s.domain(ctx, c, name, domainOwner)
	if err == nil {
		err = d.Check()
	}
	if err != nil {
		return nil, registry.Usage{}, err
	}
	usage, err := s.Registry.Usage(ctx, d)
	return d, usage, err
}

func (s *Service) listDomains(ctx context.Context, c *gate.Call, in *api.ListDomainsInput) (*api.ListDomainsOutput, error) {
	found, next, err := s.Registry.Domains(ctx, c.Region, c.Principal.Account, page(in.NextToken, in.MaxResults))
	if err != nil {
		return nil, err
	}
	out := &api.ListDomainsOutput{Domains: make([]api.DomainSummary, len(found)), NextToken: next}
	for i, d := range found {
		out.Domains[i] = api.DomainSummary{Name: d.Name, Owner: d.Owner, Arn: arn.Domain(d.Region, d.Owner, d.Name),
			Status: active, CreatedTime: &d.Created, EncryptionKey: d.EncryptionKey}
	}
	return out, nil
}

func (s *Service) deleteDomain(ctx context.Context, c *gate.Call, in *api.DeleteDomainInput) (*api.DeleteDomainOutput, error) {
	d, usage, err := s.used(ctx, c, in.Domain, in.DomainOwner)
	if err == nil {
		err = s.Registry.DeleteDomain(ctx, d)
	}
	if err != nil {
		return nil, err
	}
	return &api.DeleteDomainOutput{Domain: describeDomain(d, usage, deleted)}, nil
}

// The states of a domain.
const (
	active  = "Active"
	deleted = "Deleted"
)

func describeDomain(d *registry.Domain, u registry.Usage, status string) *api.DomainDescription {
	repositories := int64(u.Repositories)
	return &api.DomainDescription{
		Name:            d.Name,
		Owner:           d.Owner,
		Arn:             d.ARN,
		Status:          status,
		CreatedTime:     &d.Created,
		EncryptionKey:   d.EncryptionKey,
		RepositoryCount: &repositories,
		AssetSizeBytes:  &u.Bytes,
		// There is no such bucket; clients store what they are given here.
		S3BucketArn: "arn:" + arn.Partition + ":s3:::assets-" + d.Owner + "-" + d.Region,
	}
}
