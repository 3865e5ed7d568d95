// Package test tells the product's stories: the txtar scripts beside this file
// start the real binary as its own process and drive it with the real clients (the
// AWS CLIs, boto3, pip, twine) as a user would. It owns the harness they run in,
// the tests that need many runs or many processes of the binary, and the checks of
// the tree's shape. It knows the product only from outside, its flags, addresses
// and commands; one test runs the server in its own process, to move its clock.
package test
