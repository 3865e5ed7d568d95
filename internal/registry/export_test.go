package registry

import "context"

// Look is one look of [Registry.Watch] at what others changed.
func (g *Registry) Look(ctx context.Context) error { return g.refresh(ctx) }
