package gate

import (
	"context"
	"time"
)

// Again establishes the caller of a call once more, as of a later instant. A
// call that takes long to arrive asks before what it changes is committed: its
// credential may have expired or been revoked meanwhile, and the principal's
// policies be others. Every [Call.Authorize] after it goes by what it found.
func (g *Gate) Again(ctx context.Context, c *Call, now time.Time) error {
	if c.Principal == nil {
		return nil // nobody, who stays nobody
	}
	c.later = now
	if c.Token != nil {
		return advised(g.admit(ctx, c, c.Token, c.Token.Domain, c.Token.Owner), c.Token.Domain, c.Token.Owner)
	}
	ref := c.Principal.Ref
	if ref.Session != nil {
		err := g.current(ctx, c, ref)
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

// now is the instant that the call is judged at: fixed when it began, and once
// more if it is judged again.
func (c *Call) now() time.Time {
	if c.later.IsZero() {
		return c.Now
	}
	return c.later
}
