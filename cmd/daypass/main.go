// Command daypass is a package service with the contract of AWS CodeArtifact,
// and the client that goes with it.
package main

import (
	"context"
	"os"

	"daypass/internal/server"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		os.Exit(server.Main(context.Background(), os.Args[2:], os.Getenv, os.Stdout, os.Stderr))
	}
	os.Exit(252)
}
