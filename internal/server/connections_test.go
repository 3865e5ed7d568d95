package server

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"testing"
	"time"
)

// idle opens a connection, and reports whether a request on it is answered.
func idle(t *testing.T, server *httptest.Server) (net.Conn, bool) {
	t.Helper()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute)) // a deadline that passes fails the test
	io.WriteString(conn, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	return conn, err == nil && answer.StatusCode == http.StatusNoContent
}

func TestAnAddressHasNoMoreConnectionsThanItMay(t *testing.T) {
	t.Parallel()
	for _, exempt := range []bool{false, true} {
		closed := make(chan struct{}, 100)
		c := &connections{most: 3, exempt: func(netip.Addr) bool { return exempt }}
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
		server.Config.ConnState = func(conn net.Conn, state http.ConnState) {
			c.track(conn, state)
			if state == http.StateClosed {
				closed <- struct{}{}
			}
		}
		server.Start()
		t.Cleanup(server.Close)
		var conns []net.Conn
		for i := range 5 {
			conn, served := idle(t, server)
			if served != (exempt || i < 3) {
				t.Errorf("exempt %v: connection %d is served: %v", exempt, i+1, served)
			}
			conns = append(conns, conn)
		}
		if exempt {
			continue
		}
		conns[0].Close()
		for range 3 { // the two that were refused, and conns[0]
			<-closed
		}
		if _, served := idle(t, server); !served {
			t.Error("after one was closed another is not served")
		}
	}
}

// remote is a connection with the address of a client.
type remote struct {
	net.Conn
	from   string
	closed bool
}

func (r *remote) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(r.from))
}
func (r *remote) Close() error { r.closed = true; return nil }

func TestConnectionsOverIPv6AreCountedByNetwork(t *testing.T) {
	t.Parallel()
	c := &connections{most: 1, exempt: func(netip.Addr) bool { return false }}
	for _, test := range []struct {
		from   string
		closed bool
	}{
		{"[2001:db8:0:1::1]:1", false}, {"[2001:db8:0:1::2]:1", true}, {"[2001:db8:0:2::1]:1", false},
		{"192.0.2.1:1", false}, {"[::ffff:192.0.2.1]:2", true},
	} {
		conn := &remote{from: test.from}
		c.track(conn, http.StateNew)
		c.track(conn, http.StateIdle)
		if conn.closed != test.closed {
			t.Errorf("%s is closed: %v", test.from, conn.closed)
		}
	}
}
