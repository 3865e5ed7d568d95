package server

import (
	"net"
	"net/http"
	"net/url"
	"strings"
)

// byHost turns the host form of a repository's address into the path form,
// if a base domain is configured:
// {domain}-{owner}.d.codeartifact.{region}.{base}/{format}/{repository}/…
func (p *packages) byHost(next http.Handler) http.Handler {
	if p.server.config.BaseDomain == "" {
		return next
	}
	suffix := p.server.hostSuffix()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		domain, ok := strings.CutSuffix(strings.ToLower(host), suffix)
		if !ok || domain == "" || strings.Contains(domain, ".") {
			next.ServeHTTP(w, r)
			return
		}
		moved := *r
		moved.URL = pathForm(r.URL, domain)
		next.ServeHTTP(w, &moved)
	})
}

// pathForm inserts /d/{domain} after the format, in both spellings of the path.
func pathForm(u *url.URL, domain string) *url.URL {
	insert := func(path string) string {
		format, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
		return "/" + format + "/d/" + domain + "/" + rest
	}
	moved := *u
	moved.Path = insert(u.Path)
	if u.RawPath != "" {
		moved.RawPath = insert(u.RawPath)
	}
	return &moved
}
