package pypi

import (
	"strings"

	"daypass/internal/format/serve"
)

// The media types of the simple API: PEP 691, "Content-Types".
const (
	typeJSON = "application/vnd.pypi.simple.v1+json"
	typeHTML = "application/vnd.pypi.simple.v1+html"
	typeText = "text/html"

	latestJSON = "application/vnd.pypi.simple.latest+json"
	latestHTML = "application/vnd.pypi.simple.latest+html"
)

// negotiate returns the media type of the answer, or "" if the client accepts
// none. The client's quality value decides, then how precisely it names the type.
// Otherwise the answer is JSON, but HTML for a client that accepts anything.
//
// Source: RFC 9110, section 12.5.1; CodeArtifact User Guide, "Python
// compatibility", for what each type gets alone.
func negotiate(accept []string) string {
	if strings.TrimSpace(strings.Join(accept, "")) == "" {
		return typeText
	}
	best, bestType := serve.Preference{}, ""
	for _, offer := range [...]struct{ name, alias string }{{typeJSON, latestJSON}, {typeHTML, latestHTML}, {typeText, typeText}} {
		p := serve.Accepted(accept, offer.name, offer.alias)
		anything := offer.name == typeText && p == best && p.Precision == 1
		if p.Quality > 0 && (p.Exceeds(best) || anything) {
			best, bestType = p, offer.name
		}
	}
	return bestType
}

// wantsPage reports whether a client prefers HTML by name, as browsers do and
// installers don't.
func wantsPage(accept []string) bool {
	return serve.Accepted(accept, typeText, typeText) == serve.Preference{Quality: 1000, Precision: 3}
}
