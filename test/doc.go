// Package test holds the stories: txtar scripts that start the real binary and drive
// it with the real clients (the AWS CLIs, boto3, pip, twine) as a user would. It owns
// the harness that runs them, the tests that need many runs or many processes of the
// binary, and the checks of the repository's structure. It knows the product only
// from outside: its flags, addresses and commands. One test runs the server in its
// own process, to move the clock.
package test
