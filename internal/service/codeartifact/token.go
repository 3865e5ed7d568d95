package codeartifact

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"math"
	"strconv"
	"time"

	api "daypass/api/codeartifact"
	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/policy"
	"daypass/internal/principal"
	"daypass/internal/registry"
	"daypass/internal/token"
)

// The lifetime of a token, in seconds.
//
// Source: CodeArtifact User Guide, "AWS CodeArtifact authentication and
// tokens".
const (
	minDuration     = 900
	maxDuration     = 43200
	defaultDuration = 43200
)

const getToken = "codeartifact:GetAuthorizationToken"

// A grant is a token to issue.
type grant struct {
	domain *registry.Domain
	life   life
}

// resolveToken authorizes the first of the two permissions that a token needs. An
// account's root user gets no token.
func (s *Service) resolveToken(ctx context.Context, c *gate.Call, in *api.GetAuthorizationTokenInput) (gate.Subject, grant, error) {
	d, err := s.domain(ctx, c, in.Domain, in.DomainOwner)
	if err != nil {
		return gate.Subject{}, grant{}, err
	}
	if c.Principal.Kind == principal.Root {
		return gate.Subject{}, grant{}, c.Refuse(getToken, d.ARN, "User: %s is not authorized to perform: %s on resource: %s because the root user of an account cannot get authorization tokens: use an IAM user or a role", c.Principal.ARN(), getToken, d.ARN)
	}
	asked, err := lifeOf(c, in.DurationSeconds)
	if err != nil {
		return gate.Subject{}, grant{}, err
	}
	return d.Subject(), grant{d, asked}, nil
}

// A life is the lifetime of a token.
type life struct {
	seconds int64 // the value of sts:DurationSeconds in policies
	ends    time.Time
}

// lifeOf returns the lifetime that the caller requests. 0 means until the
// caller's session ends, and at most maxDuration. Without a session it means
// defaultDuration.
//
// A policy that bounds sts:DurationSeconds must not be evaded with 0. Policies
// therefore see 0 for a role's session alone. Otherwise they see the actual
// lifetime: long-term keys have no session, and users can start a session of up
// to 36 hours without a permission.
func lifeOf(c *gate.Call, asked *int64) (life, error) {
	seconds := int64(defaultDuration)
	if asked != nil {
		seconds = *asked
	}
	session := c.Principal.Session
	switch {
	case seconds == 0 && session != nil:
		l := life{ends: c.Now.Add(maxDuration * time.Second)}
		if session.ExpiresAt.Before(l.ends) {
			l.ends = session.ExpiresAt
		}
		if c.Principal.Kind != principal.Role {
			l.seconds = int64(math.Ceil(l.ends.Sub(c.Now).Seconds()))
		}
		return l, nil
	case seconds == 0:
		seconds = defaultDuration
	case seconds < minDuration || seconds > maxDuration:
		return life{}, fault.Invalid("durationSeconds: %d is out of range: expected 0, or %d to %d", seconds, minDuration, maxDuration)
	}
	return life{seconds, c.Now.Add(time.Duration(seconds) * time.Second)}, nil
}

// judgeBearer authorizes the second permission: to request a bearer token on the
// caller's behalf. Only the caller's own policies can grant it.
//
// Source: CodeArtifact User Guide, "AWS CodeArtifact authentication and
// tokens"; Service Authorization Reference, AWS STS: GetServiceBearerToken.
func (s *Service) judgeBearer(ctx context.Context, c *gate.Call, _ *api.GetAuthorizationTokenInput, g grant) error {
	return c.Authorize(ctx, "sts:GetServiceBearerToken", gate.Subject{ARN: "*", Keys: policy.Keys{
		{Name: "sts:awsservicename", Value: policy.One("codeartifact.amazonaws.com")},
		{Name: "sts:durationseconds", Value: policy.One(strconv.FormatInt(g.life.seconds, 10))},
	}})
}

func (s *Service) getAuthorizationToken(_ context.Context, c *gate.Call, _ *api.GetAuthorizationTokenInput, g grant) (*api.GetAuthorizationTokenOutput, error) {
	err := g.domain.Check()
	if err != nil {
		return nil, err
	}
	return s.issue(c, g.domain, g.life.ends)
}

func (s *Service) issue(c *gate.Call, d *registry.Domain, expires time.Time) (*api.GetAuthorizationTokenOutput, error) {
	id, err := token.NewID(arn.TokenID, s.random())
	if err != nil {
		return nil, err
	}
	claims := &token.Claims{
		ID:        id,
		Domain:    d.Name,
		Owner:     d.Owner,
		Mark:      token.MarkDomain(d.ID),
		IssuedAt:  c.Now.UTC().Truncate(time.Millisecond),
		ExpiresAt: expires.UTC().Truncate(time.Millisecond),
		Principal: c.Principal.Ref,
	}
	sealed, err := s.Keyring.Seal(claims)
	if errors.Is(err, token.ErrTooLong) {
		return nil, fault.Invalid("The policies and tags of the caller's session are too large for a token: use a session with smaller ones")
	}
	if err != nil {
		return nil, err
	}
	c.Issued = id
	return &api.GetAuthorizationTokenOutput{AuthorizationToken: sealed, Expiration: &claims.ExpiresAt}, nil
}

func (s *Service) random() io.Reader {
	if s.Rand == nil {
		return rand.Reader
	}
	return s.Rand
}
