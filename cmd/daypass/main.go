// Command daypass is a package service with the contract of AWS CodeArtifact,
// and the client that goes with it. It owns nothing but the choice between the
// two.
package main

import (
	"context"
	"os"

	"daypass/internal/cli"
	"daypass/internal/server"
)

func main() {
	app := &cli.App{
		Args:   os.Args[1:],
		Stdin:  os.Stdin,
		Stdout: os.Stdout,
		Stderr: os.Stderr,
		Serve: func(ctx context.Context, args []string) int {
			return server.Main(ctx, args, os.Getenv, os.Stdout, os.Stderr)
		},
	}
	os.Exit(app.Main(context.Background()))
}
