package client

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Masked is printed in the place of a secret.
const Masked = "*****"

// Debug prints a line to standard error if [Options.Debug] is set. The arguments
// MUST contain no secret: bodies are never printed, and headers only through
// [safeHeader].
func (s *Session) Debug(format string, args ...any) {
	if !s.Options.Debug {
		return
	}
	fmt.Fprintf(s.Stderr, "%s daypass: debug: %s\n", s.Now().UTC().Format("2006-01-02T15:04:05.000Z"), fmt.Sprintf(format, args...))
}

func (s *Session) debugRequest(r *http.Request) {
	if !s.Options.Debug {
		return
	}
	s.Debug("request: %s %s, %d bytes of content", r.Method, r.URL.Redacted(), r.ContentLength)
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		s.Debug("request header: %s: %s", name, safeHeader(name, r.Header.Get(name)))
	}
}

func (s *Session) debugReply(reply *http.Response) {
	if !s.Options.Debug {
		return
	}
	s.Debug("reply: %s, %d bytes of content", reply.Status, reply.ContentLength)
	for _, name := range slices.Sorted(maps.Keys(reply.Header)) {
		s.Debug("reply header: %s: %s", name, safeHeader(name, reply.Header.Get(name)))
	}
}

// safeHeader masks what another person could use: signatures, session tokens,
// cookies and the credentials for a proxy.
func safeHeader(name, value string) string {
	switch strings.ToLower(name) {
	case "x-amz-security-token", "proxy-authorization", "set-cookie", "cookie", "www-authenticate", "location":
		return Masked
	case "authorization":
		before, _, ok := strings.Cut(value, "Signature=")
		if !ok {
			return Masked
		}
		return before + "Signature=" + Masked
	}
	return value
}
