package server

import (
	"regexp"
	"testing"
)

func FuzzHostIsWhatTheExpressionSays(f *testing.F) {
	expression := regexp.MustCompile(`^([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$`)
	for _, text := range []string{
		"", "packages.example.com", "packages.example.com:8443", "localhost:", "localhost:123456", ":80", "a:b", "a:1:2", "a b", "a/b", "a\n",
		"[::1]", "[::1]:8787", "[::1]8787", "[]", "[]:1", "[::1", "::1", "[fe80::1%eth0]:80", "[g]", "user@host", "пакет.example", "a\x00",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, want := isHost(text), expression.MatchString(text); got != want {
			t.Errorf("isHost(%q) = %v, want %v", text, got, want)
		}
	})
}
