package pypi

import (
	"strconv"
	"strings"
)

// The media types of the simple API: PEP 691, "Content-Types".
const (
	typeJSON = "application/vnd.pypi.simple.v1+json"
	typeHTML = "application/vnd.pypi.simple.v1+html"
	typeText = "text/html"

	latestJSON = "application/vnd.pypi.simple.latest+json"
	latestHTML = "application/vnd.pypi.simple.latest+html"
)

// A choice is how much a client wants a media type: the quality that it gave,
// in thousandths, and how precisely it named the type: 3 by name, 2 as type/*,
// 1 as */*.
type choice struct{ quality, precision int }

// better reports whether c is wanted more than d.
func (c choice) better(d choice) bool {
	if c.quality != d.quality {
		return c.quality > d.quality
	}
	return c.precision > d.precision
}

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
	best, bestType := choice{}, ""
	for _, offer := range [...]struct{ name, alias string }{{typeJSON, latestJSON}, {typeHTML, latestHTML}, {typeText, typeText}} {
		c := wanted(accept, offer.name, offer.alias)
		anything := offer.name == typeText && c == best && c.precision == 1
		if c.quality > 0 && (c.better(best) || anything) {
			best, bestType = c, offer.name
		}
	}
	return bestType
}

// wanted returns the choice that applies to a media type: the most precise one
// that the headers make.
func wanted(accept []string, name, alias string) choice {
	kind, _, _ := strings.Cut(name, "/")
	var found choice
	for _, line := range accept {
		for line != "" {
			var item string
			item, line, _ = strings.Cut(line, ",")
			media, parameters, _ := strings.Cut(item, ";")
			media = strings.TrimSpace(media)
			precision := 0
			switch {
			case strings.EqualFold(media, name) || strings.EqualFold(media, alias):
				precision = 3
			case len(media) == len(kind)+2 && strings.EqualFold(media[:len(kind)], kind) && media[len(kind):] == "/*":
				precision = 2
			case media == "*/*":
				precision = 1
			default:
				continue
			}
			c := choice{quality(parameters), precision}
			if precision > found.precision || precision == found.precision && c.quality > found.quality {
				found = c
			}
		}
	}
	return found
}

// quality returns the weight among parameters in thousandths. A weight that
// can't be read counts as none given.
func quality(parameters string) int {
	for parameters != "" {
		var p string
		p, parameters, _ = strings.Cut(parameters, ";")
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if strings.EqualFold(strings.TrimSpace(name), "q") {
			q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err == nil && q >= 0 && q <= 1 {
				return int(q*1000 + 0.5)
			}
		}
	}
	return 1000
}

// wantsPage reports whether a client names HTML as what it wants most, as
// browsers do and installers don't.
func wantsPage(accept []string) bool {
	return wanted(accept, typeText, typeText) == choice{1000, 3}
}
