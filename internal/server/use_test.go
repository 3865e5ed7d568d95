package server

import (
	"context"
	"net"
	"testing"
	"time"

	"daypass/internal/identity"
)

func TestACleanStopWritesDownWhenKeysWereUsed(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- b.server.Serve(ctx, listener) }()
	before := time.Now().Truncate(time.Millisecond)
	b.repository(t)
	fresh := identity.New(b.server.directory.Config) // it has only what the database has
	use := func() identity.Use {
		_, u, err := fresh.KeyUse(t.Context(), b.server.config.AccountID, adminKey)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	if u := use(); !u.At.IsZero() {
		t.Errorf("%+v was written on the way of a request", u)
	}
	stop()
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	if u := use(); u.At.Before(before) || u.Service != "codeartifact" || u.Region != "us-east-1" {
		t.Errorf("the database knows %+v, want the last request", u)
	}
}
