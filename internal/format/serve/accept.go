package serve

import (
	"strconv"
	"strings"
)

// A Preference is how much a client prefers a media type. Quality is the weight in
// thousandths. Precision is how the type was named: 3 by name, 2 as type/*, 1 as */*.
type Preference struct{ Quality, Precision int }

// Exceeds reports whether p is preferred to q.
func (p Preference) Exceeds(q Preference) bool {
	if p.Quality != q.Quality {
		return p.Quality > q.Quality
	}
	return p.Precision > q.Precision
}

// Accepted returns the preference for a media type, or its alias, in Accept headers:
// that of the range that names it most precisely.
//
// Source: RFC 9110, section 12.5.1.
func Accepted(accept []string, name, alias string) Preference {
	kind, _, _ := strings.Cut(name, "/")
	var found Preference
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
			p := Preference{quality(parameters), precision}
			if precision > found.Precision || precision == found.Precision && p.Quality > found.Quality {
				found = p
			}
		}
	}
	return found
}

// quality returns the weight among parameters in thousandths. A weight that can't be
// parsed is ignored.
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

// acceptsGzip reports whether Accept-Encoding headers allow gzip. By the RFC no
// header allows everything, but most clients that send none cannot decode gzip.
//
// Source: RFC 9110, section 12.5.3.
func acceptsGzip(header []string) bool {
	anything := false
	for _, line := range header {
		for line != "" {
			var item string
			item, line, _ = strings.Cut(line, ",")
			coding, parameters, _ := strings.Cut(item, ";")
			coding = strings.TrimSpace(coding)
			switch {
			case strings.EqualFold(coding, "gzip"), strings.EqualFold(coding, "x-gzip"):
				return quality(parameters) > 0
			case coding == "*":
				anything = quality(parameters) > 0
			}
		}
	}
	return anything
}
