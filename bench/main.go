// Command bench compares whole requests to Daypass with a bare handler that
// does only what cannot be left out, in one run: both servers are processes of
// their own on one processor, the load comes from another, and the two take
// turns. Ratios count, not digits.
//
//	go run ./bench            # the table of docs/performance.md
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

func main() {
	var o options
	bare := flag.String("bare", "", "serve the bare handler on this address (used by the program itself)")
	flag.IntVar(&o.connections, "connections", 16, "connections that ask at once")
	flag.IntVar(&o.rounds, "rounds", 5, "rounds of each pair; the median counts")
	flag.DurationVar(&o.round, "round", 2*time.Second, "length of a round")
	flag.StringVar(&o.only, "only", "", "run only the scenarios whose name contains this")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	run := func() error { return compare(ctx, o) }
	if *bare != "" {
		run = func() error { return serveBare(ctx, *bare) }
	}
	err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type options struct {
	connections int
	rounds      int
	round       time.Duration
	only        string
}
