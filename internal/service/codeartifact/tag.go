package codeartifact

import (
	"context"
	"maps"
	"slices"
	"strings"

	api "daypass/api/codeartifact"
	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/policy"
	"daypass/internal/registry"
	"daypass/internal/tag"
)

func (s *Service) tagOperations() []gate.Operation {
	return []gate.Operation{
		gate.Op("TagResource", s.resolveTag, nil, s.tagResource),
		gate.Op("UntagResource", s.resolveUntag, nil, s.untagResource),
		gate.Op("ListTagsForResource", s.resolveTagList, nil, s.listTags),
	}
}

// tagMap checks a request's tags and returns them as a map.
//
// Source: CodeArtifact User Guide, "Tagging resources".
func tagMap(tags []api.Tag) (map[string]string, error) {
	if len(tags) == 0 {
		return nil, nil
	}
	m := make(map[string]string, len(tags))
	keys := make([]string, 0, len(tags))
	for _, t := range tags {
		if tag.Reserved(t.Key) {
			return nil, fault.Invalid("tags: the key %q begins with aws:, which is reserved", t.Key)
		}
		keys, m[t.Key] = append(keys, t.Key), t.Value
	}
	switch a, b, twice := tag.Twins(keys); {
	case twice && a == b:
		return nil, fault.Invalid("tags: the key %q is given twice", a)
	case twice:
		return nil, fault.Invalid("tags: the keys %q and %q differ by case alone: expected one of them", a, b)
	}
	return m, nil
}

// maxGroup is the maximum length of a package group's pattern, in bytes.
//
// Source: CodeArtifact service model.
const maxGroup = 520

// A taggable is the resource of a tag operation. It need not exist.
type taggable struct {
	subject gate.Subject
	missing error // a NotFound fault; nil: the resource exists
	tags    map[string]string
	tag     func(ctx context.Context, add map[string]string, remove []string) error
}

// taggable looks up a resource by its ARN.
func (s *Service) taggable(ctx context.Context, c *gate.Call, name string) (taggable, error) {
	a, err := arn.Parse(name)
	if err != nil || a.Partition != arn.Partition || a.Service != "codeartifact" || !arn.IsAccount(a.Account) {
		return taggable{}, fault.Invalid("resourceArn: %q is not the ARN of a CodeArtifact resource", name)
	}
	if a.Region != c.Region {
		return taggable{}, fault.Invalid("resourceArn: %q is in another region than this request, which is for %s", name, c.Region)
	}
	domain, rest, nested := strings.Cut(a.Name(), "/")
	switch {
	case !arn.IsDomain(domain): // refused before policies: a long name is costly to match
	case a.Type() == "domain" && !nested:
		d, err := s.Registry.Domain(ctx, a.Region, a.Account, domain)
		if err != nil {
			return taggable{}, err
		}
		return s.taggableDomain(d), nil
	case a.Type() == "repository" && arn.IsRepository(rest):
		r, err := s.Registry.Repository(ctx, a.Region, a.Account, domain, rest)
		if err != nil {
			return taggable{}, err
		}
		return s.taggableRepository(r), nil
	case a.Type() == "package-group" && rest != "" && len(rest) <= maxGroup:
		d, err := s.Registry.Domain(ctx, a.Region, a.Account, domain)
		if err != nil {
			return taggable{}, err
		}
		return noGroup(d, name), nil
	}
	return taggable{}, fault.Invalid("resourceArn: %q can't have tags: expected the ARN of a domain, a repository or a package group", name)
}

func (s *Service) taggableDomain(d *registry.Domain) taggable {
	return taggable{d.Subject(), d.Check(), d.Tags, func(ctx context.Context, add map[string]string, remove []string) error {
		return s.Registry.TagDomain(ctx, d, add, remove)
	}}
}

func (s *Service) taggableRepository(r *registry.Repository) taggable {
	return taggable{r.Subject(), r.Check(), r.Tags, func(ctx context.Context, add map[string]string, remove []string) error {
		return s.Registry.TagRepository(ctx, r, add, remove)
	}}
}

// noGroup is a package group that does not exist: there are none yet.
func noGroup(d *registry.Domain, name string) taggable {
	on := d.Subject()
	on.ARN, on.Tags = name, nil
	missing := d.Check()
	if missing == nil {
		missing = fault.New(fault.NotFound, "Package group not found. %s does not exist", name)
	}
	return taggable{subject: on, missing: missing}
}

func (s *Service) resolveTag(ctx context.Context, c *gate.Call, in *api.TagResourceInput) (gate.Subject, taggable, error) {
	t, err := s.taggable(ctx, c, in.ResourceArn)
	if err != nil {
		return gate.Subject{}, t, err
	}
	t.subject.RequestTags, err = tagMap(in.Tags)
	return t.subject, t, err
}

func (s *Service) resolveUntag(ctx context.Context, c *gate.Call, in *api.UntagResourceInput) (gate.Subject, taggable, error) {
	t, err := s.taggable(ctx, c, in.ResourceArn)
	if err != nil {
		return gate.Subject{}, t, err
	}
	// Tags to remove have keys alone: they set aws:TagKeys and no aws:RequestTag.
	t.subject.Keys = policy.Keys{{Name: "aws:tagkeys", Value: policy.Many(in.TagKeys)}}
	return t.subject, t, nil
}

func (s *Service) resolveTagList(ctx context.Context, c *gate.Call, in *api.ListTagsForResourceInput) (gate.Subject, taggable, error) {
	t, err := s.taggable(ctx, c, in.ResourceArn)
	return t.subject, t, err
}

func (s *Service) tagResource(ctx context.Context, _ *gate.Call, _ *api.TagResourceInput, t taggable) (*api.TagResourceOutput, error) {
	return &api.TagResourceOutput{}, t.retag(ctx, t.subject.RequestTags, nil)
}

func (s *Service) untagResource(ctx context.Context, _ *gate.Call, in *api.UntagResourceInput, t taggable) (*api.UntagResourceOutput, error) {
	return &api.UntagResourceOutput{}, t.retag(ctx, nil, in.TagKeys)
}

func (t *taggable) retag(ctx context.Context, add map[string]string, remove []string) error {
	if t.missing != nil {
		return t.missing
	}
	return t.tag(ctx, add, remove)
}

func (s *Service) listTags(_ context.Context, _ *gate.Call, _ *api.ListTagsForResourceInput, t taggable) (*api.ListTagsForResourceOutput, error) {
	if t.missing != nil {
		return nil, t.missing
	}
	out := &api.ListTagsForResourceOutput{Tags: []api.Tag{}}
	for _, key := range slices.Sorted(maps.Keys(t.tags)) {
		out.Tags = append(out.Tags, api.Tag{Key: key, Value: t.tags[key]})
	}
	return out, nil
}
