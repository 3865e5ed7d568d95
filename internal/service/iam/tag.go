package iam

import (
	"context"
	"slices"
	"strconv"
	"strings"

	api "daypass/api/iam"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/identity"
	"daypass/internal/policy"
	"daypass/internal/tag"
)

func (s *Service) tagOperations() []gate.Operation {
	return []gate.Operation{
		op("TagUser", tagging(on(s, identity.User, func(in *api.TagUserInput) string { return in.UserName }), func(in *api.TagUserInput) (map[string]string, error) { return tagMap(in.Tags) }), s.tagUser),
		op("UntagUser", untagging(on(s, identity.User, func(in *api.UntagUserInput) string { return in.UserName }), func(in *api.UntagUserInput) []string { return in.TagKeys }), s.untagUser),
		op("ListUserTags", on(s, identity.User, func(in *api.ListUserTagsInput) string { return in.UserName }), s.listUserTags),
		op("TagRole", tagging(on(s, identity.Role, func(in *api.TagRoleInput) string { return in.RoleName }), func(in *api.TagRoleInput) (map[string]string, error) { return tagMap(in.Tags) }), s.tagRole),
		op("UntagRole", untagging(on(s, identity.Role, func(in *api.UntagRoleInput) string { return in.RoleName }), func(in *api.UntagRoleInput) []string { return in.TagKeys }), s.untagRole),
		op("ListRoleTags", on(s, identity.Role, func(in *api.ListRoleTagsInput) string { return in.RoleName }), s.listRoleTags),
		op("TagPolicy", tagging(onPolicy(s, func(in *api.TagPolicyInput) string { return in.PolicyArn }), func(in *api.TagPolicyInput) (map[string]string, error) { return tagMap(in.Tags) }), s.tagPolicy),
		op("UntagPolicy", untagging(onPolicy(s, func(in *api.UntagPolicyInput) string { return in.PolicyArn }), func(in *api.UntagPolicyInput) []string { return in.TagKeys }), s.untagPolicy),
		op("ListPolicyTags", onPolicy(s, func(in *api.ListPolicyTagsInput) string { return in.PolicyArn }), s.listPolicyTags),
		op("TagMFADevice", tagging(onDevice(s, func(in *api.TagMFADeviceInput) string { return in.SerialNumber }), func(in *api.TagMFADeviceInput) (map[string]string, error) { return tagMap(in.Tags) }), s.tagMFADevice),
		op("UntagMFADevice", untagging(onDevice(s, func(in *api.UntagMFADeviceInput) string { return in.SerialNumber }), func(in *api.UntagMFADeviceInput) []string { return in.TagKeys }), s.untagMFADevice),
		op("ListMFADeviceTags", onDevice(s, func(in *api.ListMFADeviceTagsInput) string { return in.SerialNumber }), s.listMFADeviceTags),
		op("TagOpenIDConnectProvider", tagging(onProvider(s, func(in *api.TagOpenIDConnectProviderInput) string { return in.OpenIDConnectProviderArn }), func(in *api.TagOpenIDConnectProviderInput) (map[string]string, error) { return tagMap(in.Tags) }), s.tagProvider),
		op("UntagOpenIDConnectProvider", untagging(onProvider(s, func(in *api.UntagOpenIDConnectProviderInput) string { return in.OpenIDConnectProviderArn }), func(in *api.UntagOpenIDConnectProviderInput) []string { return in.TagKeys }), s.untagProvider),
		op("ListOpenIDConnectProviderTags", onProvider(s, func(in *api.ListOpenIDConnectProviderTagsInput) string { return in.OpenIDConnectProviderArn }), s.listProviderTags),
	}
}

// tagMap checks a request's tags and returns them as a map. Keys that differ by
// case alone are refused for every kind of resource: condition keys ignore case.
//
// Source: IAM User Guide, "Tags for IAM resources".
func tagMap(tags []api.Tag) (map[string]string, error) {
	if len(tags) == 0 {
		return nil, nil
	}
	read := make(map[string]string, len(tags))
	keys := make([]string, 0, len(tags))
	for _, t := range tags {
		err := checkTagKey(t.Key)
		if err != nil {
			return nil, err
		}
		if tag.Reserved(t.Value) {
			return nil, fault.New(fault.InvalidInput, "Tag value %q: values that begin with aws: are reserved.", t.Value)
		}
		keys, read[t.Key] = append(keys, t.Key), t.Value
	}
	if _, _, twice := tag.Twins(keys); twice {
		return nil, identity.ErrDuplicateTags
	}
	return read, nil
}

func checkTagKey(key string) error {
	if tag.Reserved(key) {
		return fault.New(fault.InvalidInput, "Tag key %q: keys that begin with aws: are reserved.", key)
	}
	return nil
}

// tagList returns tags in the order of their keys.
func tagList(tags map[string]string) []api.Tag {
	var list []api.Tag
	for key, value := range tags {
		list = append(list, api.Tag{Key: key, Value: value})
	}
	slices.SortFunc(list, func(a, b api.Tag) int { return strings.Compare(a.Key, b.Key) })
	return list
}

// tagging authorizes with the request's tags as condition keys.
func tagging[In, Found any](resource gate.Resolve[In, Found], tags func(*In) (map[string]string, error)) gate.Resolve[In, Found] {
	return func(ctx context.Context, c *gate.Call, in *In) (on gate.Subject, found Found, err error) {
		read, err := tags(in)
		if err != nil {
			return on, found, err
		}
		on, found, err = resource(ctx, c, in)
		on.RequestTags = read
		return on, found, err
	}
}

// untagging authorizes with the keys to remove as aws:TagKeys. They have no values,
// so there is no aws:RequestTag.
func untagging[In, Found any](resource gate.Resolve[In, Found], keys func(*In) []string) gate.Resolve[In, Found] {
	return func(ctx context.Context, c *gate.Call, in *In) (on gate.Subject, found Found, err error) {
		for _, key := range keys(in) {
			err := checkTagKey(key)
			if err != nil {
				return on, found, err
			}
		}
		on, found, err = resource(ctx, c, in)
		if err != nil {
			return on, found, err
		}
		on.Keys.Set("aws:tagkeys", policy.Many(keys(in)))
		return on, found, nil
	}
}

// creating is a row for an operation that creates a resource. Tags in its input
// need the same permission as tags that are added later.
//
// Source: refusals of IAM quoted in public issue trackers.
func creating[In, Found, Out any](name, tagging string, resolve gate.Resolve[In, Found],
	run func(ctx context.Context, c *gate.Call, in *In, tags map[string]string, made Found) (*Out, error),
) gate.Operation {
	type creation struct {
		on   gate.Subject
		made Found
	}
	return gate.Op(name, refuseSessions(func(ctx context.Context, c *gate.Call, in *In) (gate.Subject, *creation, error) {
		on, made, err := resolve(ctx, c, in)
		return on, &creation{on, made}, err
	}), func(ctx context.Context, c *gate.Call, _ *In, n *creation) error {
		if len(n.on.RequestTags) == 0 {
			return nil
		}
		return c.Authorize(ctx, tagging, n.on)
	}, func(ctx context.Context, c *gate.Call, in *In, n *creation) (*Out, error) {
		return run(ctx, c, in, n.on.RequestTags, n.made)
	})
}

// added returns the change that adds a request's tags. [tagMap] has checked them
// before.
func added(tags []api.Tag) identity.TagChange {
	read := make(map[string]string, len(tags))
	for _, t := range tags {
		read[t.Key] = t.Value
	}
	return identity.AddTags(read)
}

func (s *Service) tagUser(ctx context.Context, c *gate.Call, in *api.TagUserInput) (*api.TagUserOutput, error) {
	return nothing[api.TagUserOutput](s.Directory.Retag(ctx, c.Principal.Account, identity.User, in.UserName, added(in.Tags)))
}

func (s *Service) untagUser(ctx context.Context, c *gate.Call, in *api.UntagUserInput) (*api.UntagUserOutput, error) {
	return nothing[api.UntagUserOutput](s.Directory.Retag(ctx, c.Principal.Account, identity.User, in.UserName, identity.RemoveTags(in.TagKeys)))
}

func (s *Service) tagRole(ctx context.Context, c *gate.Call, in *api.TagRoleInput) (*api.TagRoleOutput, error) {
	return nothing[api.TagRoleOutput](s.Directory.Retag(ctx, c.Principal.Account, identity.Role, in.RoleName, added(in.Tags)))
}

func (s *Service) untagRole(ctx context.Context, c *gate.Call, in *api.UntagRoleInput) (*api.UntagRoleOutput, error) {
	return nothing[api.UntagRoleOutput](s.Directory.Retag(ctx, c.Principal.Account, identity.Role, in.RoleName, identity.RemoveTags(in.TagKeys)))
}

func (s *Service) tagPolicy(ctx context.Context, c *gate.Call, in *api.TagPolicyInput) (*api.TagPolicyOutput, error) {
	return nothing[api.TagPolicyOutput](s.Directory.RetagManaged(ctx, c.Principal.Account, in.PolicyArn, added(in.Tags)))
}

func (s *Service) untagPolicy(ctx context.Context, c *gate.Call, in *api.UntagPolicyInput) (*api.UntagPolicyOutput, error) {
	return nothing[api.UntagPolicyOutput](s.Directory.RetagManaged(ctx, c.Principal.Account, in.PolicyArn, identity.RemoveTags(in.TagKeys)))
}

func (s *Service) tagMFADevice(ctx context.Context, c *gate.Call, in *api.TagMFADeviceInput) (*api.TagMFADeviceOutput, error) {
	return nothing[api.TagMFADeviceOutput](s.Directory.RetagMFADevice(ctx, c.Principal.Account, in.SerialNumber, added(in.Tags)))
}

func (s *Service) untagMFADevice(ctx context.Context, c *gate.Call, in *api.UntagMFADeviceInput) (*api.UntagMFADeviceOutput, error) {
	return nothing[api.UntagMFADeviceOutput](s.Directory.RetagMFADevice(ctx, c.Principal.Account, in.SerialNumber, identity.RemoveTags(in.TagKeys)))
}

func (s *Service) retagProvider(ctx context.Context, c *gate.Call, providerARN string, r identity.TagChange) error {
	url, err := issuer(c, providerARN)
	if err != nil {
		return err
	}
	return s.Directory.RetagProvider(ctx, c.Principal.Account, url, r)
}

func (s *Service) tagProvider(ctx context.Context, c *gate.Call, in *api.TagOpenIDConnectProviderInput) (*api.TagOpenIDConnectProviderOutput, error) {
	return nothing[api.TagOpenIDConnectProviderOutput](s.retagProvider(ctx, c, in.OpenIDConnectProviderArn, added(in.Tags)))
}

func (s *Service) untagProvider(ctx context.Context, c *gate.Call, in *api.UntagOpenIDConnectProviderInput) (*api.UntagOpenIDConnectProviderOutput, error) {
	return nothing[api.UntagOpenIDConnectProviderOutput](s.retagProvider(ctx, c, in.OpenIDConnectProviderArn, identity.RemoveTags(in.TagKeys)))
}

// tagPage cuts a page out of a resource's tags. Its markers are positions, because
// a key can be too long for a marker.
func tagPage(tags map[string]string, marker string, maxItems *int64) ([]api.Tag, string, *bool, error) {
	p, err := pageOf(marker, maxItems)
	if err != nil {
		return nil, "", nil, err
	}
	list := tagList(tags)
	start := 0
	if p.after != "" {
		start, err = strconv.Atoi(p.after)
	}
	if err != nil || start < 0 {
		return nil, "", nil, errBadMarker
	}
	start = min(start, len(list))
	end := min(start+p.limit, len(list))
	marker, truncated := next(end < len(list), strconv.Itoa(end))
	return append([]api.Tag{}, list[start:end]...), marker, truncated, nil
}

func (s *Service) entityTags(ctx context.Context, c *gate.Call, kind, name, marker string, maxItems *int64) ([]api.Tag, string, *bool, error) {
	e, err := s.Directory.Find(ctx, c.Principal.Account, kind, name)
	if err != nil {
		return nil, "", nil, err
	}
	return tagPage(e.Tags, marker, maxItems)
}

func (s *Service) listUserTags(ctx context.Context, c *gate.Call, in *api.ListUserTagsInput) (*api.ListUserTagsOutput, error) {
	tags, marker, truncated, err := s.entityTags(ctx, c, identity.User, in.UserName, in.Marker, in.MaxItems)
	return &api.ListUserTagsOutput{Tags: tags, Marker: marker, IsTruncated: truncated}, err
}

func (s *Service) listRoleTags(ctx context.Context, c *gate.Call, in *api.ListRoleTagsInput) (*api.ListRoleTagsOutput, error) {
	tags, marker, truncated, err := s.entityTags(ctx, c, identity.Role, in.RoleName, in.Marker, in.MaxItems)
	return &api.ListRoleTagsOutput{Tags: tags, Marker: marker, IsTruncated: truncated}, err
}

func (s *Service) listPolicyTags(ctx context.Context, c *gate.Call, in *api.ListPolicyTagsInput) (*api.ListPolicyTagsOutput, error) {
	m, err := s.Directory.ManagedPolicy(ctx, c.Principal.Account, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	tags, marker, truncated, err := tagPage(m.Tags, in.Marker, in.MaxItems)
	return &api.ListPolicyTagsOutput{Tags: tags, Marker: marker, IsTruncated: truncated}, err
}

func (s *Service) listMFADeviceTags(ctx context.Context, c *gate.Call, in *api.ListMFADeviceTagsInput) (*api.ListMFADeviceTagsOutput, error) {
	m, err := s.Directory.MFADevice(ctx, c.Principal.Account, in.SerialNumber)
	if err != nil {
		return nil, err
	}
	tags, marker, truncated, err := tagPage(m.Tags, in.Marker, in.MaxItems)
	return &api.ListMFADeviceTagsOutput{Tags: tags, Marker: marker, IsTruncated: truncated}, err
}

func (s *Service) listProviderTags(ctx context.Context, c *gate.Call, in *api.ListOpenIDConnectProviderTagsInput) (*api.ListOpenIDConnectProviderTagsOutput, error) {
	p, err := s.provider(ctx, c, in.OpenIDConnectProviderArn)
	if err != nil {
		return nil, err
	}
	tags, marker, truncated, err := tagPage(p.Tags, in.Marker, in.MaxItems)
	return &api.ListOpenIDConnectProviderTagsOutput{Tags: tags, Marker: marker, IsTruncated: truncated}, err
}
