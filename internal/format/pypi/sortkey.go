package pypi

import (
	"strings"

	"daypass/internal/format/sortkey"
)

// SortKey returns a text that sorts as versions do in PEP 440. Equal versions, such
// as 1.0 and 1.0.0, have equal keys. A text that is no such version sorts before
// all versions.
func SortKey(s string) string {
	v, err := parseVersion(s)
	if err != nil {
		return sortkey.OfInvalid(s)
	}
	return v.sortKey()
}

// sortKey follows PEP 440, "Summary of permitted suffixes and relative
// ordering": of one release come first its development releases, then
// pre-releases, the release, post-releases; a suffix .devN sorts before, and a
// local label after, what it is attached to.
func (v version) sortKey() string {
	var b strings.Builder
	b.WriteString(sortkey.Valid)
	sortkey.Number(&b, v.epoch)
	release := v.release
	for len(release) > 0 && release[len(release)-1] == "0" {
		release = release[:len(release)-1]
	}
	for _, n := range release {
		sortkey.Number(&b, n)
	}
	b.WriteString(sortkey.End)

	switch {
	case v.pre != "":
		b.WriteByte(v.pre[0]) // a, b, r
		sortkey.Number(&b, v.preN)
	case v.post == "" && v.dev != "":
		b.WriteString(sortkey.None)
	default:
		b.WriteByte('z')
	}
	if v.post == "" {
		b.WriteString(sortkey.None)
	} else {
		b.WriteByte('1')
		sortkey.Number(&b, v.post)
	}
	if v.dev == "" {
		b.WriteByte('z')
	} else {
		b.WriteByte('1')
		sortkey.Number(&b, v.dev)
	}
	keyLocal(&b, v.local)
	return b.String()
}

// keyLocal writes a local label. Words sort before numbers, and a label before longer
// ones that begin with it.
func keyLocal(b *strings.Builder, segments []string) {
	if len(segments) == 0 {
		b.WriteString(sortkey.None)
		return
	}
	b.WriteByte('1')
	for _, s := range segments {
		if isNumber(s) {
			b.WriteByte('b')
			sortkey.Number(b, s)
			continue
		}
		b.WriteByte('a')
		sortkey.Word(b, s)
	}
	b.WriteString(sortkey.End)
}
