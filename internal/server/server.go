// Package server owns the running program: its configuration, its listeners,
// the one place that wires every part to every other, and the one log line of
// each request. It decides nothing about requests beyond which door they go
// through.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"daypass/api"
	"daypass/internal/audit"
	"daypass/internal/blob"
	"daypass/internal/format"
	"daypass/internal/format/pypi"
	"daypass/internal/gate"
	"daypass/internal/identity"
	"daypass/internal/oidc"
	"daypass/internal/registry"
	"daypass/internal/service/codeartifact"
	"daypass/internal/service/daypass"
	"daypass/internal/service/iam"
	"daypass/internal/service/sts"
	"daypass/internal/sigv4"
	"daypass/internal/store"
	"daypass/internal/token"
)

// formats are the package formats that are served.
var formats = []*format.Format{pypi.Format}

// A Server is the program at work.
type Server struct {
	config    Config
	now       func() time.Time
	log       *slog.Logger
	metrics   *metrics
	db        *store.DB
	blobs     blob.Store
	keyring   *token.Keyring
	directory *identity.Directory
	registry  *registry.Registry
	throttle  throttler
	trail     *audit.Trail // nil: none
	issuers   *oidc.Issuers
	handler   http.Handler
	first     *identity.KeyPair // of the admin user, if this start made it
}

// Open builds a server from its configuration: it opens the database and the
// content store, and on an empty one makes the first account.
func Open(ctx context.Context, c Config, log *slog.Logger, now func() time.Time) (*Server, error) {
	s := &Server{config: c, now: now, log: log, metrics: newMetrics(), throttle: newThrottler(c.Rates, now())}
	err := s.open(ctx)
	if err != nil {
		s.Close()
		return nil, err
	}
	s.handler = s.observe(s.mount())
	return s, nil
}

func (s *Server) open(ctx context.Context) error {
	// First, as it reads a file that may be missing, and makes nothing.
	issuers, err := newIssuers(s.config, s.now)
	if err != nil {
		return err
	}
	s.issuers = issuers
	if !s.config.Dev {
		err := os.MkdirAll(s.config.Data, 0o700)
		if err != nil {
			return fmt.Errorf("data folder: %w", err)
		}
	}
	master, err := s.master()
	if err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	s.db, err = store.Open(ctx, store.Config{Memory: s.config.Dev, URL: s.config.Database, Path: filepath.Join(s.config.Data, "daypass.db")})
	if err != nil {
		return err
	}
	s.blobs, err = s.openBlobs(ctx)
	if err != nil {
		return fmt.Errorf("content store: %w", err)
	}
	s.keyring, err = token.OpenKeyring(ctx, token.KeyringConfig{Store: store.Keys{DB: s.db}, Master: master, Now: s.now, Period: s.config.RotateEvery})
	if err != nil {
		return fmt.Errorf("token keys: %w", s.withOrigin(err))
	}
	s.directory = identity.New(identity.Config{
		DB: s.db, Sealer: master, Now: s.now, Account: s.config.AccountID, LoopbackIssuers: s.config.Dev,
		Root: identity.KeyPair{AccessKeyID: s.config.RootKey.ID, SecretAccessKey: s.config.RootKey.Secret},
	})
	s.registry = registry.New(registry.Config{DB: s.db, Blobs: s.blobs, Now: s.now, Region: s.config.Region,
		Limits: registry.Limits{AssetSize: s.config.MaxUpload}})
	err = s.bootstrap(ctx)
	if err != nil {
		return err
	}
	return s.openTrail()
}

func (s *Server) openBlobs(ctx context.Context) (blob.Store, error) {
	switch {
	case s.config.Dev:
		return blob.NewMemory(), nil
	case s.config.Blobs != "":
		// Content waits in a folder until all of it has come.
		spool := filepath.Join(s.config.Data, "uploads")
		err := os.MkdirAll(spool, 0o700)
		if err != nil {
			return nil, err
		}
		return blob.OpenS3(ctx, s.config.Blobs, spool)
	}
	return blob.OpenFolder(filepath.Join(s.config.Data, "blobs"))
}

// mount is the table of contents: every door and what stands behind it.
func (s *Server) mount() http.Handler {
	region := s.config.Region
	if s.config.Dev {
		region = "" // any
	}
	g := &gate.Gate{Directory: s.directory, Keyring: s.keyring, Verifier: &sigv4.Verifier{}, Region: region}
	packages := &packages{server: s, gate: g, throttle: s.throttle, registry: s.registry, maxAsset: s.config.MaxUpload}
	apis := &control{
		gate:     g,
		throttle: s.throttle,
		used:     s.directory.Used,
		seal:     s.keyring.SealMessage,
		rest: []*surface{
			newSurface(api.CodeArtifact(), (&codeartifact.Service{Registry: s.registry, Keyring: s.keyring, Principals: s.directory, Endpoint: s.endpoint}).Operations()),
			newSurface(api.Daypass(), (&daypass.Service{Directory: s.directory, Keyring: s.keyring, Registry: s.registry, Account: s.config.AccountID, Region: s.config.Region}).Operations()),
		},
		query: []*surface{
			newSurface(api.STS(), (&sts.Service{Directory: s.directory, Sealer: s.keyring, Issuers: s.issuers, Messages: s.keyring}).Operations()),
			newSurface(api.IAM(), (&iam.Service{Directory: s.directory}).Operations()),
		},
	}
	mux := http.NewServeMux()
	mux.Handle("/", apis)
	packages.mount(mux, formats)
	mux.HandleFunc("GET /healthz", s.alive)
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("GET /metrics", s.metrics.handler())
	return packages.byHost(mux)
}

// alive says that the process answers.
func (s *Server) alive(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok\n") }

// ready says whether requests can be served: the database and the content
// store answer, and what is done can be recorded. Where replicas stand behind a
// balancer those that can record get the requests.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	err := errors.Join(s.db.Ping(r.Context()), s.blobs.Check(r.Context()), s.trail.Err())
	if err != nil {
		s.log.Error("not ready", "cause", err.Error())
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	io.WriteString(w, "ok\n")
}

// endpoint is the URL of a repository for a format, as the client of the
// running request can reach it.
func (s *Server) endpoint(ctx context.Context, formatName, domain, owner, repository string) string {
	base := eventOf(ctx).base
	if s.config.BaseDomain == "" {
		return base + "/" + formatName + "/d/" + domain + "-" + owner + "/" + repository + "/"
	}
	scheme, rest, _ := strings.Cut(base, "://")
	port := ""
	if i := strings.LastIndexByte(rest, ':'); i > strings.LastIndexByte(rest, ']') {
		port, _, _ = strings.Cut(rest[i:], "/")
	}
	return scheme + "://" + domain + "-" + owner + s.hostSuffix() + port + "/" + formatName + "/" + repository + "/"
}

// hostSuffix is what follows {domain}-{owner} in the host form.
func (s *Server) hostSuffix() string {
	return ".d.codeartifact." + s.config.Region + "." + s.config.BaseDomain
}

// Close releases what Open took. What the trail has accepted is durable after
// it.
func (s *Server) Close() error {
	err := s.trail.Close()
	if err != nil {
		s.log.Error("could not finish the audit trail", "cause", err.Error())
	}
	if s.db == nil {
		return err
	}
	return errors.Join(err, s.db.Close())
}

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
	server := &http.Server{
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

// Main is "daypass serve": it returns the exit code.
func Main(ctx context.Context, args []string, getenv func(string) string, out, errOut io.Writer) int {
	c, err := ParseConfig(args, getenv, out)
	if errors.Is(err, errHelp) {
		return 0
	}
	if err != nil {
		for line := range strings.Lines(err.Error()) {
			fmt.Fprintf(errOut, "daypass serve: %s\n", strings.TrimSuffix(line, "\n"))
		}
		return 252
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	err = run(ctx, c, errOut)
	if err != nil {
		fmt.Fprintf(errOut, "daypass serve: %v\n", err)
		return 1
	}
	return 0
}

func run(ctx context.Context, c Config, errOut io.Writer) error {
	if c.TLSCert != "" {
		// Looked at before anything is made: the key of the first account is told
		// only once.
		_, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
		if err != nil {
			return fmt.Errorf("--tls-cert and --tls-key: %w", err)
		}
	}
	// The address is taken first: a second server on the same port must not
	// touch the data.
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	defer listener.Close()
	c.Listen = listener.Addr().String()
	log := &gatherer{w: errOut}
	defer log.Flush()
	s, err := Open(ctx, c, newLogger(c.LogFormat, log), time.Now)
	if err != nil {
		return err
	}
	defer s.Close()
	s.greet(errOut)
	return s.Serve(ctx, listener)
}
