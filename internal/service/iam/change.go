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

// onBoundary judges on the user or role, with the boundary that is to be set as
// the condition key: a policy can so leave a delegate but one.
//
// Source: IAM User Guide, "Delegating responsibility to others using
// permissions boundaries".
func onBoundary[In any](s *Service, kind string, names func(*In) (name, policyARN string)) onEntity[In] {
	return withPolicy(s, kind, "iam:permissionsboundary", names)
}

// moveOperation is op for what gives a user or group another name or path. Whoever does
// that must be allowed to under the old name and under the new one.
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

// A move is another name, another path, or both; what is empty stays.
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

// updateRole changes the description that is given; an empty one, which the query
// protocol does not tell from none, is none. Without a duration the role gets the
// default of one hour.
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
