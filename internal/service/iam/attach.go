package iam

import (
	"context"
	"strings"

	api "daypass/api/iam"
	"daypass/internal/arn"
	"daypass/internal/gate"
	"daypass/internal/identity"
	"daypass/internal/policy"
)

func (s *Service) attachOperations() []gate.Operation {
	return []gate.Operation{
		op("AttachUserPolicy", onAttachment(s, identity.User, func(in *api.AttachUserPolicyInput) (string, string) { return in.UserName, in.PolicyArn }), s.attachUserPolicy),
		op("DetachUserPolicy", onAttachment(s, identity.User, func(in *api.DetachUserPolicyInput) (string, string) { return in.UserName, in.PolicyArn }), s.detachUserPolicy),
		op("ListAttachedUserPolicies", on(s, identity.User, func(in *api.ListAttachedUserPoliciesInput) string { return in.UserName }), s.listAttachedUserPolicies),
		op("AttachRolePolicy", onAttachment(s, identity.Role, func(in *api.AttachRolePolicyInput) (string, string) { return in.RoleName, in.PolicyArn }), s.attachRolePolicy),
		op("DetachRolePolicy", onAttachment(s, identity.Role, func(in *api.DetachRolePolicyInput) (string, string) { return in.RoleName, in.PolicyArn }), s.detachRolePolicy),
		op("ListAttachedRolePolicies", on(s, identity.Role, func(in *api.ListAttachedRolePoliciesInput) string { return in.RoleName }), s.listAttachedRolePolicies),
	}
}

// onAttachment authorizes on the user, group or role, with the policy's ARN as a
// condition key.
func onAttachment[In any](s *Service, kind string, names func(*In) (name, policyARN string)) onEntity[In] {
	return withPolicy(s, kind, "iam:policyarn", names)
}

// withPolicy authorizes on a user, group or role. The condition key holds the ARN
// of the policy that the input names.
func withPolicy[In any](s *Service, kind, key string, names func(*In) (name, policyARN string)) onEntity[In] {
	return func(ctx context.Context, c *gate.Call, in *In) (gate.Subject, *identity.Entity, error) {
		name, policyARN := names(in)
		_, err := policyAccount(policyARN)
		if err != nil {
			return gate.Subject{}, nil, err
		}
		subject, e, err := s.subject(ctx, c, kind, name)
		if err != nil {
			return gate.Subject{}, nil, err
		}
		subject.Keys.Set(key, policy.One(policyARN))
		return subject, e, nil
	}
}

func (s *Service) attachUserPolicy(ctx context.Context, c *gate.Call, in *api.AttachUserPolicyInput) (*api.AttachUserPolicyOutput, error) {
	return nothing[api.AttachUserPolicyOutput](s.Directory.Attach(ctx, c.Principal.Account, identity.User, in.UserName, in.PolicyArn))
}

func (s *Service) attachRolePolicy(ctx context.Context, c *gate.Call, in *api.AttachRolePolicyInput) (*api.AttachRolePolicyOutput, error) {
	return nothing[api.AttachRolePolicyOutput](s.Directory.Attach(ctx, c.Principal.Account, identity.Role, in.RoleName, in.PolicyArn))
}

func (s *Service) detachUserPolicy(ctx context.Context, c *gate.Call, in *api.DetachUserPolicyInput) (*api.DetachUserPolicyOutput, error) {
	return nothing[api.DetachUserPolicyOutput](s.Directory.Detach(ctx, c.Principal.Account, identity.User, in.UserName, in.PolicyArn))
}

func (s *Service) detachRolePolicy(ctx context.Context, c *gate.Call, in *api.DetachRolePolicyInput) (*api.DetachRolePolicyOutput, error) {
	return nothing[api.DetachRolePolicyOutput](s.Directory.Detach(ctx, c.Principal.Account, identity.Role, in.RoleName, in.PolicyArn))
}

func (s *Service) listAttachedUserPolicies(ctx context.Context, c *gate.Call, in *api.ListAttachedUserPoliciesInput) (*api.ListAttachedUserPoliciesOutput, error) {
	attached, marker, truncated, err := s.attachedPage(ctx, c, identity.User, in.UserName, in.PathPrefix, in.Marker, in.MaxItems)
	return &api.ListAttachedUserPoliciesOutput{AttachedPolicies: attached, Marker: marker, IsTruncated: truncated}, err
}

func (s *Service) listAttachedRolePolicies(ctx context.Context, c *gate.Call, in *api.ListAttachedRolePoliciesInput) (*api.ListAttachedRolePoliciesOutput, error) {
	attached, marker, truncated, err := s.attachedPage(ctx, c, identity.Role, in.RoleName, in.PathPrefix, in.Marker, in.MaxItems)
	return &api.ListAttachedRolePoliciesOutput{AttachedPolicies: attached, Marker: marker, IsTruncated: truncated}, err
}

// attachedPage returns a page of the attached policies of a user, group or role.
// Only policies whose path begins with prefix are listed.
func (s *Service) attachedPage(ctx context.Context, c *gate.Call, kind, name, prefix, marker string, maxItems *int64) ([]api.AttachedPolicy, string, *bool, error) {
	p, err := pageOf(marker, maxItems)
	if err != nil {
		return nil, "", nil, err
	}
	arns, err := s.Directory.Attached(ctx, c.Principal.Account, kind, name)
	if err != nil {
		return nil, "", nil, err
	}
	attached, err := shownAttached(arns, prefix)
	if err != nil {
		return nil, "", nil, err
	}
	attached, marker, truncated := pageOfList(attached, p, policyKey)
	return attached, marker, truncated, nil
}

// policyKey is the sort key of attached policies: the account's own policies, then
// AWS managed ones, each by name. It is also the marker. An ARN can be too long
// for a marker.
func policyKey(p api.AttachedPolicy) string {
	a, _ := arn.Parse(p.PolicyArn) // cannot fail: [shownAttached] parsed it
	return a.Account + " " + p.PolicyName
}

// shownAttached returns the API's view of the policies whose path begins with
// prefix.
func shownAttached(arns []string, prefix string) ([]api.AttachedPolicy, error) {
	attached := []api.AttachedPolicy{}
	for _, policyARN := range arns {
		a, err := arn.Parse(policyARN)
		if err != nil {
			return nil, err
		}
		path := strings.TrimPrefix(a.Resource, "policy")
		if !strings.HasPrefix(path, prefix) {
			continue
		}
		attached = append(attached, api.AttachedPolicy{PolicyName: a.Last(), PolicyArn: policyARN})
	}
	return attached, nil
}
