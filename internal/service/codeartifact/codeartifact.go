// Package codeartifact owns the operations of the CodeArtifact API: the resource
// that each is authorized on, and the API's view of the registry's data. The
// rules on domains, repositories and packages are the registry's. The package
// must never know SQL, the wire, or how tokens are sealed.
package codeartifact

import (
	"context"
	"io"
	"slices"

	"daypass/internal/gate"
	"daypass/internal/registry"
	"daypass/internal/token"
)

// A Sealer makes authorization tokens.
type Sealer interface {
	Seal(*token.Claims) (string, error)
}

// A Binder finds the unique ids of the principals that a resource policy names.
// Its fault names the one that does not exist.
type Binder interface {
	BindPrincipals(ctx context.Context, principals []string) (map[string]string, error)
}

// A Service implements the operations.
type Service struct {
	Registry *registry.Registry
	Keyring  Sealer

	// Principals binds resource policies to the ids of existing users and roles.
	// A user made later with the same name gets nothing from them. If nil,
	// policies match by name.
	Principals Binder

	// Endpoint returns the URL of a repository for a format, with a slash at its
	// end. The context may tell the address that the client used.
	Endpoint func(ctx context.Context, format, domain, owner, repository string) string

	Rand io.Reader // the source of token ids; nil means crypto/rand
}

// Operations returns the service's table.
func (s *Service) Operations() []gate.Operation {
	return slices.Concat(s.domainOperations(), s.repositoryOperations(), s.policyOperations(), s.tagOperations(), []gate.Operation{
		gate.Op("GetAuthorizationToken", s.resolveToken, s.judgeBearer, s.getAuthorizationToken),
	})
}

// owner returns the owner of the domain that an input names. The default is the
// caller's account.
//
// Source: CodeArtifact service model and User Guide, "Domain overview".
func owner(c *gate.Call, named string) string {
	if named == "" {
		return c.Principal.Account
	}
	return named
}

// domain looks up the domain that an input names.
func (s *Service) domain(ctx context.Context, c *gate.Call, named, domainOwner string) (*registry.Domain, error) {
	return s.Registry.Domain(ctx, c.Region, owner(c, domainOwner), named)
}

// repository looks up the repository that an input names.
func (s *Service) repository(ctx context.Context, c *gate.Call, domain, domainOwner, named string) (*registry.Repository, error) {
	return s.Registry.Repository(ctx, c.Region, owner(c, domainOwner), domain, named)
}

// onDomain authorizes on the domain that an input names, with the domain's policy.
// A domain that does not exist is authorized like one without a policy: only a
// caller who may see it learns that it does not exist.
func onDomain[In any](s *Service, of func(*In) (domain, domainOwner string)) gate.Resolve[In, *registry.Domain] {
	return func(ctx context.Context, c *gate.Call, in *In) (gate.Subject, *registry.Domain, error) {
		name, domainOwner := of(in)
		d, err := s.domain(ctx, c, name, domainOwner)
		if err != nil {
			return gate.Subject{}, nil, err
		}
		return d.Subject(), d, nil
	}
}

// onRepository authorizes on the repository that an input names, with its policy
// and its domain's.
func onRepository[In any](s *Service, of func(*In) (domain, domainOwner, name string)) gate.Resolve[In, *registry.Repository] {
	return func(ctx context.Context, c *gate.Call, in *In) (gate.Subject, *registry.Repository, error) {
		domain, domainOwner, name := of(in)
		r, err := s.repository(ctx, c, domain, domainOwner, name)
		if err != nil {
			return gate.Subject{}, nil, err
		}
		return r.Subject(), r, nil
	}
}

// onAccount authorizes on the caller's account as a whole, without a resource
// policy.
//
// Source: CodeArtifact User Guide, "Repository policies": operations on the
// account.
func onAccount[In any](_ context.Context, c *gate.Call, _ *In) (gate.Subject, nothing, error) {
	return gate.Subject{ARN: "*", Account: c.Principal.Account}, nothing{}, nil
}

// nothing is the resource of an operation that looks none up.
type nothing struct{}

func page(token string, size *int64) registry.Page {
	p := registry.Page{Token: token}
	if size != nil {
		p.Max = *size
	}
	return p
}
