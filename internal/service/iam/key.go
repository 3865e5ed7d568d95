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

func (s *Service) keyOperations() []gate.Operation {
	return []gate.Operation{
		op("CreateAccessKey", ownKeys(s, func(in *api.CreateAccessKeyInput) string { return in.UserName }), s.createAccessKey),
		op("DeleteAccessKey", ownKeys(s, func(in *api.DeleteAccessKeyInput) string { return in.UserName }), s.deleteAccessKey),
		op("UpdateAccessKey", ownKeys(s, func(in *api.UpdateAccessKeyInput) string { return in.UserName }), s.updateAccessKey),
		op("ListAccessKeys", ownKeys(s, func(in *api.ListAccessKeysInput) string { return in.UserName }), s.listAccessKeys),
		opOnFound("GetAccessKeyLastUsed", s.resolveKeyUse, s.getKeyUse),
	}
}

// A keyUse is the last use of a key, and the key's owner.
type keyUse struct {
	owner   *identity.Entity // nil: the root user
	used    identity.Use
	missing error // a NotFound fault; nil: the key exists
}

// resolveKeyUse authorizes on the key's owner. A key that the account does not
// have is authorized on all users: it may exist in another account.
func (s *Service) resolveKeyUse(ctx context.Context, c *gate.Call, in *api.GetAccessKeyLastUsedInput) (gate.Subject, keyUse, error) {
	owner, used, err := s.Directory.KeyUse(ctx, c.Principal.Account, in.AccessKeyId)
	switch {
	case fault.Is(err, fault.NotFound):
		return gate.Subject{ARN: arn.User(c.Principal.Account, "/", "*")}, keyUse{missing: err}, nil
	case err != nil:
		return gate.Subject{}, keyUse{}, err
	case owner == nil:
		return gate.Subject{ARN: arn.Root(c.Principal.Account)}, keyUse{used: used}, nil
	}
	return gate.Subject{ARN: identity.ARN(owner), Tags: owner.Tags, Keys: entityKeys(owner)}, keyUse{owner: owner, used: used}, nil
}

// notAvailable stands for an unknown value.
const notAvailable = "N/A"

func (s *Service) getKeyUse(_ context.Context, _ *gate.Call, _ *api.GetAccessKeyLastUsedInput, k keyUse) (*api.GetAccessKeyLastUsedOutput, error) {
	if k.missing != nil {
		return nil, k.missing
	}
	out := &api.GetAccessKeyLastUsedOutput{AccessKeyLastUsed: &api.AccessKeyLastUsed{ServiceName: notAvailable, Region: notAvailable}}
	if k.owner != nil {
		out.UserName = k.owner.Name
	}
	if !k.used.At.IsZero() {
		out.AccessKeyLastUsed = &api.AccessKeyLastUsed{LastUsedDate: date(k.used.At), ServiceName: k.used.Service, Region: k.used.Region}
	}
	return out, nil
}

// ownKeys authorizes on the user that the input names. The default is the caller.
func ownKeys[In any](s *Service, given func(*In) string) onEntity[In] {
	return func(ctx context.Context, c *gate.Call, in *In) (gate.Subject, *identity.Entity, error) {
		if ofRoot(c, given(in)) {
			return gate.Subject{ARN: arn.Root(c.Principal.Account)}, nil, nil
		}
		name, err := userName(c, given(in))
		if err != nil {
			return gate.Subject{}, nil, err
		}
		return s.subject(ctx, c, identity.User, name)
	}
}

// ofRoot reports whether the caller is the root user and names no other user.
func ofRoot(c *gate.Call, given string) bool {
	return given == "" && c.Principal.Kind == principal.Root
}

// keyUser is like userName, for operations that change keys. The root user's key
// cannot be changed.
func keyUser(c *gate.Call, given string) (string, error) {
	if ofRoot(c, given) {
		return "", fault.New(fault.UnsupportedOperation, "The access key of the root user is set in the configuration of the server.")
	}
	return userName(c, given)
}

func (s *Service) createAccessKey(ctx context.Context, c *gate.Call, in *api.CreateAccessKeyInput) (*api.CreateAccessKeyOutput, error) {
	name, err := keyUser(c, in.UserName)
	if err != nil {
		return nil, err
	}
	pair, key, err := s.Directory.CreateKey(ctx, c.Principal.Account, name)
	if err != nil {
		return nil, err
	}
	return &api.CreateAccessKeyOutput{AccessKey: &api.AccessKey{
		UserName: name, AccessKeyId: key.ID, Status: key.Status, SecretAccessKey: pair.SecretAccessKey, CreateDate: date(key.Created),
	}}, nil
}

func (s *Service) deleteAccessKey(ctx context.Context, c *gate.Call, in *api.DeleteAccessKeyInput) (*api.DeleteAccessKeyOutput, error) {
	name, err := keyUser(c, in.UserName)
	if err != nil {
		return nil, err
	}
	return nothing[api.DeleteAccessKeyOutput](s.Directory.DeleteKey(ctx, c.Principal.Account, name, in.AccessKeyId))
}

func (s *Service) updateAccessKey(ctx context.Context, c *gate.Call, in *api.UpdateAccessKeyInput) (*api.UpdateAccessKeyOutput, error) {
	name, err := keyUser(c, in.UserName)
	if err != nil {
		return nil, err
	}
	if in.Status == "Expired" {
		return nil, fault.New(fault.InvalidInput, "Status: Expired cannot be set: expected Active or Inactive.")
	}
	return nothing[api.UpdateAccessKeyOutput](s.Directory.SetKeyStatus(ctx, c.Principal.Account, name, in.AccessKeyId, in.Status))
}

func (s *Service) listAccessKeys(ctx context.Context, c *gate.Call, in *api.ListAccessKeysInput) (*api.ListAccessKeysOutput, error) {
	p, err := pageOf(in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	var name string
	var keys []*identity.AccessKey
	if ofRoot(c, in.UserName) {
		keys, err = s.Directory.RootKeys(ctx)
	} else {
		name, err = userName(c, in.UserName)
		if err == nil {
			keys, err = s.Directory.Keys(ctx, c.Principal.Account, name)
		}
	}
	if err != nil {
		return nil, err
	}
	out := &api.ListAccessKeysOutput{AccessKeyMetadata: []api.AccessKeyMetadata{}}
	keys, out.Marker, out.IsTruncated = pageOfList(keys, p, func(k *identity.AccessKey) string { return k.ID })
	for _, k := range keys {
		out.AccessKeyMetadata = append(out.AccessKeyMetadata, api.AccessKeyMetadata{UserName: name, AccessKeyId: k.ID, Status: k.Status, CreateDate: date(k.Created)})
	}
	return out, nil
}
