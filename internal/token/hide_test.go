package token

import (
	"regexp"
	"strings"
	"testing"
)

func FuzzHideReplacesWhatThePatternMatches(f *testing.F) {
	long := strings.Repeat("Ab-_9", 24)
	for _, seed := range []string{
		"", "daypass", "daypass_" + long, "daypass_" + long[1:], "daypass-session_" + long + "é", "x%2Fdaypass_" + long + " and \\ndaypass-session_" + long + "/y",
		"daypassdaypass_" + long, "daypass_daypass_" + long[8:], "daypass_daypass_" + long[9:], "daypass-session" + long, "daypass-message_" + long, "daypass-sessiondaypass_" + long,
		"daypass_" + long + "daypass_" + long + ".daypass_" + long, "daypass_x daypass_" + long,
	} {
		f.Add(seed)
	}
	pattern := regexp.MustCompile(strings.TrimPrefix(Pattern, `\b`))
	f.Fuzz(func(t *testing.T, text string) {
		want := pattern.ReplaceAllString(text, "HIDDEN")
		if got := Hide(text, "HIDDEN"); got != want {
			t.Errorf("Hide(%q) = %q, want %q", text, got, want)
		}
		if got := string(HideBytes([]byte(text), "HIDDEN")); got != want {
			t.Errorf("HideBytes(%q) = %q, want %q", text, got, want)
		}
	})
}
