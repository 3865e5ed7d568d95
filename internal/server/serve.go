package server

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"daypass/internal/background"
	"daypass/internal/registry"
	"daypass/internal/store"
)

const (
	watchEvery   = 250 * time.Millisecond
	chores       = time.Hour
	flushEvery   = time.Minute
	flushTimeout = 5 * time.Second
	intactEvery  = time.Second
	markEvery    = time.Second
	markLimit    = 5 * time.Second
	drainTimeout = 30 * time.Second
	endTimeout   = 15 * time.Second // for tasks to end, after the requests have
)

// Serve answers requests on a listener until ctx ends, the listener fails or the database
// was replaced. Running requests then have 30 seconds to finish, and background tasks 15.
// It returns the error that ended it, joined with that of the shutdown.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	tasks := background.Runner{Lease: s.lease(rand.Text()), Failed: s.taskFailed}
	tasks.Start(s.tasks()...)
	open := &connections{most: s.config.Connections, exempt: s.trusted}
	server := &http.Server{
		ConnState:         open.track,
		Handler:           s.handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		// The least that RFC 9113, section 6.5.2, recommends. Together with the limit on
		// connections it limits the simultaneous requests of one address.
		HTTP2:    &http.HTTP2Config{MaxConcurrentStreams: 100},
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	done := make(chan error, 1)
	go func() { done <- s.accept(server, listener) }()
	var cause error
	select {
	case cause = <-done:
	case cause = <-s.failed:
		s.log.Error("stopping", "cause", cause.Error())
	case <-ctx.Done():
	}
	s.log.Info("draining", "at_most", drainTimeout.String())
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	err := server.Shutdown(limited)
	if errors.Is(err, context.DeadlineExceeded) {
		s.log.Warn("cut off the requests that were still running")
		err = server.Close()
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	tasks.Stop(ending)
	return errors.Join(cause, err)
}

func (s *Server) accept(server *http.Server, listener net.Listener) error {
	err := error(nil)
	if s.config.TLSCert != "" {
		err = server.ServeTLS(deferring{listener}, s.config.TLSCert, s.config.TLSKey)
	} else {
		err = server.Serve(deferring{listener})
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// tasks returns the background tasks.
func (s *Server) tasks() []background.Task {
	return []background.Task{
		{Name: "follow changes", Run: func(ctx context.Context) error { s.db.Watch(ctx, watchEvery); return nil }},
		{Name: "follow packages", Run: func(ctx context.Context) error { s.registry.Watch(ctx, watchEvery); return nil }},
		{Name: "look after the database", Every: intactEvery, Run: func(context.Context) error { return s.db.Intact() }},
		{Name: "note the last change beside the content", Every: markEvery, AtStart: true, AtEnd: true, Limit: markLimit, Run: s.writeMark},
		// On every replica, because this also loads the keys of the others.
		{Name: "rotate token keys", Every: chores, AtStart: true, Run: s.keyring.RotateIfDue},
		{Name: "record the use of keys", Every: flushEvery, AtEnd: true, Limit: flushTimeout, Run: s.directory.FlushUses},
		{Name: "forget old revocations", Every: chores, AtStart: true, Alone: true, Run: func(ctx context.Context) error {
			_, err := s.directory.PruneRevocations(ctx)
			return err
		}},
		// At the start too, for the uploads of a server that was killed.
		{Name: "clear abandoned uploads", Every: chores, AtStart: true, Run: func(ctx context.Context) error {
			_, err := s.blobs.Sweep(ctx, s.now().Add(-registry.DefaultGrace))
			return err
		}},
		{Name: "sweep content", Every: chores, AtStart: true, Alone: true, Run: func(ctx context.Context) error {
			_, err := s.registry.Sweep(ctx, registry.DefaultGrace)
			return err
		}},
	}
}

// lease returns a function that takes the database's lease of a task for a period. The
// function reports whether holder has the lease.
func (s *Server) lease(holder string) func(context.Context, string, time.Duration) (bool, error) {
	return func(ctx context.Context, task string, period time.Duration) (ours bool, err error) {
		now := s.now()
		err = s.db.Update(ctx, func(tx *store.Tx) (err error) {
			ours, err = tx.TakeLease(ctx, task, holder, now, now.Add(period))
			return err
		})
		return ours, err
	}
}

func (s *Server) taskFailed(task string, err error) {
	if errors.Is(err, store.ErrReplaced) {
		select {
		case s.failed <- err:
		default: // Serve has one already
		}
		return
	}
	s.log.Error("could not "+task, "cause", err.Error())
}
