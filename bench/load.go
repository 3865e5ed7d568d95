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
	"sync"
	"time"
)

// A result is what one round saw.
type result struct {
	requests  int
	perSecond float64
	cpu       time.Duration // of the server for each request
}

// load sends one prepared request over and over on several connections for a
// while. The request's bytes are made once, so that the generator costs little
// beside the server.
func load(ctx context.Context, connections int, round time.Duration, request *http.Request) (result, error) {
	raw, err := httputil.DumpRequestOut(request, true)
	if err != nil {
		return result{}, err
	}
	counts := make([]int, connections)
	faults := make([]error, connections)
	started := time.Now()
	until := started.Add(round)
	var group sync.WaitGroup
	for i := range connections {
		group.Go(func() { counts[i], faults[i] = ask(ctx, request.URL.Host, raw, until) })
	}
	group.Wait()
	elapsed := time.Since(started)
	requests := 0
	for _, n := range counts {
		requests += n
	}
	err = errors.Join(errors.Join(faults...), ctx.Err())
	if err == nil && requests == 0 {
		err = fmt.Errorf("a round of %v was too short for any request", round)
	}
	if err != nil {
		return result{}, err
	}
	return result{requests: requests, perSecond: float64(requests) / elapsed.Seconds()}, nil
}

// ask repeats the request on one connection until an instant, and returns how
// often it was answered.
func ask(ctx context.Context, address string, raw []byte, until time.Time) (int, error) {
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return 0, err
	}
	defer connection.Close()
	in := bufio.NewReaderSize(connection, 64<<10)
	room := make([]byte, 256<<10) // io.Discard's is small, and a download is many reads
	answered := 0
	for ; time.Now().Before(until); answered++ {
		_, err := connection.Write(raw)
		if err != nil {
			return answered, err
		}
		answer, err := http.ReadResponse(in, nil)
		if err != nil {
			return answered, err
		}
		_, err = io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{answer.Body}, room)
		answer.Body.Close()
		if err != nil {
			return answered, err
		}
		if answer.StatusCode != http.StatusOK {
			return answered, fmt.Errorf("%s answered %s", address, answer.Status)
		}
	}
	return answered, nil
}
