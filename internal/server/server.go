// Package server owns the running program: its configuration, its listener, the wiring of
// all parts, and the log line of each request. It decides which handler serves a request.
// Packages gate and policy decide whether the request is allowed.
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

// A Server is a running instance of the program.
type Server struct {
	config    Config
	machine   func() time.Time // this machine's clock
	now       func() time.Time // the database's clock
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
	first     *identity.KeyPair // key of the admin user, if this start created it
	held      *lock.File        // lock of the data folder
	instance  string            // name of the instance
	marked    int64             // generation in the mark beside the content
	failed    chan error        // errors that end the server
}

// Open returns a server for a configuration of [ParseConfig]. It opens the database and
// the content store, and creates the first account in an empty database. It refuses a
// database, a master key and content that do not belong together. now is this machine's
// clock. The caller MUST call Close.
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
	// First, because its file may be missing and it creates nothing.
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

// openContent opens the content store, unless it is open.
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

// present returns the time by the database's clock, which all replicas share. Before the
// database is open it is this machine's.
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
		// Content is staged in a folder until all of it has arrived.
		spool := filepath.Join(s.config.Data, "uploads")
		err := os.MkdirAll(spool, 0o700)
		if err != nil {
			return nil, err
		}
		return blob.OpenS3(ctx, s.config.Blobs, spool)
	}
	return blob.OpenFolder(filepath.Join(s.config.Data, "blobs"))
}

// mount returns the handler of all requests. It is the one list of what is served where.
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

// entrance returns the fields that the two handlers share.
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

// apis returns the handler of the APIs, with every service.
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

// direct sends calls of the APIs past the mux, whose search for a pattern takes longer than
// the APIs' own. The mux also redirects //v1/…, which clients send for an endpoint with a
// slash at its end, and no client of the APIs follows a redirect. No format and no page is
// at "/" or below "/v1/".
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

// redirect answers with a redirect to a path of this server. Unlike the mux's, it has no
// body that repeats the address.
func redirect(w http.ResponseWriter, r *http.Request, to string) {
	w.Header().Set("Location", (&url.URL{Path: to, RawQuery: r.URL.RawQuery}).String())
	w.WriteHeader(http.StatusTemporaryRedirect)
}

// An entrance is what the handlers of the APIs and of package managers share:
// authentication, throttling, and the encoded message of a denial.
type entrance struct {
	now      func() time.Time
	gate     *gate.Gate
	throttle throttler
	seal     sealMessage
}

// turnAway sets the fault of a refused request and the headers for it. The handler
// writes the answer in its own protocol.
func (d *entrance) turnAway(w http.ResponseWriter, e *event, err error) {
	e.fault = harmless(fault.From(err))
	tellWhy(w, e, d.seal)
}

// Close writes the queued log lines and audit records, closes the database and releases
// the data folder. The records that the trail has accepted are durable if it returns nil.
// A failed Open calls it too, so any part may be missing.
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
