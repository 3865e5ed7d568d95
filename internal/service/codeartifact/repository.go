package codeartifact

import (
	"context"
	"slices"

	api "daypass/api/codeartifact"
	"daypass/internal/arn"
	"daypass/internal/gate"
	"daypass/internal/registry"
)

func (s *Service) repositoryOperations() []gate.Operation {
	return []gate.Operation{
		gate.Op("CreateRepository", s.judgeCreateRepository, s.createRepository),
		gate.Op("DescribeRepository", onRepository(s, func(in *api.DescribeRepositoryInput) (string, string, string) {
			return in.Domain, in.DomainOwner, in.Repository
		}), s.describeRepository),
		gate.Op("UpdateRepository", onRepository(s, func(in *api.UpdateRepositoryInput) (string, string, string) {
			return in.Domain, in.DomainOwner, in.Repository
		}), s.updateRepository),
		gate.Op("DeleteRepository", onRepository(s, func(in *api.DeleteRepositoryInput) (string, string, string) {
			return in.Domain, in.DomainOwner, in.Repository
		}), s.deleteRepository),
		gate.Op("GetRepositoryEndpoint", onRepository(s, func(in *api.GetRepositoryEndpointInput) (string, string, string) {
			return in.Domain, in.DomainOwner, in.Repository
		}), s.getRepositoryEndpoint),
		gate.Op("ListRepositories", onAccount[api.ListRepositoriesInput], s.listRepositories),
		gate.Op("ListRepositoriesInDomain", onDomain(s, func(in *api.ListRepositoriesInDomainInput) (string, string) {
			return in.Domain, in.DomainOwner
		}), s.listRepositoriesInDomain),
	}
}

// newRepository is what the making of a repository is judged on: the name that
// it will have, by the policy of its domain.
//
// Source: CodeArtifact User Guide, "AWS CodeArtifact permissions reference" and
// "Domain policies".
func (s *Service) newRepository(ctx context.Context, c *gate.Call, in *api.CreateRepositoryInput) (*registry.Domain, gate.Subject, error) {
	tags, err := tagMap(in.Tags)
	if err != nil {
		return nil, gate.Subject{}, err
	}
	d, err := s.domain(ctx, c, in.Domain, in.DomainOwner)
	if err != nil {
		return nil, gate.Subject{}, err
	}
	on := subject(d.Subject())
	on.ARN = arn.Repository(d.Region, d.Owner, d.Name, in.Repository)
	on.Tags = nil
	on.RequestTags = tags
	return d, on, nil
}

func (s *Service) judgeCreateRepository(ctx context.Context, c *gate.Call, in *api.CreateRepositoryInput) (gate.Subject, error) {
	_, on, err := s.newRepository(ctx, c, in)
	return on, err
}

func (s *Service) createRepository(ctx context.Context, c *gate.Call, in *api.CreateRepositoryInput) (*api.CreateRepositoryOutput, error) {
	d, on, err := s.newRepository(ctx, c, in)
	if err != nil {
		return nil, err
	}
	if len(on.RequestTags) > 0 {
		err = c.Authorize(ctx, "codeartifact:TagResource", on)
	}
	if err == nil {
		err = d.Check()
	}
	if err != nil {
		return nil, err
	}
	upstreams, err := s.associate(ctx, c, d, in.Upstreams, nil)
	if err != nil {
		return nil, err
	}
	r, err := s.Registry.CreateRepository(ctx, d, registry.RepositoryRow{
		Name: in.Repository, Administrator: c.Principal.Account, Description: in.Description, Tags: on.RequestTags, Created: c.Now,
	}, upstreams)
	if err != nil {
		return nil, err
	}
	return &api.CreateRepositoryOutput{Repository: describeRepository(r, names(in.Upstreams))}, nil
}

func names(upstreams []api.UpstreamRepository) []string {
	list := make([]string, len(upstreams))
	for i, u := range upstreams {
		list[i] = u.RepositoryName
	}
	return list
}

// associate looks up the upstreams of a repository. Each one that is new to it
// must allow to be one.
//
// Source: CodeArtifact User Guide, "AWS CodeArtifact permissions reference":
// CreateRepository and UpdateRepository.
func (s *Service) associate(ctx context.Context, c *gate.Call, d *registry.Domain, list []api.UpstreamRepository, known []string) ([]*registry.Repository, error) {
	upstreams := make([]*registry.Repository, len(list))
	for i, u := range list {
		r, err := s.Registry.Repository(ctx, d.Region, d.Owner, d.Name, u.RepositoryName)
		if err != nil {
			return nil, err
		}
		if !r.Exists() || !slices.Contains(known, r.Name) {
			err = c.Authorize(ctx, "codeartifact:AssociateWithDownstreamRepository", subject(r.Subject()))
		}
		if err == nil {
			err = r.Check()
		}
		if err != nil {
			return nil, err
		}
		upstreams[i] = r
	}
	return upstreams, nil
}

// existing is the repository that an input names.
func (s *Service) existing(ctx context.Context, c *gate.Call, domain, domainOwner, name string) (*registry.Repository, error) {
	r, err := s.repository(ctx, c, domain, domainOwner, name)
	if err != nil {
		return nil, err
	}
	return r, r.Check()
}

// described is that repository with its upstreams.
func (s *Service) described(ctx context.Context, c *gate.Call, domain, domainOwner, name string) (*registry.Repository, *api.RepositoryDescription, error) {
	r, err := s.existing(ctx, c, domain, domainOwner, name)
	if err != nil {
		return nil, nil, err
	}
	upstreams, err := s.Registry.Upstreams(ctx, r)
	return r, describeRepository(r, upstreams), err
}

func (s *Service) describeRepository(ctx context.Context, c *gate.Call, in *api.DescribeRepositoryInput) (*api.DescribeRepositoryOutput, error) {
	_, d, err := s.described(ctx, c, in.Domain, in.DomainOwner, in.Repository)
	return &api.DescribeRepositoryOutput{Repository: d}, err
}

func (s *Service) updateRepository(ctx context.Context, c *gate.Call, in *api.UpdateRepositoryInput) (*api.UpdateRepositoryOutput, error) {
	r, err := s.existing(ctx, c, in.Domain, in.DomainOwner, in.Repository)
	if err != nil {
		return nil, err
	}
	update := registry.RepositoryUpdate{Description: in.Description}
	if in.Upstreams != nil {
		known, err := s.Registry.Upstreams(ctx, r)
		if err != nil {
			return nil, err
		}
		upstreams, err := s.associate(ctx, c, r.Domain, in.Upstreams, known)
		if err != nil {
			return nil, err
		}
		update.Upstreams = &upstreams
	}
	err = s.Registry.UpdateRepository(ctx, r, update)
	if err != nil {
		return nil, err
	}
	_, d, err := s.described(ctx, c, in.Domain, in.DomainOwner, in.Repository)
	return &api.UpdateRepositoryOutput{Repository: d}, err
}

func (s *Service) deleteRepository(ctx context.Context, c *gate.Call, in *api.DeleteRepositoryInput) (*api.DeleteRepositoryOutput, error) {
	r, d, err := s.described(ctx, c, in.Domain, in.DomainOwner, in.Repository)
	if err == nil {
		err = s.Registry.DeleteRepository(ctx, r)
	}
	return &api.DeleteRepositoryOutput{Repository: d}, err
}

// getRepositoryEndpoint gives the same address for both endpoint types: whether
// it is reached over IPv4 or IPv6 is up to the address's host name.
func (s *Service) getRepositoryEndpoint(ctx context.Context, c *gate.Call, in *api.GetRepositoryEndpointInput) (*api.GetRepositoryEndpointOutput, error) {
	r, err := s.existing(ctx, c, in.Domain, in.DomainOwner, in.Repository)
	if err != nil {
		return nil, err
	}
	return &api.GetRepositoryEndpointOutput{RepositoryEndpoint: s.Endpoint(ctx, in.Format, r.DomainName, r.DomainOwner, r.Name)}, nil
}

// listRepositories lists what the caller's account administers, in domains of
// its own and of others.
//
// Source: Service Authorization Reference, AWS CodeArtifact: ListRepositories.
func (s *Service) listRepositories(ctx context.Context, c *gate.Call, in *api.ListRepositoriesInput) (*api.ListRepositoriesOutput, error) {
	filter := registry.RepositoryFilter{Prefix: in.RepositoryPrefix}
	found, next, err := s.Registry.AdministeredBy(ctx, c.Region, c.Principal.Account, filter, page(in.NextToken, in.MaxResults))
	if err != nil {
		return nil, err
	}
	return &api.ListRepositoriesOutput{Repositories: summaries(found), NextToken: next}, nil
}

func (s *Service) listRepositoriesInDomain(ctx context.Context, c *gate.Call, in *api.ListRepositoriesInDomainInput) (*api.ListRepositoriesInDomainOutput, error) {
	d, err := s.domain(ctx, c, in.Domain, in.DomainOwner)
	if err == nil {
		err = d.Check()
	}
	if err != nil {
		return nil, err
	}
	filter := registry.RepositoryFilter{Prefix: in.RepositoryPrefix, Administrator: in.AdministratorAccount}
	found, next, err := s.Registry.RepositoriesOf(ctx, d, filter, page(in.NextToken, in.MaxResults))
	if err != nil {
		return nil, err
	}
	return &api.ListRepositoriesInDomainOutput{Repositories: summaries(found), NextToken: next}, nil
}

func summaries(rows []*registry.RepositoryRow) []api.RepositorySummary {
	list := make([]api.RepositorySummary, len(rows))
	for i, r := range rows {
		list[i] = api.RepositorySummary{
			Name:                 r.Name,
			AdministratorAccount: r.Administrator,
			DomainName:           r.DomainName,
			DomainOwner:          r.DomainOwner,
			Arn:                  arn.Repository(r.Region, r.DomainOwner, r.DomainName, r.Name),
			Description:          r.Description,
			CreatedTime:          &r.Created,
		}
	}
	return list
}

// describeRepository shows empty lists as such: AWS does not leave them out.
func describeRepository(r *registry.Repository, upstreams []string) *api.RepositoryDescription {
	d := &api.RepositoryDescription{
		Name:                 r.Name,
		AdministratorAccount: r.Administrator,
		DomainName:           r.DomainName,
		DomainOwner:          r.DomainOwner,
		Arn:                  r.ARN,
		Description:          r.Description,
		Upstreams:            make([]api.UpstreamRepositoryInfo, len(upstreams)),
		ExternalConnections:  []api.RepositoryExternalConnectionInfo{},
		CreatedTime:          &r.Created,
	}
	for i, name := range upstreams {
		d.Upstreams[i].RepositoryName = name
	}
	return d
}
