// Package profile owns what the AWS configuration and credentials files say:
// which profiles there are and their settings. It reads them as the AWS CLI does,
// which leaves them to Python's configparser. What the settings mean is for others
// to know. File format: the "Configuration and credential file settings" page of
// the AWS CLI's user guide.
package profile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"daypass/internal/cli/document"
)

// maxFile bounds a file, in bytes.
const maxFile = 4 << 20

// A Settings is one section: names in lower case. A setting with indented lines
// below it is in Nested instead of Values.
type Settings struct {
	Values map[string]string
	Nested map[string]map[string]string
}

// Files are what was read. The zero value is that of no files.
type Files struct {
	Profiles    map[string]*Settings // of both files; the credentials file wins
	Services    map[string]*Settings // sections [services NAME]
	SSOSessions map[string]*Settings // sections [sso-session NAME]

	Config      map[string]*Settings // profiles of the configuration file alone
	Credentials map[string]*Settings // sections of the credentials file alone
}

// Load reads the two files; one that does not exist counts as empty. An error is
// "Unable to parse config file: PATH".
func Load(config, credentials string) (*Files, error) {
	sections, err := read(config)
	if err != nil {
		return nil, err
	}
	f := &Files{Profiles: map[string]*Settings{}, Services: map[string]*Settings{}, SSOSessions: map[string]*Settings{}, Config: map[string]*Settings{}}
	for name, s := range sections {
		switch kind, title := heading(name); kind {
		case "profile":
			f.Config[title] = s
		case "services":
			f.Services[title] = s
		case "sso-session":
			f.SSOSessions[title] = s
		}
	}
	f.Credentials, err = read(credentials)
	if err != nil {
		return nil, err
	}
	for name, s := range f.Config {
		f.Profiles[name] = s.with(nil)
	}
	for name, s := range f.Credentials {
		f.Profiles[name] = f.Profiles[name].with(s)
	}
	return f, nil
}

// with returns a copy with the settings of another section over it.
func (s *Settings) with(over *Settings) *Settings {
	sum := &Settings{map[string]string{}, map[string]map[string]string{}}
	for _, from := range []*Settings{s, over} {
		if from == nil {
			continue
		}
		for k, v := range from.Values {
			sum.Values[k] = v
			delete(sum.Nested, k)
		}
		for k, v := range from.Nested {
			sum.Nested[k] = v
			delete(sum.Values, k)
		}
	}
	return sum
}

// heading tells the kind and the title of a section of the configuration file;
// the kind of a section that is none of those known is "".
func heading(name string) (kind, title string) {
	if name == "default" {
		return "profile", name
	}
	for _, kind := range []string{"profile", "services", "sso-session"} {
		if !strings.HasPrefix(name, kind) {
			continue
		}
		words, err := Words(name)
		if err != nil || len(words) != 2 {
			return "", ""
		}
		return kind, words[1]
	}
	return "", ""
}

// Value returns a setting of a section; a nil section has none.
func (s *Settings) Value(name string) string {
	if s == nil {
		return ""
	}
	return s.Values[name]
}

// Has reports whether a section has a setting, be it empty.
func (s *Settings) Has(name string) bool {
	if s == nil {
		return false
	}
	_, plain := s.Values[name]
	_, nested := s.Nested[name]
	return plain || nested
}

// Service returns a setting that stands below a service's name, as
// endpoint_url does in a [services] section.
func (s *Settings) Service(service, name string) string {
	if s == nil {
		return ""
	}
	return s.Nested[service][name]
}

func read(path string) (map[string]*Settings, error) {
	if path == "" {
		return nil, nil
	}
	path = Expand(path)
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return nil, nil
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, err
	}
	sections, ok := parse(string(data))
	if !ok || len(data) > maxFile || !utf8.Valid(data) {
		return nil, document.Messagef("Unable to parse config file: %s", path)
	}
	return sections, nil
}

// Expand replaces a leading ~ and environment variables in a path.
func Expand(path string) string {
	if rest, ok := strings.CutPrefix(path, "~"); ok && (rest == "" || rest[0] == '/' || rest[0] == filepath.Separator) {
		home, err := os.UserHomeDir()
		if err == nil {
			path = home + rest
		}
	}
	return os.Expand(path, func(name string) string {
		if v, ok := os.LookupEnv(name); ok {
			return v
		}
		return "$" + name
	})
}

// defaults is the section whose settings every other one has too.
const defaults = "DEFAULT"

// parse reads sections as Python's configparser does: no section or name twice, a
// value goes on in lines that are indented more than the line of its name, and a
// comment has a line of its own.
func parse(text string) (map[string]*Settings, bool) {
	p := parser{sections: map[string]map[string][]string{}}
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	for line := range strings.SplitSeq(text, "\n") {
		if !p.line(line) {
			return nil, false
		}
	}
	sections := map[string]*Settings{}
	for title, values := range p.sections {
		if title == defaults {
			continue
		}
		s := &Settings{map[string]string{}, map[string]map[string]string{}}
		for _, from := range []map[string][]string{p.sections[defaults], values} {
			for name, lines := range from {
				if !s.set(name, lines) {
					return nil, false
				}
			}
		}
		sections[title] = s
	}
	return sections, true
}

// A parser reads a file line by line.
type parser struct {
	sections map[string]map[string][]string // title, then name, then the lines of a value
	section  map[string][]string            // the one that lines belong to; nil before the first
	name     string                         // whose value may go on; "" for none
	indent   int                            // of the line with the name
}

func (p *parser) line(line string) bool {
	bare := strings.TrimSpace(line)
	indent := len(line) - len(strings.TrimLeftFunc(line, unicode.IsSpace))
	switch {
	case bare == "":
		if p.name != "" { // it may be amid a value
			p.section[p.name] = append(p.section[p.name], "")
		}
		return true
	case bare[0] == '#' || bare[0] == ';':
		return true
	case p.name != "" && indent > p.indent:
		p.section[p.name] = append(p.section[p.name], bare)
		return true
	}
	p.indent = indent
	if end := strings.LastIndexByte(bare, ']'); bare[0] == '[' && end > 1 {
		title := bare[1:end]
		p.section, p.name = p.sections[title], ""
		if p.section != nil && title != defaults {
			return false
		}
		if p.section == nil {
			p.section = map[string][]string{}
			p.sections[title] = p.section
		}
		return true
	}
	i := strings.IndexAny(bare, "=:")
	if p.section == nil || i <= 0 {
		return false
	}
	p.name = strings.ToLower(strings.TrimSpace(bare[:i]))
	if _, twice := p.section[p.name]; twice {
		return false
	}
	p.section[p.name] = []string{strings.TrimSpace(bare[i+1:])}
	return true
}

func (s *Settings) set(name string, lines []string) bool {
	value := strings.TrimRight(strings.Join(lines, "\n"), "\n")
	delete(s.Values, name)
	delete(s.Nested, name)
	if !strings.HasPrefix(value, "\n") {
		s.Values[name] = value
		return true
	}
	inner := map[string]string{}
	for line := range strings.SplitSeq(value, "\n") {
		if line == "" {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			return false
		}
		inner[strings.TrimSpace(key)] = strings.TrimSpace(value)
	}
	s.Nested[name] = inner
	return true
}
