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
		gate.Op("CreateRepository", s.resolveNewRepository, s.judgeNewRepository, s.createRepository),
		gate.Op("DescribeRepository", onRepository(s, func(in *api.DescribeRepositoryInput) (string, string, string) {
			return in.Domain, in.DomainOwner, in.Repository
		}), nil, s.describeRepository),
		gate.Op("UpdateRepository", s.resolveUpdate, s.judgeUpdate, s.updateRepository),
		gate.Op("DeleteRepository", onRepository(s, func(in *api.DeleteRepositoryInput) (string, string, string) {
			return in.Domain, in.DomainOwner, in.Repository
		}), nil, s.deleteRepository),
		gate.Op("GetRepositoryEndpoint", onRepository(s, func(in *api.GetRepositoryEndpointInput) (string, string, string) {
			return in.Domain, in.DomainOwner, in.Repository
		}), nil, s.getRepositoryEndpoint),
		gate.Op("ListRepositories", onAccount[api.ListRepositoriesInput], nil, s.listRepositories),
		gate.Op("ListRepositoriesInDomain", onDomain(s, func(in *api.ListRepositoriesInDomainInput) (string, string) {
			return in.Domain, in.DomainOwner
		}), nil, s.listRepositoriesInDomain),
	}
}

// A newRepository is a repository that a request creates.
type newRepository struct {
	on        gate.Subject
	domain    *registry.Domain
	upstreams []*registry.Repository
}

// resolveNewRepository authorizes on the ARN that the repository will have, with
// the policy of its domain.
//
// Source: CodeArtifact User Guide, "AWS CodeArtifact permissions reference" and
// "Domain policies".
func (s *Service) resolveNewRepository(ctx context.Context, c *gate.Call, in *api.CreateRepositoryInput) (gate.Subject, *newRepository, error) {
	tags, err := tagMap(in.Tags)
	if err != nil {
		return gate.Subject{}, nil, err
	}
	d, err := s.domain(ctx, c, in.Domain, in.DomainOwner)
	if err != nil {
		return gate.Subject{}, nil, err
	}
	on := d.Subject()
	on.ARN = arn.Repository(d.Region, d.Owner, d.Name, in.Repository)
	on.Tags = nil
	on.RequestTags = tags
	return on, &newRepository{on: on, domain: d}, nil
}

// judgeNewRepository authorizes the new repository's tags and upstreams.
func (s *Service) judgeNewRepository(ctx context.Context, c *gate.Call, in *api.CreateRepositoryInput, r *newRepository) error {
	if len(r.on.RequestTags) > 0 {
		err := c.Authorize(ctx, "codeartifact:TagResource", r.on)
		if err != nil {
			return err
		}
	}
	err := r.domain.Check()
	if err != nil {
		return err
	}
	r.upstreams, err = s.associate(ctx, c, r.domain, in.Upstreams, nil)
	return err
}

func (s *Service) createRepository(ctx context.Context, c *gate.Call, in *api.CreateRepositoryInput, made *newRepository) (*api.CreateRepositoryOutput, error) {
	r, err := s.Registry.CreateRepository(ctx, made.domain, registry.RepositoryRow{
		Name: in.Repository, Administrator: c.Principal.Account, Description: in.Description, Tags: made.on.RequestTags, Created: c.Now,
	}, made.upstreams)
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

// associate looks up the upstreams of a repository. An upstream that is not among
// known needs the permission to become one.
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
			err = c.Authorize(ctx, "codeartifact:AssociateWithDownstreamRepository", r.Subject())
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

// described describes a repository with its upstreams. The repository must exist.
func (s *Service) described(ctx context.Context, r *registry.Repository) (*api.RepositoryDescription, error) {
	err := r.Check()
	if err != nil {
		return nil, err
	}
	upstreams, err := s.Registry.Upstreams(ctx, r)
	return describeRepository(r, upstreams), err
}

func (s *Service) describeRepository(ctx context.Context, _ *gate.Call, _ *api.DescribeRepositoryInput, r *registry.Repository) (*api.DescribeRepositoryOutput, error) {
	d, err := s.described(ctx, r)
	return &api.DescribeRepositoryOutput{Repository: d}, err
}

// An update is a repository and its new upstreams.
type update struct {
	*registry.Repository
	upstreams *[]*registry.Repository // nil: unchanged
}

func (s *Service) resolveUpdate(ctx context.Context, c *gate.Call, in *api.UpdateRepositoryInput) (gate.Subject, *update, error) {
	r, err := s.repository(ctx, c, in.Domain, in.DomainOwner, in.Repository)
	if err != nil {
		return gate.Subject{}, nil, err
	}
	return r.Subject(), &update{Repository: r}, nil
}

// judgeUpdate authorizes the upstreams that are new to the repository.
func (s *Service) judgeUpdate(ctx context.Context, c *gate.Call, in *api.UpdateRepositoryInput, u *update) error {
	err := u.Check()
	if err != nil || in.Upstreams == nil {
		return err
	}
	known, err := s.Registry.Upstreams(ctx, u.Repository)
	if err != nil {
		return err
	}
	upstreams, err := s.associate(ctx, c, u.Domain, in.Upstreams, known)
	u.upstreams = &upstreams
	return err
}

func (s *Service) updateRepository(ctx context.Context, _ *gate.Call, in *api.UpdateRepositoryInput, u *update) (*api.UpdateRepositoryOutput, error) {
	changed, err := s.Registry.UpdateRepository(ctx, u.Repository, registry.RepositoryUpdate{Description: in.Description, Upstreams: u.upstreams})
	if err != nil {
		return nil, err
	}
	d, err := s.described(ctx, changed)
	return &api.UpdateRepositoryOutput{Repository: d}, err
}

func (s *Service) deleteRepository(ctx context.Context, _ *gate.Call, _ *api.DeleteRepositoryInput, r *registry.Repository) (*api.DeleteRepositoryOutput, error) {
	d, err := s.described(ctx, r)
	if err == nil {
		err = s.Registry.DeleteRepository(ctx, r)
	}
	return &api.DeleteRepositoryOutput{Repository: d}, err
}

// getRepositoryEndpoint returns the same address for both endpoint types. The
// host name decides between IPv4 and IPv6.
func (s *Service) getRepositoryEndpoint(ctx context.Context, _ *gate.Call, in *api.GetRepositoryEndpointInput, r *registry.Repository) (*api.GetRepositoryEndpointOutput, error) {
	err := r.Check()
	if err != nil {
		return nil, err
	}
	return &api.GetRepositoryEndpointOutput{RepositoryEndpoint: s.Endpoint(ctx, in.Format, r.DomainName, r.DomainOwner, r.Name)}, nil
}

// listRepositories lists the repositories that the caller's account administers,
// in its own domains and in others.
//
// Source: Service Authorization Reference, AWS CodeArtifact: ListRepositories.
func (s *Service) listRepositories(ctx context.Context, c *gate.Call, in *api.ListRepositoriesInput, _ nothing) (*api.ListRepositoriesOutput, error) {
	filter := registry.RepositoryFilter{Prefix: in.RepositoryPrefix}
	found, next, err := s.Registry.AdministeredBy(ctx, c.Region, c.Principal.Account, filter, page(in.NextToken, in.MaxResults))
	if err != nil {
		return nil, err
	}
	return &api.ListRepositoriesOutput{Repositories: summaries(found), NextToken: next}, nil
}

func (s *Service) listRepositoriesInDomain(ctx context.Context, _ *gate.Call, in *api.ListRepositoriesInDomainInput, d *registry.Domain) (*api.ListRepositoriesInDomainOutput, error) {
	err := d.Check()
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

// describeRepository shows empty lists, as AWS does.
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
