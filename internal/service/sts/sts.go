// Package sts owns the operations of the STS API: temporary credentials and
// what goes into them. A session is sealed into its own token and stored
// nowhere; what it may do is judged when it is used. The package must never
// know SQL, the wire, or how sessions are sealed.
package sts

import (
	"context"
	"crypto/rand"
	"io"
	"time"

	api "daypass/api/sts"
	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/identity"
	"daypass/internal/oidc"
	"daypass/internal/principal"
	"daypass/internal/token"
)

// A Sealer makes session tokens.
type Sealer interface {
	SealSession(*token.SessionKey) (string, error)
}

// A Service implements the operations.
type Service struct {
	Directory *identity.Directory
	Sealer    Sealer
	Issuers   *oidc.Issuers
	Messages  Opener
	Rand      io.Reader // of ids and secrets; nil means crypto/rand
}

// Operations returns the service's table. What needs no permission is open
// even to a caller under an explicit deny.
//
// Source: STS API reference, GetCallerIdentity; IAM User Guide, "Permissions
// for GetSessionToken".
func (s *Service) Operations() []gate.Operation {
	return []gate.Operation{
		gate.Op("AssumeRole", s.resolveRole, s.judgeSession, s.assumeRole),
		gate.Op("AssumeRoleWithWebIdentity", s.resolveWebIdentity, s.judgeWebSession, s.assumeRoleWithWebIdentity),
		gate.OpenOp("GetSessionToken", s.getSessionToken),
		gate.Op("GetFederationToken", s.resolveFederatedUser, s.judgeFederatedSession, s.getFederationToken),
		gate.OpenOp("GetCallerIdentity", s.getCallerIdentity),
		gate.Op("GetAccessKeyInfo", resolveKeyInfo, nil, s.getAccessKeyInfo),
		gate.Op("DecodeAuthorizationMessage", resolveMessage, nil, s.decodeAuthorizationMessage),
	}
}

func (s *Service) getCallerIdentity(_ context.Context, c *gate.Call, _ *api.GetCallerIdentityInput) (*api.GetCallerIdentityOutput, error) {
	return &api.GetCallerIdentityOutput{UserId: c.Principal.UserID(), Account: c.Principal.Account, Arn: c.Principal.ARN()}, nil
}

// nothing is the Found of an operation that looks nothing up.
type nothing struct{}

func resolveKeyInfo(_ context.Context, c *gate.Call, _ *api.GetAccessKeyInfoInput) (gate.Subject, nothing, error) {
	// Source: IAM User Guide, "Compare AWS STS credentials".
	if c.Principal.Session != nil && c.Principal.Kind != principal.Role {
		return gate.Subject{}, nothing{}, fault.New(fault.AccessDenied, "Cannot call GetAccessKeyInfo with session credentials")
	}
	return gate.Subject{ARN: "*"}, nothing{}, nil
}

// getAccessKeyInfo knows long-term keys alone: sessions are not stored, and
// their ids hold no account number.
func (s *Service) getAccessKeyInfo(ctx context.Context, _ *gate.Call, in *api.GetAccessKeyInfoInput, _ nothing) (*api.GetAccessKeyInfoOutput, error) {
	account, err := s.Directory.KeyAccount(ctx, in.AccessKeyId)
	if fault.Is(err, fault.NotFound) {
		return nil, fault.New(fault.Validation, "AccessKeyId: %s is not a long-term access key of this server", in.AccessKeyId)
	}
	if err != nil {
		return nil, err
	}
	return &api.GetAccessKeyInfoOutput{Account: account}, nil
}

const (
	defaultSessionToken = 12 * time.Hour
	maxRootSession      = time.Hour
)

// getSessionToken makes a session with the rights of its user.
func (s *Service) getSessionToken(ctx context.Context, c *gate.Call, in *api.GetSessionTokenInput) (*api.GetSessionTokenOutput, error) {
	if c.Principal.Session != nil {
		return nil, fault.New(fault.AccessDenied, "Cannot call GetSessionToken with session credentials")
	}
	err := s.mfa(ctx, c, in.SerialNumber, in.TokenCode)
	if err != nil {
		return nil, err
	}
	ref := c.Principal.Ref
	ref.Session = newSession(c, sessionLife(c, in.DurationSeconds))
	credentials, err := s.issue(ref)
	if err != nil {
		return nil, err
	}
	return &api.GetSessionTokenOutput{Credentials: credentials}, nil
}

// sessionLife returns the duration of a session of the caller's own. For root it is
// shortened to the limit, not refused, as the API reference says.
func sessionLife(c *gate.Call, given *int64) time.Duration {
	life := seconds(given, defaultSessionToken)
	if c.Principal.Kind == principal.Root {
		life = min(life, maxRootSession)
	}
	return life
}

func seconds(given *int64, otherwise time.Duration) time.Duration {
	if given == nil {
		return otherwise
	}
	return time.Duration(*given) * time.Second
}

// newSession begins a session, which knows whether a one-time code was shown for
// it. Its end is a whole second, because clients that
// read the time without a fraction would otherwise see another one; a session
// is never longer than was asked for.
func newSession(c *gate.Call, life time.Duration) *principal.Session {
	now := c.Now.UTC()
	session := &principal.Session{IssuedAt: now.Truncate(time.Millisecond), ExpiresAt: now.Add(life).Truncate(time.Second)}
	if !c.MFAAt.IsZero() {
		session.MFAAt = session.IssuedAt
	}
	return session
}

// issue makes credentials for a session.
func (s *Service) issue(ref principal.Ref) (*api.Credentials, error) {
	random := s.Rand
	if random == nil {
		random = rand.Reader
	}
	id, err := token.NewID(arn.SessionKeyID, random)
	if err != nil {
		return nil, err
	}
	secret, err := token.NewSecret(random)
	if err != nil {
		return nil, err
	}
	sealed, err := s.Sealer.SealSession(&token.SessionKey{AccessKeyID: id, Secret: secret, Principal: ref})
	if err != nil {
		return nil, err
	}
	return &api.Credentials{AccessKeyId: id, SecretAccessKey: secret, SessionToken: sealed, Expiration: &ref.Session.ExpiresAt}, nil
}
