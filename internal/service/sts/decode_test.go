package sts_test

import (
	"context"
	"errors"
	"testing"

	api "daypass/api/sts"
	"daypass/internal/fault"
	"daypass/internal/token"
)

// OpenMessage opens what is the name of an account.
func (keeper) OpenMessage(_ context.Context, encoded string) (token.Message, error) {
	switch encoded {
	case "old":
		return token.Message{}, token.ErrUnknownKey
	case "down":
		return token.Message{}, errors.New("the database is away")
	case account, other:
		return token.Message{Account: encoded, Content: `{"allowed":false}`}, nil
	}
	return token.Message{}, token.ErrForged
}

func TestAMessageIsDecodedForItsOwnAccountAlone(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	reader := d.user(account, "reader", `{"Effect":"Allow","Action":"sts:DecodeAuthorizationMessage","Resource":"*"}`)
	decode := func(encoded string) (*api.DecodeAuthorizationMessageOutput, error) {
		return do[api.DecodeAuthorizationMessageOutput](d, reader, "DecodeAuthorizationMessage", &api.DecodeAuthorizationMessageInput{EncodedMessage: encoded})
	}
	out, err := decode(account)
	if err != nil || out.DecodedMessage != `{"allowed":false}` {
		t.Errorf("own: %+v, %v", out, err)
	}
	for _, encoded := range []string{other, "old", "forged"} {
		_, err = decode(encoded)
		refuses(t, err, "InvalidAuthorizationMessageException", "EncodedMessage: not an authorization message that this server issued to a principal of account "+account+" within the last days")
	}
	_, err = decode("down")
	if err == nil || fault.Is(err, fault.InvalidAuthorizationMessage) {
		t.Errorf("without a database: %v", err)
	}
	nobody := d.user(account, "nobody")
	_, err = do[api.DecodeAuthorizationMessageOutput](d, nobody, "DecodeAuthorizationMessage", &api.DecodeAuthorizationMessageInput{EncodedMessage: account})
	if !fault.Is(err, fault.AccessDenied) {
		t.Errorf("without permission: %v", err)
	}
}
