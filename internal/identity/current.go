package identity

import (
	"context"
	"strings"

	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/policy"
	"daypass/internal/principal"
)

// CurrentPrincipal returns the principal that an ARN names and what its policies
// grant, as both are stored now. The ARN is that of a user, the root user, a role
// or a role session; for a role the session's name is empty. Session policies are
// not known, because sessions are not stored. The values are shared: callers MUST
// NOT change them. A principal that does not exist is a fault of kind NotFound.
func (d *Directory) CurrentPrincipal(ctx context.Context, principalARN string) (*principal.Principal, *policy.Grants, error) {
	account, id, session, err := d.ResolvePrincipal(ctx, principalARN)
	if err != nil {
		return nil, nil, err
	}
	if principalARN == arn.Root(account) {
		return &principal.Principal{Ref: principal.Ref{Kind: principal.Root, Account: account, ID: account}}, &policy.Grants{}, nil
	}
	found, err := d.principals.Get(ctx, id, func(ctx context.Context) (*currentPrincipal, error) { return d.loadPrincipal(ctx, id) })
	if err != nil {
		return nil, nil, err
	}
	current := found.principal
	current.SessionName = session
	return &current, &found.grants, nil
}

// ParsePrincipal returns a principal with the account, path and name in the ARN of
// a user, who need not exist.
func ParsePrincipal(userARN string) (*principal.Principal, error) {
	account, name := entityOf(userARN, User)
	a, err := arn.Parse(userARN)
	if err != nil || name == "" || len(account) != 12 {
		return nil, fault.New(fault.InvalidInput, "Invalid Entity Arn: %s does not clearly define entity type and name.", userARN)
	}
	path := "/" + strings.TrimSuffix(a.Name(), name)
	return &principal.Principal{Ref: principal.Ref{Kind: principal.User, Account: account}, Name: name, Path: path}, nil
}
