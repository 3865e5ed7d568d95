package daypass

import (
	"context"
	"maps"
	"slices"
	"strings"

	api "daypass/api/daypass"
	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/identity"
	"daypass/internal/policy"
	"daypass/internal/registry"
)

// A Registry tells what an action on one of its resources is judged on.
type Registry interface {
	SubjectOf(ctx context.Context, action string, resource arn.ARN) (registry.Subject, bool, error)
}

// onExplain judges on the principal whose permissions are asked for. One of
// another account is a stranger's, whom no policy here can open.
func (s *Service) onExplain(_ context.Context, _ *gate.Call, in *api.ExplainDecisionInput) (gate.Subject, nothing, error) {
	a, err := arn.Parse(in.PrincipalArn)
	if err != nil {
		return gate.Subject{}, nothing{}, fault.Invalid("principalArn: %s", err)
	}
	return gate.Subject{ARN: in.PrincipalArn, Account: a.Account}, nothing{}, nil
}

func (s *Service) explainDecision(ctx context.Context, c *gate.Call, in *api.ExplainDecisionInput, _ nothing) (*api.ExplainDecisionOutput, error) {
	supposed, own, err := s.simulatedCall(ctx, c, in)
	if err != nil {
		return nil, err
	}
	subject, err := s.subjectOf(ctx, own, in)
	if err != nil {
		return nil, err
	}
	if len(in.Context) > 0 && subject.Account != "" && subject.Account != own && subject.Admin != own {
		// Whoever could suppose keys could try out what another account's policies
		// ask for, such as the external id of a role.
		return nil, fault.Invalid("context: the resource is account %s's, whose policies can't be tried with keys that nobody has: leave it out", subject.Account)
	}
	given := make(map[string]policy.Value, len(in.Context))
	for _, key := range slices.Sorted(maps.Keys(in.Context)) {
		if _, twice := given[strings.ToLower(key)]; twice {
			return nil, fault.Invalid("context: %q is given in several spellings: condition keys have no case", key)
		}
		given[strings.ToLower(key)] = value(in.Context[key])
	}
	request, x := supposed.Explain(in.Action, subject, given)
	return shownExplanation(in, request, &x), nil
}

const withWebIdentity = "sts:AssumeRoleWithWebIdentity"

// simulatedCall is the call that the principal would make, and whose account's the
// principal is. Whoever asks about themselves is judged as they are: with what
// their session was narrowed to, its second factor and what a provider said.
func (s *Service) simulatedCall(ctx context.Context, c *gate.Call, in *api.ExplainDecisionInput) (*gate.Call, string, error) {
	call := &gate.Call{Now: c.Now, Region: c.Region, Principal: c.Principal, Grants: c.Grants}
	if in.PrincipalArn == c.Principal.ARN() {
		return call, c.Principal.Account, nil
	}
	if account, issuer := identity.IssuerOf(in.PrincipalArn); issuer != "" {
		if !strings.EqualFold(in.Action, withWebIdentity) {
			return nil, "", fault.Invalid("action: whoever a provider vouches for can only do %s, not %s", withWebIdentity, in.Action)
		}
		provider, err := s.Directory.Provider(ctx, account, issuer)
		if err != nil {
			return nil, "", err
		}
		call.Principal, call.Grants, call.WebIdentity = nil, nil, &gate.WebIdentity{Provider: identity.ProviderARN(provider)}
		return call, account, nil
	}
	var err error
	call.Principal, call.Grants, err = s.Directory.CurrentPrincipal(ctx, in.PrincipalArn)
	if err != nil {
		return nil, "", err
	}
	return call, call.Principal.Account, nil
}

// value is a condition key's: one that is given once has a single value.
func value(values []string) policy.Value {
	if len(values) == 1 {
		return policy.One(values[0])
	}
	return policy.Many(values)
}

// subjectOf finds the resource's side: the policies of a domain and repository,
// or the trust policy of a role that would be assumed.
func (s *Service) subjectOf(ctx context.Context, own string, in *api.ExplainDecisionInput) (gate.Subject, error) {
	if in.Resource == "*" {
		return gate.Subject{ARN: "*"}, nil
	}
	resource, err := arn.Parse(in.Resource)
	if err != nil {
		return gate.Subject{}, fault.Invalid("resource: %s", err)
	}
	found, ok, err := s.Registry.SubjectOf(ctx, in.Action, resource)
	if err != nil {
		return gate.Subject{}, err
	}
	if ok {
		found.ARN = in.Resource
		return found, nil
	}
	if resource.Service == "iam" && resource.Type() == identity.Role && strings.HasPrefix(strings.ToLower(in.Action), "sts:") {
		return s.roleSubject(ctx, in.Resource, resource.Account)
	}
	subject := gate.Subject{ARN: in.Resource, Account: resource.Account}
	if resource.Account == own && resource.Service == "iam" {
		return s.withTags(ctx, subject, resource)
	}
	return subject, nil
}

func (s *Service) roleSubject(ctx context.Context, roleARN, account string) (gate.Subject, error) {
	subject := gate.Subject{ARN: roleARN, Account: account, Trust: true}
	role, err := s.Directory.AssumableRole(ctx, roleARN)
	if err != nil || role == nil {
		return subject, err
	}
	subject.Policies, subject.Tags = []*policy.Policy{role.Policy}, role.Tags
	return subject, nil
}

// withTags adds the tags of a user or role, if there is one.
func (s *Service) withTags(ctx context.Context, subject gate.Subject, resource arn.ARN) (gate.Subject, error) {
	kind := resource.Type()
	if kind != identity.User && kind != identity.Role {
		return subject, nil
	}
	e, err := s.Directory.Find(ctx, resource.Account, kind, resource.Last())
	if fault.Is(err, fault.NotFound) || err == nil && identity.ARN(e) != subject.ARN {
		return subject, nil
	}
	if err != nil {
		return gate.Subject{}, err
	}
	subject.Tags = e.Tags
	return subject, nil
}

func shownExplanation(in *api.ExplainDecisionInput, request *policy.Request, x *policy.Explanation) *api.ExplainDecisionOutput {
	d := &x.Decision
	out := &api.ExplainDecisionOutput{
		PrincipalArn: in.PrincipalArn, Action: in.Action, Resource: in.Resource,
		Decision: effects[!d.Allowed], Explicit: &d.Explicit, PolicyType: d.Type.String(), Policy: d.Policy, Sid: d.Sid,
		Explanation: x.Lines(request), MissingKeys: x.Missing(),
		Policies: make([]api.ExplainedPolicy, len(x.Policies)),
	}
	if d.Statement > 0 {
		out.Statement = number(d.Statement)
	}
	for i, r := range x.Policies {
		shown := api.ExplainedPolicy{Type: r.Type.String(), Name: r.Policy, Statements: make([]api.ExplainedStatement, len(r.Statements))}
		for j := range r.Statements {
			shown.Statements[j] = shownStatement(&r.Statements[j])
		}
		out.Policies[i] = shown
	}
	return out
}

// effects are the words for whether something is denied.
var effects = map[bool]string{false: "Allow", true: "Deny"}

func number(n int) *int64 {
	n64 := int64(n)
	return &n64
}

func shownStatement(f *policy.Finding) api.ExplainedStatement {
	matches := f.Matches()
	shown := api.ExplainedStatement{Statement: number(f.Number), Sid: f.Sid, Effect: effects[f.Deny], Matches: &matches}
	for i := range f.Failures {
		e := &f.Failures[i]
		shown.Failures = append(shown.Failures, api.ElementFailure{
			Element: e.Name, Operator: e.Operator, Key: e.Key, PolicyValues: e.Values, RequestValues: e.Request, Missing: &e.Missing,
		})
	}
	return shown
}
