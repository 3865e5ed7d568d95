package codeartifact

import (
	"context"
	"strings"
	"unicode/utf8"

	api "daypass/api/codeartifact"
	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/policy"
	"daypass/internal/registry"
)

// maxDocument is the maximum length of a resource policy, in characters.
//
// Source: CodeArtifact service model.
const maxDocument = 7168

func (s *Service) policyOperations() []gate.Operation {
	return []gate.Operation{
		gate.Op("PutDomainPermissionsPolicy", s.onBareDomain, nil, s.putDomainPolicy),
		gate.Op("GetDomainPermissionsPolicy", onDomain(s, func(in *api.GetDomainPermissionsPolicyInput) (string, string) {
			return in.Domain, in.DomainOwner
		}), nil, s.getDomainPolicy),
		gate.Op("DeleteDomainPermissionsPolicy", onDomain(s, func(in *api.DeleteDomainPermissionsPolicyInput) (string, string) {
			return in.Domain, in.DomainOwner
		}), nil, s.deleteDomainPolicy),
		gate.Op("PutRepositoryPermissionsPolicy", s.onRepositoryOfDomain, nil, s.putRepositoryPolicy),
		gate.Op("GetRepositoryPermissionsPolicy", onRepository(s, func(in *api.GetRepositoryPermissionsPolicyInput) (string, string, string) {
			return in.Domain, in.DomainOwner, in.Repository
		}), nil, s.getRepositoryPolicy),
		gate.Op("DeleteRepositoryPermissionsPolicy", onRepository(s, func(in *api.DeleteRepositoryPermissionsPolicyInput) (string, string, string) {
			return in.Domain, in.DomainOwner, in.Repository
		}), nil, s.deleteRepositoryPolicy),
	}
}

// onBareDomain authorizes on a domain without its policy.
func (s *Service) onBareDomain(ctx context.Context, c *gate.Call, in *api.PutDomainPermissionsPolicyInput) (gate.Subject, *registry.Domain, error) {
	d, err := s.domain(ctx, c, in.Domain, in.DomainOwner)
	if err != nil {
		return gate.Subject{}, nil, err
	}
	return d.BareSubject(), d, nil
}

// onRepositoryOfDomain authorizes on a repository with its domain's policy alone.
//
// Source: CodeArtifact User Guide, "Repository policies".
func (s *Service) onRepositoryOfDomain(ctx context.Context, c *gate.Call, in *api.PutRepositoryPermissionsPolicyInput) (gate.Subject, *registry.Repository, error) {
	r, err := s.repository(ctx, c, in.Domain, in.DomainOwner, in.Repository)
	if err != nil {
		return gate.Subject{}, nil, err
	}
	return r.DomainSubject(), r, nil
}

func (s *Service) putDomainPolicy(ctx context.Context, _ *gate.Call, in *api.PutDomainPermissionsPolicyInput, d *registry.Domain) (*api.PutDomainPermissionsPolicyOutput, error) {
	err := d.Check()
	if err != nil {
		return nil, err
	}
	checked, err := check(d.ARN, in.PolicyDocument)
	if err != nil {
		return nil, err
	}
	bound, err := s.bind(ctx, checked)
	if err != nil {
		return nil, err
	}
	p, err := s.Registry.SetDomainPolicy(ctx, d, in.PolicyRevision, in.PolicyDocument, bound)
	return &api.PutDomainPermissionsPolicyOutput{Policy: shown(d.ARN, p)}, err
}

func (s *Service) getDomainPolicy(_ context.Context, _ *gate.Call, _ *api.GetDomainPermissionsPolicyInput, d *registry.Domain) (*api.GetDomainPermissionsPolicyOutput, error) {
	err := d.Check()
	if err != nil {
		return nil, err
	}
	p, err := d.PolicyOf()
	return &api.GetDomainPermissionsPolicyOutput{Policy: shown(d.ARN, p)}, err
}

func (s *Service) deleteDomainPolicy(ctx context.Context, _ *gate.Call, in *api.DeleteDomainPermissionsPolicyInput, d *registry.Domain) (*api.DeleteDomainPermissionsPolicyOutput, error) {
	err := d.Check()
	if err != nil {
		return nil, err
	}
	p, err := s.Registry.SetDomainPolicy(ctx, d, in.PolicyRevision, "", nil)
	return &api.DeleteDomainPermissionsPolicyOutput{Policy: shown(d.ARN, p)}, err
}

func (s *Service) putRepositoryPolicy(ctx context.Context, _ *gate.Call, in *api.PutRepositoryPermissionsPolicyInput, r *registry.Repository) (*api.PutRepositoryPermissionsPolicyOutput, error) {
	err := r.Check()
	if err != nil {
		return nil, err
	}
	checked, err := check(r.ARN, in.PolicyDocument)
	if err == nil {
		err = withinRepository(r, checked)
	}
	if err != nil {
		return nil, err
	}
	bound, err := s.bind(ctx, checked)
	if err != nil {
		return nil, err
	}
	p, err := s.Registry.SetRepositoryPolicy(ctx, r, in.PolicyRevision, in.PolicyDocument, bound)
	return &api.PutRepositoryPermissionsPolicyOutput{Policy: shown(r.ARN, p)}, err
}

func (s *Service) getRepositoryPolicy(_ context.Context, _ *gate.Call, _ *api.GetRepositoryPermissionsPolicyInput, r *registry.Repository) (*api.GetRepositoryPermissionsPolicyOutput, error) {
	err := r.Check()
	if err != nil {
		return nil, err
	}
	p, err := r.PolicyOf()
	return &api.GetRepositoryPermissionsPolicyOutput{Policy: shown(r.ARN, p)}, err
}

func (s *Service) deleteRepositoryPolicy(ctx context.Context, _ *gate.Call, in *api.DeleteRepositoryPermissionsPolicyInput, r *registry.Repository) (*api.DeleteRepositoryPermissionsPolicyOutput, error) {
	err := r.Check()
	if err != nil {
		return nil, err
	}
	p, err := s.Registry.SetRepositoryPolicy(ctx, r, in.PolicyRevision, "", nil)
	return &api.DeleteRepositoryPermissionsPolicyOutput{Policy: shown(r.ARN, p)}, err
}

func shown(resource string, p registry.ResourcePolicy) *api.ResourcePolicy {
	return &api.ResourcePolicy{ResourceArn: resource, Revision: p.Revision, Document: p.Document}
}

// check parses a resource policy, and refuses a document that is none.
func check(resource, document string) (*policy.Policy, error) {
	if n := utf8.RuneCountInString(document); n > maxDocument {
		return nil, fault.Invalid("policyDocument: it has %d characters, at most %d are allowed", n, maxDocument)
	}
	p, err := policy.Check(resource, document, policy.Resource)
	if err != nil {
		return nil, fault.Invalid("policyDocument: %s", err)
	}
	return p, nil
}

// bind returns the unique ids of the principals that a policy names.
func (s *Service) bind(ctx context.Context, p *policy.Policy) (map[string]string, error) {
	if s.Principals == nil {
		return nil, nil
	}
	bound, err := s.Principals.BindPrincipals(ctx, p.Principals())
	if fault.Is(err, fault.MalformedPolicy) {
		err = fault.Invalid("policyDocument: %s", err)
	}
	return bound, err
}

// withinRepository refuses a repository's policy with a resource other than the
// repository and its packages. Such a statement would never apply.
//
// Source: hashicorp/terraform-provider-aws issue 31513, where AWS refuses a
// domain's ARN.
func withinRepository(r *registry.Repository, p *policy.Policy) error {
	own := []string{r.ARN, arn.Package(arn.PackageID{Region: r.Region, Owner: r.DomainOwner, Domain: r.DomainName, Repository: r.Name})}
	own[1] = strings.TrimRight(own[1], "/") + "/"
	for _, name := range p.Resources() {
		if !mayMatch(name, own[0]) && !mayMatch(name, own[1]) {
			return fault.Invalid("policyDocument: the resource %s is neither the repository %s nor a package in it", name, r.ARN)
		}
	}
	return nil
}

// mayMatch reports whether a pattern could match a name or, if the name ends in a
// slash, a name below it. Only the pattern's literal beginning is compared.
func mayMatch(pattern, name string) bool {
	literal := pattern
	if i := strings.IndexAny(pattern, "*?$"); i >= 0 {
		literal = pattern[:i]
	}
	if literal == pattern && !strings.HasSuffix(name, "/") {
		return pattern == name
	}
	return strings.HasPrefix(literal, name) || strings.HasPrefix(name, literal)
}
