package daypass

import (
	"context"
	"time"

	api "daypass/api/daypass"
	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/identity"
	"daypass/internal/token"
)

// maxClockAhead is how far a client's clock may be ahead. An instant that is less than
// this in the future means now.
const maxClockAhead = 5 * time.Minute

// onRevoke judges on the token that is shown, which it opens, or on those that
// are named.
func (s *Service) onRevoke(ctx context.Context, c *gate.Call, in *api.RevokeTokenInput) (gate.Subject, *token.Claims, error) {
	named := 0
	for _, given := range []bool{in.Token != "", in.TokenId != "", in.PrincipalArn != "", in.IssuedBefore != nil} {
		if given {
			named++
		}
	}
	if named != 1 {
		return gate.Subject{}, nil, fault.Invalid("expected exactly one of token, tokenId, principalArn and issuedBefore, got %d", named)
	}
	switch {
	case in.Token != "":
		claims, err := s.open(ctx, in.Token)
		if err != nil {
			return gate.Subject{}, nil, err
		}
		return s.subject(c, claims), claims, nil
	case in.TokenId != "":
		return gate.Subject{ARN: arn.Token(s.Region, c.Principal.Account, in.TokenId)}, nil, nil
	}
	return gate.Subject{ARN: arn.Token(s.Region, c.Principal.Account, "*")}, nil, nil
}

// revokeToken records the revocation for the caller's account. It covers tokens that
// were issued to the account's principals or for its domains, and no others.
func (s *Service) revokeToken(ctx context.Context, c *gate.Call, in *api.RevokeTokenInput, shown *token.Claims) (*api.RevokeTokenOutput, error) {
	now := c.Now
	r := identity.Revocation{Account: c.Principal.Account, Until: now}
	out := &api.RevokeTokenOutput{RevokedBefore: &now}
	revoke := s.Directory.RevokeNow
	given := func(ctx context.Context, r identity.Revocation) (time.Time, error) {
		return r.Until, s.Directory.Revoke(ctx, r)
	}
	switch {
	case in.Token != "":
		r.Token, r.Expires, out.TokenId = shown.ID, shown.ExpiresAt, shown.ID
		revoke = given
	case in.TokenId != "":
		r.Token, out.TokenId = in.TokenId, in.TokenId
		revoke = given
	case in.PrincipalArn != "":
		_, id, session, err := s.Directory.ResolvePrincipal(ctx, in.PrincipalArn)
		if err != nil {
			return nil, err
		}
		r.Principal, r.Session, out.PrincipalArn = id, session, in.PrincipalArn
	default:
		if in.IssuedBefore.After(now.Add(maxClockAhead)) {
			return nil, fault.Invalid("issuedBefore: %s is in the future: expected an instant up to %s", in.IssuedBefore.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
		}
		if in.IssuedBefore.Before(now) {
			// Before the instant, and not in its millisecond.
			r.Until = in.IssuedBefore.Add(-time.Millisecond)
			revoke = given
		}
	}
	until, err := revoke(ctx, r)
	if err != nil {
		return nil, err
	}
	out.RevokedBefore = &until
	if in.IssuedBefore != nil && in.IssuedBefore.Before(now) {
		out.RevokedBefore = in.IssuedBefore
	}
	return out, nil
}
