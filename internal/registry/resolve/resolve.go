// Package resolve owns the order in which repositories are searched for packages: a
// repository, then its upstreams. It must never know how a repository stores its
// packages.
//
// A chain has one member today. Upstreams and public sources, retention, merged lists
// and origin controls belong here.
package resolve

import (
	"context"
	"iter"

	"daypass/internal/fault"
	"daypass/internal/format"
)

// A Member is one repository of a chain, or a source outside. Its methods are
// those of [format.Repository], for what the member has itself: a fault of kind
// NotFound means that the next one is asked.
type Member interface {
	Package(ctx context.Context, name format.Name) (*format.Package, error)
	Document(ctx context.Context, name format.Name, variant string, render func(*format.Package) ([]byte, error)) (*format.Document, error)
	Index(ctx context.Context, variant string, render func(iter.Seq2[format.Name, error]) ([]byte, error)) (*format.Document, error)
	Open(ctx context.Context, ref format.Ref, asset string) (*format.Content, error)
}

// A Chain is the members that are searched for a repository, nearest first; at least
// one. It returns what it finds first.
//
// Source: CodeArtifact User Guide, "Upstream repository priority order".
type Chain []Member

// Package implements [Member].
func (c Chain) Package(ctx context.Context, name format.Name) (*format.Package, error) {
	return firstFound(c, func(m Member) (*format.Package, error) { return m.Package(ctx, name) })
}

// Document implements [Member].
func (c Chain) Document(ctx context.Context, name format.Name, variant string, render func(*format.Package) ([]byte, error)) (*format.Document, error) {
	return firstFound(c, func(m Member) (*format.Document, error) { return m.Document(ctx, name, variant, render) })
}

// Index implements [Member].
func (c Chain) Index(ctx context.Context, variant string, render func(iter.Seq2[format.Name, error]) ([]byte, error)) (*format.Document, error) {
	return firstFound(c, func(m Member) (*format.Document, error) { return m.Index(ctx, variant, render) })
}

// Open implements [Member].
func (c Chain) Open(ctx context.Context, ref format.Ref, asset string) (*format.Content, error) {
	return firstFound(c, func(m Member) (*format.Content, error) { return m.Open(ctx, ref, asset) })
}

// firstFound asks the members in order. If none has it, it returns the error of the
// nearest, which is the repository that the client asked.
func firstFound[T any](c Chain, ask func(Member) (T, error)) (T, error) {
	nearest, missing := ask(c[0])
	if !fault.Is(missing, fault.NotFound) {
		return nearest, missing
	}
	for _, m := range c[1:] {
		found, err := ask(m)
		if !fault.Is(err, fault.NotFound) {
			return found, err
		}
	}
	return nearest, missing
}
