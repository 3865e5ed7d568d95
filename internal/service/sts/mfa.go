package sts

import (
	"context"
	"errors"
	"time"

	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/identity"
	"daypass/internal/principal"
)

// mfa accepts the one-time code of a call, if it has one, and sets [gate.Call.MFAAt].
// It runs before authorization, because policies may ask for MFA. So a code is used up
// even if the call is refused.
//
// Only users have devices: role sessions and the root user cannot present a code.
func (s *Service) mfa(ctx context.Context, c *gate.Call, serial, code string) error {
	switch {
	case serial == "" && code == "":
		return nil
	case serial == "" || code == "":
		return mfaFault(", must provide both MFA serial number and one time pass code.")
	case c.Principal.Kind != principal.User:
		return mfaError(identity.ErrForeignDevice)
	}
	err := s.Directory.UseCode(ctx, c.Principal.Account, c.Principal.ID, serial, code)
	if err != nil {
		return mfaError(err)
	}
	c.MFAAt = c.Now
	return nil
}

func mfaFault(rest string) error {
	return fault.New(fault.AccessDenied, "MultiFactorAuthentication failed%s", rest)
}

// mfaError returns AWS's sentence for a wrong code. It does not reveal whether another
// user's device exists.
func mfaError(err error) error {
	var locked *identity.LockedError
	switch {
	case errors.Is(err, identity.ErrForeignDevice):
		return mfaFault(", unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.")
	case errors.Is(err, identity.ErrWrongCode):
		return mfaFault(" with invalid MFA one time pass code.")
	case errors.As(err, &locked):
		return mfaFault(", too many invalid MFA one time pass codes: try again after " + locked.Until.UTC().Format(time.RFC3339) + ".")
	}
	return err
}
