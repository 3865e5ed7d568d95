package pypi

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"daypass/internal/format"
)

const (
	maxName = 255 // characters; CodeArtifact API, PackageName
	maxFile = 240 // characters; an asset name may have 255, and one may gain metadataSuffix
)

// isName is PEP 508, "Names", which ignores case:
// ^([A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9])$. It is asked for each page, and an
// expression would take longer than the page.
func isName(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isAlphanumeric(c) && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return s != "" && isAlphanumeric(s[0]) && isAlphanumeric(s[len(s)-1])
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// projectName checks a project name and returns its normal form: lower case,
// with runs of - _ and . as one hyphen (PEP 503, "Normalized Names").
func projectName(s string) (string, error) {
	if len(s) > maxName {
		return "", fmt.Errorf("the project name has %d characters; at most %d are allowed", len(s), maxName)
	}
	if !isName(s) {
		return "", fmt.Errorf("%q is not a project name: letters, digits, '.', '-' and '_' are allowed, with a letter or digit at both ends", s)
	}
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	for i := range len(s) {
		c := s[i]
		if c == '-' || c == '_' || c == '.' {
			gap = true
			continue
		}
		if gap {
			b.WriteByte('-')
			gap = false
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		b.WriteByte(c)
	}
	return b.String(), nil
}

// NormalizeName returns a name as it is stored. Projects have no namespace.
func NormalizeName(n format.Name) (format.Name, error) {
	if n.Namespace != "" {
		return format.Name{}, fmt.Errorf("the pypi format has no namespaces, got %q", n.Namespace)
	}
	name, err := projectName(n.Name)
	return format.Name{Name: name}, err
}

// The kinds of file that can be uploaded, in the words of the form.
const (
	wheel = "bdist_wheel"
	sdist = "sdist"
)

var (
	fileRE  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+!-]*$`) })
	buildRE = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9][A-Za-z0-9_.]*$`) })
	tagRE   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*$`) })
)

// checkFile checks that a file name can be a path segment, has the form of its
// kind, and tells the project and version that the form told.
func checkFile(file, kind, project string, v version) error {
	if len(file) > maxFile {
		return fmt.Errorf("the file name has %d characters; at most %d are allowed", len(file), maxFile)
	}
	if !fileRE().MatchString(file) {
		return fmt.Errorf("%q is not a file name: letters, digits and the characters . _ + ! - are allowed, with a letter or digit first", file)
	}
	switch kind {
	case wheel:
		return checkWheel(file, project, v)
	case sdist:
		return checkSdist(file, project, v)
	}
	return fmt.Errorf("field filetype is %q; expected %s or %s", kind, wheel, sdist)
}

// checkWheel follows PEP 427, "File name convention":
// name-version(-build)?-python-abi-platform.whl.
func checkWheel(file, project string, v version) error {
	stem, ok := strings.CutSuffix(file, ".whl")
	parts := strings.Split(stem, "-")
	if !ok || len(parts) != 5 && len(parts) != 6 {
		return fmt.Errorf("%q is not the name of a wheel; expected name-version-python-abi-platform.whl", file)
	}
	if len(parts) == 6 && !buildRE().MatchString(parts[2]) {
		return fmt.Errorf("the build tag %q of %s does not begin with a digit", parts[2], file)
	}
	for _, tag := range parts[len(parts)-3:] {
		if !tagRE().MatchString(tag) {
			return fmt.Errorf("%q in %s is not a compatibility tag", tag, file)
		}
	}
	return checkStem(file, parts[0], parts[1], project, v)
}

// checkSdist follows PEP 625: name-version.tar.gz. Older tools left hyphens in
// the name, and some made zip files; both are still about.
func checkSdist(file, project string, v version) error {
	stem, ok := strings.CutSuffix(file, ".tar.gz")
	if !ok {
		stem, ok = strings.CutSuffix(file, ".zip")
	}
	if !ok {
		return fmt.Errorf("%q is not the name of a source distribution; expected name-version.tar.gz", file)
	}
	err := fmt.Errorf("%q is not the name of a source distribution; expected name-version.tar.gz", file)
	for i, c := range stem {
		if c != '-' {
			continue
		}
		err = checkStem(file, stem[:i], stem[i+1:], project, v)
		if err == nil {
			return nil
		}
	}
	return err
}

func checkStem(file, name, text, project string, v version) error {
	n, err := projectName(name)
	if err != nil || n != project {
		return fmt.Errorf("the file %s is not named after the project %s", file, project)
	}
	have, err := parseVersion(text)
	if err != nil || have.sortKey() != v.sortKey() {
		return fmt.Errorf("the file %s is not named after the version %s", file, v)
	}
	return nil
}
