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

// An assumption is a session of a role on its way.
type assumption struct {
	on      gate.Subject
	role    *identity.AssumableRole // nil: there is none, and nobody is let in
	session *principal.Session      // set by the further judgement, which is on it
}

// resolveRole judges on the role, whose trust policy must itself allow. A
// role that does not exist is judged like one that trusts nobody, so that the
// answer does not tell which it was.
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
	return s.assumable(ctx, in.RoleArn, tags, assumeKeys(c, in))
}

// assumable judges on the role with an ARN, for which tags are passed and which
// condition keys describe the session that is asked for.
func (s *Service) assumable(ctx context.Context, roleARN string, tags map[string]string, keys map[string]policy.Value) (gate.Subject, *assumption, error) {
	account, err := roleAccount(roleARN)
	if err != nil {
		return gate.Subject{}, nil, err
	}
	subject := gate.Subject{ARN: roleARN, Account: account, Trust: true, RequestTags: tags, Keys: keys}
	role, err := s.Directory.AssumableRole(ctx, roleARN)
	if err != nil || role == nil {
		return subject, &assumption{on: subject}, err
	}
	subject.Policies = []*policy.Policy{role.Policy}
	subject.Tags = role.Tags
	return subject, &assumption{on: subject, role: role}, nil
}

// maxRoleARN is the length of the longest that a role can have, with a path of
// 512 characters and a name of 64. What is longer would only cost its judgement.
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
func assumeKeys(c *gate.Call, in *api.AssumeRoleInput) map[string]policy.Value {
	keys := sessionKeys(in.RoleSessionName, sourceIdentity(c, in), in.TransitiveTagKeys)
	if in.ExternalId != "" {
		keys["sts:externalid"] = policy.One(in.ExternalId)
	}
	return keys
}

// sessionKeys are those that describe the session that is asked for, whoever
// asks.
func sessionKeys(name, sourceIdentity string, transitive []string) map[string]policy.Value {
	keys := map[string]policy.Value{"sts:rolesessionname": policy.One(name)}
	if sourceIdentity != "" {
		keys["sts:sourceidentity"] = policy.One(sourceIdentity)
	}
	if len(transitive) > 0 {
		keys["sts:transitivetagkeys"] = policy.Many(transitive)
	}
	return keys
}

// sourceIdentity is what the new session will carry: it persists through
// chaining and cannot change.
func sourceIdentity(c *gate.Call, in *api.AssumeRoleInput) string {
	if c.Principal.Session != nil && c.Principal.Session.SourceIdentity != "" {
		return c.Principal.Session.SourceIdentity
	}
	return in.SourceIdentity
}

// judgeSession asks for the tags and the source identity that the session will
// carry.
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
	return permitPassing(ctx, c, a.on, a.session)
}

func (s *Service) assumeRole(ctx context.Context, _ *gate.Call, in *api.AssumeRoleInput, a *assumption) (*api.AssumeRoleOutput, error) {
	session, role := a.session, a.role
	if in.SourceIdentity != "" && in.SourceIdentity != session.SourceIdentity {
		return nil, fault.New(fault.AccessDenied, "The source identity of the session is %s and cannot be changed.", session.SourceIdentity)
	}
	if len(in.ProvidedContexts) > 0 {
		return nil, fault.New(fault.Validation, "ProvidedContexts is not supported by this server")
	}
	err := s.restrict(ctx, role.Account, in.Policy, in.PolicyArns, session)
	if err != nil {
		return nil, err
	}
	ref := principal.Ref{Kind: principal.Role, Account: role.Account, ID: role.ID, SessionName: in.RoleSessionName, Session: session}
	return s.assumed(role, ref)
}

// assumed issues the credentials of a role session.
func (s *Service) assumed(role *identity.AssumableRole, ref principal.Ref) (*api.AssumeRoleOutput, error) {
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

// roleLife is how long the session lives. More than is allowed is refused, not
// cut.
func roleLife(c *gate.Call, role *identity.AssumableRole, in *api.AssumeRoleInput) (time.Duration, error) {
	if c.Principal.Session != nil && seconds(in.DurationSeconds, defaultRoleSession) > maxChained {
		return 0, fault.New(fault.Validation, "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
	}
	return longest(role, in.DurationSeconds)
}

// longest is the life that is asked for, if the role allows it.
func longest(role *identity.AssumableRole, given *int64) (time.Duration, error) {
	life := seconds(given, defaultRoleSession)
	if life > role.MaxSession {
		return 0, fault.New(fault.Validation, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	return life, nil
}

// permitPassing judges the two further actions that a session with tags or a
// source identity needs, whether they are passed now or inherited.
//
// Source: IAM User Guide, "Pass session tags in AWS STS" and "Monitor and
// control actions taken with assumed roles".
func permitPassing(ctx context.Context, c *gate.Call, subject gate.Subject, session *principal.Session) error {
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

// restrict adds the session policies, which must be valid and exist for the
// account of the session.
func (s *Service) restrict(ctx context.Context, account, document string, arns []api.PolicyDescriptorType, session *principal.Session) error {
	if document != "" {
		if utf8.RuneCountInString(document) > policy.MaxInlineSession {
			return constraint("policy", policy.MaxInlineSession)
		}
		_, err := policy.Check("", document, policy.Session)
		if err != nil {
			return identity.Malformed(err)
		}
		session.Policies = []string{document}
	}
	if len(arns) > maxPolicyARNs {
		return constraint("policyArns", maxPolicyARNs)
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

// constraint words a length that the model does not check, as the service does
// for those that it does.
func constraint(member string, limit int) error {
	return fault.New(fault.Validation, "1 validation error detected: Value at '%s' failed to satisfy constraint: Member must have length less than or equal to %d", member, limit)
}
