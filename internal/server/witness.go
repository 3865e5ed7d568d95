package server

import (
	"context"

	"daypass/internal/format"
)

// witness notes which package a format asks its repository for.
func (s *subject) witness(r format.Repository) format.Repository {
	s.named.Repository = r
	return &s.named
}

// named is a repository that remembers the last package it was asked for. A
// test sees to it that no method which names one is missing here.
type named struct {
	format.Repository
	ref format.Ref
}

func (n *named) Package(ctx context.Context, name format.Name) (*format.Package, error) {
	n.ref.Name = name
	return n.Repository.Package(ctx, name)
}

func (n *named) Document(ctx context.Context, name format.Name, variant string, render func(*format.Package) ([]byte, error)) (*format.Document, error) {
	n.ref.Name = name
	return n.Repository.Document(ctx, name, variant, render)
}

func (n *named) Asset(ctx context.Context, ref format.Ref, name string) (*format.Asset, error) {
	n.ref = ref
	return n.Repository.Asset(ctx, ref, name)
}

func (n *named) Publish(ctx context.Context, ref format.Ref) (format.Publication, error) {
	n.ref = ref
	return n.Repository.Publish(ctx, ref)
}
