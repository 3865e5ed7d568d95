package iam

import (
	"context"
	"strings"

	api "daypass/api/iam"
	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/identity"
)

func (s *Service) policyOperations() []gate.Operation {
	return []gate.Operation{
		creating("CreatePolicy", "iam:TagPolicy", s.resolveNewPolicy, s.createPolicy),
		op("GetPolicy", onPolicy(s, func(in *api.GetPolicyInput) string { return in.PolicyArn }), s.getPolicy),
		op("DeletePolicy", onPolicy(s, func(in *api.DeletePolicyInput) string { return in.PolicyArn }), s.deletePolicy),
		op("ListPolicies", onPath("policy", func(in *api.ListPoliciesInput) string { return in.PathPrefix }), s.listPolicies),
	}
}

// onPolicy authorizes on a managed policy. An AWS managed policy belongs to the
// caller's account. Another account's policy belongs to that account, and its tags
// are not read.
func onPolicy[In any](s *Service, name func(*In) string) gate.Resolve[In, *identity.ManagedPolicy] {
	return func(ctx context.Context, c *gate.Call, in *In) (gate.Subject, *identity.ManagedPolicy, error) {
		account, err := policyAccount(name(in))
		if err != nil {
			return gate.Subject{}, nil, err
		}
		if account == "aws" {
			account = c.Principal.Account
		}
		p, err := s.Directory.ManagedPolicy(ctx, c.Principal.Account, name(in))
		if fault.Is(err, fault.NotFound) {
			p, err = &identity.ManagedPolicy{ARN: name(in)}, nil
		}
		if err != nil {
			return gate.Subject{}, nil, err
		}
		return gate.Subject{ARN: p.ARN, Account: account, Tags: p.Tags}, p, nil
	}
}

func (s *Service) resolveNewPolicy(_ context.Context, c *gate.Call, in *api.CreatePolicyInput) (gate.Subject, none, error) {
	tags, err := tagMap(in.Tags)
	return gate.Subject{ARN: arn.ManagedPolicy(c.Principal.Account, orRoot(in.Path), in.PolicyName), RequestTags: tags}, none{}, err
}

func (s *Service) createPolicy(ctx context.Context, c *gate.Call, in *api.CreatePolicyInput, tags map[string]string, _ none) (*api.CreatePolicyOutput, error) {
	if strings.ContainsRune(in.Description, 0) {
		return nil, fault.New(fault.InvalidInput, "Description: expected text without U+0000.")
	}
	m := new(identity.Managed)
	m.Account, m.Name, m.Path, m.Description, m.Tags = c.Principal.Account, in.PolicyName, in.Path, in.Description, tags
	err := s.Directory.CreateManaged(ctx, &m.ManagedPolicy, in.PolicyDocument)
	if err != nil {
		return nil, err
	}
	shown := shownPolicy(m)
	shown.Description = "" // API reference: only GetPolicy returns it
	return &api.CreatePolicyOutput{Policy: shown}, nil
}

func shownPolicy(m *identity.Managed) *api.Policy {
	attachable := true
	return &api.Policy{
		PolicyName: m.Name, PolicyId: m.ID, Arn: m.ARN, Path: m.Path, DefaultVersionId: versionID(m.Default), Description: m.Description,
		AttachmentCount: &m.Attached, PermissionsBoundaryUsageCount: &m.Boundaries, IsAttachable: &attachable,
		CreateDate: date(m.Created), UpdateDate: date(m.Updated), Tags: tagList(m.Tags),
	}
}

func (s *Service) getPolicy(ctx context.Context, c *gate.Call, in *api.GetPolicyInput) (*api.GetPolicyOutput, error) {
	m, err := s.Directory.Managed(ctx, c.Principal.Account, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	shown := shownPolicy(m)
	if shown.Tags == nil {
		shown.Tags = []api.Tag{} // AWS shows the empty list
	}
	return &api.GetPolicyOutput{Policy: shown}, nil
}

func (s *Service) deletePolicy(ctx context.Context, c *gate.Call, in *api.DeletePolicyInput) (*api.DeletePolicyOutput, error) {
	return nothing[api.DeletePolicyOutput](s.Directory.DeleteManaged(ctx, c.Principal.Account, in.PolicyArn))
}

// The sections of a policy list, as its markers name them.
const (
	inBuiltin = "aws:"
	inLocal   = "local:"
)

func (s *Service) listPolicies(ctx context.Context, c *gate.Call, in *api.ListPoliciesInput) (*api.ListPoliciesOutput, error) {
	p, err := pageOf(in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	q := identity.ManagedQuery{
		Account: c.Principal.Account, PathPrefix: in.PathPrefix, Limit: p.limit,
		Builtin: in.Scope != "Local", Local: in.Scope != "AWS",
		Attached: in.OnlyAttached != nil && *in.OnlyAttached || in.PolicyUsageFilter != "",
		Boundary: in.PolicyUsageFilter == "PermissionsBoundary",
	}
	if after, ok := strings.CutPrefix(p.after, inLocal); ok {
		q.Builtin, q.After = false, after
	}
	q.AfterBuiltin = strings.TrimPrefix(p.after, inBuiltin)
	found, more, err := s.Directory.ListManaged(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &api.ListPoliciesOutput{Policies: []api.Policy{}}
	last := ""
	for _, m := range found {
		shown := shownPolicy(m)
		shown.Tags, shown.Description = nil, "" // API reference: lists leave them out
		out.Policies = append(out.Policies, *shown)
		last = inLocal + m.Name
		if m.Account != c.Principal.Account {
			last = inBuiltin + m.Name
		}
	}
	out.Marker, out.IsTruncated = next(more, last)
	return out, nil
}
