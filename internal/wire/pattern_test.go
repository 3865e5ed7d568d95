package wire

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"daypass/api"
)

func TestPatternsOfTheHotPathNeedNoRegexp(t *testing.T) {
	t.Parallel()
	for name, sh := range api.CodeArtifact().Shapes {
		if sh.RE2 == "" {
			continue
		}
		m, err := matcherFor(sh.RE2)
		if err != nil || m.re != nil {
			t.Errorf("%s: %s is left to package regexp (%v)", name, sh.RE2, err)
		}
	}
}

func patterns() []string {
	var list []string
	for _, s := range api.All() {
		for _, sh := range s.Shapes {
			if sh.RE2 != "" {
				list = append(list, sh.RE2)
			}
		}
	}
	return list
}

// A matcher agrees with package regexp on the whole value.
func sameAsRegexp(t *testing.T, re2, s string) {
	t.Helper()
	m, err := matcherFor(re2)
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`\A(?:` + re2 + `)\z`).MatchString(s)
	if got := m.match(s, utf8.RuneCountInString(s)); got != want {
		t.Errorf("%s matches %q: %v, regexp says %v", re2, s, got, want)
	}
}

func TestMatchersAgreeWithPackageRegexp(t *testing.T) {
	t.Parallel()
	values := []string{
		"", "a", "ab", "a-b", "a--b", "-ab", "ab-", "A", "a b", "a\n", "\n", "é", "🙂", "\u0378", "\u00a0", "\u2028", "/", "/a/", "//", "/a",
		"111122223333", "11112222333", "1111222233334", "v1", "v1.a-b", "v01", "http://a/b?c=d#e", "o-a/r-b", "p-12345678",
		strings.Repeat("a", 50), strings.Repeat("a", 51), "a" + strings.Repeat("-", 48) + "a", strings.Repeat("é", 49), "0123456789abcdef", "\x00", "\u007f",
	}
	extra := []string{`abc`, `a?`, `a{2,3}b`, `^a+$`, `[ab]{2}`, `a*b*`, `(ab)+`, `(?i)a`, `a|b`, ``, `[^a]`, `ab{0,2}`}
	for _, p := range append(patterns(), extra...) {
		for _, v := range append(values, "aab", "aaab", "abb", "abbb", "abc", "aa", "b") {
			sameAsRegexp(t, p, v)
		}
	}
}

func FuzzMatcher(f *testing.F) {
	all := patterns()
	for i := range all {
		f.Add(i, "a-b.c")
	}
	f.Fuzz(func(t *testing.T, i int, s string) {
		if !utf8.ValidString(s) {
			return // refused before patterns are checked
		}
		sameAsRegexp(t, all[uint(i)%uint(len(all))], s)
	})
}
