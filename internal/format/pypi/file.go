package pypi

import (
	"slices"
	"strings"
)

// fileKey returns a key that is equal for the names of one file in a version. Such
// names may spell the project, the version, the build tag or the compatibility tags
// differently. The key does not hold the version: the file name was checked to be
// of its version.
//
// Source: packaging, parse_wheel_filename; PEP 427, "File name convention"; PEP
// 425, "Compressed Tag Sets".
func fileKey(file string) string {
	if of, ok := strings.CutSuffix(file, metadataSuffix); ok {
		return fileKey(of) + metadataSuffix
	}
	stem, isWheel := strings.CutSuffix(file, ".whl")
	parts := strings.Split(stem, "-")
	switch {
	case isWheel && len(parts) == 5:
		return "-" + tagsKey(parts[2:]) + ".whl"
	case isWheel && len(parts) == 6:
		return buildKey(parts[2]) + "-" + tagsKey(parts[3:]) + ".whl"
	case strings.HasSuffix(file, ".tar.gz"):
		return "sdist.tar.gz"
	case strings.HasSuffix(file, ".zip"):
		return "sdist.zip"
	}
	return file
}

// buildKey returns a key that is equal for equal build tags. A build tag is a number
// and a text.
func buildKey(build string) string {
	n := strings.IndexFunc(build, func(r rune) bool { return r < '0' || r > '9' })
	if n < 0 {
		n = len(build)
	}
	return trimZeros(build[:n]) + "_" + build[n:]
}

// tagsKey returns a key that is equal for compatibility tags that name the same set.
func tagsKey(parts []string) string {
	keys := make([]string, len(parts))
	for i, part := range parts {
		tags := strings.Split(strings.ToLower(part), ".")
		slices.Sort(tags)
		keys[i] = strings.Join(slices.Compact(tags), ".")
	}
	return strings.Join(keys, "-")
}
