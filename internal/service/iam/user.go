package iam

import (
	"context"

	api "daypass/api/iam"
	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/identity"
	"daypass/internal/principal"
)

func (s *Service) userOperations() []gate.Operation {
	return []gate.Operation{
		creating("CreateUser", "iam:TagUser", s.resolveNewUser, s.createUser),
		op("GetUser", ownKeys(s, func(in *api.GetUserInput) string { return in.UserName }), s.getUser),
		op("DeleteUser", on(s, identity.User, func(in *api.DeleteUserInput) string { return in.UserName }), s.deleteUser),
		op("ListUsers", onPath("user", func(in *api.ListUsersInput) string { return in.PathPrefix }), s.listUsers),
	}
}

func newUser(c *gate.Call, in *api.CreateUserInput) (*identity.Entity, error) {
	tags, err := tagMap(in.Tags)
	return &identity.Entity{
		Kind: identity.User, Account: c.Principal.Account, Name: in.UserName, Path: orRoot(in.Path),
		Boundary: in.PermissionsBoundary, Tags: tags,
	}, err
}

func orRoot(path string) string {
	if path == "" {
		return "/"
	}
	return path
}

// newSubject authorizes the creation of a user or role. It has no tags yet: the
// input's tags are the request's.
func newSubject(e *identity.Entity) gate.Subject {
	keys := entityKeys(&identity.Entity{Boundary: e.Boundary})
	return gate.Subject{ARN: identity.ARN(e), RequestTags: e.Tags, Keys: keys}
}

func (s *Service) resolveNewUser(_ context.Context, c *gate.Call, in *api.CreateUserInput) (gate.Subject, *identity.Entity, error) {
	e, err := newUser(c, in)
	if err != nil {
		return gate.Subject{}, nil, err
	}
	return newSubject(e), e, nil
}

func (s *Service) createUser(ctx context.Context, _ *gate.Call, _ *api.CreateUserInput, _ map[string]string, e *identity.Entity) (*api.CreateUserOutput, error) {
	err := s.Directory.Create(ctx, e)
	if err != nil {
		return nil, err
	}
	return &api.CreateUserOutput{User: shownUser(e)}, nil
}

func shownUser(e *identity.Entity) *api.User {
	return &api.User{
		Path: e.Path, UserName: e.Name, UserId: e.ID, Arn: identity.ARN(e), CreateDate: date(e.Created),
		PermissionsBoundary: boundaryOf(e), Tags: tagList(e.Tags),
	}
}

// userName returns the user that an input names. The default is the caller.
func userName(c *gate.Call, given string) (string, error) {
	switch {
	case given != "":
		return given, nil
	case c.Principal.Kind == principal.User:
		return c.Principal.Name, nil
	}
	return "", fault.New(fault.Validation, "Must specify userName when calling with non-User credentials")
}

func (s *Service) getUser(ctx context.Context, c *gate.Call, in *api.GetUserInput) (*api.GetUserOutput, error) {
	if in.UserName == "" && c.Principal.Kind == principal.Root {
		account, err := s.Directory.AccountByID(ctx, c.Principal.Account)
		if err != nil {
			return nil, err
		}
		root := &api.User{Path: "/", UserId: account.ID, Arn: arn.Root(account.ID), CreateDate: date(account.Created)}
		return &api.GetUserOutput{User: root}, nil
	}
	name, err := userName(c, in.UserName)
	if err != nil {
		return nil, err
	}
	e, err := s.Directory.Find(ctx, c.Principal.Account, identity.User, name)
	if err != nil {
		return nil, err
	}
	return &api.GetUserOutput{User: shownUser(e)}, nil
}

func (s *Service) deleteUser(ctx context.Context, c *gate.Call, in *api.DeleteUserInput) (*api.DeleteUserOutput, error) {
	return nothing[api.DeleteUserOutput](s.Directory.Delete(ctx, c.Principal.Account, identity.User, in.UserName))
}

func (s *Service) listUsers(ctx context.Context, c *gate.Call, in *api.ListUsersInput) (*api.ListUsersOutput, error) {
	p, err := pageOf(in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	found, more, err := s.Directory.List(ctx, identity.EntityQuery{
		Account: c.Principal.Account, Kind: identity.User, PathPrefix: in.PathPrefix, After: p.after, Limit: p.limit,
	})
	if err != nil {
		return nil, err
	}
	out := &api.ListUsersOutput{Users: listedUsers(found)}
	out.Marker, out.IsTruncated = next(more, lastName(found))
	return out, nil
}

// listedUsers returns the API's view of users in a list.
func listedUsers(found []*identity.Entity) []api.User {
	users := []api.User{}
	for _, e := range found {
		user := shownUser(e)
		user.Tags, user.PermissionsBoundary = nil, nil // API reference: lists leave them out
		users = append(users, *user)
	}
	return users
}

func lastName(found []*identity.Entity) string {
	if len(found) == 0 {
		return ""
	}
	return found[len(found)-1].Name
}
