package pypi

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"daypass/internal/format"
	"daypass/internal/printable"
)

// Bounds on a metadata file. A value is cut at maxValue:
// CodeArtifact User Guide, "View package version details and dependencies".
const (
	maxMetadata = 4 << 20 // bytes
	maxFields   = 20_000
	maxValue    = 400_000 // bytes
)

// metadata is a project's core metadata. It comes from a METADATA or PKG-INFO file,
// or from the fields of an upload.
//
// Source: Core metadata specifications, packaging.python.org.
type metadata struct {
	name, version, summary, homePage, requiresPython string
	license, licenseExpression, description          string

	requiresDist, projectURLs, classifiers []string
}

// single returns the place of a field that is given once. The name is the one in a
// form: lower case with underscores.
func (m *metadata) single(field string) *string {
	switch field {
	case "name":
		return &m.name
	case "version":
		return &m.version
	case "summary":
		return &m.summary
	case "home_page":
		return &m.homePage
	case "requires_python":
		return &m.requiresPython
	case "license":
		return &m.license
	case "license_expression":
		return &m.licenseExpression
	case "description":
		return &m.description
	}
	return nil
}

// multiple is like single, for fields that may be given many times. Some tools name
// them in the plural.
func (m *metadata) multiple(field string) *[]string {
	switch field {
	case "requires_dist":
		return &m.requiresDist
	case "project_url", "project_urls":
		return &m.projectURLs
	case "classifier", "classifiers":
		return &m.classifiers
	}
	return nil
}

// set keeps a known field. Of a field that is given once it keeps the first value.
func (m *metadata) set(field, value string) {
	if len(value) > maxValue {
		return
	}
	value = strings.ToValidUTF8(value, "\uFFFD")
	if p := m.single(field); p != nil && *p == "" {
		*p = value
	}
	if p := m.multiple(field); p != nil && value != "" {
		*p = append(*p, value)
	}
}

// parseMetadata reads a METADATA or PKG-INFO file as Python's email parser does:
// header lines as in RFC 822, then an empty line and the description. A line that
// is none of these ends the header and begins the description.
func parseMetadata(b []byte) (*metadata, error) {
	if bytes.HasPrefix(b, []byte("\xef\xbb\xbf")) {
		return nil, errors.New("the metadata begins with a byte order mark, after which installers find no field")
	}
	m := &metadata{}
	rest := strings.ReplaceAll(string(b), "\r\n", "\n")
	var field string
	var value []string // lines
	for n := 0; rest != ""; n++ {
		if n > maxFields {
			return nil, fmt.Errorf("the metadata has more than %d lines before its description", maxFields)
		}
		line, after, _ := strings.Cut(rest, "\n")
		if line == "" {
			rest = after
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			rest = after
			value = append(value, unfold(line))
			continue
		}
		name, first, ok := strings.Cut(line, ":")
		if !ok || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) {
			break
		}
		rest = after
		m.set(field, strings.Join(value, "\n"))
		field = strings.ReplaceAll(strings.ToLower(name), "-", "_")
		value = append(value[:0], strings.TrimSpace(first))
	}
	m.set(field, strings.Join(value, "\n"))
	if strings.TrimSpace(rest) != "" {
		m.set("description", rest)
	}
	if m.name == "" || m.version == "" {
		return nil, errors.New("the metadata has no Name or no Version")
	}
	return m, nil
}

// unfold removes what tools put before a line that continues a description:
// eight spaces, or seven and a bar (Core metadata specifications,
// "Description").
func unfold(line string) string {
	if t, ok := strings.CutPrefix(line, "       |"); ok {
		return t
	}
	n := 0
	for n < len(line) && n < 8 && (line[n] == ' ' || line[n] == '\t') {
		n++
	}
	return line[n:]
}

// clip cuts a text of an upload for a message.
func clip(s string) string {
	const most = 60
	return printable.Short(s, most)
}

// clauseRE is one clause of a version specifier: an operator and a version, or
// with === any text. A version may end in .* after every operator: files from
// before packaging 22 have that, and pip goes on without such a clause.
//
// Source: PEP 440, "Version specifiers".
var clauseRE = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\s*(?:===\s*[^\s;)]+|(?:~=|==|!=|<=|>=|<|>)\s*([^\s*]+?)(?:\.\*)?)\s*$`)
})

// checkSpecifier refuses a text that is no set of version specifiers: installers
// would fail on it or ignore it. The empty set is valid.
func checkSpecifier(text string) error {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	clauses := strings.Split(text, ",")
	if strings.TrimSpace(clauses[len(clauses)-1]) == "" {
		clauses = clauses[:len(clauses)-1] // packaging allows a comma at the end
	}
	for _, clause := range clauses {
		parts := clauseRE().FindStringSubmatch(clause)
		if parts != nil && parts[1] != "" {
			_, err := parseVersion(parts[1])
			if err != nil {
				parts = nil
			}
		}
		if parts == nil {
			return fmt.Errorf("its metadata has the Requires-Python %q, in which %q is no version specifier, such as >=3.9", clip(text), clip(strings.TrimSpace(clause)))
		}
	}
	return nil
}

// merge fills the empty fields of m from other.
func (m *metadata) merge(other *metadata) {
	for _, p := range []struct{ to, from *string }{
		{&m.summary, &other.summary}, {&m.homePage, &other.homePage}, {&m.requiresPython, &other.requiresPython},
		{&m.license, &other.license}, {&m.licenseExpression, &other.licenseExpression}, {&m.description, &other.description},
	} {
		if *p.to == "" {
			*p.to = *p.from
		}
	}
	for _, p := range []struct{ to, from *[]string }{
		{&m.requiresDist, &other.requiresDist}, {&m.projectURLs, &other.projectURLs}, {&m.classifiers, &other.classifiers},
	} {
		if len(*p.to) == 0 {
			*p.to = *p.from
		}
	}
}

// describe returns the metadata in the API's terms.
func (m *metadata) describe() format.Description {
	d := format.Description{
		DisplayName: m.name,
		Summary:     m.summary,
		HomePage:    m.homePage,
		Readme:      m.description,
		Licenses:    m.licenses(),
	}
	for _, line := range m.projectURLs {
		label, address, _ := strings.Cut(line, ",")
		// Labels are compared without case, punctuation and space: PEP 753.
		label = strings.ToLower(labelRE().ReplaceAllString(label, ""))
		address = strings.TrimSpace(address)
		switch label {
		case "homepage":
			if d.HomePage == "" {
				d.HomePage = address
			}
		case "source", "sourcecode", "repository", "github":
			if d.SourceCode == "" {
				d.SourceCode = address
			}
		}
	}
	for _, line := range m.requiresDist {
		if dep, ok := dependency(line); ok {
			d.Dependencies = append(d.Dependencies, dep)
		}
	}
	return d
}

var labelRE = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[^\p{L}\p{N}]+`) })

// licenses prefers the expression (PEP 639) to the free text, and that to the
// classifiers.
func (m *metadata) licenses() []format.License {
	for _, text := range []string{m.licenseExpression, m.license} {
		if text = strings.TrimSpace(text); text != "" && text != "UNKNOWN" {
			return []format.License{{Name: text}}
		}
	}
	var list []format.License
	for _, c := range m.classifiers {
		if parts := strings.Split(c, " :: "); len(parts) > 1 && parts[0] == "License" {
			list = append(list, format.License{Name: parts[len(parts)-1]})
		}
	}
	return list
}

// requirementRE takes the name off a requirement: PEP 508.
var requirementRE = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\s*([A-Za-z0-9][A-Za-z0-9._-]*)(.*)$`) })

// dependency reads one Requires-Dist. It keeps the range as written, with extras and
// markers.
func dependency(line string) (format.Dependency, bool) {
	parts := requirementRE().FindStringSubmatch(strings.ReplaceAll(line, "\n", " "))
	if parts == nil {
		return format.Dependency{}, false
	}
	name, err := projectName(strings.TrimRight(parts[1], "._-"))
	if err != nil {
		return format.Dependency{}, false
	}
	return format.Dependency{Package: name, Type: "Requires-Dist", Requirement: strings.TrimSpace(parts[2])}, true
}
