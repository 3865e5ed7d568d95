package server

import (
	"fmt"
	"net/http"
	"net/netip"
	"regexp"
	"runtime/debug"
	"strings"
	"sync"

	"daypass/internal/fault"
)

// client returns the address that a request came from, and whether it came
// over TLS. A trusted proxy's word is taken: the last address in
// X-Forwarded-For that is not itself a trusted proxy is the client's.
func (s *Server) client(r *http.Request) (netip.Addr, bool) {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	address := peer.Addr().Unmap()
	secure := r.TLS != nil
	if err != nil || !s.trusted(address) {
		return address, secure
	}
	if proto := r.Header.Get("X-Forwarded-Proto"); proto != "" {
		secure = strings.EqualFold(proto, "https")
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		address = hop.Unmap()
		if !s.trusted(address) {
			break
		}
	}
	return address, secure
}

func (s *Server) trusted(address netip.Addr) bool {
	for _, net := range s.config.TrustedNets {
		if net.Contains(address) {
			return true
		}
	}
	return false
}

var hostPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z0-9.-]+(:[0-9]{1,5})?$|^\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?$`)
})

// base returns the URL under which this server is reached, without a slash at
// its end: the configured one, else as the request named it.
func (s *Server) base(r *http.Request, secure bool) string {
	if s.config.PublicURL != "" {
		return s.config.PublicURL
	}
	host := r.Host
	// What is asked most is not worth an expression for each request.
	if host != s.config.Listen && !hostPattern().MatchString(host) {
		host = s.config.Listen
	}
	if secure {
		return "https://" + host
	}
	return "http://" + host
}

func panicked(cause any) *fault.Error {
	return fault.From(fmt.Errorf("panic: %v\n%s", cause, debug.Stack()))
}
