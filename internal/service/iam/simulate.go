package iam

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	api "daypass/api/iam"
	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/identity"
	"daypass/internal/policy"
	"daypass/internal/principal"
)

func (s *Service) simulateOperations() []gate.Operation {
	return []gate.Operation{
		op("SimulatePrincipalPolicy", onSource(s, func(in *api.SimulatePrincipalPolicyInput) string { return in.PolicySourceArn }), s.simulatePrincipalPolicy),
		op("SimulateCustomPolicy", everything[api.SimulateCustomPolicyInput], s.simulateCustomPolicy),
		op("GetContextKeysForPrincipalPolicy", onSource(s, func(in *api.GetContextKeysForPrincipalPolicyInput) string { return in.PolicySourceArn }), s.principalKeys),
		op("GetContextKeysForCustomPolicy", everything[api.GetContextKeysForCustomPolicyInput], s.customKeys),
	}
}

// onSource judges on the user, group or role whose policies are asked for.
func onSource[In any](s *Service, source func(*In) string) judge[In] {
	return func(ctx context.Context, c *gate.Call, in *In) (gate.Subject, error) {
		given := source(in)
		a, err := arn.Parse(given)
		if err != nil || a.Service != "iam" || a.Account != c.Principal.Account || a.Type() != identity.User && a.Type() != identity.Role {
			return gate.Subject{ARN: given}, nil
		}
		name := a.Name()
		return s.subject(ctx, c, a.Type(), name[strings.LastIndexByte(name, '/')+1:])
	}
}

func (s *Service) principalKeys(ctx context.Context, c *gate.Call, in *api.GetContextKeysForPrincipalPolicyInput) (*api.GetContextKeysForPrincipalPolicyOutput, error) {
	var m simulation
	err := m.addPrincipal(ctx, s.Directory, c, in.PolicySourceArn)
	if err == nil {
		err = m.addInputs(in.PolicyInputList)
	}
	if err != nil {
		return nil, err
	}
	return &api.GetContextKeysForPrincipalPolicyOutput{ContextKeyNames: policy.ContextKeys(m.grants.Identity)}, nil
}

func (s *Service) customKeys(_ context.Context, _ *gate.Call, in *api.GetContextKeysForCustomPolicyInput) (*api.GetContextKeysForCustomPolicyOutput, error) {
	var m simulation
	err := m.addInputs(in.PolicyInputList)
	if err != nil {
		return nil, err
	}
	return &api.GetContextKeysForCustomPolicyOutput{ContextKeyNames: policy.ContextKeys(m.grants.Identity)}, nil
}

func (s *Service) simulateCustomPolicy(ctx context.Context, c *gate.Call, in *api.SimulateCustomPolicyInput) (*api.SimulateCustomPolicyOutput, error) {
	m := simulation{caller: &principal.Principal{Ref: principal.Ref{Kind: principal.User, Account: c.Principal.Account}}}
	return m.run(ctx, s.Directory, in)
}

// simulatePrincipalPolicy is a simulation that begins with what the directory
// has.
func (s *Service) simulatePrincipalPolicy(ctx context.Context, c *gate.Call, in *api.SimulatePrincipalPolicyInput) (*api.SimulatePrincipalPolicyOutput, error) {
	var m simulation
	err := m.addPrincipal(ctx, s.Directory, c, in.PolicySourceArn)
	if err != nil {
		return nil, err
	}
	if in.ResourcePolicy != "" && m.caller.Kind != principal.User && in.CallerArn == "" {
		return nil, fault.New(fault.InvalidInput, "CallerArn is required with ResourcePolicy, as %s is not a user", in.PolicySourceArn)
	}
	out, err := m.run(ctx, s.Directory, &api.SimulateCustomPolicyInput{
		PolicyInputList: in.PolicyInputList, PermissionsBoundaryPolicyInputList: in.PermissionsBoundaryPolicyInputList,
		ActionNames: in.ActionNames, ResourceArns: in.ResourceArns, ResourcePolicy: in.ResourcePolicy, ResourceOwner: in.ResourceOwner,
		CallerArn: in.CallerArn, ContextEntries: in.ContextEntries, ResourceHandlingOption: in.ResourceHandlingOption,
		MaxItems: in.MaxItems, Marker: in.Marker,
	})
	return (*api.SimulatePrincipalPolicyOutput)(out), err
}

// A simulation is a request that nobody makes, with the policies that it is
// judged by.
type simulation struct {
	caller   *principal.Principal
	known    bool // the directory has the caller: what follows from it is known
	grants   policy.Grants
	resource *policy.Policy // nil: the resource's side is not asked
	owner    string         // of resources whose ARN names no account
	entries  map[string]policy.Value

	// What the policies are called, in the order in which they are explained:
	// identity-based, resource, boundary.
	sources []source
}

// A source tells where a statement comes from.
type source struct{ id, kind string }

// The types of policies in replies of the service; the model names others.
const (
	identitySource = "IAM Policy"
	resourceSource = "Resource Policy"
)

// addPrincipal takes the policies of a user or role of the caller's account.
func (m *simulation) addPrincipal(ctx context.Context, d *identity.Directory, c *gate.Call, sourceARN string) error {
	a, err := arn.Parse(sourceARN)
	if err != nil || a.Service != "iam" || a.Type() != identity.User && a.Type() != identity.Role || a.Name() == "" {
		return fault.New(fault.InvalidInput, "Invalid Entity Arn: %s does not clearly define entity type and name.", sourceARN)
	}
	if a.Account != c.Principal.Account {
		return fault.New(fault.NotFound, "The principal %s does not exist.", sourceARN)
	}
	who, grants, err := d.Standing(ctx, sourceARN)
	if err != nil {
		return err
	}
	m.caller, m.known = who, true
	m.grants.Boundary = grants.Boundary
	for _, p := range grants.Identity {
		id := a.Type() + "_" + who.Name + "_" + p.Name()
		if strings.HasPrefix(p.Name(), "arn:") {
			id = managedName(p)
		}
		m.add(p, id)
	}
	return nil
}

// managedName is what the ARN of a managed policy ends in.
func managedName(p *policy.Policy) string {
	return p.Name()[strings.LastIndexByte(p.Name(), '/')+1:]
}

func (m *simulation) add(p *policy.Policy, id string) {
	m.grants.Identity = append(m.grants.Identity, p)
	m.sources = append(m.sources, source{id, identitySource})
}

func (m *simulation) addInputs(documents []string) error {
	for i, document := range documents {
		id := fmt.Sprintf("PolicyInputList.%d", i+1)
		p, err := input(id, document, policy.Identity)
		if err != nil {
			return err
		}
		m.add(p, id)
	}
	return nil
}

func input(id, document string, kind policy.Type) (*policy.Policy, error) {
	p, err := policy.Parse(id, document, kind)
	if err != nil {
		return nil, fault.New(fault.InvalidInput, "%s: %s", id, err)
	}
	return p, nil
}

// take reads the rest of an input.
func (m *simulation) take(ctx context.Context, d *identity.Directory, in *api.SimulateCustomPolicyInput) error {
	err := m.addInputs(in.PolicyInputList)
	if err == nil {
		err = m.takeCaller(ctx, d, in.CallerArn)
	}
	if err == nil {
		err = m.takeResource(in)
	}
	if err == nil {
		err = m.takeBoundary(in.PermissionsBoundaryPolicyInputList)
	}
	if err == nil {
		err = m.takeEntries(in.ContextEntries)
	}
	return err
}

// takeCaller sets who asks, which can only be a user. One of another account is
// taken at its word.
func (m *simulation) takeCaller(ctx context.Context, d *identity.Directory, callerARN string) error {
	if callerARN == "" {
		return nil
	}
	who, err := identity.ParsePrincipal(callerARN)
	if err != nil {
		return err
	}
	if who.Account == m.caller.Account {
		found, _, err := d.Standing(ctx, callerARN)
		if err == nil {
			m.caller, m.known = found, true
			return nil
		}
		if !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	m.caller, m.known = who, true
	return nil
}

func (m *simulation) takeResource(in *api.SimulateCustomPolicyInput) error {
	if in.ResourceOwner != "" {
		a, err := arn.Parse(in.ResourceOwner)
		if err != nil || in.ResourceOwner != arn.Root(a.Account) {
			return fault.New(fault.InvalidInput, "ResourceOwner: %q is not the ARN of an account: expected arn:aws:iam::111122223333:root", in.ResourceOwner)
		}
		m.owner = a.Account
	}
	if in.ResourcePolicy == "" {
		return nil
	}
	p, err := input("ResourcePolicy", in.ResourcePolicy, policy.Resource)
	m.resource = p
	m.sources = append(m.sources, source{"ResourcePolicy", resourceSource})
	return err
}

// takeBoundary replaces the boundary that the principal has.
func (m *simulation) takeBoundary(documents []string) error {
	if len(documents) > 1 {
		return fault.New(fault.InvalidInput, "PermissionsBoundaryPolicyInputList: expected one policy, not %d", len(documents))
	}
	for _, document := range documents {
		p, err := input("PermissionsBoundaryPolicyInputList.1", document, policy.Boundary)
		if err != nil {
			return err
		}
		m.grants.Boundary = p
	}
	m.caller.Boundary = m.grants.Boundary != nil
	if m.caller.Boundary {
		m.sources = append(m.sources, source{managedName(m.grants.Boundary), identitySource})
	}
	return nil
}

func (m *simulation) takeEntries(entries []api.ContextEntry) error {
	m.entries = make(map[string]policy.Value, len(entries))
	for _, e := range entries {
		key := strings.ToLower(e.ContextKeyName)
		_, twice := m.entries[key]
		switch {
		case e.ContextKeyName == "":
			return fault.New(fault.InvalidInput, "ContextEntries: ContextKeyName is missing")
		case twice:
			return fault.New(fault.InvalidInput, "ContextEntries: %s is given twice", e.ContextKeyName)
		case strings.HasSuffix(e.ContextKeyType, "List"):
			m.entries[key] = policy.Many(e.ContextKeyValues)
		case len(e.ContextKeyValues) != 1:
			return fault.New(fault.InvalidInput, "ContextEntries: %s has %d values: expected one, or a ContextKeyType that ends in List", e.ContextKeyName, len(e.ContextKeyValues))
		default:
			m.entries[key] = policy.One(e.ContextKeyValues[0])
		}
	}
	return nil
}

// Lookup finds a condition key: as it is given, else as it follows from a
// caller that is known.
func (m *simulation) Lookup(key string) (policy.Value, bool) {
	v, ok := m.entries[key]
	if ok || !m.known || key == "aws:userid" && m.caller.Kind == principal.Role {
		return v, ok
	}
	return (&policy.Request{Principal: m.caller}).Lookup(key)
}

// maxJudgements bounds what one call evaluates, and maxResources what it may
// name: a page has fewer actions where there are many resources.
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
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		out.EvaluationResults = append(out.EvaluationResults, m.evaluate(action, resources))
	}
	out.Marker, out.IsTruncated = next(end < len(in.ActionNames), strconv.Itoa(end))
	return out, nil
}

// simulated checks the names of actions and resources and returns the latter.
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

// evaluate simulates an action on every resource. The result as a whole is the
// most restrictive of them.
//
// Source: IAM API reference, EvaluationResult.
func (m *simulation) evaluate(action string, resources []string) api.EvaluationResult {
	// Clients index the two lists without asking whether they are there.
	whole := api.EvaluationResult{EvalActionName: action, EvalDecision: decisions[0], MatchedStatements: []api.Statement{}, MissingContextValues: []string{}}
	results := make([]api.ResourceSpecificResult, len(resources))
	for i, resource := range resources {
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
	return whole
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

// target is the resource's side, if there is a policy for it. Without one only
// the caller's side is simulated, whoever the resource belongs to.
func (m *simulation) target(resource string) *policy.Target {
	if m.resource == nil {
		return nil
	}
	t := &policy.Target{Account: m.caller.Account, Policies: []*policy.Policy{m.resource}}
	if m.owner != "" {
		t.Account = m.owner
	}
	if a, err := arn.Parse(resource); err == nil && a.Account != "" {
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
