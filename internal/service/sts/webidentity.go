package sts

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	api "daypass/api/sts"
	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/identity"
	"daypass/internal/oidc"
	"daypass/internal/policy"
	"daypass/internal/principal"
)

// A webAssumption is an assumption that a provider's token requests.
type webAssumption struct {
	*assumption
	request *request
}

// resolveWebIdentity authenticates the caller by the token of an identity provider, and
// returns the role as the subject. Only the role's trust policy decides.
//
// Source: STS API reference, AssumeRoleWithWebIdentity; IAM User Guide, "OIDC
// federation".
func (s *Service) resolveWebIdentity(ctx context.Context, c *gate.Call, in *api.AssumeRoleWithWebIdentityInput) (gate.Subject, webAssumption, error) {
	if in.ProviderId != "" {
		return gate.Subject{}, webAssumption{}, fault.New(fault.Validation, "ProviderId: %q is not supported: OAuth 2.0 access tokens are not accepted, only OpenID Connect tokens", in.ProviderId)
	}
	account, err := roleAccount(in.RoleArn)
	if err != nil {
		return gate.Subject{}, webAssumption{}, err
	}
	c.WebIdentity, err = s.verifyWebIdentity(ctx, c, account, in)
	if err != nil {
		return gate.Subject{}, webAssumption{}, err
	}
	asked, err := parseRequest(c.WebIdentity.Claims)
	if err != nil {
		return gate.Subject{}, webAssumption{}, err
	}
	tags, err := passedTags(asked.tags)
	if err != nil {
		return gate.Subject{}, webAssumption{}, err
	}
	subject, a, err := s.roleSubject(ctx, in.RoleArn, tags, webIdentityKeys(c.WebIdentity, in.RoleSessionName, asked))
	return subject, webAssumption{a, asked}, err
}

// webIdentityKeys are the condition keys of what a provider's token asks for.
func webIdentityKeys(v *gate.WebIdentity, sessionName string, asked *request) policy.Keys {
	keys := sessionKeys(sessionName, asked.sourceIdentity, asked.transitive)
	_, byProvider := v.Claims[rolesClaim] // the role is one of them, or there were no voucher
	keys.Set("sts:roleauthorizedbyidp", policy.One(strconv.FormatBool(byProvider)))
	for key, values := range lastingKeys(v) {
		keys.Set(key, one(key, values))
	}
	for key, value := range trustKeys(v) {
		keys.Set(key, policy.One(value))
	}
	return keys
}

// one is the value of a condition key from a claim; of those only amr has
// several.
func one(key string, values []string) policy.Value {
	if strings.HasSuffix(key, ":amr") {
		return policy.Many(values)
	}
	return policy.One(values[0])
}

// verifyWebIdentity verifies a token for an account. The checks and their order are
// those of AWS's documentation. No error contains the token.
func (s *Service) verifyWebIdentity(ctx context.Context, c *gate.Call, account string, in *api.AssumeRoleWithWebIdentityInput) (*gate.WebIdentity, error) {
	token, err := oidc.Parse(in.WebIdentityToken)
	if err != nil {
		return nil, tokenFault(err)
	}
	provider, err := s.Directory.ProviderOf(ctx, account, token.Issuer())
	if err != nil {
		return nil, err
	}
	if provider == nil {
		return nil, fault.New(fault.InvalidIdentityToken, "No OpenIDConnect provider found in your account for %s", shown(token.Issuer()))
	}
	claims, err := s.Issuers.Verify(ctx, token, token.Issuer(), provider.Thumbprints)
	if err == nil {
		err = claims.Check(c.Now)
	}
	if err != nil {
		return nil, tokenFault(err)
	}
	subject, _ := claims.Text("sub")
	if len(subject) > maxClaim {
		return nil, fault.New(fault.InvalidIdentityToken, "The claim sub is longer than %d characters", maxClaim)
	}
	if !slices.ContainsFunc(audiences(claims), func(a string) bool { return slices.Contains(provider.ClientIDs, a) }) {
		return nil, fault.New(fault.InvalidIdentityToken, "Incorrect token audience")
	}
	if !authorizes(claims, in.RoleArn) {
		return nil, fault.New(fault.InvalidIdentityToken, "The identity provider does not authorize the role in the claim %s", rolesClaim)
	}
	preferKnown(claims, provider)
	return &gate.WebIdentity{Provider: identity.ProviderARN(provider), Subject: subject, Audience: audiences(claims)[0], Claims: claims}, nil
}

// shown is an issuer as a message may name it.
func shown(issuer string) string {
	if len(issuer) > maxClaim || issuer != "" && !arn.IsWord(issuer) {
		return "the issuer of the token"
	}
	return issuer
}

// tokenFault returns the fault of a wrong token, with AWS's sentence where it is known.
// The cause goes to the log if only an operator can act on it.
func tokenFault(err error) error {
	var wrong *oidc.Error
	if !errors.As(err, &wrong) {
		return err
	}
	kind, text, cause := fault.InvalidIdentityToken, wrong.Detail, err
	switch wrong.Reason {
	case oidc.Malformed:
		text, cause = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)", nil
	case oidc.Incomplete:
		cause = nil
	case oidc.Expired:
		kind, cause = fault.ExpiredIdentityToken, nil
	case oidc.Forged:
		text, cause = "The signature of the token could not be verified with the key of its issuer", nil
	case oidc.NoKey:
		text = "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements"
	case oidc.Certificate:
		text = "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"
	case oidc.Unreachable:
		kind, text = fault.ProviderUnreachable, "Couldn't reach your identity provider to verify the token, please retry"
	}
	return &fault.Error{Kind: kind, Message: text, Cause: cause}
}

// judgeWebSession asks for the tags and the source identity that the session
// will carry.
func (s *Service) judgeWebSession(ctx context.Context, c *gate.Call, in *api.AssumeRoleWithWebIdentityInput, a webAssumption) error {
	life, err := requestedLife(a.role, in.DurationSeconds)
	if err != nil {
		return err
	}
	session := newSession(c, life)
	a.session = session
	session.Tags, session.TransitiveKeys, err = sessionTags(nil, a.request.tags, a.request.transitive)
	if err != nil {
		return err
	}
	session.SourceIdentity = a.request.sourceIdentity
	session.Provider, session.Context = c.WebIdentity.Provider, lastingKeys(c.WebIdentity)
	return authorizeTagsAndSourceIdentity(ctx, c, a.subject, session)
}

func (s *Service) assumeRoleWithWebIdentity(ctx context.Context, c *gate.Call, in *api.AssumeRoleWithWebIdentityInput, a webAssumption) (*api.AssumeRoleWithWebIdentityOutput, error) {
	session, role := a.session, a.role
	err := s.setSessionPolicies(ctx, role.Account, in.Policy, in.PolicyArns, session)
	if err != nil {
		return nil, err
	}
	ref := principal.Ref{Kind: principal.Role, Account: role.Account, ID: role.ID, SessionName: in.RoleSessionName, Session: session}
	out, err := s.issueRoleSession(role, ref)
	if err != nil {
		return nil, err
	}
	issuer, _ := oidc.Claims(c.WebIdentity.Claims).Text("iss")
	return &api.AssumeRoleWithWebIdentityOutput{
		Credentials: out.Credentials, AssumedRoleUser: out.AssumedRoleUser, PackedPolicySize: out.PackedPolicySize, SourceIdentity: out.SourceIdentity,
		SubjectFromWebIdentityToken: c.WebIdentity.Subject, Provider: issuer, Audience: c.WebIdentity.Audience,
	}, nil
}

// hostPath is what a provider's condition keys begin with: its URL without the
// scheme, in lower case, as keys are looked up.
func hostPath(v *gate.WebIdentity) string {
	a, err := arn.Parse(v.Provider)
	if err != nil {
		return "" // it was made by [identity.ProviderARN]
	}
	return strings.ToLower(a.Name()) + ":"
}
