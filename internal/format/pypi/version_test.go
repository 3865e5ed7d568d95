package pypi

import (
	"encoding/json"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"daypass/internal/format/formattest"
)

// The rows are the examples of PEP 440, "Normalization" and what is around it.
func TestVersionsHaveTheNormalFormOfPEP440(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"1.1RC1": "1.1rc1", "00": "0", "09000": "9000", "1.0+foo0100": "1.0+foo0100",
		"1.1.a1": "1.1a1", "1.1-a1": "1.1a1", "1.1a.1": "1.1a1", "1.1_a_1": "1.1a1",
		"1.1alpha1": "1.1a1", "1.1beta2": "1.1b2", "1.1c3": "1.1rc3", "1.1pre3": "1.1rc3", "1.1preview3": "1.1rc3",
		"1.2a": "1.2a0", "1.2.post-2": "1.2.post2", "1.2-post2": "1.2.post2", "1.2post2": "1.2.post2",
		"1.0-r4": "1.0.post4", "1.0-rev4": "1.0.post4", "1.2.post": "1.2.post0", "1.0-1": "1.0.post1",
		"1.2-dev2": "1.2.dev2", "1.2dev2": "1.2.dev2", "1.2.dev": "1.2.dev0",
		"1.0+ubuntu-1": "1.0+ubuntu.1", "1.0+ubuntu_1": "1.0+ubuntu.1", "1.0+ubuntu.01": "1.0+ubuntu.1",
		"v1.0": "1.0", " 1.0\n": "1.0", "1!2.0": "1!2.0", "0!2.0": "2.0", "1.0.0": "1.0.0",
		"2012.04": "2012.4", "1.0b2.post345.dev456": "1.0b2.post345.dev456",
		"1.0a-": "1.0a0", "1.0a--1": "1.0a0.post1",
	} {
		got, err := NormalizeVersion(given)
		if err != nil || got != want {
			t.Errorf("NormalizeVersion(%q) = %q, %v; want %q", given, got, err, want)
		}
	}
}

func TestWhatIsNoVersionIsRefused(t *testing.T) {
	t.Parallel()
	for _, given := range []string{
		"", "v", "french toast", "1.0+a+", "1.0++", "1.0+_foobar", "1.0+foo&asd", "1.0+1+1", "1.0+", "1.0+a..b",
		"1..0", ".1", "1.", "1.0-", "!1", "1!", "-1", "1.0 a1", "1.0ß", "1.0/2", "١", strings.Repeat("1", maxVersion+1),
	} {
		if got, err := NormalizeVersion(given); err == nil {
			t.Errorf("NormalizeVersion(%q) = %q; want an error", given, got)
		}
	}
}

// ascending is put together from the sequences that PEP 440 prints: the
// summary of ordering, epochs, local versions, and the final example.
var ascending = []string{
	"0.9", "0.9.1", "0.9.2", "0.9.10", "0.9.11",
	"1.dev0", "1.0.dev456", "1.0a1", "1.0a2.dev456", "1.0a12.dev456", "1.0a12",
	"1.0b1.dev456", "1.0b2", "1.0b2.post345.dev456", "1.0b2.post345", "1.0rc1.dev456", "1.0rc1",
	"1.0", "1.0+abc.5", "1.0+abc.7", "1.0+abcd", "1.0+5", "1.0+5.a", "1.0+5.0", "1.0+10",
	"1.0.post456.dev34", "1.0.post456", "1.0.15", "1.1.dev1", "1.1", "1.1.1",
	"2013.10", "2014.4", "20240102030405060708090102030405", "1!1.0", "1!1.1", "1!2.0",
}

func TestSortKeysAscendAsPEP440Orders(t *testing.T) {
	t.Parallel()
	for i := range len(ascending) - 1 {
		if a, b := SortKey(ascending[i]), SortKey(ascending[i+1]); a >= b {
			t.Errorf("SortKey(%q) = %q is not before SortKey(%q) = %q", ascending[i], a, ascending[i+1], b)
		}
	}
	if SortKey("1.0") != SortKey("1") || SortKey("1.0") != SortKey("v1.0.0") || SortKey("1.0+1") != SortKey("1+01") {
		t.Error("equal versions have different sort keys")
	}
	if SortKey("zebra") >= SortKey("0.dev0") {
		t.Error("what is no version does not sort first")
	}
}

// pep440RE is the expression of PEP 440, appendix B, without names.
var pep440RE = regexp.MustCompile(`^[ \t\n\r\f\v]*v?(?:(?:([0-9]+)!)?([0-9]+(?:\.[0-9]+)*)` +
	`([-_.]?(a|b|c|rc|alpha|beta|pre|preview)[-_.]?([0-9]+)?)?` +
	`((?:-([0-9]+))|(?:[-_.]?(post|rev|r)[-_.]?([0-9]+)?))?` +
	`([-_.]?(dev)[-_.]?([0-9]+)?)?)` +
	`(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?[ \t\n\r\f\v]*$`)

func FuzzVersion(f *testing.F) {
	for _, s := range ascending {
		f.Add(s)
	}
	f.Add("1.0a--1")
	f.Add(" V1!02.0-PREVIEW_3-04.dev+A_1\n")
	f.Fuzz(func(t *testing.T, s string) {
		key := SortKey(s)
		if strings.ContainsFunc(key, func(r rune) bool { return (r < '0' || r > '9') && (r < 'a' || r > 'z') }) {
			t.Fatalf("SortKey(%q) = %q", s, key)
		}
		normal, err := NormalizeVersion(s)
		if len(s) <= maxVersion && isASCII(s) && (err == nil) != pep440RE.MatchString(strings.ToLower(s)) {
			t.Fatalf("NormalizeVersion(%q): %v, against the PEP's expression", s, err)
		}
		if err != nil {
			return
		}
		again, err := NormalizeVersion(normal)
		if len(normal) <= maxVersion && (err != nil || again != normal || SortKey(normal) != key) {
			t.Fatalf("%q normalises to %q, and that to %q (%v)", s, normal, again, err)
		}
	})
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 })
}

// versions draws spellings that are likely to be near each other.
func versions() *rapid.Generator[string] {
	return rapid.StringMatching(`(v)?([01]!)?(0|1|2|10|010)(\.(0|1|10)){0,3}((a|b|rc|[.]?alpha-|c)(0|1|10)?)?(-1|([.]?(post|rev))(1|2)?)?([.]dev(0|1|10)?)?([+](a|ab|1|10|01|b2)([.-](a|ab|1|10)){0,2})?`)
}

// TestSortKeysAgreeWithPackaging compares with the implementation that pip
// carries, which is the one that decides what gets installed.
func TestSortKeysAgreeWithPackaging(t *testing.T) {
	t.Parallel()
	python := formattest.Tool(t, "python3", "-c", "import pip._vendor.packaging.version")
	var drawn []string
	for seed := range 2000 {
		drawn = append(drawn, versions().Example(seed))
	}
	in, err := json.Marshal(drawn)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", `
import json, sys
from pip._vendor.packaging.version import Version
vs = json.load(sys.stdin)
vs.sort(key=Version)
json.dump([[v, str(Version(v))] for v in vs], sys.stdout)
`)
	cmd.Stdin = strings.NewReader(string(in))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var sorted [][2]string
	if err := json.Unmarshal(out, &sorted); err != nil {
		t.Fatal(err)
	}
	var theirs, ours []string
	for _, pair := range sorted {
		theirs = append(theirs, pair[0])
		if got, err := NormalizeVersion(pair[0]); err != nil || got != pair[1] {
			t.Errorf("NormalizeVersion(%q) = %q, %v; packaging has %q", pair[0], got, err, pair[1])
		}
	}
	// Both sorts are stable over the same order, so equal versions stay put.
	ours = slices.Clone(drawn)
	slices.SortStableFunc(ours, func(a, b string) int { return strings.Compare(SortKey(a), SortKey(b)) })
	if diff := cmp.Diff(theirs, ours); diff != "" {
		t.Errorf("order (-packaging +ours):\n%s", diff)
	}
}

// compare follows the definition with numbers and special cases instead of
// text, and so does not share its mistakes with the keys.
func compare(a, b version) int {
	numbers := func(x, y string) int {
		if len(x) != len(y) {
			return len(x) - len(y)
		}
		return strings.Compare(x, y)
	}
	if c := numbers(a.epoch, b.epoch); c != 0 {
		return c
	}
	for i := range max(len(a.release), len(b.release)) {
		x, y := "0", "0"
		if i < len(a.release) {
			x = a.release[i]
		}
		if i < len(b.release) {
			y = b.release[i]
		}
		if c := numbers(x, y); c != 0 {
			return c
		}
	}
	stage := func(v version) int {
		switch {
		case v.pre != "":
			return map[string]int{"a": 1, "b": 2, "rc": 3}[v.pre]
		case v.post != "":
			return 5
		case v.dev != "":
			return 0
		}
		return 4
	}
	// A release and its post-releases are at one stage of pre-release.
	pre := func(v version) int { return min(stage(v), 4) }
	if c := pre(a) - pre(b); c != 0 {
		return c
	}
	if c := numbers(a.preN, b.preN); c != 0 {
		return c
	}
	if c := numbers(a.post, b.post); c != 0 { // none has no digits
		return c
	}
	if (a.dev == "") != (b.dev == "") {
		if a.dev == "" {
			return 1
		}
		return -1
	}
	if c := numbers(a.dev, b.dev); c != 0 {
		return c
	}
	return slices.CompareFunc(a.local, b.local, func(x, y string) int {
		switch {
		case isNumber(x) && isNumber(y):
			return numbers(x, y)
		case isNumber(x):
			return 1
		case isNumber(y):
			return -1
		}
		return strings.Compare(x, y)
	})
}

func TestSortKeyOrderIsTheOrderOfVersions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := versions().Draw(t, "a"), versions().Draw(t, "b")
		va, err := parseVersion(a)
		if err != nil {
			t.Fatal(err)
		}
		vb, err := parseVersion(b)
		if err != nil {
			t.Fatal(err)
		}
		want, got := compare(va, vb), strings.Compare(va.sortKey(), vb.sortKey())
		if (want < 0) != (got < 0) || (want > 0) != (got > 0) {
			t.Fatalf("%q against %q: versions %d, keys %d", a, b, want, got)
		}
	})
}

func TestNamesAreThoseOfPEP508(t *testing.T) {
	t.Parallel()
	pep := regexp.MustCompile(`^([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9])$`)
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.RuneFrom([]rune("aZ09._-\n é"))).Draw(t, "name")
		if got := isName(s); got != pep.MatchString(s) {
			t.Errorf("isName(%q) = %v", s, got)
		}
	})
}
