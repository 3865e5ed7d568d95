// Package profile owns the format of the AWS configuration and credentials files: it
// finds out which profiles there are and their settings. It reads the files as the
// AWS CLI does, with the rules of Python's configparser. It does not know what a
// setting means.
//
// Source: the page "Configuration and credential file settings" of the AWS CLI's user
// guide.
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

// Settings are the settings of one section, with names in lower case. A setting whose
// value is indented lines below it is in Nested instead of Values.
type Settings struct {
	Values map[string]string
	Nested map[string]map[string]string
}

// Files are the contents of the two files. The zero value means no files.
type Files struct {
	Profiles    map[string]*Settings // profiles of both files; the credentials file wins
	Services    map[string]*Settings // sections [services NAME]
	SSOSessions map[string]*Settings // sections [sso-session NAME]

	Config      map[string]*Settings // profiles of the configuration file alone
	Credentials map[string]*Settings // sections of the credentials file alone
}

// Load reads the two files. A file that does not exist counts as empty. The error for
// a file that cannot be parsed is a [document.Message].
func Load(config, credentials string) (*Files, error) {
	sections, err := read(config)
	if err != nil {
		return nil, err
	}
	f := &Files{Profiles: map[string]*Settings{}, Services: map[string]*Settings{}, SSOSessions: map[string]*Settings{}, Config: map[string]*Settings{}}
	for name, s := range sections {
		switch kind, title := splitHeading(name); kind {
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
		f.Profiles[name] = s.overlaid(nil)
	}
	for name, s := range f.Credentials {
		f.Profiles[name] = f.Profiles[name].overlaid(s)
	}
	return f, nil
}

// overlaid returns a copy of the settings, with those of another section over them.
func (s *Settings) overlaid(over *Settings) *Settings {
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

// splitHeading splits the heading of a section of the configuration file into its
// kind and its title. The kind is "" if it is not known.
func splitHeading(name string) (kind, title string) {
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

// Value returns a setting, or "". Nil has no settings.
func (s *Settings) Value(name string) string {
	if s == nil {
		return ""
	}
	return s.Values[name]
}

// Has reports whether there is a setting, even an empty one.
func (s *Settings) Has(name string) bool {
	if s == nil {
		return false
	}
	_, plain := s.Values[name]
	_, nested := s.Nested[name]
	return plain || nested
}

// Service returns a setting that is nested below a service's name, such as
// endpoint_url in a [services] section.
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

// Expand replaces a leading ~ and environment variables in a path. A variable that is
// not set stays.
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

// defaultsSection is the section whose settings all other sections have too.
const defaultsSection = "DEFAULT"

// parse reads sections as Python's configparser does. No section or name may occur
// twice. A value goes on in lines that are indented more than the line of its name. A
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
		if title == defaultsSection {
			continue
		}
		s := &Settings{map[string]string{}, map[string]map[string]string{}}
		for _, from := range []map[string][]string{p.sections[defaultsSection], values} {
			for name, lines := range from {
				if !s.setLines(name, lines) {
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
	section  map[string][]string            // the current section; nil before the first
	name     string                         // the setting whose value may go on; "" for none
	indent   int                            // of the line with that name
}

func (p *parser) line(line string) bool {
	bare := strings.TrimSpace(line)
	indent := len(line) - len(strings.TrimLeftFunc(line, unicode.IsSpace))
	switch {
	case bare == "":
		if p.name != "" { // it may be in the middle of a value
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
		if p.section != nil && title != defaultsSection {
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

func (s *Settings) setLines(name string, lines []string) bool {
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
