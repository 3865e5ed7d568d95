package iam

import (
	"context"
	"errors"
	"fmt"
	"strings"

	api "daypass/api/iam"
	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/identity"
	"daypass/internal/policy"
	"daypass/internal/principal"
)

// simulateOperations evaluate policies, or list their condition keys. The policies
// come from the input or from the directory.
func (s *Service) simulateOperations(turn turns) []gate.Operation {
	return []gate.Operation{
		op("SimulatePrincipalPolicy", onSource(s, func(in *api.SimulatePrincipalPolicyInput) string { return in.PolicySourceArn }), inTime(inTurn(turn, s.simulatePrincipalPolicy))),
		op("SimulateCustomPolicy", everything[api.SimulateCustomPolicyInput], inTime(inTurn(turn, s.simulateCustomPolicy))),
		op("GetContextKeysForPrincipalPolicy", onSource(s, func(in *api.GetContextKeysForPrincipalPolicyInput) string { return in.PolicySourceArn }), inTime(inTurn(turn, s.principalKeys))),
		op("GetContextKeysForCustomPolicy", everything[api.GetContextKeysForCustomPolicyInput], inTime(inTurn(turn, s.customKeys))),
	}
}

// inTime bounds the time of a simulation, which includes the wait for its turn. One
// call may name many policies, written to match slowly, and many resources.
func inTime[In, Out any](run runner[In, Out]) runner[In, Out] {
	return func(ctx context.Context, c *gate.Call, in *In) (*Out, error) {
		ctx, cancel := context.WithTimeout(ctx, maxSimulation)
		defer cancel()
		out, err := run(ctx, c, in)
		if errors.Is(err, context.DeadlineExceeded) {
			err = fault.New(fault.InvalidInput, "The simulation takes longer than %v: name fewer resources, actions or policies in one call", maxSimulation)
		}
		return out, err
	}
}

// onSource authorizes on the user, group or role whose policies are read.
func onSource[In any](s *Service, source func(*In) string) onEntity[In] {
	return func(ctx context.Context, c *gate.Call, in *In) (gate.Subject, *identity.Entity, error) {
		given := source(in)
		kind, account, name := sourceOf(given)
		if name == "" || account != c.Principal.Account {
			return gate.Subject{ARN: given}, nil, nil
		}
		return s.subject(ctx, c, kind, name)
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
	m := simulation{caller: anyUser(c.Principal.Account)}
	return m.run(ctx, s.Directory, in)
}

// simulatePrincipalPolicy simulates with a principal's policies from the directory
// and those of the input.
func (s *Service) simulatePrincipalPolicy(ctx context.Context, c *gate.Call, in *api.SimulatePrincipalPolicyInput) (*api.SimulatePrincipalPolicyOutput, error) {
	var m simulation
	err := m.addPrincipal(ctx, s.Directory, c, in.PolicySourceArn)
	if err != nil {
		return nil, err
	}
	if in.ResourcePolicy != "" && in.CallerArn == "" && (!m.known || m.caller.Kind != principal.User) {
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

// A simulation is a simulated request with the policies that apply to it.
type simulation struct {
	caller   *principal.Principal
	known    bool // whether condition keys about the caller have values
	grants   policy.Grants
	resource *policy.Policy // nil: the resource has no policy
	owner    string         // the account of resources whose ARN names none
	entries  map[string]policy.Value
	read     int // bytes of the documents in the input

	// The names of the policies, in the order of an explanation: identity-based
	// policies, resource policy, boundary.
	sources []source
}

// A source is the policy that a statement comes from.
type source struct{ id, kind string }

// The types of policies in AWS's replies. The model names others.
const (
	identitySource = "IAM Policy"
	resourceSource = "Resource Policy"
)

// addPrincipal adds the policies of a user, group or role of the caller's account.
// A group is no principal: the simulated caller is then an unknown user.
func (m *simulation) addPrincipal(ctx context.Context, d *identity.Directory, c *gate.Call, sourceARN string) error {
	kind, account, name := sourceOf(sourceARN)
	if name == "" {
		return fault.New(fault.InvalidInput, "Invalid Entity Arn: %s does not clearly define entity type and name.", sourceARN)
	}
	if account != c.Principal.Account {
		return fault.New(fault.NotFound, "The principal %s does not exist.", sourceARN)
	}
	held, err := d.EffectivePolicies(ctx, sourceARN)
	if err != nil {
		return err
	}
	m.caller = anyUser(account)
	if kind != identity.Group {
		who, grants, err := d.CurrentPrincipal(ctx, sourceARN)
		if err != nil {
			return err
		}
		m.caller, m.known, m.grants.Boundary = who, true, grants.Boundary
	}
	for _, h := range held {
		if h.Owner == nil {
			m.add(h.Policy, managedName(h.Policy))
			continue
		}
		m.add(h.Policy, h.Owner.Kind+"_"+h.Owner.Name+"_"+h.Policy.Name())
	}
	return nil
}

// sourceOf splits the ARN of a user, group or role. For any other ARN the name is
// empty.
func sourceOf(sourceARN string) (kind, account, name string) {
	kind, account, name = arn.Entity(sourceARN)
	if kind != identity.User && kind != identity.Group && kind != identity.Role {
		return "", "", ""
	}
	return kind, account, name
}

// anyUser is an unknown user of an account.
func anyUser(account string) *principal.Principal {
	return &principal.Principal{Ref: principal.Ref{Kind: principal.User, Account: account}}
}

// managedName returns the name in the ARN of a managed policy.
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
		p, err := m.input(id, document, policy.Identity)
		if err != nil {
			return err
		}
		m.add(p, id)
	}
	return nil
}

// maxInput bounds the sum of a call's documents, in bytes: about forty managed
// policies of the maximum size.
const maxInput = 256 << 10

// input parses a document of the input. It checks the sum of the documents first.
func (m *simulation) input(id, document string, kind policy.Type) (*policy.Policy, error) {
	m.read += len(document)
	if m.read > maxInput {
		return nil, fault.New(fault.InvalidInput, "%s: with it the policies of the call have more than %d bytes: name fewer in one call", id, maxInput)
	}
	p, err := policy.Check(id, document, kind)
	if err != nil {
		return nil, fault.New(fault.InvalidInput, "%s: %s", id, err)
	}
	return p, nil
}

// take reads the rest of the input.
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

// takeCaller sets the simulated caller, which must be a user. A user of another
// account is not looked up.
func (m *simulation) takeCaller(ctx context.Context, d *identity.Directory, callerARN string) error {
	if callerARN == "" {
		return nil
	}
	who, err := identity.ParsePrincipal(callerARN)
	if err != nil {
		return err
	}
	if who.Account == m.caller.Account {
		found, _, err := d.CurrentPrincipal(ctx, callerARN)
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
	p, err := m.input("ResourcePolicy", in.ResourcePolicy, policy.Resource)
	m.resource = p
	m.sources = append(m.sources, source{"ResourcePolicy", resourceSource})
	return err
}

// takeBoundary replaces the principal's boundary.
func (m *simulation) takeBoundary(documents []string) error {
	if len(documents) > 1 {
		return fault.New(fault.InvalidInput, "PermissionsBoundaryPolicyInputList: expected one policy, not %d", len(documents))
	}
	for _, document := range documents {
		p, err := m.input("PermissionsBoundaryPolicyInputList.1", document, policy.Boundary)
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

// Lookup returns the value of a condition key. The input's value comes first, then
// the one that follows from a known caller.
func (m *simulation) Lookup(key string) (policy.Value, bool) {
	v, ok := m.entries[key]
	if ok || !m.known || key == "aws:userid" && m.caller.Kind == principal.Role {
		return v, ok
	}
	return (&policy.Request{Principal: m.caller}).Lookup(key)
}
