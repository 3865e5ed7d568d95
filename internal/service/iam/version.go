package iam

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	api "daypass/api/iam"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/identity"
)

func (s *Service) versionOperations() []gate.Operation {
	return []gate.Operation{
		op("CreatePolicyVersion", onPolicy(s, func(in *api.CreatePolicyVersionInput) string { return in.PolicyArn }), s.createVersion),
		op("GetPolicyVersion", onPolicy(s, func(in *api.GetPolicyVersionInput) string { return in.PolicyArn }), s.getPolicyVersion),
		op("ListPolicyVersions", onPolicy(s, func(in *api.ListPolicyVersionsInput) string { return in.PolicyArn }), s.listVersions),
		op("SetDefaultPolicyVersion", onPolicy(s, func(in *api.SetDefaultPolicyVersionInput) string { return in.PolicyArn }), s.setVersion),
		op("DeletePolicyVersion", onPolicy(s, func(in *api.DeletePolicyVersionInput) string { return in.PolicyArn }), s.deleteVersion),
		op("ListEntitiesForPolicy", onPolicy(s, func(in *api.ListEntitiesForPolicyInput) string { return in.PolicyArn }), s.listEntities),
	}
}

func versionID(number int64) string { return "v" + strconv.FormatInt(number, 10) }

// versionNumber returns the number in a version's id. The model allows ids that no
// version has.
func versionNumber(policyARN, id string) (int64, error) {
	number, err := strconv.ParseInt(strings.TrimPrefix(id, "v"), 10, 64)
	if err != nil {
		return 0, fault.New(fault.NotFound, "Policy %s version %s does not exist or is not attachable.", policyARN, id)
	}
	return number, nil
}

func shownVersion(v *identity.PolicyVersion, current bool) *api.PolicyVersion {
	return &api.PolicyVersion{VersionId: versionID(v.Number), IsDefaultVersion: &current, CreateDate: date(v.Created)}
}

func (s *Service) createVersion(ctx context.Context, c *gate.Call, in *api.CreatePolicyVersionInput) (*api.CreatePolicyVersionOutput, error) {
	current := in.SetAsDefault != nil && *in.SetAsDefault
	v, err := s.Directory.CreateVersion(ctx, c.Principal.Account, in.PolicyArn, in.PolicyDocument, current)
	if err != nil {
		return nil, err
	}
	return &api.CreatePolicyVersionOutput{PolicyVersion: shownVersion(v, current)}, nil
}

func (s *Service) getPolicyVersion(ctx context.Context, c *gate.Call, in *api.GetPolicyVersionInput) (*api.GetPolicyVersionOutput, error) {
	number, err := versionNumber(in.PolicyArn, in.VersionId)
	if err != nil {
		return nil, err
	}
	v, current, err := s.Directory.ManagedVersion(ctx, c.Principal.Account, in.PolicyArn, number)
	if err != nil {
		return nil, err
	}
	shown := shownVersion(v, current)
	shown.Document = encoded(v.Document)
	return &api.GetPolicyVersionOutput{PolicyVersion: shown}, nil
}

func (s *Service) listVersions(ctx context.Context, c *gate.Call, in *api.ListPolicyVersionsInput) (*api.ListPolicyVersionsOutput, error) {
	p, err := pageOf(in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	all, current, err := s.Directory.Versions(ctx, c.Principal.Account, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	out := &api.ListPolicyVersionsOutput{Versions: []api.PolicyVersion{}}
	all, out.Marker, out.IsTruncated = pageOfList(all, p, newestFirst)
	for _, v := range all {
		out.Versions = append(out.Versions, *shownVersion(v, v.Number == current))
	}
	return out, nil
}

// newestFirst is a sort key that puts higher numbers first.
func newestFirst(v *identity.PolicyVersion) string {
	return fmt.Sprintf("%020d", math.MaxInt64-v.Number)
}

func (s *Service) setVersion(ctx context.Context, c *gate.Call, in *api.SetDefaultPolicyVersionInput) (*api.SetDefaultPolicyVersionOutput, error) {
	number, err := versionNumber(in.PolicyArn, in.VersionId)
	if err != nil {
		return nil, err
	}
	return nothing[api.SetDefaultPolicyVersionOutput](s.Directory.SetVersion(ctx, c.Principal.Account, in.PolicyArn, number))
}

func (s *Service) deleteVersion(ctx context.Context, c *gate.Call, in *api.DeletePolicyVersionInput) (*api.DeletePolicyVersionOutput, error) {
	number, err := versionNumber(in.PolicyArn, in.VersionId)
	if err != nil {
		return nil, err
	}
	return nothing[api.DeletePolicyVersionOutput](s.Directory.DeleteVersion(ctx, c.Principal.Account, in.PolicyArn, number))
}

// listEntities lists the groups, roles and users that use a policy, in this order.
func (s *Service) listEntities(ctx context.Context, c *gate.Call, in *api.ListEntitiesForPolicyInput) (*api.ListEntitiesForPolicyOutput, error) {
	p, err := pageOf(in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	_, err = s.Directory.ManagedPolicy(ctx, c.Principal.Account, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	usage := map[string]identity.Usage{"PermissionsPolicy": identity.AsPermissions, "PermissionsBoundary": identity.AsBoundary}[in.PolicyUsageFilter]
	out := &api.ListEntitiesForPolicyOutput{PolicyGroups: []api.PolicyGroup{}, PolicyRoles: []api.PolicyRole{}, PolicyUsers: []api.PolicyUser{}}
	show := map[string]func(*identity.Entity){
		identity.Group: func(e *identity.Entity) {
			out.PolicyGroups = append(out.PolicyGroups, api.PolicyGroup{GroupName: e.Name, GroupId: e.ID})
		},
		identity.Role: func(e *identity.Entity) {
			out.PolicyRoles = append(out.PolicyRoles, api.PolicyRole{RoleName: e.Name, RoleId: e.ID})
		},
		identity.User: func(e *identity.Entity) {
			out.PolicyUsers = append(out.PolicyUsers, api.PolicyUser{UserName: e.Name, UserId: e.ID})
		},
	}
	var sections []section
	for _, kind := range []string{identity.Group, identity.Role, identity.User} {
		if in.EntityFilter != "" && !strings.EqualFold(in.EntityFilter, kind) {
			continue
		}
		sections = append(sections, section{kind, func(after string, limit int) (string, int, bool, error) {
			found, more, err := s.Directory.PolicyUsers(ctx, identity.PolicyUserQuery{
				PolicyARN: in.PolicyArn, Usage: usage, Account: c.Principal.Account, Kind: kind,
				PathPrefix: in.PathPrefix, After: after, Limit: limit,
			})
			for _, e := range found {
				show[kind](e)
			}
			return lastName(found), len(found), more, err
		}})
	}
	out.Marker, out.IsTruncated, err = p.fillFrom(sections)
	return out, err
}
