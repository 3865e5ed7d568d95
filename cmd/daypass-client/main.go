// Command daypass-client is the command daypass without its server, for machines
// that run none. It links no database, no metrics and no store. It owns nothing.
package main

import (
	"context"
	"os"

	"daypass/internal/cli"
)

func main() {
	app := &cli.App{Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
	os.Exit(app.Main(context.Background()))
}
