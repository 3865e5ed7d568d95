package sts

import (
	"context"
	"errors"

	api "daypass/api/sts"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/token"
)

// An Opener opens authorization messages.
type Opener interface {
	OpenMessage(ctx context.Context, encoded string) (token.Message, error)
}

func resolveMessage(context.Context, *gate.Call, *api.DecodeAuthorizationMessageInput) (gate.Subject, nothing, error) {
	return gate.Subject{ARN: "*"}, nothing{}, nil
}

// decodeAuthorizationMessage tells why a principal of the caller's account was refused.
// A message of another account gets the same answer as an invalid one.
func (s *Service) decodeAuthorizationMessage(ctx context.Context, c *gate.Call, in *api.DecodeAuthorizationMessageInput, _ nothing) (*api.DecodeAuthorizationMessageOutput, error) {
	m, err := s.Messages.OpenMessage(ctx, in.EncodedMessage)
	if err != nil && !errors.Is(err, token.ErrMalformed) && !errors.Is(err, token.ErrUnknownKey) {
		return nil, err
	}
	if err != nil || m.Account != c.Principal.Account {
		return nil, fault.New(fault.InvalidAuthorizationMessage, "EncodedMessage: not an authorization message that this server issued to a principal of account %s within the last days", c.Principal.Account)
	}
	return &api.DecodeAuthorizationMessageOutput{DecodedMessage: m.Content}, nil
}
