package iam

import (
	"context"
	"strings"

	api "daypass/api/iam"
	"daypass/internal/gate"
	"daypass/internal/identity"
)

func (s *Service) groupOperations() []gate.Operation {
	return []gate.Operation{
		opOnFound("CreateGroup", s.resolveNewGroup, s.createGroup),
		op("GetGroup", on(s, identity.Group, func(in *api.GetGroupInput) string { return in.GroupName }), s.getGroup),
		moveOperation[api.UpdateGroupInput, api.UpdateGroupOutput](s, "UpdateGroup", identity.Group, func(in *api.UpdateGroupInput) move { return move{in.GroupName, in.NewGroupName, in.NewPath} }),
		op("DeleteGroup", on(s, identity.Group, func(in *api.DeleteGroupInput) string { return in.GroupName }), s.deleteGroup),
		op("ListGroups", onPath("group", func(in *api.ListGroupsInput) string { return in.PathPrefix }), s.listGroups),
		op("AddUserToGroup", on(s, identity.Group, func(in *api.AddUserToGroupInput) string { return in.GroupName }), s.addUserToGroup),
		op("RemoveUserFromGroup", on(s, identity.Group, func(in *api.RemoveUserFromGroupInput) string { return in.GroupName }), s.removeUserFromGroup),
		op("ListGroupsForUser", on(s, identity.User, func(in *api.ListGroupsForUserInput) string { return in.UserName }), s.listGroupsForUser),

		op("PutGroupPolicy", on(s, identity.Group, func(in *api.PutGroupPolicyInput) string { return in.GroupName }), s.putGroupPolicy),
		op("GetGroupPolicy", on(s, identity.Group, func(in *api.GetGroupPolicyInput) string { return in.GroupName }), s.getGroupPolicy),
		op("DeleteGroupPolicy", on(s, identity.Group, func(in *api.DeleteGroupPolicyInput) string { return in.GroupName }), s.deleteGroupPolicy),
		op("ListGroupPolicies", on(s, identity.Group, func(in *api.ListGroupPoliciesInput) string { return in.GroupName }), s.listGroupPolicies),
		op("AttachGroupPolicy", onAttachment(s, identity.Group, func(in *api.AttachGroupPolicyInput) (string, string) { return in.GroupName, in.PolicyArn }), s.attachGroupPolicy),
		op("DetachGroupPolicy", onAttachment(s, identity.Group, func(in *api.DetachGroupPolicyInput) (string, string) { return in.GroupName, in.PolicyArn }), s.detachGroupPolicy),
		op("ListAttachedGroupPolicies", on(s, identity.Group, func(in *api.ListAttachedGroupPoliciesInput) string { return in.GroupName }), s.listAttachedGroupPolicies),
	}
}

func newGroup(c *gate.Call, in *api.CreateGroupInput) *identity.Entity {
	return &identity.Entity{Kind: identity.Group, Account: c.Principal.Account, Name: in.GroupName, Path: orRoot(in.Path)}
}

func (s *Service) resolveNewGroup(_ context.Context, c *gate.Call, in *api.CreateGroupInput) (gate.Subject, *identity.Entity, error) {
	e := newGroup(c, in)
	return newSubject(e), e, nil
}

func (s *Service) createGroup(ctx context.Context, _ *gate.Call, _ *api.CreateGroupInput, e *identity.Entity) (*api.CreateGroupOutput, error) {
	err := s.Directory.Create(ctx, e)
	if err != nil {
		return nil, err
	}
	return &api.CreateGroupOutput{Group: shownGroup(e)}, nil
}

func shownGroup(e *identity.Entity) *api.Group {
	return &api.Group{Path: e.Path, GroupName: e.Name, GroupId: e.ID, Arn: identity.ARN(e), CreateDate: date(e.Created)}
}

func (s *Service) getGroup(ctx context.Context, c *gate.Call, in *api.GetGroupInput) (*api.GetGroupOutput, error) {
	p, err := pageOf(in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	group, members, more, err := s.Directory.Members(ctx, c.Principal.Account, in.GroupName, p.after, p.limit)
	if err != nil {
		return nil, err
	}
	out := &api.GetGroupOutput{Group: shownGroup(group), Users: listedUsers(members)}
	out.Marker, out.IsTruncated = next(more, lastName(members))
	return out, nil
}

func (s *Service) deleteGroup(ctx context.Context, c *gate.Call, in *api.DeleteGroupInput) (*api.DeleteGroupOutput, error) {
	return nothing[api.DeleteGroupOutput](s.Directory.Delete(ctx, c.Principal.Account, identity.Group, in.GroupName))
}

func (s *Service) listGroups(ctx context.Context, c *gate.Call, in *api.ListGroupsInput) (*api.ListGroupsOutput, error) {
	p, err := pageOf(in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	found, more, err := s.Directory.List(ctx, identity.EntityQuery{
		Account: c.Principal.Account, Kind: identity.Group, PathPrefix: in.PathPrefix, After: p.after, Limit: p.limit,
	})
	if err != nil {
		return nil, err
	}
	out := &api.ListGroupsOutput{Groups: []api.Group{}}
	for _, e := range found {
		out.Groups = append(out.Groups, *shownGroup(e))
	}
	out.Marker, out.IsTruncated = next(more, lastName(found))
	return out, nil
}

func (s *Service) addUserToGroup(ctx context.Context, c *gate.Call, in *api.AddUserToGroupInput) (*api.AddUserToGroupOutput, error) {
	return nothing[api.AddUserToGroupOutput](s.Directory.AddMember(ctx, c.Principal.Account, in.GroupName, in.UserName))
}

func (s *Service) removeUserFromGroup(ctx context.Context, c *gate.Call, in *api.RemoveUserFromGroupInput) (*api.RemoveUserFromGroupOutput, error) {
	return nothing[api.RemoveUserFromGroupOutput](s.Directory.RemoveMember(ctx, c.Principal.Account, in.GroupName, in.UserName))
}

func (s *Service) listGroupsForUser(ctx context.Context, c *gate.Call, in *api.ListGroupsForUserInput) (*api.ListGroupsForUserOutput, error) {
	p, err := pageOf(in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	groups, err := s.Directory.Groups(ctx, c.Principal.Account, in.UserName)
	if err != nil {
		return nil, err
	}
	out := &api.ListGroupsForUserOutput{Groups: []api.Group{}}
	groups, out.Marker, out.IsTruncated = pageOfList(groups, p, func(e *identity.Entity) string { return strings.ToLower(e.Name) })
	for _, e := range groups {
		out.Groups = append(out.Groups, *shownGroup(e))
	}
	return out, nil
}

func (s *Service) putGroupPolicy(ctx context.Context, c *gate.Call, in *api.PutGroupPolicyInput) (*api.PutGroupPolicyOutput, error) {
	return nothing[api.PutGroupPolicyOutput](s.Directory.PutInline(ctx, c.Principal.Account, identity.Group, in.GroupName, identity.InlinePolicy{Name: in.PolicyName, Document: in.PolicyDocument}))
}

func (s *Service) getGroupPolicy(ctx context.Context, c *gate.Call, in *api.GetGroupPolicyInput) (*api.GetGroupPolicyOutput, error) {
	document, err := s.Directory.InlineDocument(ctx, c.Principal.Account, identity.Group, in.GroupName, in.PolicyName)
	if err != nil {
		return nil, err
	}
	return &api.GetGroupPolicyOutput{GroupName: in.GroupName, PolicyName: in.PolicyName, PolicyDocument: encoded(document)}, nil
}

func (s *Service) deleteGroupPolicy(ctx context.Context, c *gate.Call, in *api.DeleteGroupPolicyInput) (*api.DeleteGroupPolicyOutput, error) {
	return nothing[api.DeleteGroupPolicyOutput](s.Directory.DeleteInline(ctx, c.Principal.Account, identity.Group, in.GroupName, in.PolicyName))
}

func (s *Service) listGroupPolicies(ctx context.Context, c *gate.Call, in *api.ListGroupPoliciesInput) (*api.ListGroupPoliciesOutput, error) {
	names, marker, truncated, err := s.inlineNames(ctx, c, identity.Group, in.GroupName, in.Marker, in.MaxItems)
	return &api.ListGroupPoliciesOutput{PolicyNames: names, Marker: marker, IsTruncated: truncated}, err
}

func (s *Service) attachGroupPolicy(ctx context.Context, c *gate.Call, in *api.AttachGroupPolicyInput) (*api.AttachGroupPolicyOutput, error) {
	return nothing[api.AttachGroupPolicyOutput](s.Directory.Attach(ctx, c.Principal.Account, identity.Group, in.GroupName, in.PolicyArn))
}

func (s *Service) detachGroupPolicy(ctx context.Context, c *gate.Call, in *api.DetachGroupPolicyInput) (*api.DetachGroupPolicyOutput, error) {
	return nothing[api.DetachGroupPolicyOutput](s.Directory.Detach(ctx, c.Principal.Account, identity.Group, in.GroupName, in.PolicyArn))
}

func (s *Service) listAttachedGroupPolicies(ctx context.Context, c *gate.Call, in *api.ListAttachedGroupPoliciesInput) (*api.ListAttachedGroupPoliciesOutput, error) {
	attached, marker, truncated, err := s.attachedPage(ctx, c, identity.Group, in.GroupName, in.PathPrefix, in.Marker, in.MaxItems)
	return &api.ListAttachedGroupPoliciesOutput{AttachedPolicies: attached, Marker: marker, IsTruncated: truncated}, err
}
