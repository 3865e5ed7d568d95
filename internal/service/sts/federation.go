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
	subject := gate.Subject{
		ARN: arn.FederatedUser(c.Principal.Account, in.Name), RequestTags: tags,
		Keys: policy.Keys{{Name: "sts:rolesessionname", Value: policy.One(in.Name)}},
	}
	return subject, &assumption{subject: subject}, nil
}

// judgeFederatedSession authorizes the tags of the session.
func (s *Service) judgeFederatedSession(ctx context.Context, c *gate.Call, in *api.GetFederationTokenInput, a *assumption) error {
	a.session = newSession(c, sessionLife(c, in.DurationSeconds))
	var err error
	a.session.Tags, _, err = sessionTags(nil, in.Tags, nil)
	if err != nil {
		return err
	}
	return authorizeTagsAndSourceIdentity(ctx, c, a.subject, a.session)
}

// getFederationToken makes a session with those permissions of the user that the
// session policies allow. Without a session policy it has only what resource-based
// policies grant.
//
// Source: STS API reference, GetFederationToken.
func (s *Service) getFederationToken(ctx context.Context, c *gate.Call, in *api.GetFederationTokenInput, a *assumption) (*api.GetFederationTokenOutput, error) {
	session := a.session
	err := s.setSessionPolicies(ctx, c.Principal.Account, in.Policy, in.PolicyArns, session)
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
		FederatedUser:    &api.FederatedUser{FederatedUserId: ref.Account + ":" + in.Name, Arn: a.subject.ARN},
		PackedPolicySize: size,
	}, nil
}
