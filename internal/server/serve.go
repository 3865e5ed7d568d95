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
	endTimeout   = 15 * time.Second // of the tasks, after the requests
)

// Serve answers requests on a listener until ctx ends or the server can't go on,
// then lets those that run finish.
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
		// The least that RFC 9113, section 6.5.2, recommends: connections are bounded
		// for each address, and so are requests at one time.
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

// tasks are what is done besides answering requests.
func (s *Server) tasks() []background.Task {
	return []background.Task{
		{Name: "follow changes", Run: func(ctx context.Context) error { s.db.Watch(ctx, watchEvery); return nil }},
		{Name: "follow packages", Run: func(ctx context.Context) error { s.registry.Watch(ctx, watchEvery); return nil }},
		{Name: "look after the database", Every: intactEvery, Run: func(context.Context) error { return s.db.Intact() }},
		{Name: "note the last change beside the content", Every: markEvery, AtStart: true, AtEnd: true, Limit: markLimit, Run: s.writeMark},
		// On every replica, as this also tells it of the keys of others.
		{Name: "rotate token keys", Every: chores, AtStart: true, Run: s.keyring.RotateIfDue},
		{Name: "record the use of keys", Every: flushEvery, AtEnd: true, Limit: flushTimeout, Run: s.directory.FlushUses},
		{Name: "forget old revocations", Every: chores, AtStart: true, Alone: true, Run: func(ctx context.Context) error {
			_, err := s.directory.PruneRevocations(ctx)
			return err
		}},
		// What a killed server staged is cleared by the next that starts.
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

// lease asks the database whether a task is this replica's in the coming period.
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
		default: // told already
		}
		return
	}
	s.log.Error("could not "+task, "cause", err.Error())
}
