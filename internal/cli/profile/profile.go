// Package profile owns what the AWS configuration and credentials files say
// about everything but credentials: which profiles there are and their settings.
// Credentials themselves are the AWS SDK's to find; this package never looks at
// them beyond telling whether half of a pair is missing. File format: the
// "Configuration and credential file settings" page of the AWS CLI's user guide.
package profile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
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
	Profiles map[string]*Settings
	Services map[string]*Settings // sections [services NAME]

	keys map[string]pair // of the credentials file
}

// A pair tells which halves of a key pair a section has.
type pair struct{ id, secret bool }

func (s *Settings) pair() pair {
	return pair{s.Value("aws_access_key_id") != "", s.Value("aws_secret_access_key") != ""}
}

// Partial returns the file in which a profile has an access key without its
// secret, shared-credentials-file or config-file as the AWS CLI calls them; ""
// when there is none.
func (f *Files) Partial(name string) string {
	credentials := f.keys[name]
	switch p := f.Profiles[name].pair(); {
	case credentials.id && !credentials.secret:
		return "shared-credentials-file"
	case !credentials.id && p.id && !p.secret:
		return "config-file"
	}
	return ""
}

// Load reads the two files; one that does not exist counts as empty. Settings
// in the credentials file win. An error is "Unable to parse config file: PATH".
func Load(config, credentials string) (*Files, error) {
	f := &Files{map[string]*Settings{}, map[string]*Settings{}, map[string]pair{}}
	sections, err := read(config)
	if err != nil {
		return nil, err
	}
	for name, s := range sections {
		if name == "default" {
			f.Profiles[name] = s
			continue
		}
		kind, title, ok := heading(name)
		switch {
		case ok && strings.HasPrefix(kind, "profile"):
			f.Profiles[title] = s
		case ok && kind == "services":
			f.Services[title] = s
		}
	}
	if sections, err = read(credentials); err != nil {
		return nil, err
	}
	for name, s := range sections {
		f.keys[name] = s.pair()
		p, ok := f.Profiles[name]
		if !ok {
			f.Profiles[name] = s
			continue
		}
		for k, v := range s.Values {
			p.Values[k] = v
		}
		for k, v := range s.Nested {
			p.Nested[k] = v
		}
	}
	return f, nil
}

// heading splits a section's name of two words; the second may be in quotes.
func heading(name string) (kind, title string, ok bool) {
	kind, title, ok = strings.Cut(name, " ")
	title = strings.TrimSpace(title)
	for _, quote := range []string{`"`, "'"} {
		if inner, found := strings.CutPrefix(title, quote); found {
			return kind, strings.TrimSuffix(inner, quote), ok && strings.HasSuffix(inner, quote)
		}
	}
	return kind, title, ok && title != "" && !strings.ContainsAny(title, " \t")
}

// Value returns a setting of a section; a nil section has none.
func (s *Settings) Value(name string) string {
	if s == nil {
		return ""
	}
	return s.Values[name]
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
		if home, err := os.UserHomeDir(); err == nil {
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

// parse reads sections as Python's configparser does: no section or name twice,
// values go on in indented lines, a comment has a line of its own.
func parse(text string) (map[string]*Settings, bool) {
	sections := map[string]*Settings{}
	var section *Settings
	var name string
	values := map[*Settings]map[string][]string{}
	for _, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		bare := strings.TrimSpace(line)
		indented := line != "" && (line[0] == ' ' || line[0] == '\t')
		switch {
		case bare == "":
			if section != nil && name != "" { // it may be amid a value
				values[section][name] = append(values[section][name], "")
			}
			continue
		case bare[0] == '#' || bare[0] == ';':
			continue
		case indented && section != nil && name != "":
			values[section][name] = append(values[section][name], bare)
			continue
		case bare[0] == '[':
			title, _, ok := strings.Cut(bare[1:], "]")
			if !ok || sections[title] != nil {
				return nil, false
			}
			section, name = &Settings{map[string]string{}, map[string]map[string]string{}}, ""
			sections[title], values[section] = section, map[string][]string{}
			continue
		}
		i := strings.IndexAny(bare, "=:")
		if section == nil || i <= 0 {
			return nil, false
		}
		name = strings.ToLower(strings.TrimSpace(bare[:i]))
		if _, twice := values[section][name]; twice {
			return nil, false
		}
		values[section][name] = []string{strings.TrimSpace(bare[i+1:])}
	}
	for s, lines := range values {
		for name, v := range lines {
			if !s.set(name, v) {
				return nil, false
			}
		}
	}
	return sections, true
}

func (s *Settings) set(name string, lines []string) bool {
	value := strings.TrimRight(strings.Join(lines, "\n"), "\n")
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
