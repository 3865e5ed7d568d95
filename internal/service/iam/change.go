package iam

import (
	"context"
	"time"

	api "daypass/api/iam"
	"daypass/internal/gate"
	"daypass/internal/identity"
)

func (s *Service) changeOperations() []gate.Operation {
	return []gate.Operation{
		moveOperation[api.UpdateUserInput, api.UpdateUserOutput](s, "UpdateUser", identity.User, func(in *api.UpdateUserInput) move { return move{in.UserName, in.NewUserName, in.NewPath} }),
		op("PutUserPermissionsBoundary", onBoundary(s, identity.User, func(in *api.PutUserPermissionsBoundaryInput) (string, string) {
			return in.UserName, in.PermissionsBoundary
		}), s.putUserBoundary),
		op("DeleteUserPermissionsBoundary", on(s, identity.User, func(in *api.DeleteUserPermissionsBoundaryInput) string { return in.UserName }), s.deleteUserBoundary),
		op("UpdateRole", on(s, identity.Role, func(in *api.UpdateRoleInput) string { return in.RoleName }), s.updateRole),
		op("UpdateRoleDescription", on(s, identity.Role, func(in *api.UpdateRoleDescriptionInput) string { return in.RoleName }), s.updateRoleDescription),
		op("PutRolePermissionsBoundary", onBoundary(s, identity.Role, func(in *api.PutRolePermissionsBoundaryInput) (string, string) {
			return in.RoleName, in.PermissionsBoundary
		}), s.putRoleBoundary),
		op("DeleteRolePermissionsBoundary", on(s, identity.Role, func(in *api.DeleteRolePermissionsBoundaryInput) string { return in.RoleName }), s.deleteRoleBoundary),
	}
}

// onBoundary authorizes on the user or role. The condition key holds the new
// boundary, so that a policy can allow a delegate to set one boundary only.
//
// Source: IAM User Guide, "Delegating responsibility to others using
// permissions boundaries".
func onBoundary[In any](s *Service, kind string, names func(*In) (name, policyARN string)) onEntity[In] {
	return withPolicy(s, kind, "iam:permissionsboundary", names)
}

// moveOperation is like op, for an operation that changes the name or path of a
// user or group. The caller needs the permission on the old ARN and on the new one.
//
// Source: IAM API reference, UpdateUser and UpdateGroup.
func moveOperation[In, Out any](s *Service, name, kind string, read func(*In) move) gate.Operation {
	resolve := on(s, kind, func(in *In) string { return read(in).name })
	further := func(ctx context.Context, c *gate.Call, in *In, e *identity.Entity) error {
		if e.ID == "" {
			return nil // there is nothing to move
		}
		return c.Authorize(ctx, "iam:"+name, gate.Subject{ARN: identity.ARN(read(in).of(e)), Tags: e.Tags, Keys: entityKeys(e)})
	}
	return gate.Op(name, refuseSessions(resolve), further, func(ctx context.Context, c *gate.Call, in *In, e *identity.Entity) (*Out, error) {
		to := read(in)
		return nothing[Out](s.Directory.Move(identity.Judged(ctx, e), c.Principal.Account, kind, to.name, to.newName, to.newPath))
	})
}

// A move changes a name, a path, or both. An empty field changes nothing.
type move struct{ name, newName, newPath string }

func (m move) of(e *identity.Entity) *identity.Entity {
	moved := *e
	if m.newName != "" {
		moved.Name = m.newName
	}
	if m.newPath != "" {
		moved.Path = m.newPath
	}
	return &moved
}

// updateRole changes a role's description and maximum session duration. An empty
// description changes nothing: the query protocol cannot tell it from none. Without
// a duration the role gets the default of one hour.
//
// Source: IAM API reference, UpdateRole.
func (s *Service) updateRole(ctx context.Context, c *gate.Call, in *api.UpdateRoleInput) (*api.UpdateRoleOutput, error) {
	change := identity.RoleChange{Description: in.Description, MaxSession: time.Hour}
	if in.MaxSessionDuration != nil {
		change.MaxSession = time.Duration(*in.MaxSessionDuration) * time.Second
	}
	return nothing[api.UpdateRoleOutput](s.Directory.ChangeRole(ctx, c.Principal.Account, in.RoleName, change))
}

func (s *Service) updateRoleDescription(ctx context.Context, c *gate.Call, in *api.UpdateRoleDescriptionInput) (*api.UpdateRoleDescriptionOutput, error) {
	e, err := s.Directory.SetDescription(ctx, c.Principal.Account, in.RoleName, in.Description)
	if err != nil {
		return nil, err
	}
	trust, err := s.Directory.TrustDocument(ctx, e)
	if err != nil {
		return nil, err
	}
	return &api.UpdateRoleDescriptionOutput{Role: shownRole(e, trust)}, nil
}

func (s *Service) putUserBoundary(ctx context.Context, c *gate.Call, in *api.PutUserPermissionsBoundaryInput) (*api.PutUserPermissionsBoundaryOutput, error) {
	return nothing[api.PutUserPermissionsBoundaryOutput](s.Directory.SetBoundary(ctx, c.Principal.Account, identity.User, in.UserName, in.PermissionsBoundary))
}

func (s *Service) putRoleBoundary(ctx context.Context, c *gate.Call, in *api.PutRolePermissionsBoundaryInput) (*api.PutRolePermissionsBoundaryOutput, error) {
	return nothing[api.PutRolePermissionsBoundaryOutput](s.Directory.SetBoundary(ctx, c.Principal.Account, identity.Role, in.RoleName, in.PermissionsBoundary))
}

func (s *Service) deleteUserBoundary(ctx context.Context, c *gate.Call, in *api.DeleteUserPermissionsBoundaryInput) (*api.DeleteUserPermissionsBoundaryOutput, error) {
	return nothing[api.DeleteUserPermissionsBoundaryOutput](s.Directory.SetBoundary(ctx, c.Principal.Account, identity.User, in.UserName, ""))
}

func (s *Service) deleteRoleBoundary(ctx context.Context, c *gate.Call, in *api.DeleteRolePermissionsBoundaryInput) (*api.DeleteRolePermissionsBoundaryOutput, error) {
	return nothing[api.DeleteRolePermissionsBoundaryOutput](s.Directory.SetBoundary(ctx, c.Principal.Account, identity.Role, in.RoleName, ""))
}
