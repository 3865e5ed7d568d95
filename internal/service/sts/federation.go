package sts

import (
	"context"

	api "daypass/api/sts"
	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/policy"
	"daypass/internal/principal"
)

// judgeFederationToken judges on the federated user that the session will be.
//
// Source: Service Authorization Reference, AWS Security Token Service.
func (s *Service) judgeFederationToken(_ context.Context, c *gate.Call, in *api.GetFederationTokenInput) (gate.Subject, error) {
	if c.Principal.Session != nil {
		return gate.Subject{}, fault.New(fault.AccessDenied, "Cannot call GetFederationToken with session credentials")
	}
	tags, err := passedTags(in.Tags)
	if err != nil {
		return gate.Subject{}, err
	}
	return gate.Subject{
		ARN: arn.FederatedUser(c.Principal.Account, in.Name), RequestTags: tags,
		Keys: map[string]policy.Value{"sts:rolesessionname": policy.One(in.Name)},
	}, nil
}

// getFederationToken makes a session with those of the user's rights that the
// policies passed leave; without a policy it has none but what resources grant.
//
// Source: STS API reference, GetFederationToken.
func (s *Service) getFederationToken(ctx context.Context, c *gate.Call, in *api.GetFederationTokenInput) (*api.GetFederationTokenOutput, error) {
	session := newSession(c, sessionLife(c, in.DurationSeconds))
	var err error
	session.Tags, _, err = sessionTags(nil, in.Tags, nil)
	if err != nil {
		return nil, err
	}
	subject, err := s.judgeFederationToken(ctx, c, in)
	if err != nil {
		return nil, err
	}
	err = permitPassing(ctx, c, subject, session)
	if err != nil {
		return nil, err
	}
	err = s.restrict(ctx, c.Principal.Account, in.Policy, in.PolicyArns, session)
	if err != nil {
		return nil, err
	}
	size, err := packedSize(session)
	if err != nil {
		return nil, err
	}
	ref := principal.Ref{Kind: principal.Federated, Account: c.Principal.Account, ID: c.Principal.ID, SessionName: in.Name, Session: session}
	credentials, err := s.issue(ref)
	if err != nil {
		return nil, err
	}
	return &api.GetFederationTokenOutput{
		Credentials:      credentials,
		FederatedUser:    &api.FederatedUser{FederatedUserId: ref.Account + ":" + in.Name, Arn: subject.ARN},
		PackedPolicySize: size,
	}, nil
}
