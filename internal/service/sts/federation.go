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

// resolveFederatedUser judges on the federated user that the session will be.
//
// Source: Service Authorization Reference, AWS Security Token Service.
func (s *Service) resolveFederatedUser(_ context.Context, c *gate.Call, in *api.GetFederationTokenInput) (gate.Subject, *assumption, error) {
	if c.Principal.Session != nil {
		return gate.Subject{}, nil, fault.New(fault.AccessDenied, "Cannot call GetFederationToken with session credentials")
	}
	tags, err := passedTags(in.Tags)
	if err != nil {
		return gate.Subject{}, nil, err
	}
	on := gate.Subject{
		ARN: arn.FederatedUser(c.Principal.Account, in.Name), RequestTags: tags,
		Keys: map[string]policy.Value{"sts:rolesessionname": policy.One(in.Name)},
	}
	return on, &assumption{on: on}, nil
}

// judgeFederatedSession asks for the tags that the session will carry.
func (s *Service) judgeFederatedSession(ctx context.Context, c *gate.Call, in *api.GetFederationTokenInput, a *assumption) error {
	a.session = newSession(c, sessionLife(c, in.DurationSeconds))
	var err error
	a.session.Tags, _, err = sessionTags(nil, in.Tags, nil)
	if err != nil {
		return err
	}
	return permitPassing(ctx, c, a.on, a.session)
}

// getFederationToken makes a session with those of the user's rights that the
// policies passed leave; without a policy it has none but what resources grant.
//
// Source: STS API reference, GetFederationToken.
func (s *Service) getFederationToken(ctx context.Context, c *gate.Call, in *api.GetFederationTokenInput, a *assumption) (*api.GetFederationTokenOutput, error) {
	session := a.session
	err := s.restrict(ctx, c.Principal.Account, in.Policy, in.PolicyArns, session)
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
		FederatedUser:    &api.FederatedUser{FederatedUserId: ref.Account + ":" + in.Name, Arn: a.on.ARN},
		PackedPolicySize: size,
	}, nil
}
