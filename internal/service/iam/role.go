package iam

import (
	"context"
	"time"

	api "daypass/api/iam"
	"daypass/internal/gate"
	"daypass/internal/identity"
)

func (s *Service) roleOperations() []gate.Operation {
	return []gate.Operation{
		creating("CreateRole", "iam:TagRole", s.resolveNewRole, s.createRole),
		op("GetRole", on(s, identity.Role, func(in *api.GetRoleInput) string { return in.RoleName }), s.getRole),
		op("DeleteRole", on(s, identity.Role, func(in *api.DeleteRoleInput) string { return in.RoleName }), s.deleteRole),
		op("ListRoles", onPath("role", func(in *api.ListRolesInput) string { return in.PathPrefix }), s.listRoles),
		op("UpdateAssumeRolePolicy", on(s, identity.Role, func(in *api.UpdateAssumeRolePolicyInput) string { return in.RoleName }), s.updateTrust),
		op("ListInstanceProfilesForRole", on(s, identity.Role, func(in *api.ListInstanceProfilesForRoleInput) string { return in.RoleName }), s.listInstanceProfiles),
	}
}

func newRole(c *gate.Call, in *api.CreateRoleInput) (*identity.Entity, error) {
	tags, err := tagMap(in.Tags)
	e := &identity.Entity{
		Kind: identity.Role, Account: c.Principal.Account, Name: in.RoleName, Path: orRoot(in.Path), Description: in.Description,
		Trust: in.AssumeRolePolicyDocument, Boundary: in.PermissionsBoundary, Tags: tags,
	}
	if in.MaxSessionDuration != nil {
		e.MaxSession = time.Duration(*in.MaxSessionDuration) * time.Second
	}
	return e, err
}

func (s *Service) resolveNewRole(_ context.Context, c *gate.Call, in *api.CreateRoleInput) (gate.Subject, *identity.Entity, error) {
	e, err := newRole(c, in)
	if err != nil {
		return gate.Subject{}, nil, err
	}
	return newSubject(e), e, nil
}

func (s *Service) createRole(ctx context.Context, _ *gate.Call, _ *api.CreateRoleInput, _ map[string]string, e *identity.Entity) (*api.CreateRoleOutput, error) {
	err := s.Directory.Create(ctx, e)
	if err != nil {
		return nil, err
	}
	return &api.CreateRoleOutput{Role: shownRole(e, e.Trust)}, nil
}

func shownRole(e *identity.Entity, trust string) *api.Role {
	seconds := int64(e.MaxSession / time.Second)
	return &api.Role{
		Path: e.Path, RoleName: e.Name, RoleId: e.ID, Arn: identity.ARN(e), CreateDate: date(e.Created), Description: e.Description,
		AssumeRolePolicyDocument: encoded(trust), MaxSessionDuration: &seconds, PermissionsBoundary: boundaryOf(e), Tags: tagList(e.Tags),
	}
}

func (s *Service) getRole(ctx context.Context, c *gate.Call, in *api.GetRoleInput) (*api.GetRoleOutput, error) {
	e, err := s.Directory.Find(ctx, c.Principal.Account, identity.Role, in.RoleName)
	if err != nil {
		return nil, err
	}
	trust, err := s.Directory.TrustDocument(ctx, e)
	if err != nil {
		return nil, err
	}
	used, err := s.Directory.RoleUse(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	role := shownRole(e, trust)
	role.RoleLastUsed = shownUse(used)
	return &api.GetRoleOutput{Role: role}, nil
}

// shownUse returns the API's view of a role's last use. It is empty for a role that
// was never used.
func shownUse(u identity.Use) *api.RoleLastUsed {
	if u.At.IsZero() {
		return new(api.RoleLastUsed)
	}
	return &api.RoleLastUsed{LastUsedDate: date(u.At), Region: u.Region}
}

func (s *Service) deleteRole(ctx context.Context, c *gate.Call, in *api.DeleteRoleInput) (*api.DeleteRoleOutput, error) {
	return nothing[api.DeleteRoleOutput](s.Directory.Delete(ctx, c.Principal.Account, identity.Role, in.RoleName))
}

func (s *Service) listRoles(ctx context.Context, c *gate.Call, in *api.ListRolesInput) (*api.ListRolesOutput, error) {
	p, err := pageOf(in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	found, more, err := s.Directory.List(ctx, identity.EntityQuery{
		Account: c.Principal.Account, Kind: identity.Role, PathPrefix: in.PathPrefix, After: p.after, Limit: p.limit,
	})
	if err != nil {
		return nil, err
	}
	out := &api.ListRolesOutput{Roles: []api.Role{}}
	for _, e := range found {
		trust, err := s.Directory.TrustDocument(ctx, e)
		if err != nil {
			return nil, err
		}
		role := shownRole(e, trust)
		role.Tags, role.PermissionsBoundary = nil, nil // API reference: lists leave them out
		out.Roles = append(out.Roles, *role)
	}
	out.Marker, out.IsTruncated = next(more, lastName(found))
	return out, nil
}

func (s *Service) updateTrust(ctx context.Context, c *gate.Call, in *api.UpdateAssumeRolePolicyInput) (*api.UpdateAssumeRolePolicyOutput, error) {
	return nothing[api.UpdateAssumeRolePolicyOutput](s.Directory.SetTrust(ctx, c.Principal.Account, in.RoleName, in.PolicyDocument))
}

// listInstanceProfiles returns an empty list: there are no instance profiles here.
// Clients call it before they delete a role.
func (s *Service) listInstanceProfiles(ctx context.Context, c *gate.Call, in *api.ListInstanceProfilesForRoleInput) (*api.ListInstanceProfilesForRoleOutput, error) {
	_, err := s.Directory.Find(ctx, c.Principal.Account, identity.Role, in.RoleName)
	if err != nil {
		return nil, err
	}
	return &api.ListInstanceProfilesForRoleOutput{InstanceProfiles: []api.InstanceProfile{}, IsTruncated: new(bool)}, nil
}
