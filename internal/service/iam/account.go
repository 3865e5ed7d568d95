package iam

import (
	"context"
	"slices"

	api "daypass/api/iam"
	"daypass/internal/gate"
	"daypass/internal/identity"
)

func (s *Service) accountOperations(turn turns) []gate.Operation {
	return []gate.Operation{
		op("CreateAccountAlias", everything[api.CreateAccountAliasInput], s.createAlias),
		op("DeleteAccountAlias", everything[api.DeleteAccountAliasInput], s.deleteAlias),
		op("ListAccountAliases", everything[api.ListAccountAliasesInput], s.listAliases),
		op("GetAccountSummary", everything[api.GetAccountSummaryInput], s.getSummary),
		op("GetAccountAuthorizationDetails", everything[api.GetAccountAuthorizationDetailsInput], inTurn(turn, s.getDetails)),
		op("GenerateCredentialReport", everything[api.GenerateCredentialReportInput], inTurn(turn, s.generateReport)),
		op("GetCredentialReport", everything[api.GetCredentialReportInput], s.getReport),
	}
}

// everything authorizes an operation that has no resource type.
//
// Source: Service Authorization Reference, AWS Identity and Access Management.
func everything[In any](context.Context, *gate.Call, *In) (gate.Subject, none, error) {
	return gate.Subject{ARN: "*"}, none{}, nil
}

func (s *Service) createAlias(ctx context.Context, c *gate.Call, in *api.CreateAccountAliasInput) (*api.CreateAccountAliasOutput, error) {
	return nothing[api.CreateAccountAliasOutput](s.Directory.SetAlias(ctx, c.Principal.Account, in.AccountAlias))
}

func (s *Service) deleteAlias(ctx context.Context, c *gate.Call, in *api.DeleteAccountAliasInput) (*api.DeleteAccountAliasOutput, error) {
	return nothing[api.DeleteAccountAliasOutput](s.Directory.RemoveAlias(ctx, c.Principal.Account, in.AccountAlias))
}

func (s *Service) listAliases(ctx context.Context, c *gate.Call, in *api.ListAccountAliasesInput) (*api.ListAccountAliasesOutput, error) {
	p, err := pageOf(in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	alias, err := s.Directory.Alias(ctx, c.Principal.Account)
	if err != nil {
		return nil, err
	}
	out := &api.ListAccountAliasesOutput{AccountAliases: []string{}}
	if alias != "" && alias > p.after {
		out.AccountAliases = []string{alias}
	}
	out.IsTruncated = new(bool)
	return out, nil
}

// getSummary returns an account's counts and quotas. Resources that Daypass does
// not have are counted as 0, because clients expect every name.
//
// Source: IAM API reference, GetAccountSummary.
func (s *Service) getSummary(ctx context.Context, c *gate.Call, _ *api.GetAccountSummaryInput) (*api.GetAccountSummaryOutput, error) {
	counts, rootKey, err := s.Directory.Counts(ctx, c.Principal.Account)
	if err != nil {
		return nil, err
	}
	summary := s.Directory.QuotaSummary()
	for name, counted := range map[string]string{
		"Users": identity.User, "Groups": identity.Group, "Roles": identity.Role,
		"Policies": identity.CountPolicies, "PolicyVersionsInUse": identity.CountPolicyVersions,
		"MFADevices": identity.CountMFADevices, "MFADevicesInUse": identity.CountMFAInUse, "Providers": identity.CountProviders,
	} {
		summary[name] = counts[counted]
	}
	for _, name := range []string{
		"AccountMFAEnabled", "AccountPasswordPresent", "AccountSigningCertificatesPresent", "AccountAccessKeysPresent",
		"InstanceProfiles", "ServerCertificates",
	} {
		summary[name] = 0
	}
	if rootKey {
		summary["AccountAccessKeysPresent"] = 1
	}
	return &api.GetAccountSummaryOutput{SummaryMap: summary}, nil
}

// The sections of an account's details, by the names of the filter.
const (
	localPolicies = "LocalManagedPolicy"
	awsPolicies   = "AWSManagedPolicy"
)

// getDetails lists an account's users, groups, roles and policies, and the AWS
// managed policies that it uses.
func (s *Service) getDetails(ctx context.Context, c *gate.Call, in *api.GetAccountAuthorizationDetailsInput) (*api.GetAccountAuthorizationDetailsOutput, error) {
	p, err := pageOf(in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	account := c.Principal.Account
	out := &api.GetAccountAuthorizationDetailsOutput{
		UserDetailList: []api.UserDetail{}, GroupDetailList: []api.GroupDetail{}, RoleDetailList: []api.RoleDetail{}, Policies: []api.ManagedPolicyDetail{},
	}
	sections := []section{
		{"User", s.details(ctx, account, identity.User, func(d *shownDetail) { out.UserDetailList = append(out.UserDetailList, d.user()) })},
		{"Group", s.details(ctx, account, identity.Group, func(d *shownDetail) { out.GroupDetailList = append(out.GroupDetailList, d.group()) })},
		{"Role", s.details(ctx, account, identity.Role, func(d *shownDetail) { out.RoleDetailList = append(out.RoleDetailList, d.role()) })},
		{localPolicies, s.policyDetails(ctx, identity.ManagedQuery{Account: account, Local: true}, &out.Policies)},
		{awsPolicies, s.policyDetails(ctx, identity.ManagedQuery{Account: account, Builtin: true, Used: true}, &out.Policies)},
	}
	out.Marker, out.IsTruncated, err = p.fillFrom(wanted(sections, in.Filter))
	return out, err
}

// wanted returns the sections that a filter names. Without a filter it returns all.
func wanted(sections []section, filter []string) []section {
	if len(filter) == 0 {
		return sections
	}
	return slices.DeleteFunc(sections, func(s section) bool { return !slices.Contains(filter, s.name) })
}
