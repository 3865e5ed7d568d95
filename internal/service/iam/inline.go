package iam

import (
	"context"

	api "daypass/api/iam"
	"daypass/internal/gate"
	"daypass/internal/identity"
)

func (s *Service) inlineOperations() []gate.Operation {
	return []gate.Operation{
		op("PutUserPolicy", on(s, identity.User, func(in *api.PutUserPolicyInput) string { return in.UserName }), s.putUserPolicy),
		op("GetUserPolicy", on(s, identity.User, func(in *api.GetUserPolicyInput) string { return in.UserName }), s.getUserPolicy),
		op("DeleteUserPolicy", on(s, identity.User, func(in *api.DeleteUserPolicyInput) string { return in.UserName }), s.deleteUserPolicy),
		op("ListUserPolicies", on(s, identity.User, func(in *api.ListUserPoliciesInput) string { return in.UserName }), s.listUserPolicies),
		op("PutRolePolicy", on(s, identity.Role, func(in *api.PutRolePolicyInput) string { return in.RoleName }), s.putRolePolicy),
		op("GetRolePolicy", on(s, identity.Role, func(in *api.GetRolePolicyInput) string { return in.RoleName }), s.getRolePolicy),
		op("DeleteRolePolicy", on(s, identity.Role, func(in *api.DeleteRolePolicyInput) string { return in.RoleName }), s.deleteRolePolicy),
		op("ListRolePolicies", on(s, identity.Role, func(in *api.ListRolePoliciesInput) string { return in.RoleName }), s.listRolePolicies),
	}
}

func (s *Service) putUserPolicy(ctx context.Context, c *gate.Call, in *api.PutUserPolicyInput) (*api.PutUserPolicyOutput, error) {
	return nothing[api.PutUserPolicyOutput](s.Directory.PutInline(ctx, c.Principal.Account, identity.User, in.UserName, identity.InlinePolicy{Name: in.PolicyName, Document: in.PolicyDocument}))
}

func (s *Service) putRolePolicy(ctx context.Context, c *gate.Call, in *api.PutRolePolicyInput) (*api.PutRolePolicyOutput, error) {
	return nothing[api.PutRolePolicyOutput](s.Directory.PutInline(ctx, c.Principal.Account, identity.Role, in.RoleName, identity.InlinePolicy{Name: in.PolicyName, Document: in.PolicyDocument}))
}

func (s *Service) getUserPolicy(ctx context.Context, c *gate.Call, in *api.GetUserPolicyInput) (*api.GetUserPolicyOutput, error) {
	document, err := s.Directory.InlineDocument(ctx, c.Principal.Account, identity.User, in.UserName, in.PolicyName)
	if err != nil {
		return nil, err
	}
	return &api.GetUserPolicyOutput{UserName: in.UserName, PolicyName: in.PolicyName, PolicyDocument: encoded(document)}, nil
}

func (s *Service) getRolePolicy(ctx context.Context, c *gate.Call, in *api.GetRolePolicyInput) (*api.GetRolePolicyOutput, error) {
	document, err := s.Directory.InlineDocument(ctx, c.Principal.Account, identity.Role, in.RoleName, in.PolicyName)
	if err != nil {
		return nil, err
	}
	return &api.GetRolePolicyOutput{RoleName: in.RoleName, PolicyName: in.PolicyName, PolicyDocument: encoded(document)}, nil
}

func (s *Service) deleteUserPolicy(ctx context.Context, c *gate.Call, in *api.DeleteUserPolicyInput) (*api.DeleteUserPolicyOutput, error) {
	return nothing[api.DeleteUserPolicyOutput](s.Directory.DeleteInline(ctx, c.Principal.Account, identity.User, in.UserName, in.PolicyName))
}

func (s *Service) deleteRolePolicy(ctx context.Context, c *gate.Call, in *api.DeleteRolePolicyInput) (*api.DeleteRolePolicyOutput, error) {
	return nothing[api.DeleteRolePolicyOutput](s.Directory.DeleteInline(ctx, c.Principal.Account, identity.Role, in.RoleName, in.PolicyName))
}

func (s *Service) listUserPolicies(ctx context.Context, c *gate.Call, in *api.ListUserPoliciesInput) (*api.ListUserPoliciesOutput, error) {
	names, marker, truncated, err := s.inlineNames(ctx, c, identity.User, in.UserName, in.Marker, in.MaxItems)
	return &api.ListUserPoliciesOutput{PolicyNames: names, Marker: marker, IsTruncated: truncated}, err
}

func (s *Service) listRolePolicies(ctx context.Context, c *gate.Call, in *api.ListRolePoliciesInput) (*api.ListRolePoliciesOutput, error) {
	names, marker, truncated, err := s.inlineNames(ctx, c, identity.Role, in.RoleName, in.Marker, in.MaxItems)
	return &api.ListRolePoliciesOutput{PolicyNames: names, Marker: marker, IsTruncated: truncated}, err
}

func (s *Service) inlineNames(ctx context.Context, c *gate.Call, kind, name, marker string, maxItems *int64) ([]string, string, *bool, error) {
	p, err := pageOf(marker, maxItems)
	if err != nil {
		return nil, "", nil, err
	}
	names, err := s.Directory.InlineNames(ctx, c.Principal.Account, kind, name)
	if err != nil {
		return nil, "", nil, err
	}
	names, marker, truncated := pageOfList(names, p, func(name string) string { return name })
	return names, marker, truncated, nil
}
