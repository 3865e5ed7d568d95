// Package daypass owns Daypass's own API: accounts, revocation, the keys that seal
// tokens, and explanations of decisions. AWS has no operations for these. Its requests
// are signed and authorized like those of the other APIs. It knows nothing of SQL or
// of the wire.
package daypass

import (
	"context"
	"errors"
	"time"

	api "daypass/api/daypass"
	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/identity"
	"daypass/internal/token"
)

// A Keyring opens tokens and rotates what seals them.
type Keyring interface {
	Open(ctx context.Context, authorizationToken string) (*token.Claims, error)
	Rotate(ctx context.Context) (token.KeyInfo, error)
	Keys() []token.KeyInfo
}

// A Service implements the operations.
type Service struct {
	Directory *identity.Directory
	Keyring   Keyring
	Registry  Registry
	// Account is the one that the first start made. Only its principals may
	// make accounts and rotate keys: both concern every account.
	Account string
	Region  string
}

// Operations returns the service's table.
func (s *Service) Operations() []gate.Operation {
	return []gate.Operation{
		gate.Op("CreateAccount", s.onCreateAccount, nil, s.createAccount),
		gate.Op("ListAccounts", s.onListAccounts, nil, s.listAccounts),
		gate.Op("DescribeToken", s.onDescribe, nil, s.describeToken),
		gate.Op("RevokeToken", s.onRevoke, nil, s.revokeToken),
		gate.Op("RotateKeys", s.onRotate, nil, s.rotateKeys),
		gate.Op("ListKeys", s.onListKeys, nil, s.listKeys),
		gate.Op("ExplainDecision", s.onExplain, nil, s.explainDecision),
	}
}

// nothing is the Found of an operation that looks nothing up.
type nothing struct{}

// instance returns the subject of an operation that concerns every account. It belongs
// to the first account.
func (s *Service) instance(resource string) gate.Subject {
	name := arn.ARN{Partition: arn.Partition, Service: "daypass", Region: s.Region, Account: s.Account, Resource: resource}
	return gate.Subject{ARN: name.String(), Account: s.Account}
}

func (s *Service) onCreateAccount(_ context.Context, _ *gate.Call, in *api.CreateAccountInput) (gate.Subject, nothing, error) {
	if in.AccountId == "" {
		return s.instance("account/*"), nothing{}, nil
	}
	return s.instance("account/" + in.AccountId), nothing{}, nil
}

func (s *Service) createAccount(ctx context.Context, _ *gate.Call, in *api.CreateAccountInput, _ nothing) (*api.CreateAccountOutput, error) {
	account, key, err := s.Directory.CreateAccount(ctx, in.AccountId, in.Name)
	if err != nil {
		return nil, err
	}
	return &api.CreateAccountOutput{
		Account:         shownAccount(account),
		AccessKeyId:     key.AccessKeyID,
		SecretAccessKey: key.SecretAccessKey,
	}, nil
}

func shownAccount(a *identity.Account) *api.Account {
	return &api.Account{AccountId: a.ID, Name: a.Name, CreatedTime: &a.Created}
}

func (s *Service) onListAccounts(context.Context, *gate.Call, *api.ListAccountsInput) (gate.Subject, nothing, error) {
	return s.instance("account/*"), nothing{}, nil
}

const defaultPage = 100

func (s *Service) listAccounts(ctx context.Context, _ *gate.Call, in *api.ListAccountsInput, _ nothing) (*api.ListAccountsOutput, error) {
	limit := defaultPage
	if in.MaxResults != nil {
		limit = int(*in.MaxResults)
	}
	// The token is the last account shown: account numbers are no secret to
	// whoever may list them.
	accounts, more, err := s.Directory.Accounts(ctx, in.NextToken, limit)
	if err != nil {
		return nil, err
	}
	out := &api.ListAccountsOutput{Accounts: []api.Account{}}
	for _, account := range accounts {
		out.Accounts = append(out.Accounts, *shownAccount(account))
	}
	if more {
		out.NextToken = accounts[len(accounts)-1].ID
	}
	return out, nil
}

func (s *Service) onRotate(context.Context, *gate.Call, *api.RotateKeysInput) (gate.Subject, nothing, error) {
	return s.instance("key/*"), nothing{}, nil
}

func (s *Service) rotateKeys(ctx context.Context, _ *gate.Call, _ *api.RotateKeysInput, _ nothing) (*api.RotateKeysOutput, error) {
	key, err := s.Keyring.Rotate(ctx)
	if err != nil {
		return nil, err
	}
	return &api.RotateKeysOutput{KeyId: key.ID}, nil
}

func (s *Service) onListKeys(context.Context, *gate.Call, *api.ListKeysInput) (gate.Subject, nothing, error) {
	return s.instance("key/*"), nothing{}, nil
}

func (s *Service) listKeys(context.Context, *gate.Call, *api.ListKeysInput, nothing) (*api.ListKeysOutput, error) {
	out := &api.ListKeysOutput{Keys: []api.Key{}}
	for _, key := range s.Keyring.Keys() {
		status := "Primary"
		if !key.RetiredAt.IsZero() {
			status = "Retired"
		}
		out.Keys = append(out.Keys, api.Key{KeyId: key.ID, CreatedTime: &key.CreatedAt, Status: status})
	}
	return out, nil
}

// open reads a token that a caller shows. Expired ones are read too.
func (s *Service) open(ctx context.Context, shown string) (*token.Claims, error) {
	claims, err := s.Keyring.Open(ctx, shown)
	switch {
	case errors.Is(err, token.ErrMalformed):
		return nil, fault.Invalid("token: not an authorization token of Daypass, or damaged: expected %s and what follows, unchanged", token.Prefix)
	case errors.Is(err, token.ErrUnknownKey):
		return nil, fault.Invalid("token: not issued by this server, or so long ago that its key is gone")
	}
	return claims, err
}

// subject returns a token as a subject. A token belongs to two accounts: its
// principal's and the domain owner's. If one of them is the caller's, that one is used.
func (s *Service) subject(c *gate.Call, claims *token.Claims) gate.Subject {
	account := claims.Owner
	if c.Principal.Account == claims.Principal.Account {
		account = claims.Principal.Account
	}
	return gate.Subject{ARN: arn.Token(s.Region, account, claims.ID), Account: account}
}

func (s *Service) onDescribe(ctx context.Context, c *gate.Call, in *api.DescribeTokenInput) (gate.Subject, *token.Claims, error) {
	claims, err := s.open(ctx, in.Token)
	if err != nil {
		return gate.Subject{}, nil, err
	}
	return s.subject(c, claims), claims, nil
}

func (s *Service) describeToken(ctx context.Context, c *gate.Call, _ *api.DescribeTokenInput, claims *token.Claims) (*api.DescribeTokenOutput, error) {
	status, err := s.status(ctx, c.Now, claims)
	if err != nil {
		return nil, err
	}
	out := &api.DescribeTokenOutput{
		TokenId: claims.ID, Domain: claims.Domain, DomainOwner: claims.Owner,
		IssuedTime: &claims.IssuedAt, Expiration: &claims.ExpiresAt, Status: status,
	}
	who, _, err := s.Directory.Principal(ctx, claims.Principal)
	switch {
	case fault.Is(err, fault.NotFound):
		out.UserId = claims.Principal.ID // all that is left of a deleted principal
	case err != nil:
		return nil, err
	default:
		out.PrincipalArn, out.UserId = who.ARN(), who.UserID()
	}
	return out, nil
}

func (s *Service) status(ctx context.Context, now time.Time, claims *token.Claims) (string, error) {
	revoked, err := s.Directory.Revoked(ctx, claims.ID, claims.Principal, claims.Owner, claims.IssuedAt)
	switch {
	case err != nil:
		return "", err
	case revoked:
		return "Revoked", nil
	case !now.Before(claims.ExpiresAt):
		return "Expired", nil
	}
	return "Active", nil
}
