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
	"time"

	"daypass/internal/throttle"
)

// A scenario is one pair of requests to compare.
type scenario struct {
	name    string
	beside  *process // whom Daypass is compared with
	other   *http.Request
	daypass *http.Request
	bytes   int64 // of the answer where they are what is counted, in MB/s; 0: answers are
}

func compare(ctx context.Context, o options) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	daypass, err := startDaypass(ctx, o, "compare")
	if err != nil {
		return err
	}
	defer daypass.kill()
	at, err := publishAll(ctx, daypass.url, o.files())
	if err != nil {
		return err
	}
	bare, err := start(ctx, self, "-bare", "127.0.0.1:0", "-files", o.files())
	if err != nil {
		return err
	}
	defer bare.kill()
	nginx, err := startNginx(ctx, o)
	if err != nil {
		return err
	}
	if nginx != nil {
		defer nginx.kill()
	}
	scenarios, err := at.scenarios(ctx, bare, nginx)
	if err != nil {
		return err
	}
	for _, connections := range o.connections {
		fmt.Printf("\n%d connections, %d rounds of %v in turn; medians\n\n", connections, o.rounds, o.round)
		fmt.Printf("| %-46s | %10s | %10s | %6s | %10s | %10s | %6s |\n", "request", "other /s", "daypass /s", "ratio", "other CPU", "CPU", "ratio")
		fmt.Println("|" + strings.Repeat("-", 48) + "|-----------:|-----------:|-------:|-----------:|-----------:|-------:|")
		for _, s := range scenarios {
			if !strings.Contains(s.name, o.only) {
				continue
			}
			err := s.run(ctx, o, connections, daypass)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	return nil
}

// run lets the two take turns, so that a machine whose speed drifts is unfair
// to neither, and prints the medians of their speed and of what a request took of
// the processor. The ratio of the latter is the median of those of the turns, as
// what else the machine does changes more between turns than within one.
func (s scenario) run(ctx context.Context, o options, connections int, server *process) error {
	var other, daypass []result
	for i := range o.rounds + 1 {
		b, err := s.beside.load(ctx, connections, o.round, s.other)
		if err != nil {
			return fmt.Errorf("the other: %w", err)
		}
		d, err := server.load(ctx, connections, o.round, s.daypass)
		if err != nil {
			return fmt.Errorf("daypass: %w", err)
		}
		if i > 0 { // the first round warms up
			other, daypass = append(other, b), append(daypass, d)
		}
	}
	speed := func(r result) float64 { return r.perSecond }
	if s.bytes > 0 {
		speed = func(r result) float64 { return r.perSecond * float64(s.bytes) / 1e6 }
	}
	cpu := func(r result) float64 { return float64(r.cpu.Nanoseconds()) / 1e3 }
	ratios := make([]float64, len(other))
	for i := range other {
		ratios[i] = cpu(other[i]) / cpu(daypass[i])
	}
	b, d := median(values(other, speed)), median(values(daypass, speed))
	fmt.Printf("| %-46s | %10.0f | %10.0f | %6.2f | %7.1f µs | %7.1f µs | %6.2f |\n",
		s.name, b, d, d/b, median(values(other, cpu)), median(values(daypass, cpu)), median(ratios))
	return nil
}

func values(results []result, of func(result) float64) []float64 {
	all := make([]float64, len(results))
	for i, r := range results {
		all[i] = of(r)
	}
	return all
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// load is a round with the processor's time that a request took of the server.
// That is fair where other programs take turns on the same processor.
func (p *process) load(ctx context.Context, connections int, round time.Duration, request *http.Request) (result, error) {
	before, err := p.cpu()
	if err != nil {
		return result{}, err
	}
	r, err := load(ctx, connections, round, request)
	if err != nil {
		return r, err
	}
	after, err := p.cpu()
	r.cpu = (after - before) / time.Duration(r.requests)
	return r, err
}

// A process is a server at work.
type process struct {
	cmd *exec.Cmd
	url string
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// startDaypass runs the server on a folder of that name. Requests are counted as
// ever, but against rates that nothing here reaches.
func startDaypass(ctx context.Context, o options, data string) (*process, error) {
	var rates []string
	for _, limit := range throttle.Limits() {
		rates = append(rates, limit.String()+"=1000000")
	}
	return start(ctx, o.binary(), "serve", "--listen", "127.0.0.1:0", "--data", filepath.Join(o.folder, data), "--throttle", strings.Join(rates, ","))
}

var listening = regexp.MustCompile(`listening on (https?://[^\s"]+)`)

// pinned is a command on the first processor.
func pinned(ctx context.Context, name string, args ...string) *exec.Cmd {
	pin, err := exec.LookPath("taskset")
	if err == nil {
		name, args = pin, append([]string{"-c", "0", name}, args...)
	}
	return exec.CommandContext(ctx, name, args...)
}

// start runs a server that says on its standard error where it listens.
func start(ctx context.Context, name string, args ...string) (*process, error) {
	cmd := pinned(ctx, name, args...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1",
		"DAYPASS_ADMIN_ACCESS_KEY_ID="+access.AccessKeyID, "DAYPASS_ADMIN_SECRET_ACCESS_KEY="+access.SecretAccessKey)
	said, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	err = cmd.Start()
	if err != nil {
		return nil, err
	}
	lines := bufio.NewReader(said)
	for {
		line, err := lines.ReadString('\n')
		if found := listening.FindStringSubmatch(line); found != nil {
			go io.Copy(io.Discard, lines) // its request log
			return &process{cmd, found[1]}, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s did not start: %s", filepath.Base(name), line)
		}
	}
}
