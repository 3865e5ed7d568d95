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
		gate.Op("CreateDomain", s.resolveNewDomain, s.judgeNewDomain, s.createDomain),
		gate.Op("DescribeDomain",
			onDomain(s, func(in *api.DescribeDomainInput) (string, string) { return in.Domain, in.DomainOwner }), nil, s.describeDomain),
		gate.Op("ListDomains", onAccount[api.ListDomainsInput], nil, s.listDomains),
		gate.Op("DeleteDomain",
			onDomain(s, func(in *api.DeleteDomainInput) (string, string) { return in.Domain, in.DomainOwner }), nil, s.deleteDomain),
	}
}

// resolveNewDomain authorizes on the ARN that the domain will have. AWS's two
// references differ here. A statement on "*" matches either way.
//
// Source: CodeArtifact User Guide, "AWS CodeArtifact permissions reference".
func (s *Service) resolveNewDomain(_ context.Context, c *gate.Call, in *api.CreateDomainInput) (gate.Subject, *newDomain, error) {
	tags, err := tagMap(in.Tags)
	if err != nil {
		return gate.Subject{}, nil, err
	}
	account := c.Principal.Account
	on := gate.Subject{ARN: arn.Domain(c.Region, account, in.Domain), Account: account, RequestTags: tags}
	return on, &newDomain{on: on}, nil
}

// A newDomain is a domain that a request creates.
type newDomain struct {
	on  gate.Subject
	key string // the ARN of its encryption key
}

// judgeNewDomain authorizes the new domain's tags and the encryption key that the
// caller chose.
func (s *Service) judgeNewDomain(ctx context.Context, c *gate.Call, in *api.CreateDomainInput, d *newDomain) error {
	if len(d.on.RequestTags) > 0 {
		err := c.Authorize(ctx, "codeartifact:TagResource", d.on)
		if err != nil {
			return err
		}
	}
	key, err := encryptionKey(ctx, c, in.EncryptionKey)
	d.key = key
	return err
}

func (s *Service) createDomain(ctx context.Context, c *gate.Call, in *api.CreateDomainInput, made *newDomain) (*api.CreateDomainOutput, error) {
	d, err := s.Registry.CreateDomain(ctx, registry.DomainRow{
		Region: c.Region, Owner: c.Principal.Account, Name: in.Domain, EncryptionKey: made.key, Tags: made.on.RequestTags, Created: c.Now,
	})
	if err != nil {
		return nil, err
	}
	return &api.CreateDomainOutput{Domain: describeDomain(d, registry.Usage{}, active)}, nil
}

func (s *Service) describeDomain(ctx context.Context, _ *gate.Call, _ *api.DescribeDomainInput, d *registry.Domain) (*api.DescribeDomainOutput, error) {
	usage, err := s.usage(ctx, d)
	if err != nil {
		return nil, err
	}
	return &api.DescribeDomainOutput{Domain: describeDomain(d, usage, active)}, nil
}

// usage returns what a domain holds. The domain must exist.
func (s *Service) usage(ctx context.Context, d *registry.Domain) (registry.Usage, error) {
	err := d.Check()
	if err != nil {
		return registry.Usage{}, err
	}
	return s.Registry.Usage(ctx, d)
}

func (s *Service) listDomains(ctx context.Context, c *gate.Call, in *api.ListDomainsInput, _ nothing) (*api.ListDomainsOutput, error) {
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

func (s *Service) deleteDomain(ctx context.Context, _ *gate.Call, _ *api.DeleteDomainInput, d *registry.Domain) (*api.DeleteDomainOutput, error) {
	usage, err := s.usage(ctx, d)
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
		// There is no such bucket. Clients store the value, so it must not change.
		S3BucketArn: "arn:" + arn.Partition + ":s3:::assets-" + d.Owner + "-" + d.Region,
	}
}
