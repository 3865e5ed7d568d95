package server

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// endpoint returns the URL of a repository for a format, with a slash at its end. It has
// the host and the scheme of the request in ctx, unless these are configured.
func (s *Server) endpoint(ctx context.Context, formatName, domain, owner, repository string) string {
	e := eventOf(ctx)
	base := s.base(e.host, e.call.Secure)
	if s.config.BaseDomain == "" {
		return base + "/" + formatName + "/d/" + domain + "-" + owner + "/" + repository + "/"
	}
	scheme, rest, _ := strings.Cut(base, "://")
	port := ""
	if i := strings.LastIndexByte(rest, ':'); i > strings.LastIndexByte(rest, ']') {
		port, _, _ = strings.Cut(rest[i:], "/")
	}
	return scheme + "://" + domain + "-" + owner + s.hostSuffix() + port + "/" + formatName + "/" + repository + "/"
}

// hostSuffix is the part of a host that follows {domain}-{owner} in the host form.
func (s *Server) hostSuffix() string {
	return ".d.codeartifact." + s.config.Region + "." + s.config.BaseDomain
}

// byHost rewrites the host form of a repository's address to the path form, if a base
// domain is configured. The host form is
// {domain}-{owner}.d.codeartifact.{region}.{base}/{format}/{repository}/…
func (s *Server) byHost(next http.Handler) http.Handler {
	if s.config.BaseDomain == "" {
		return next
	}
	suffix := s.hostSuffix()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		name, _, err := net.SplitHostPort(host)
		if err == nil {
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

// pathForm returns a URL with /d/{domain} inserted after the format, in Path and in
// RawPath.
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
