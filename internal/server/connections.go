package server

import (
	"net"
	"net/http"
	"net/netip"
	"sync"

	"daypass/internal/throttle"
)

// connections bounds how many connections one address has open at a time, idle
// ones too: each takes some 20 KB here, and nothing of whoever opens it.
type connections struct {
	most   int                           // of one address; 0: any number
	exempt func(address netip.Addr) bool // proxies, behind which many clients are

	mu   sync.Mutex
	open map[netip.Addr]int
}

// track is told of each change of a connection's state, and closes a new one that
// is too many. It costs nothing for a request on a connection that stays open.
func (c *connections) track(conn net.Conn, state http.ConnState) {
	if c.most == 0 || state != http.StateNew && state != http.StateClosed && state != http.StateHijacked {
		return
	}
	peer, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	address := peer.Addr().Unmap().WithZone("")
	if err != nil || c.exempt(address) {
		return
	}
	if !c.count(throttle.Network(address), state == http.StateNew) {
		_ = conn.Close() // the server finds it closed, and tells of that
	}
}

// count reports whether the connections of an address are few enough.
func (c *connections) count(address netip.Addr, opened bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if opened {
		if c.open == nil {
			c.open = map[netip.Addr]int{}
		}
		c.open[address]++
		return c.open[address] <= c.most
	}
	if c.open[address]--; c.open[address] <= 0 {
		delete(c.open, address)
	}
	return true
}
