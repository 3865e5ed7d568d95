// Package server owns the running program: its configuration, its listeners,
// the one place that wires every part to every other, and the one log line of
// each request. It decides nothing about requests beyond which door they go
// through.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"daypass/api"
	"daypass/internal/audit"
	"daypass/internal/blob"
	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/format/pypi"
	"daypass/internal/gate"
	"daypass/internal/identity"
	"daypass/internal/lock"
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
	machine   func() time.Time // this machine's clock
	now       func() time.Time // the database's
	log       *slog.Logger
	metrics   *metrics
	db        *store.DB
	blobs     blob.Store
	keyring   *token.Keyring
	directory *identity.Directory
	registry  *registry.Registry
	throttle  throttler
	trail     *audit.Trail // nil: none
	journal   *journal
	issuers   *oidc.Issuers
	readiness readiness
	handler   http.Handler
	first     *identity.KeyPair // of the admin user, if this start made it
	held      *lock.File        // of the data folder
	instance  string            // its name
	marked    int64             // generation that is noted beside the content
	failed    chan error        // what the server can't go on after
}

// Open builds a server from its configuration: it opens the database and the
// content store, and on an empty one makes the first account.
func Open(ctx context.Context, c Config, log Logger, now func() time.Time) (*Server, error) {
	s := &Server{config: c, machine: now, log: log.Logger, metrics: newMetrics(), failed: make(chan error, 1)}
	s.now = s.present
	err := s.open(ctx)
	if err != nil {
		s.Close()
		return nil, err
	}
	s.throttle = newThrottler(c.Rates, s.now)
	s.readiness.check = s.usable
	s.journal = newJournal(log, s.trail, origin{c.Region, c.AccountID})
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
		err = s.hold()
		if err != nil {
			return err
		}
	}
	s.db, err = store.Open(ctx, store.Config{Memory: s.config.Dev, URL: s.config.Database, Path: s.databaseFile(), Now: s.machine, Admit: s.admit})
	if err != nil {
		return err
	}
	master, err := s.master()
	if err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	err = s.openContent(ctx)
	if err != nil {
		return err
	}
	s.keyring, err = token.OpenKeyring(ctx, token.KeyringConfig{Store: store.Keys{DB: s.db}, Master: master, Now: s.now, Period: s.config.RotateEvery})
	if err != nil {
		return fmt.Errorf("token keys: %w", s.withOrigin(err))
	}
	s.directory = identity.New(identity.Config{
		DB: s.db, Sealer: master, Now: s.now, Account: s.config.AccountID, LoopbackIssuers: s.config.Dev,
		Root:   identity.KeyPair{AccessKeyID: s.config.RootKey.ID, SecretAccessKey: s.config.RootKey.Secret},
		Quotas: s.config.Limits.Identity,
	})
	limits := s.config.Limits.Registry
	limits.AssetSize = s.config.MaxUpload
	s.registry = registry.New(registry.Config{DB: s.db, Blobs: s.blobs, Now: s.now, Region: s.config.Region,
		Limits: limits, Formats: formats})
	err = s.bootstrap(ctx)
	if err != nil {
		return err
	}
	err = s.recognise(ctx)
	if err != nil {
		return err
	}
	return s.openTrail()
}

// openContent opens the content store, once.
func (s *Server) openContent(ctx context.Context) error {
	if s.blobs != nil {
		return nil
	}
	opened, err := s.openBlobs(ctx)
	if err != nil {
		return fmt.Errorf("content store: %w", err)
	}
	s.blobs = opened
	return nil
}

// present is now by the database's clock, which all replicas share.
func (s *Server) present() time.Time {
	if s.db == nil {
		return s.machine()
	}
	return s.db.Now()
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
	front := s.entrance()
	apis := s.apis(front)
	managers := &packages{entrance: front, registry: s.registry, bodies: apis.bodies, maxAsset: s.config.MaxUpload,
		pace: pace{total: s.config.UploadTimeout, rate: s.config.UploadMinRate}, endpoint: s.endpoint}
	mux := http.NewServeMux()
	mux.Handle("/", apis)
	managers.mount(mux, formats)
	mux.HandleFunc("GET /healthz", s.alive)
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("GET /metrics", s.metrics.handler())
	return s.byHost(direct(forPeople(apis), mux))
}

// entrance is what the doors share.
func (s *Server) entrance() entrance {
	region := s.config.Region
	if s.config.Dev {
		region = "" // any
	}
	return entrance{
		now:      s.now,
		gate:     &gate.Gate{Directory: s.directory, Keyring: s.keyring, Verifier: &sigv4.Verifier{}, Region: region},
		throttle: s.throttle,
		seal:     s.keyring.SealMessage,
	}
}

// apis is the door of the APIs, with every service.
func (s *Server) apis(front entrance) *control {
	return &control{
		entrance: front,
		bodies:   newBodies(heldBodies, heldForStrangers, heldBeyond, heldByOne),
		maxAsset: s.config.MaxUpload,
		pace:     pace{total: s.config.UploadTimeout, rate: s.config.UploadMinRate},
		used:     s.directory.Used,
		rest: []*surface{
			newSurface(api.CodeArtifact(), (&codeartifact.Service{Registry: s.registry, Keyring: s.keyring, Principals: s.directory, Endpoint: s.endpoint}).Operations()),
			newSurface(api.Daypass(), (&daypass.Service{Directory: s.directory, Keyring: s.keyring, Registry: s.registry, Account: s.config.AccountID, Region: s.config.Region}).Operations()),
		},
		query: []*surface{
			newSurface(api.STS(), (&sts.Service{Directory: s.directory, Sealer: s.keyring, Issuers: s.issuers, Messages: s.keyring}).Operations()),
			newSurface(api.IAM(), (&iam.Service{Directory: s.directory}).Operations()),
		},
	}
}

// direct spares calls of the APIs the mux, whose search for a pattern takes
// longer than theirs, and which answers //v1/… with a redirection that no client
// of the APIs follows: an endpoint with a slash at its end makes such paths. No
// format and no page is at "/" or below "/v1/".
func direct(apis, all http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		trimmed := strings.TrimLeft(r.URL.Path, "/")
		if trimmed == "" || strings.HasPrefix(trimmed, "v1/") {
			apis.ServeHTTP(w, r)
			return
		}
		if strings.Contains(r.URL.Path, "//") || strings.Contains(r.URL.Path, "/.") {
			clean := path.Clean(r.URL.Path)
			if strings.HasSuffix(r.URL.Path, "/") && clean != "/" {
				clean += "/"
			}
			if clean != r.URL.Path {
				redirect(w, r, clean)
				return
			}
		}
		all.ServeHTTP(w, r)
	})
}

// redirect sends a client to a path of this server, as the mux would but without
// a body that repeats the address.
func redirect(w http.ResponseWriter, r *http.Request, to string) {
	w.Header().Set("Location", (&url.URL{Path: to, RawQuery: r.URL.RawQuery}).String())
	w.WriteHeader(http.StatusTemporaryRedirect)
}

// An entrance is what every door has: who comes in, how often, and what whoever
// is turned away is told besides the error.
type entrance struct {
	now      func() time.Time
	gate     *gate.Gate
	throttle throttler
	seal     sealMessage
}

// turnAway notes why a request is refused. The door writes the answer, in its
// own way.
func (d *entrance) turnAway(w http.ResponseWriter, e *event, err error) {
	e.fault = harmless(fault.From(err))
	tellWhy(w, e, d.seal)
}

// Close releases what Open took. What the trail has accepted is durable after
// it.
func (s *Server) Close() error {
	err := errors.Join(s.journal.close(), s.trail.Close())
	if err != nil {
		s.log.Error("could not finish the audit trail", "cause", err.Error())
	}
	if s.db != nil {
		err = errors.Join(err, s.db.Close())
	}
	return errors.Join(err, s.held.Release())
}
