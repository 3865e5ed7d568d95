package registry

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/registry/resolve"
)

// A Binding ties a repository to one call.
type Binding struct {
	Format *format.Format
	Verbs  []*format.Verb // that the call may come to; see [format.Route]
	Now    time.Time

	// Caller is who makes the call.
	Caller Caller

	// Origin is where new versions come from; zero means that the call publishes
	// them here.
	Origin Origin
}

// A Caller is the caller of a call, as the repository asks of and tells of it.
type Caller interface {
	// Judge authorizes all of the actions on a subject. It is called before anything
	// of the repository is read or changed, and again before a commit.
	Judge(ctx context.Context, actions []string, on Subject) error
	// Again authenticates the caller again, as of now. It is called before Judge
	// authorizes a commit.
	Again(ctx context.Context) error
	// Observe hears which verb a change is begun with, and which package and version
	// the call names.
	Observe(verb *format.Verb, ref format.Ref)
	// CountRows hears how many rows of packages were read from the database because
	// the call needed them first.
	CountRows(rows int)
}

// An Origin is where a version entered the domain.
//
// Source: CodeArtifact API reference, PackageVersionOrigin.
type Origin struct {
	Type       string // INTERNAL, EXTERNAL or UNKNOWN
	Repository string // by name; empty: it came through a connection
	Connection string
}

// Bind returns the repository as a format may use it during one call. If the call has
// a single verb, its actions on the repository are authorized at once. The result is
// for one goroutine. If the repository does not exist, every method returns that
// fault.
func (r *Repository) Bind(ctx context.Context, b Binding) (format.Repository, error) {
	bound := &bound{Binding: b, repository: r}
	bound.self = member{r.registry, r, b.Format, b.Caller}
	bound.nearest[0] = &bound.self
	bound.chain = bound.nearest[:]
	if len(b.Verbs) == 1 {
		err := bound.judge(ctx, b.Verbs[0])
		if err != nil {
			return nil, err
		}
	}
	return bound, nil
}

// bound is a repository in one call.
type bound struct {
	Binding
	repository *Repository
	self       member
	nearest    [1]resolve.Member // backs the usual chain, to save an allocation
	chain      resolve.Chain
	judged     *format.Verb // the verb whose actions on the repository are allowed
}

// judge authorizes a verb's actions on the repository.
func (b *bound) judge(ctx context.Context, verb *format.Verb) error {
	if len(verb.Repository) > 0 {
		err := b.Caller.Judge(ctx, verb.Repository, b.repository.Subject())
		if err != nil {
			return err
		}
	}
	b.judged = verb
	return nil
}

// checkReadable returns an error unless an action on the repository was authorized.
// The error means a mistake of the format, not of a client.
func (b *bound) checkReadable() error {
	if b.judged == nil || len(b.judged.Repository) == 0 {
		return fmt.Errorf("the %s format reads a repository on which nothing was judged", b.Format.Name)
	}
	return nil
}

// Package implements [format.Repository].
func (b *bound) Package(ctx context.Context, name format.Name) (*format.Package, error) {
	err := b.checkReadable()
	if err != nil {
		return nil, err
	}
	b.Caller.Observe(b.judged, format.Ref{Name: name})
	return b.chain.Package(ctx, name)
}

// Document implements [format.Repository].
func (b *bound) Document(ctx context.Context, name format.Name, variant string, render func(*format.Package) ([]byte, error)) (*format.Document, error) {
	err := b.checkReadable()
	if err != nil {
		return nil, err
	}
	b.Caller.Observe(b.judged, format.Ref{Name: name})
	return b.chain.Document(ctx, name, variant, render)
}

// Index implements [format.Repository].
func (b *bound) Index(ctx context.Context, variant string, render func(iter.Seq2[format.Name, error]) ([]byte, error)) (*format.Document, error) {
	err := b.checkReadable()
	if err != nil {
		return nil, err
	}
	return b.chain.Index(ctx, variant, render)
}

// Open implements [format.Repository].
func (b *bound) Open(ctx context.Context, ref format.Ref, asset string) (*format.Content, error) {
	err := b.checkReadable()
	if err != nil {
		return nil, err
	}
	b.Caller.Observe(b.judged, ref)
	return b.chain.Open(ctx, ref, asset)
}

// Begin implements [format.Repository].
func (b *bound) Begin(ctx context.Context, verb *format.Verb) (format.Change, error) {
	if !slices.Contains(b.Verbs, verb) || len(verb.Package) == 0 {
		return nil, fmt.Errorf("the %s format begins to %s in a call that does not do that", b.Format.Name, verb.Name)
	}
	b.Caller.Observe(verb, format.Ref{})
	if b.judged != verb {
		err := b.judge(ctx, verb)
		if err != nil {
			return nil, err
		}
	}
	return &change{bound: b, verb: verb, member: &b.self}, nil
}

// Format returns the format of a name that operations of the API take.
func (g *Registry) Format(name string) (*format.Format, error) {
	for _, f := range g.Formats {
		if f.Name == name {
			return f, nil
		}
	}
	return nil, fault.Invalid("format: packages of the format %s are not served here", name)
}

// Ref normalises a package's name and version as operations of the API take
// them. An empty version stays so.
func Ref(f *format.Format, name format.Name, version string) (format.Ref, error) {
	normal, err := f.NormalizeName(name)
	if err != nil {
		return format.Ref{}, fault.Invalid("package: %s", err)
	}
	ref := format.Ref{Name: normal}
	if version != "" {
		ref.Version, err = f.NormalizeVersion(version)
		if err != nil {
			return format.Ref{}, fault.Invalid("packageVersion: %s", err)
		}
	}
	return ref, nil
}
