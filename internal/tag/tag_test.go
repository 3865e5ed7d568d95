package tag_test

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"daypass/internal/tag"
)

// Every character has one fold with all others of its class, and no other.
func TestCharactersThatFoldTogetherHaveOneFold(t *testing.T) {
	t.Parallel()
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if r >= 0xD800 && r <= 0xDFFF {
			continue // no characters
		}
		got := tag.Fold(string(r))
		if !strings.EqualFold(got, string(r)) {
			t.Fatalf("Fold(%U) = %+q, which is another key", r, got)
		}
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			if tag.Fold(string(other)) != got {
				t.Fatalf("Fold(%U) = %+q, Fold(%U) = %+q, want the same", r, got, other, tag.Fold(string(other)))
			}
		}
	}
}

// keys are made of letters that have twins: the sign of kelvin is a k, the long
// s an s, and the Greek mu the sign of micro. A dotless i is no i.
var keys = rapid.StringOfN(rapid.RuneFrom([]rune("aAkK\u212AsS\u017F\u00B5\u03BC\u0130iıß\u1E9E:")), 0, 3, -1)

func TestKeysAreTheSameIfTheirFoldsAre(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := keys.Draw(t, "a"), keys.Draw(t, "b")
		if tag.Same(a, b) != (tag.Fold(a) == tag.Fold(b)) {
			t.Fatalf("Same(%+q, %+q) = %t; folds %+q and %+q", a, b, tag.Same(a, b), tag.Fold(a), tag.Fold(b))
		}
	})
}

func TestFindCountsEverySpelling(t *testing.T) {
	t.Parallel()
	tags := map[string]string{"Team": "a", "cost": "1", "COST": "2", "Cost": "3", "empty": ""}
	for _, test := range []struct {
		key, value string
		n          int
	}{
		{"team", "a", 1}, {"TEAM", "a", 1}, {"cost", "", 3}, {"CoSt", "", 3}, {"empty", "", 1}, {"none", "", 0},
	} {
		for range 20 { // in whatever order the map is
			value, n := tag.Find(tags, test.key)
			if value != test.value || n != test.n {
				t.Fatalf("Find(%s) = %q, %d, want %q, %d", test.key, value, n, test.value, test.n)
			}
		}
	}
}

func TestTwinsAreTheFirstTwoOfAList(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		list  []string
		a, b  string
		found bool
	}{
		{nil, "", "", false},
		{[]string{"a", "b", "ab"}, "", "", false},
		{[]string{"a", "b", "a"}, "a", "a", true},
		{[]string{"b", "Team", "TEAM", "B"}, "Team", "TEAM", true},
	} {
		a, b, found := tag.Twins(test.list)
		if a != test.a || b != test.b || found != test.found {
			t.Errorf("Twins(%q) = %q, %q, %t, want %q, %q, %t", test.list, a, b, found, test.a, test.b, test.found)
		}
	}
}

func TestAKeyClashesWithOtherSpellingsAlone(t *testing.T) {
	t.Parallel()
	type tags = map[string]string
	for _, test := range []struct {
		name            string
		existing, added tags
		key, twin       string
		found           bool
	}{
		{"a new value", tags{"team": "a"}, tags{"team": "b"}, "", "", false},
		{"another key", tags{"team": "a"}, tags{"teams": "b"}, "", "", false},
		{"another spelling", tags{"team": "a"}, tags{"x": "", "TEAM": "b"}, "TEAM", "team", true},
		{"twins are there", tags{"team": "a", "TEAM": "b"}, tags{"x": ""}, "", "", false},
		{"a new value of one of two twins", tags{"team": "a", "TEAM": "b"}, tags{"team": "c"}, "team", "TEAM", true},
		{"twins are added", nil, tags{"team": "a", "TEAM": "b"}, "team", "TEAM", true},
	} {
		for range 20 {
			key, twin, found := tag.Clash(test.existing, test.added)
			if key != test.key || twin != test.twin || found != test.found {
				t.Fatalf("%s: %q, %q, %t, want %q, %q, %t", test.name, key, twin, found, test.key, test.twin, test.found)
			}
		}
	}
}

func TestReservedKeysHaveNoCase(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{"aws:x": true, "AWS:": true, "aWs:x": true, "aws": false, "awsx:": false, "": false, "x-aws:": false} {
		if tag.Reserved(s) != want {
			t.Errorf("Reserved(%q) = %t", s, !want)
		}
	}
}
