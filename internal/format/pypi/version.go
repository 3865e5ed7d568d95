package pypi

import (
	"fmt"
	"strings"
)

// A version is a version of PEP 440 in its normal form. Numbers are kept as digits
// without leading zeros, because the PEP does not bound them.
type version struct {
	epoch   string
	release []string
	pre     string // a, b, rc; empty: no pre-release
	preN    string
	post    string // empty: no post-release
	dev     string // empty: no development release
	local   []string
}

const maxVersion = 255 // characters; CodeArtifact API, PackageVersion

// parseVersion reads a version in any spelling that PEP 440 allows, as its
// appendix B does, and normalises it.
func parseVersion(s string) (version, error) {
	var v version
	if len(s) > maxVersion {
		return v, fmt.Errorf("the version has %d characters; at most %d are allowed", len(s), maxVersion)
	}
	p := &scanner{rest: strings.ToLower(strings.Trim(s, " \t\n\r\f\v"))}
	p.take("v")
	if !v.scanRelease(p) || !v.scanSuffixes(p) || !v.scanLocal(p) || p.rest != "" {
		return version{}, fmt.Errorf("%q is not a version of the form that PEP 440 sets, such as 1.2.3 or 1.2rc1", s)
	}
	return v, nil
}

// A scanner reads a text from its beginning.
type scanner struct{ rest string }

// take removes the first of the given texts that the rest begins with.
func (p *scanner) take(texts ...string) (string, bool) {
	for _, t := range texts {
		if strings.HasPrefix(p.rest, t) {
			p.rest = p.rest[len(t):]
			return t, true
		}
	}
	return "", false
}

// number removes digits and returns them without leading zeros.
func (p *scanner) number() (string, bool) {
	n := 0
	for n < len(p.rest) && isDigit(p.rest[n]) {
		n++
	}
	digits := p.rest[:n]
	p.rest = p.rest[n:]
	return trimZeros(digits), n > 0
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func trimZeros(digits string) string {
	if t := strings.TrimLeft(digits, "0"); t != "" {
		return t
	}
	return "0"
}

func (v *version) scanRelease(p *scanner) bool {
	n, ok := p.number()
	if !ok {
		return false
	}
	v.epoch = "0"
	if _, epoch := p.take("!"); epoch {
		v.epoch = n
		if n, ok = p.number(); !ok {
			return false
		}
	}
	v.release = append(v.release, n)
	for {
		before := p.rest
		if _, dot := p.take("."); !dot {
			return true
		}
		if n, ok = p.number(); !ok {
			p.rest = before // the dot belongs to a suffix
			return true
		}
		v.release = append(v.release, n)
	}
}

// suffix removes a separator, one of the words, and a number that may follow
// after another separator. A missing number is 0, and the PEP's expression lets
// the separator stand without it.
func (p *scanner) suffix(words ...string) (word, number string) {
	before := p.rest
	p.take(".", "-", "_")
	word, ok := p.take(words...)
	if !ok {
		p.rest = before
		return "", ""
	}
	p.take(".", "-", "_")
	number, _ = p.number()
	return word, number
}

func (v *version) scanSuffixes(p *scanner) bool {
	// Longer words come before those that they begin with.
	switch word, n := p.suffix("alpha", "a", "beta", "b", "preview", "pre", "c", "rc"); word {
	case "":
	case "a", "alpha":
		v.pre, v.preN = "a", n
	case "b", "beta":
		v.pre, v.preN = "b", n
	default:
		v.pre, v.preN = "rc", n
	}
	v.scanPost(p)
	if word, n := p.suffix("dev"); word != "" {
		v.dev = n
	}
	return true
}

// scanPost reads a post-release, which may be just a hyphen and a number.
func (v *version) scanPost(p *scanner) {
	before := p.rest
	if _, ok := p.take("-"); ok {
		if n, ok := p.number(); ok {
			v.post = n
			return
		}
		p.rest = before
	}
	if word, n := p.suffix("post", "rev", "r"); word != "" {
		v.post = n
	}
}

func (v *version) scanLocal(p *scanner) bool {
	if _, ok := p.take("+"); !ok {
		return true
	}
	for _, segment := range strings.FieldsFunc(p.rest, isSeparator) {
		if strings.ContainsFunc(segment, func(r rune) bool { return (r < '0' || r > '9') && (r < 'a' || r > 'z') }) {
			return false
		}
		if isNumber(segment) {
			segment = trimZeros(segment)
		}
		v.local = append(v.local, segment)
	}
	// Every separator stands between two segments.
	separators := strings.Count(p.rest, ".") + strings.Count(p.rest, "-") + strings.Count(p.rest, "_")
	p.rest = ""
	return separators == len(v.local)-1
}

func isSeparator(r rune) bool { return r == '.' || r == '-' || r == '_' }

func isNumber(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

// String returns the normal form: PEP 440, "Normalization".
func (v version) String() string {
	var b strings.Builder
	if v.epoch != "0" {
		b.WriteString(v.epoch + "!")
	}
	b.WriteString(strings.Join(v.release, "."))
	b.WriteString(v.pre + v.preN)
	if v.post != "" {
		b.WriteString(".post" + v.post)
	}
	if v.dev != "" {
		b.WriteString(".dev" + v.dev)
	}
	if len(v.local) > 0 {
		b.WriteString("+" + strings.Join(v.local, "."))
	}
	return b.String()
}

// NormalizeVersion returns the normal form of a version. It keeps trailing zeros of
// the release, as PEP 440 says, although 1.0 and 1.0.0 are equal.
func NormalizeVersion(s string) (string, error) {
	v, err := parseVersion(s)
	if err != nil {
		return "", err
	}
	return v.String(), nil
}
