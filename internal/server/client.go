package server

import (
	"fmt"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"

	"daypass/internal/fault"
)

// client returns the address that a request came from, and whether it came over TLS.
// The headers of a trusted proxy are believed: the client is the last address in
// X-Forwarded-For that is not a trusted proxy. If that element is not an address, the
// result is the zero value. The proxy's own address would be wrong there: policies and
// limits by address would treat every client as the proxy.
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
	lists := r.Header.Values("X-Forwarded-For")
	for i := len(lists) - 1; i >= 0; i-- {
		for list := lists[i]; list != ""; {
			var hop string
			list, hop = cutLast(list)
			if hop == "" {
				continue // empty elements are ignored (RFC 9110, section 5.6.1)
			}
			address = hopAddress(hop)
			if !s.trusted(address) {
				return address, secure
			}
		}
	}
	return address, secure
}

// cutLast splits the last element off a comma-separated list.
func cutLast(list string) (before, last string) {
	i := strings.LastIndexByte(list, ',')
	return list[:max(i, 0)], strings.TrimSpace(list[i+1:])
}

// hopAddress parses one element of X-Forwarded-For. Proxies write an address with or
// without a port, IPv6 with or without brackets, all of it with or without quotes. The
// result is the zero value for anything else.
//
// Source: RFC 7239, section 6. Some proxies use its form in this header too.
func hopAddress(hop string) netip.Addr {
	if n := len(hop); n > 1 && hop[0] == '"' && hop[n-1] == '"' {
		hop = hop[1 : n-1]
	}
	withPort, err := netip.ParseAddrPort(hop)
	if err == nil {
		return withPort.Addr().Unmap().WithZone("")
	}
	if n := len(hop); n > 1 && hop[0] == '[' && hop[n-1] == ']' {
		hop = hop[1 : n-1]
	}
	address, err := netip.ParseAddr(hop)
	if err != nil {
		return netip.Addr{}
	}
	return address.Unmap().WithZone("")
}

func (s *Server) trusted(address netip.Addr) bool {
	for _, net := range s.config.TrustedNets {
		if net.Contains(address) {
			return true
		}
	}
	return false
}

// base returns the URL of this server without a slash at its end: the configured one,
// else the host of the request, else the address that the server listens on.
func (s *Server) base(host string, secure bool) string {
	if s.config.PublicURL != "" {
		return s.config.PublicURL
	}
	if !isHost(host) {
		host = s.config.Listen
	}
	if secure {
		return "https://" + host
	}
	return "http://" + host
}

// isHost reports whether text matches
// ^([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$. It runs for each page, and package
// regexp would take as long for it as the authorization of the request.
func isHost(text string) bool {
	name, port := text, ""
	if strings.HasPrefix(text, "[") {
		end := strings.IndexByte(text, ']')
		if end < 0 || !consists(text[1:end], isAddressByte) {
			return false
		}
		port = text[end+1:]
	} else {
		if i := strings.IndexByte(text, ':'); i >= 0 {
			name, port = text[:i], text[i:]
		}
		if !consists(name, isHostByte) {
			return false
		}
	}
	return port == "" || port[0] == ':' && len(port) <= len(":65535") && consists(port[1:], isDigit)
}

// consists reports whether a text is not empty and all its bytes are of a kind.
func consists(text string, of func(byte) bool) bool {
	for i := range len(text) {
		if !of(text[i]) {
			return false
		}
	}
	return text != ""
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isHostByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || isDigit(c) || c == '.' || c == '-'
}

func isAddressByte(c byte) bool {
	return 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' || isDigit(c) || c == ':' || c == '.'
}

func panicked(cause any) *fault.Error {
	return fault.From(fmt.Errorf("panic: %v\n%s", cause, debug.Stack()))
}
