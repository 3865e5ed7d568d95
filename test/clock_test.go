package test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	program "daypass/internal/server"
)

// A token is valid until the millisecond of its expiry. After that the answer says
// when it expired. This is the one test that runs the server in its own process,
// because it moves the server's clock.
func TestTokenExpiresAtItsMillisecond(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64 // nanoseconds
	s := inProcess(t, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })
	repo := s.newRepository(t)
	for _, c := range []struct {
		after  time.Duration
		status int
	}{
		{12*time.Hour - time.Minute, http.StatusNotFound},
		{12 * time.Hour, http.StatusUnauthorized},
		{24 * time.Hour, http.StatusUnauthorized},
		{0, http.StatusNotFound}, // only the clock decides
	} {
		ahead.Store(int64(c.after))
		status, body, err := repo.get(t.Context(), "simple/none/")
		if err != nil {
			t.Fatal(err)
		}
		if status != c.status {
			t.Errorf("%v after it was issued: %d %s", c.after, status, body)
		}
		if status == http.StatusUnauthorized && !strings.Contains(string(body), "expired at") {
			t.Errorf("the answer does not say that the token expired: %s", body)
		}
	}
}

// inProcess runs a server in this process, on a loopback port and with a clock.
func inProcess(t *testing.T, now func() time.Time) *server {
	t.Helper()
	data := t.TempDir()
	config, err := program.ParseConfig([]string{"--data", data, "--throttle", "off"}, func(string) string { return "" }, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	opened, err := program.Open(ctx, config, program.NewLogger("json", io.Discard), now)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- opened.Serve(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	})
	return &server{url: "http://" + listener.Addr().String(), data: data}
}
