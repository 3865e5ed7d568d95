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

// negotiate returns the media type to answer with, or "" if none will do. The
// client's quality decides, then how precisely it named the type. What is left
// goes to JSON, except that a client who takes anything gets HTML.
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

// wantsPage reports whether a client names HTML as what it wants most, as
// browsers do and installers don't.
func wantsPage(accept []string) bool {
	return serve.Accepted(accept, typeText, typeText) == serve.Preference{Quality: 1000, Precision: 3}
}
