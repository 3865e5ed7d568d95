package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A scenario is one pair of requests to compare.
type scenario struct {
	name    string
	bare    *http.Request
	daypass *http.Request
}

func compare(ctx context.Context, o options) error {
	ctx, end := context.WithCancel(ctx)
	defer func() {
		end() // kills the servers
		for _, cmd := range started {
			_ = cmd.Wait()
		}
	}()
	folder, err := os.MkdirTemp("", "daypass-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	self, err := os.Executable()
	if err != nil {
		return err
	}
	binary := filepath.Join(folder, "daypass")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/daypass")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build the server: %w", err)
	}
	bareURL, err := start(ctx, nil, self, "-bare", "127.0.0.1:0")
	if err != nil {
		return err
	}
	environment := []string{"DAYPASS_ADMIN_ACCESS_KEY_ID=" + access.AccessKeyID, "DAYPASS_ADMIN_SECRET_ACCESS_KEY=" + access.SecretAccessKey}
	daypassURL, err := start(ctx, environment, binary, "serve", "--listen", "127.0.0.1:0", "--data", filepath.Join(folder, "data"))
	if err != nil {
		return err
	}
	scenarios, err := prepare(ctx, bareURL, daypassURL)
	if err != nil {
		return err
	}
	fmt.Printf("%d connections, %d rounds of %v in turn; medians\n\n", o.connections, o.rounds, o.round)
	fmt.Printf("| %-40s | %10s | %10s | %6s | %8s | %8s |\n", "request", "bare /s", "daypass /s", "ratio", "p50", "p99")
	fmt.Println("|" + strings.Repeat("-", 42) + "|-----------:|-----------:|-------:|---------:|---------:|")
	for _, s := range scenarios {
		if !strings.Contains(s.name, o.only) {
			continue
		}
		err := run(ctx, o, s)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// run lets the two take turns, so that a machine whose speed drifts is unfair
// to neither, and prints the medians.
func run(ctx context.Context, o options, s scenario) error {
	var bare, daypass []result
	for i := range o.rounds + 1 {
		b, err := load(ctx, o.connections, o.round, s.bare)
		if err != nil {
			return fmt.Errorf("bare: %w", err)
		}
		d, err := load(ctx, o.connections, o.round, s.daypass)
		if err != nil {
			return fmt.Errorf("daypass: %w", err)
		}
		if i > 0 { // the first round warms up
			bare, daypass = append(bare, b), append(daypass, d)
		}
	}
	b, d := median(bare), median(daypass)
	fmt.Printf("| %-40s | %10.0f | %10.0f | %6.2f | %8s | %8s |\n", s.name, b.perSecond, d.perSecond, d.perSecond/b.perSecond, d.p50.Round(1000), d.p99.Round(1000))
	return nil
}

func median(results []result) result {
	slices.SortFunc(results, func(a, b result) int { return int(a.perSecond - b.perSecond) })
	return results[len(results)/2]
}

var listening = regexp.MustCompile(`listening on (https?://\S+)`)

// start runs a server on the first processor and returns its URL. It ends with
// ctx.
func start(ctx context.Context, environment []string, name string, args ...string) (string, error) {
	if pin, err := exec.LookPath("taskset"); err == nil {
		name, args = pin, append([]string{"-c", "0", name}, args...)
	}
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(append(os.Environ(), "GOMAXPROCS=1"), environment...)
	said, err := cmd.StderrPipe()
	if err != nil {
		return "", err
	}
	err = cmd.Start()
	if err != nil {
		return "", err
	}
	started = append(started, cmd)
	lines := bufio.NewReader(said)
	for {
		line, err := lines.ReadString('\n')
		if found := listening.FindStringSubmatch(line); found != nil {
			go io.Copy(io.Discard, lines) // its request log
			return found[1], nil
		}
		if err != nil {
			return "", fmt.Errorf("%s did not start: %s", filepath.Base(name), line)
		}
	}
}

// started are the servers to wait for.
var started []*exec.Cmd
