package server

import (
	"net"
	"net/http"
	"net/netip"
	"sync"

	"daypass/internal/throttle"
)

// connections limits how many connections one address has open at a time, idle ones
// included. Each takes about 20 KB of this server's memory and almost nothing of the
// client's.
type connections struct {
	most   int                           // of one address; 0: any number
	exempt func(address netip.Addr) bool // trusted proxies, which have many clients

	mu   sync.Mutex
	open map[netip.Addr]int
}

// track is a [http.Server.ConnState]. It closes a new connection of an address that has
// too many. It ignores the changes between active and idle, so that requests on an open
// connection take no lock.
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
		_ = conn.Close() // net/http then reports StateClosed, which counts it off
	}
}

// count adds or removes a connection of an address. It reports whether the address has
// no more than it may.
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
