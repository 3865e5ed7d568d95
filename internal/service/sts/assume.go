package sts

import (
	"context"
	"time"
	"unicode/utf8"

	api "daypass/api/sts"
	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/identity"
	"daypass/internal/policy"
	"daypass/internal/principal"
)

const (
	defaultRoleSession = time.Hour
	maxChained         = time.Hour
	maxPolicyARNs      = 10
)

// An assumption is a role session that is requested.
type assumption struct {
	subject gate.Subject
	role    *identity.AssumableRole // nil: there is none, and nobody is let in
	session *principal.Session      // set by the further judgement, which is on it
}

// resolveRole returns the role as the subject, whose trust policy must allow. A role
// that does not exist gets the answer of one that trusts nobody.
func (s *Service) resolveRole(ctx context.Context, c *gate.Call, in *api.AssumeRoleInput) (gate.Subject, *assumption, error) {
	switch c.Principal.Kind {
	case principal.Root:
		return gate.Subject{}, nil, fault.New(fault.AccessDenied, "Roles may not be assumed by root accounts.")
	case principal.Federated:
		return gate.Subject{}, nil, fault.New(fault.AccessDenied, "Cannot call AssumeRole with federation token credentials")
	}
	tags, err := passedTags(in.Tags)
	if err != nil {
		return gate.Subject{}, nil, err
	}
	err = s.mfa(ctx, c, in.SerialNumber, in.TokenCode)
	if err != nil {
		return gate.Subject{}, nil, err
	}
	return s.roleSubject(ctx, in.RoleArn, tags, assumeKeys(c, in))
}

// roleSubject judges on the role with an ARN, for which tags are passed and which
// condition keys describe the session that is asked for.
func (s *Service) roleSubject(ctx context.Context, roleARN string, tags map[string]string, keys policy.Keys) (gate.Subject, *assumption, error) {
	account, err := roleAccount(roleARN)
	if err != nil {
		return gate.Subject{}, nil, err
	}
	subject := gate.Subject{ARN: roleARN, Account: account, Trust: true, RequestTags: tags, Keys: keys}
	role, err := s.Directory.AssumableRole(ctx, roleARN)
	if err != nil || role == nil {
		return subject, &assumption{subject: subject}, err
	}
	subject.Policies = []*policy.Policy{role.Policy}
	subject.Tags = role.Tags
	return subject, &assumption{subject: subject, role: role}, nil
}

// maxRoleARN is the length of the longest ARN of a role, with a path of 512 characters
// and a name of 64.
const maxRoleARN = len("arn:aws:iam::111122223333:role") + 512 + 64

// roleAccount is the account in the ARN of a role.
func roleAccount(roleARN string) (string, error) {
	if len(roleARN) > maxRoleARN {
		return "", fault.New(fault.Validation, "roleArn: %d characters, expected the ARN of a role, of at most %d", len(roleARN), maxRoleARN)
	}
	kind, account, name := arn.Entity(roleARN)
	if kind != identity.Role || name == "" {
		return "", fault.New(fault.Validation, "%s is invalid", roleARN)
	}
	return account, nil
}

// assumeKeys are the condition keys of a role's assumption.
//
// Source: IAM User Guide, "IAM and AWS STS condition context keys".
func assumeKeys(c *gate.Call, in *api.AssumeRoleInput) policy.Keys {
	keys := sessionKeys(in.RoleSessionName, sourceIdentity(c, in), in.TransitiveTagKeys)
	if in.ExternalId != "" {
		keys.Set("sts:externalid", policy.One(in.ExternalId))
	}
	return keys
}

// sessionKeys are the condition keys that describe the requested session.
func sessionKeys(name, sourceIdentity string, transitive []string) policy.Keys {
	keys := policy.Keys{{Name: "sts:rolesessionname", Value: policy.One(name)}}
	if sourceIdentity != "" {
		keys.Set("sts:sourceidentity", policy.One(sourceIdentity))
	}
	if len(transitive) > 0 {
		keys.Set("sts:transitivetagkeys", policy.Many(transitive))
	}
	return keys
}

// sourceIdentity returns the new session's source identity. That of a chained session
// persists.
func sourceIdentity(c *gate.Call, in *api.AssumeRoleInput) string {
	if c.Principal.Session != nil && c.Principal.Session.SourceIdentity != "" {
		return c.Principal.Session.SourceIdentity
	}
	return in.SourceIdentity
}

// judgeSession authorizes the tags and the source identity of the session.
func (s *Service) judgeSession(ctx context.Context, c *gate.Call, in *api.AssumeRoleInput, a *assumption) error {
	life, err := roleLife(c, a.role, in)
	if err != nil {
		return err
	}
	a.session = newSession(c, life)
	a.session.Tags, a.session.TransitiveKeys, err = sessionTags(c.Principal.Session, in.Tags, in.TransitiveTagKeys)
	if err != nil {
		return err
	}
	a.session.SourceIdentity = sourceIdentity(c, in)
	return authorizeTagsAndSourceIdentity(ctx, c, a.subject, a.session)
}

func (s *Service) assumeRole(ctx context.Context, _ *gate.Call, in *api.AssumeRoleInput, a *assumption) (*api.AssumeRoleOutput, error) {
	session, role := a.session, a.role
	if in.SourceIdentity != "" && in.SourceIdentity != session.SourceIdentity {
		return nil, fault.New(fault.AccessDenied, "The source identity of the session is %s and cannot be changed.", session.SourceIdentity)
	}
	if len(in.ProvidedContexts) > 0 {
		return nil, fault.New(fault.Validation, "ProvidedContexts is not supported by this server")
	}
	err := s.setSessionPolicies(ctx, role.Account, in.Policy, in.PolicyArns, session)
	if err != nil {
		return nil, err
	}
	ref := principal.Ref{Kind: principal.Role, Account: role.Account, ID: role.ID, SessionName: in.RoleSessionName, Session: session}
	return s.issueRoleSession(role, ref)
}

// issueRoleSession issues the credentials of a role session.
func (s *Service) issueRoleSession(role *identity.AssumableRole, ref principal.Ref) (*api.AssumeRoleOutput, error) {
	size, err := packedSize(ref.Session)
	if err != nil {
		return nil, err
	}
	credentials, err := s.issue(ref)
	if err != nil {
		return nil, err
	}
	return &api.AssumeRoleOutput{
		Credentials: credentials,
		AssumedRoleUser: &api.AssumedRoleUser{
			AssumedRoleId: ref.ID + ":" + ref.SessionName,
			Arn:           arn.AssumedRole(role.Account, role.Name, ref.SessionName),
		},
		PackedPolicySize: size,
		SourceIdentity:   ref.Session.SourceIdentity,
	}, nil
}

// roleLife returns the duration of the session. One that is too long is refused, not
// shortened.
func roleLife(c *gate.Call, role *identity.AssumableRole, in *api.AssumeRoleInput) (time.Duration, error) {
	if c.Principal.Session != nil && seconds(in.DurationSeconds, defaultRoleSession) > maxChained {
		return 0, fault.New(fault.Validation, "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
	}
	return requestedLife(role, in.DurationSeconds)
}

// requestedLife returns the requested duration if the role allows it.
func requestedLife(role *identity.AssumableRole, given *int64) (time.Duration, error) {
	life := seconds(given, defaultRoleSession)
	if life > role.MaxSession {
		return 0, fault.New(fault.Validation, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	return life, nil
}

// authorizeTagsAndSourceIdentity judges the two further actions that a session with tags or a
// source identity needs, whether they are passed now or inherited.
//
// Source: IAM User Guide, "Pass session tags in AWS STS" and "Monitor and
// control actions taken with assumed roles".
func authorizeTagsAndSourceIdentity(ctx context.Context, c *gate.Call, subject gate.Subject, session *principal.Session) error {
	if len(session.Tags) > 0 {
		err := c.Authorize(ctx, "sts:TagSession", subject)
		if err != nil {
			return err
		}
	}
	if session.SourceIdentity == "" {
		return nil
	}
	return c.Authorize(ctx, "sts:SetSourceIdentity", subject)
}

// setSessionPolicies adds the session policies, which must be valid and exist for the
// account of the session.
func (s *Service) setSessionPolicies(ctx context.Context, account, document string, arns []api.PolicyDescriptorType, session *principal.Session) error {
	if document != "" {
		if utf8.RuneCountInString(document) > policy.MaxInlineSession {
			return lengthFault("policy", policy.MaxInlineSession)
		}
		_, err := policy.Check("", document, policy.Session)
		if err != nil {
			return identity.Malformed(err)
		}
		session.Policies = []string{document}
	}
	if len(arns) > maxPolicyARNs {
		return lengthFault("policyArns", maxPolicyARNs)
	}
	for _, p := range arns {
		err := s.Directory.CheckManaged(ctx, account, p.Arn)
		if fault.Is(err, fault.NotFound) {
			return fault.New(fault.Validation, "PolicyArns: %q is not a managed policy that account %s can use", p.Arn, account)
		}
		if err != nil {
			return err
		}
		session.PolicyARNs = append(session.PolicyARNs, p.Arn)
	}
	return nil
}

// lengthFault words a length that the model does not check, as the service does
// for those that it does.
func lengthFault(member string, limit int) error {
	return fault.New(fault.Validation, "1 validation error detected: Value at '%s' failed to satisfy constraint: Member must have length less than or equal to %d", member, limit)
}
