// Package formattest owns what tests of formats share: a [Repository] in
// memory that behaves as the registry's does, and how tests find real clients.
// It must never be part of the program.
package formattest
