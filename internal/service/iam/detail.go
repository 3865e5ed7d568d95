package iam

import (
	"context"

	api "daypass/api/iam"
	"daypass/internal/fault"
	"daypass/internal/identity"
)

// A lister lists a part of a [section].
type lister func(after string, limit int) (last string, shown int, more bool, err error)

// A shownDetail is a user, group or role with the API's view of its policies.
type shownDetail struct {
	*identity.Detail
	inline   []api.PolicyDetail
	attached []api.AttachedPolicy
}

// details lists users, groups or roles with their policies and memberships.
func (s *Service) details(ctx context.Context, account, kind string, show func(*shownDetail)) lister {
	return func(after string, limit int) (string, int, bool, error) {
		found, more, err := s.Directory.Details(ctx, account, kind, after, limit)
		if err != nil {
			return "", 0, false, err
		}
		last := ""
		for _, d := range found {
			shown := &shownDetail{Detail: d, inline: []api.PolicyDetail{}}
			for _, p := range d.Inline {
				shown.inline = append(shown.inline, api.PolicyDetail{PolicyName: p.Name, PolicyDocument: encoded(p.Document)})
			}
			shown.attached, err = shownAttached(d.Attached, "")
			if err != nil {
				return "", 0, false, err
			}
			show(shown)
			last = d.Name
		}
		return last, len(found), more, nil
	}
}

func (d *shownDetail) user() api.UserDetail {
	groups := []string{}
	for _, g := range d.Groups {
		groups = append(groups, g.Name)
	}
	return api.UserDetail{
		Path: d.Path, UserName: d.Name, UserId: d.ID, Arn: identity.ARN(d.Entity), CreateDate: date(d.Created), GroupList: groups,
		UserPolicyList: d.inline, AttachedManagedPolicies: d.attached, PermissionsBoundary: boundaryOf(d.Entity), Tags: tagList(d.Tags),
	}
}

func (d *shownDetail) group() api.GroupDetail {
	return api.GroupDetail{
		Path: d.Path, GroupName: d.Name, GroupId: d.ID, Arn: identity.ARN(d.Entity), CreateDate: date(d.Created),
		GroupPolicyList: d.inline, AttachedManagedPolicies: d.attached,
	}
}

func (d *shownDetail) role() api.RoleDetail {
	return api.RoleDetail{
		Path: d.Path, RoleName: d.Name, RoleId: d.ID, Arn: identity.ARN(d.Entity), CreateDate: date(d.Created),
		AssumeRolePolicyDocument: encoded(d.Trust), InstanceProfileList: []api.InstanceProfile{}, RoleLastUsed: shownUse(d.Used),
		RolePolicyList: d.inline, AttachedManagedPolicies: d.attached, PermissionsBoundary: boundaryOf(d.Entity), Tags: tagList(d.Tags),
	}
}

// policyDetails lists managed policies with all their versions.
func (s *Service) policyDetails(ctx context.Context, q identity.ManagedQuery, to *[]api.ManagedPolicyDetail) lister {
	return func(after string, limit int) (string, int, bool, error) {
		q.After, q.AfterBuiltin, q.Limit = after, "", limit
		if q.Builtin {
			q.After, q.AfterBuiltin = "", after
		}
		found, more, err := s.Directory.ListManaged(ctx, q)
		if err != nil {
			return "", 0, false, err
		}
		last := ""
		for _, m := range found {
			last = m.Name
			versions, _, err := s.Directory.Versions(ctx, q.Account, m.ARN)
			if fault.Is(err, fault.NotFound) {
				continue // deleted meanwhile
			}
			if err != nil {
				return "", 0, false, err
			}
			*to = append(*to, shownPolicyDetail(m, versions))
		}
		return last, len(found), more, nil
	}
}

func shownPolicyDetail(m *identity.Managed, versions []*identity.PolicyVersion) api.ManagedPolicyDetail {
	p := shownPolicy(m)
	detail := api.ManagedPolicyDetail{
		PolicyName: p.PolicyName, PolicyId: p.PolicyId, Arn: p.Arn, Path: p.Path, DefaultVersionId: p.DefaultVersionId,
		AttachmentCount: p.AttachmentCount, PermissionsBoundaryUsageCount: p.PermissionsBoundaryUsageCount, IsAttachable: p.IsAttachable,
		Description: p.Description, CreateDate: p.CreateDate, UpdateDate: p.UpdateDate, PolicyVersionList: []api.PolicyVersion{},
	}
	for _, v := range versions {
		shown := shownVersion(v, v.Number == m.Default)
		shown.Document = encoded(v.Document)
		detail.PolicyVersionList = append(detail.PolicyVersionList, *shown)
	}
	return detail
}
