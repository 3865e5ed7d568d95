package iam

import (
	"context"
	"slices"
	"strconv"
	"strings"

	api "daypass/api/iam"
	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/identity"
	"daypass/internal/policy"
)

// maxJudgements bounds the evaluations of one call, and maxResources its resources.
// With many resources a page has fewer actions.
const (
	maxJudgements = 1000
	maxResources  = 1000
)

// run simulates the actions of one page.
func (m *simulation) run(ctx context.Context, d *identity.Directory, in *api.SimulateCustomPolicyInput) (*api.SimulateCustomPolicyOutput, error) {
	p, err := pageOf(in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	err = m.take(ctx, d, in)
	if err != nil {
		return nil, err
	}
	resources, err := simulated(in)
	if err != nil {
		return nil, err
	}
	start := 0
	if p.after != "" {
		start, err = strconv.Atoi(p.after)
		if err != nil || start < 0 || start > len(in.ActionNames) {
			return nil, fault.New(fault.Validation, "Invalid Marker.")
		}
	}
	end := min(start+min(p.limit, max(1, maxJudgements/len(resources))), len(in.ActionNames))
	out := &api.SimulateCustomPolicyOutput{}
	for _, action := range in.ActionNames[start:end] {
		result, err := m.evaluate(ctx, action, resources)
		if err != nil {
			return nil, err
		}
		out.EvaluationResults = append(out.EvaluationResults, result)
	}
	out.Marker, out.IsTruncated = next(end < len(in.ActionNames), strconv.Itoa(end))
	return out, nil
}

// simulated checks the names of actions and resources, and returns the resources.
func simulated(in *api.SimulateCustomPolicyInput) ([]string, error) {
	for _, action := range in.ActionNames {
		service, name, ok := strings.Cut(action, ":")
		if !ok || service == "" || name == "" || strings.ContainsAny(action, "*? ") {
			return nil, fault.New(fault.InvalidInput, "ActionNames: %q is not an action: expected service:Name without wildcards", action)
		}
	}
	resources := in.ResourceArns
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	if len(resources) > maxResources {
		return nil, fault.New(fault.InvalidInput, "ResourceArns: expected at most %d, got %d", maxResources, len(resources))
	}
	for _, resource := range resources {
		a, err := arn.Parse(resource)
		if resource != "*" && err != nil {
			return nil, fault.New(fault.InvalidInput, "ResourceArns: %s", err)
		}
		if in.ResourcePolicy != "" && a.Service == "iam" && a.Type() == identity.Role {
			return nil, fault.New(fault.InvalidInput, "ResourcePolicy: simulation of resource-based policies is not supported for IAM roles")
		}
	}
	return resources, nil
}

// Decisions, from the mildest to the most restrictive.
var decisions = []string{"allowed", "implicitDeny", "explicitDeny"}

// evaluate simulates an action on every resource. The overall decision is the most
// restrictive one.
//
// Source: IAM API reference, EvaluationResult.
func (m *simulation) evaluate(ctx context.Context, action string, resources []string) (api.EvaluationResult, error) {
	// Some clients read the two lists without a check that they exist.
	whole := api.EvaluationResult{EvalActionName: action, EvalDecision: decisions[0], MatchedStatements: []api.Statement{}, MissingContextValues: []string{}}
	results := make([]api.ResourceSpecificResult, len(resources))
	for i, resource := range resources {
		err := ctx.Err()
		if err != nil {
			return api.EvaluationResult{}, err
		}
		results[i] = m.judge(action, resource)
		if slices.Index(decisions, results[i].EvalResourceDecision) > slices.Index(decisions, whole.EvalDecision) {
			whole.EvalDecision = results[i].EvalResourceDecision
		}
	}
	for _, r := range results {
		for _, key := range r.MissingContextValues {
			if !slices.Contains(whole.MissingContextValues, key) {
				whole.MissingContextValues = append(whole.MissingContextValues, key)
			}
		}
		if d := r.PermissionsBoundaryDecisionDetail; d != nil && (whole.PermissionsBoundaryDecisionDetail == nil || !*d.AllowedByPermissionsBoundary) {
			whole.PermissionsBoundaryDecisionDetail = d
		}
		if r.EvalResourceDecision != whole.EvalDecision {
			continue
		}
		for _, matched := range r.MatchedStatements {
			if !slices.ContainsFunc(whole.MatchedStatements, func(other api.Statement) bool { return sameStatement(matched, other) }) {
				whole.MatchedStatements = append(whole.MatchedStatements, matched)
			}
		}
		whole.EvalDecisionDetails = r.EvalDecisionDetails
	}
	if len(resources) == 1 {
		whole.EvalResourceName = resources[0]
	}
	if len(resources) > 1 || resources[0] != "*" {
		whole.ResourceSpecificResults = results
	}
	return whole, nil
}

func sameStatement(a, b api.Statement) bool {
	return a.SourcePolicyId == b.SourcePolicyId && *a.StartPosition.Line == *b.StartPosition.Line && *a.StartPosition.Column == *b.StartPosition.Column
}

// judge simulates an action on one resource.
func (m *simulation) judge(action, resource string) api.ResourceSpecificResult {
	request := &policy.Request{Principal: m.caller, Action: action, Resource: resource, Context: m, Simulated: true}
	target := m.target(resource)
	x := policy.Explain(request, &m.grants, target)
	r := api.ResourceSpecificResult{EvalResourceName: resource, EvalResourceDecision: verdict(x.Decision), MatchedStatements: []api.Statement{}, MissingContextValues: x.Missing()}
	sides := map[policy.Type]string{policy.Identity: decisions[1], policy.Resource: decisions[1], policy.Boundary: decisions[1]}
	for i, p := range x.Policies {
		for j := range p.Statements {
			f := &p.Statements[j]
			if !f.Matches() {
				continue
			}
			if f.Deny {
				sides[p.Type] = decisions[2]
			} else if sides[p.Type] == decisions[1] {
				sides[p.Type] = decisions[0]
			}
			if f.Deny == x.Decision.Explicit && (x.Decision.Allowed || f.Deny) {
				r.MatchedStatements = append(r.MatchedStatements, statement(m.sources[i], f))
			}
		}
	}
	if m.grants.Boundary != nil {
		within := sides[policy.Boundary] == decisions[0]
		r.PermissionsBoundaryDecisionDetail = &api.PermissionsBoundaryDecisionDetail{AllowedByPermissionsBoundary: &within}
	}
	if target != nil && target.Account != m.caller.Account {
		r.EvalDecisionDetails = map[string]string{identitySource: sides[policy.Identity], resourceSource: sides[policy.Resource]}
	}
	return r
}

// target returns the resource's side of a request, if the resource has a policy.
// Without one only the caller's policies decide, whichever account the resource
// belongs to.
func (m *simulation) target(resource string) *policy.Target {
	if m.resource == nil {
		return nil
	}
	t := &policy.Target{Account: m.caller.Account, Policies: []*policy.Policy{m.resource}}
	if m.owner != "" {
		t.Account = m.owner
	}
	a, err := arn.Parse(resource)
	if err == nil && a.Account != "" {
		t.Account = a.Account
	}
	return t
}

func verdict(d policy.Decision) string {
	switch {
	case d.Allowed:
		return decisions[0]
	case d.Explicit:
		return decisions[2]
	}
	return decisions[1]
}

func statement(from source, f *policy.Finding) api.Statement {
	return api.Statement{SourcePolicyId: from.id, SourcePolicyType: from.kind, StartPosition: position(f.Start), EndPosition: position(f.End)}
}

func position(p policy.Position) *api.Position {
	line, column := int64(p.Line), int64(p.Column)
	return &api.Position{Line: &line, Column: &column}
}
