package cli

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

const masked = "*****"

// debug prints a line to standard error with --debug. What it is given must hold
// no secret: bodies are never printed, headers only through [safeHeader].
func (s *session) debug(format string, args ...any) {
	if !s.set("debug") {
		return
	}
	fmt.Fprintf(s.app.Stderr, "%s daypass: debug: %s\n", s.app.Now().UTC().Format("2006-01-02T15:04:05.000Z"), fmt.Sprintf(format, args...))
}

// debugArguments prints the command line without its values: any of them may be
// a secret, a token or a document that holds one.
func (s *session) debugArguments() {
	if !s.set("debug") {
		return
	}
	var words []string
	for _, word := range s.app.Args {
		name, _, hasValue := strings.Cut(word, "=")
		switch {
		case strings.HasPrefix(word, "--") && hasValue:
			words = append(words, name+"="+masked)
		case strings.HasPrefix(word, "--"), slices.Contains(commands, word), word == s.text("command"):
			words = append(words, word)
		default:
			words = append(words, masked)
		}
	}
	s.debug("%s", s.app.agent())
	s.debug("arguments: %s", strings.Join(words, " "))
}

func (s *session) debugRequest(r *http.Request) {
	if !s.set("debug") {
		return
	}
	s.debug("request: %s %s, %d bytes of content", r.Method, r.URL.Redacted(), r.ContentLength)
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		s.debug("request header: %s: %s", name, safeHeader(name, r.Header.Get(name)))
	}
}

func (s *session) debugReply(reply *http.Response) {
	if !s.set("debug") {
		return
	}
	s.debug("reply: %s, %d bytes of content", reply.Status, reply.ContentLength)
	for _, name := range slices.Sorted(maps.Keys(reply.Header)) {
		s.debug("reply header: %s: %s", name, safeHeader(name, reply.Header.Get(name)))
	}
}

// safeHeader masks what could be used by another: the signature, session tokens,
// cookies, credentials of a proxy.
func safeHeader(name, value string) string {
	switch strings.ToLower(name) {
	case "x-amz-security-token", "proxy-authorization", "set-cookie", "cookie", "www-authenticate", "location":
		return masked
	case "authorization":
		before, _, ok := strings.Cut(value, "Signature=")
		if !ok {
			return masked
		}
		return before + "Signature=" + masked
	}
	return value
}
