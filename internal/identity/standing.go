package identity

import (
	"context"
	"strings"

	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/policy"
	"daypass/internal/principal"
)

// Standing returns who an ARN names today and what its policies of today grant:
// a user, the root user, a role, or a session of a role by its name. Of a role
// without a session the session's name is empty. What one session was narrowed
// to is not known here: sessions are kept nowhere. The values are shared:
// callers MUST NOT change them. Whoever does not exist is a fault of kind
// NotFound.
func (d *Directory) Standing(ctx context.Context, principalARN string) (*principal.Principal, *policy.Grants, error) {
	account, id, session, err := d.ResolvePrincipal(ctx, principalARN)
	if err != nil {
		return nil, nil, err
	}
	if principalARN == arn.Root(account) {
		return &principal.Principal{Ref: principal.Ref{Kind: principal.Root, Account: account, ID: account}}, &policy.Grants{}, nil
	}
	found, err := d.standings.Get(ctx, id, func(ctx context.Context) (*standing, error) { return d.loadStanding(ctx, id) })
	if err != nil {
		return nil, nil, err
	}
	who := found.who
	who.SessionName = session
	return &who, &found.grants, nil
}

// ParsePrincipal returns a principal as far as the ARN of a user describes one,
// whether it exists or not.
func ParsePrincipal(userARN string) (*principal.Principal, error) {
	account, name := entityOf(userARN, User)
	a, err := arn.Parse(userARN)
	if err != nil || name == "" || len(account) != 12 {
		return nil, fault.New(fault.InvalidInput, "Invalid Entity Arn: %s does not clearly define entity type and name.", userARN)
	}
	path := "/" + strings.TrimSuffix(a.Name(), name)
	return &principal.Principal{Ref: principal.Ref{Kind: principal.User, Account: account}, Name: name, Path: path}, nil
}
