package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"slices"
	"sync"
	"time"
)

// A result is what one round saw.
type result struct {
	perSecond float64
	p50, p99  time.Duration
}

// load sends one prepared request over and over on several connections for a
// while. The request's bytes are made once, so that the generator costs little
// beside the server.
func load(ctx context.Context, connections int, round time.Duration, request *http.Request) (result, error) {
	raw, err := httputil.DumpRequestOut(request, true)
	if err != nil {
		return result{}, err
	}
	took := make([][]time.Duration, connections)
	faults := make([]error, connections)
	started := time.Now()
	until := started.Add(round)
	var group sync.WaitGroup
	for i := range connections {
		group.Go(func() { took[i], faults[i] = ask(ctx, request.URL.Host, raw, until) })
	}
	group.Wait()
	elapsed := time.Since(started)
	all := slices.Concat(took...)
	if err := errors.Join(faults...); err != nil || len(all) == 0 {
		return result{}, errors.Join(err, ctx.Err())
	}
	slices.Sort(all)
	return result{float64(len(all)) / elapsed.Seconds(), all[len(all)/2], all[len(all)*99/100]}, nil
}

// ask repeats the request on one connection until an instant.
func ask(ctx context.Context, address string, raw []byte, until time.Time) ([]time.Duration, error) {
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	in := bufio.NewReaderSize(connection, 64<<10)
	took := make([]time.Duration, 0, 1<<16)
	for before := time.Now(); before.Before(until); {
		_, err := connection.Write(raw)
		if err != nil {
			return nil, err
		}
		answer, err := http.ReadResponse(in, nil)
		if err != nil {
			return nil, err
		}
		body := io.Discard
		_, err = io.Copy(body, answer.Body)
		answer.Body.Close()
		if err != nil {
			return nil, err
		}
		if answer.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("%s answered %s", address, answer.Status)
		}
		after := time.Now()
		took = append(took, after.Sub(before))
		before = after
	}
	return took, nil
}
