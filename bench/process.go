package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// processes prints what is not a ratio: how long starts take, what memory the
// server has, and whether it slows down with what it has issued.
func processes(ctx context.Context, o options) error {
	fmt.Printf("\n| %-58s | %14s |\n|%s|---------------:|\n", "process", "figure", strings.Repeat("-", 60))
	for _, figures := range []func(context.Context, options) error{starts, growth, uploads} {
		err := figures(ctx, o)
		if err != nil {
			return err
		}
	}
	return nil
}

func row(name, format string, args ...any) {
	fmt.Printf("| %-58s | %14s |\n", name, fmt.Sprintf(format, args...))
}

// starts times a start on an empty folder until a domain is made and a token
// served, and one on a folder that has them.
func starts(ctx context.Context, o options) error {
	var first, again []time.Duration
	for i := range o.starts {
		data := fmt.Sprintf("start-%d", i)
		took, err := timeStart(ctx, o, data, makeRepository)
		if err != nil {
			return err
		}
		first = append(first, took)
		took, err = timeStart(ctx, o, data, askToken)
		if err != nil {
			return err
		}
		again = append(again, took)
	}
	slices.Sort(first)
	slices.Sort(again)
	row("start on an empty folder, to the first token", "%.0f ms", ms(first[len(first)/2]))
	row("start on a folder that is there, to the first token", "%.0f ms", ms(again[len(again)/2]))
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func timeStart(ctx context.Context, o options, data string, ask func(context.Context, string) (string, error)) (time.Duration, error) {
	began := time.Now()
	p, err := startDaypass(ctx, o, data)
	if err != nil {
		return 0, err
	}
	defer p.kill()
	_, err = ask(ctx, p.url)
	return time.Since(began), err
}

// growth issues tokens, and looks at speed and memory before and after.
func growth(ctx context.Context, o options) error {
	p, err := startDaypass(ctx, o, "growth")
	if err != nil {
		return err
	}
	defer p.kill()
	time.Sleep(time.Second) // what a start leaves to do
	idle, err := p.memory("VmRSS")
	if err != nil {
		return err
	}
	check, err := p.checked(ctx)
	if err != nil {
		return err
	}
	before, err := p.costs(ctx, o, check)
	if err != nil {
		return err
	}
	for issued := 0; issued < o.tokens; {
		r, err := p.issue(ctx, o)
		if err != nil {
			return err
		}
		issued += r.requests
	}
	after, err := p.costs(ctx, o, check)
	if err != nil {
		return err
	}
	loaded, err := p.memory("VmHWM")
	row("resident memory, idle", "%.0f MiB", idle)
	row("resident memory, the most under load", "%.0f MiB", loaded)
	row(fmt.Sprintf("CPU of a token's issue, before and after %d", o.tokens), "%s, %s", before[0], after[0])
	row(fmt.Sprintf("CPU of a page for a token, before and after %d", o.tokens), "%s, %s", before[1], after[1])
	return err
}

// checked prepares the request for a small page, most of whose cost is that of
// its token.
func (p *process) checked(ctx context.Context) (*http.Request, error) {
	token, err := makeRepository(ctx, p.url)
	if err != nil {
		return nil, err
	}
	at := &site{daypassURL: p.url, repository: repository(p.url), token: token}
	page, err := at.publishPage(ctx, "small", 4)
	if err != nil {
		return nil, err
	}
	return bearer(ctx, page.url, token)
}

// costs are the processor's time that it takes to issue a token, and to answer
// the request that shows one.
func (p *process) costs(ctx context.Context, o options, check *http.Request) ([2]time.Duration, error) {
	issued, err := p.issue(ctx, o)
	if err != nil {
		return [2]time.Duration{}, err
	}
	checked, err := p.load(ctx, o.connections[0], o.round, check)
	return [2]time.Duration{issued.cpu.Round(100), checked.cpu.Round(100)}, err
}

// issue asks for tokens for a while. It signs anew each time, as a signature
// ages.
func (p *process) issue(ctx context.Context, o options) (result, error) {
	o.round *= 3
	request, err := signed(ctx, p.url+"/v1/authorization-token?domain="+domain, "codeartifact", nil)
	if err != nil {
		return result{}, err
	}
	return p.load(ctx, o.connections[0], o.round, request)
}

// uploads looks at the memory while one large asset is published and, over and
// over, another is read.
func uploads(ctx context.Context, o options) error {
	p, err := startDaypass(ctx, o, "uploads")
	if err != nil {
		return err
	}
	defer p.kill()
	token, err := makeRepository(ctx, p.url)
	if err != nil {
		return err
	}
	repository := repository(p.url)
	_, err = publishFile(ctx, o, repository, token, "other", 100<<20)
	if err != nil {
		return err
	}
	read, err := bearer(ctx, repository+"simple/other/1.0/other-1.0-py3-none-any.whl", token)
	if err != nil {
		return err
	}
	reading, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() {
		for reading.Err() == nil {
			_, err := load(reading, 1, time.Second, read)
			if err != nil && reading.Err() == nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	took, err := publishFile(ctx, o, repository, token, "asset", o.asset)
	stop()
	err = errors.Join(err, <-done)
	if err != nil {
		return err
	}
	most, err := p.memory("VmHWM")
	row(fmt.Sprintf("publish of %.1f GB beside downloads", float64(o.asset)/1e9), "%.0f MB/s", float64(o.asset)/1e6/took.Seconds())
	row("resident memory meanwhile, the most", "%.0f MiB", most)
	return err
}

func publishFile(ctx context.Context, o options, repository, token, name string, size int64) (time.Duration, error) {
	path, err := wheelFile(o.folder, name, "1.0", size)
	if err != nil {
		return 0, err
	}
	defer os.Remove(path)
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	began := time.Now()
	err = publish(ctx, repository, token, name, "1.0", f)
	return time.Since(began), err
}

// memory returns a figure of the process in MiB: VmRSS is its resident size,
// VmHWM the most that it was.
func (p *process) memory(name string) (float64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(data)) {
		var kib float64
		_, err := fmt.Sscanf(line, name+": %f kB", &kib)
		if err == nil {
			return kib / 1024, nil
		}
	}
	return 0, fmt.Errorf("the system does not tell %s", name)
}

// cpu returns the processor's time that the process's threads have had so far.
//
// Source: the kernel's documentation, scheduler/sched-stats, "/proc/<pid>/schedstat".
func (p *process) cpu() (time.Duration, error) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", p.cmd.Process.Pid))
	if err != nil || len(threads) == 0 {
		return 0, errors.New("the system does not tell a process's time")
	}
	var total time.Duration
	for _, thread := range threads {
		data, err := os.ReadFile(thread)
		if err != nil {
			return 0, err
		}
		var nanoseconds int64
		_, err = fmt.Sscan(string(data), &nanoseconds)
		if err != nil {
			return 0, err
		}
		total += time.Duration(nanoseconds)
	}
	return total, nil
}
