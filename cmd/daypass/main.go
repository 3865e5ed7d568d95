// Command daypass is a package service with the contract of AWS CodeArtifact,
// and the client that goes with it. It owns nothing but the choice between the
// two.
package main

import (
	"context"
	"os"
	"runtime/debug"

	"daypass/internal/cli"
	"daypass/internal/server"
)

func main() {
	app := &cli.App{
		Args:    os.Args[1:],
		Stdin:   os.Stdin,
		Stdout:  os.Stdout,
		Stderr:  os.Stderr,
		Version: version(),
		Serve: func(ctx context.Context, args []string) int {
			return server.Main(ctx, args, os.Getenv, os.Stdout, os.Stderr)
		},
	}
	os.Exit(app.Main(context.Background()))
}

// version is what the build knows of itself: a tag where there is one.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return info.Main.Version
}
