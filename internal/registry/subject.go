package registry

import (
	"context"
	"strings"

	"daypass/internal/arn"
)

// SubjectOf returns what an action on a resource is judged on, by the resource's
// ARN, and whether it is one of a domain, a repository, a package or a package
// group. The resource need not exist.
func (g *Registry) SubjectOf(ctx context.Context, action string, resource arn.ARN) (Subject, bool, error) {
	domain, rest, nested := strings.Cut(resource.Name(), "/")
	if resource.Service != "codeartifact" || domain == "" {
		return Subject{}, false, nil
	}
	var s Subject
	switch resource.Type() {
	case "domain", "package-group":
		d, err := g.Domain(ctx, resource.Region, resource.Account, domain)
		if err != nil {
			return Subject{}, false, err
		}
		s = d.Subject()
		if strings.EqualFold(action, "codeartifact:PutDomainPermissionsPolicy") {
			s = d.BareSubject()
		}
		if nested {
			s.Tags = nil // there are no package groups yet
		}
	case "repository", "package":
		name, _, _ := strings.Cut(rest, "/")
		r, err := g.Repository(ctx, resource.Region, resource.Account, domain, name)
		if err != nil {
			return Subject{}, false, err
		}
		s = r.Subject()
		if strings.EqualFold(action, "codeartifact:PutRepositoryPermissionsPolicy") || strings.EqualFold(action, "codeartifact:CreateRepository") {
			s = r.DomainSubject()
		}
		if resource.Type() == "package" {
			s.Tags = nil
		}
	default:
		return Subject{}, false, nil
	}
	s.ARN = resource.String()
	return s, true, nil
}

// BareSubject is the domain judged without its policy: nobody locks themselves
// out of changing it, and no other account can be given that.
//
// Source: CodeArtifact User Guide, "Domain policies".
func (d *Domain) BareSubject() Subject {
	s := d.Subject()
	s.Policies = nil
	return s
}
