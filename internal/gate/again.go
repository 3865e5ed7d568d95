package gate

import (
	"context"
	"time"
)

// Again authenticates the caller of a call a second time, as of a later instant. An
// upload that takes long calls it before its commit: meanwhile the credential may
// have expired or been revoked, and the principal's policies may have changed.
// Every later [Call.Authorize] uses the result.
func (g *Gate) Again(ctx context.Context, c *Call, now time.Time) error {
	if c.Principal == nil {
		return nil // an anonymous caller stays anonymous
	}
	c.later = now
	if c.Token != nil {
		return withAdvice(g.checkToken(ctx, c, c.Token, c.Token.Domain, c.Token.Owner), c.Token.Domain, c.Token.Owner)
	}
	ref := c.Principal.Ref
	if ref.Session != nil {
		err := g.checkSession(ctx, c, ref)
		if err != nil {
			return err
		}
		return g.resolve(ctx, c, ref)
	}
	_, _, err := g.Directory.Key(ctx, c.AccessKeyID)
	if err != nil {
		return err
	}
	return g.resolve(ctx, c, ref)
}

// now is the instant at which the call is judged: that of its beginning, or of the
// last [Gate.Again].
func (c *Call) now() time.Time {
	if c.later.IsZero() {
		return c.Now
	}
	return c.later
}
