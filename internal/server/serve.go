package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"daypass/internal/registry"
)

const (
	watchEvery   = 250 * time.Millisecond
	chores       = time.Hour
	flushEvery   = time.Minute
	flushTimeout = 5 * time.Second
	drainTimeout = 30 * time.Second
)

// Serve answers requests on a listener until ctx ends, then lets those that
// run finish.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	go s.db.Watch(background, watchEvery)
	go s.registry.Watch(background, watchEvery)
	go s.work(background)
	go s.note(background)
	open := &connections{most: s.config.Connections, exempt: s.trusted}
	server := &http.Server{
		ConnState:         open.track,
		Handler:           s.handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	done := make(chan error, 1)
	go func() { done <- s.accept(server, listener) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	s.log.Info("draining", "at_most", drainTimeout.String())
	limited, cancel := context.WithTimeout(background, drainTimeout)
	defer cancel()
	err := server.Shutdown(limited)
	s.flush(background)
	if errors.Is(err, context.DeadlineExceeded) {
		s.log.Warn("cut off the requests that were still running")
		return server.Close()
	}
	return err
}

func (s *Server) accept(server *http.Server, listener net.Listener) error {
	err := error(nil)
	if s.config.TLSCert != "" {
		err = server.ServeTLS(listener, s.config.TLSCert, s.config.TLSKey)
	} else {
		err = server.Serve(listener)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// work does what must be done now and then: keys take turns, and what nothing
// needs any more goes.
func (s *Server) work(ctx context.Context) {
	tick := time.NewTicker(chores)
	defer tick.Stop()
	for {
		s.chore("rotate token keys", s.keyring.RotateIfDue(ctx))
		_, err := s.directory.PruneRevocations(ctx)
		s.chore("forget old revocations", err)
		_, err = s.registry.Sweep(ctx, registry.DefaultGrace)
		s.chore("sweep content", err)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// note writes down every now and then what is only in memory.
func (s *Server) note(ctx context.Context) {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.flush(ctx)
		}
	}
}

func (s *Server) flush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, flushTimeout)
	defer cancel()
	s.chore("record the use of keys", s.directory.FlushUses(ctx))
}

func (s *Server) chore(what string, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		s.log.Error("could not "+what, "cause", err.Error())
	}
}
