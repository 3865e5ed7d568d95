// Command bench compares whole requests to Daypass with a bare handler that
// does only what cannot be left out, and a download with nginx where it is
// installed, in one run: the servers are processes of their own on one
// processor, the load comes from another, and two take turns. Ratios count, not
// digits. Then it looks at the process: starts, memory, and whether tokens slow
// it down.
//
//	go run ./bench            # the table of docs/performance.md
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

func main() {
	var o options
	bare := flag.String("bare", "", "serve the bare handler on this address (used by the program itself)")
	files := flag.String("files", "", "folder of what the bare handler serves")
	flag.Func("connections", "numbers of connections that ask at once, a table for each (default 16,64)", func(list string) error { return o.setConnections(list) })
	flag.StringVar(&o.nginx, "nginx", "nginx", "program that the download is compared with")
	flag.IntVar(&o.rounds, "rounds", 5, "rounds of each pair; the median counts")
	flag.DurationVar(&o.round, "round", 2*time.Second, "length of a round")
	flag.StringVar(&o.only, "only", "", "run only the scenarios whose name contains this")
	flag.IntVar(&o.starts, "starts", 11, "starts of the server to time; the median counts; 0 leaves out the process's figures")
	flag.IntVar(&o.tokens, "tokens", 1_000_000, "tokens between the first and the last timing of their issue")
	flag.Int64Var(&o.asset, "asset", 1_000_000_000, "bytes of the asset whose upload must not fill the memory")
	flag.Parse()
	if o.connections == nil {
		o.connections = []int{16, 64}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	run := func() error { return measure(ctx, o) }
	if *bare != "" {
		run = func() error { return serveBare(ctx, *bare, *files) }
	}
	err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type options struct {
	connections []int
	nginx       string
	rounds      int
	round       time.Duration
	only        string
	starts      int
	tokens      int
	asset       int64
	folder      string // for all files of a run
}

func (o *options) setConnections(list string) error {
	o.connections = nil
	for number := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 {
			return fmt.Errorf("%q is no number of connections", number)
		}
		o.connections = append(o.connections, n)
	}
	return nil
}

// files is the folder of what the other servers serve.
func (o options) files() string { return filepath.Join(o.folder, "files") }

func (o options) binary() string { return filepath.Join(o.folder, "daypass") }

// measure builds the server, compares, and looks at the process.
func measure(ctx context.Context, o options) error {
	folder, err := os.MkdirTemp("", "daypass-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	o.folder = folder
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", o.binary(), "./cmd/daypass")
	build.Stderr = os.Stderr
	err = build.Run()
	if err != nil {
		return fmt.Errorf("build the server: %w", err)
	}
	err = compare(ctx, o)
	if err != nil || o.starts == 0 {
		return err
	}
	return processes(ctx, o)
}
