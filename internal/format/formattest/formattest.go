// Package formattest owns what tests of formats share: the suite that every
// [format.Repository] passes, one in memory, a server around it, and how tests
// find real clients. It must never be part of the program.
package formattest
