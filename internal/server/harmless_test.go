package server

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// disguises has control characters for terminals: as an address has them, escaped, and as
// no body, log or record may have them.
var disguises = map[string]string{"%1b[2J": "\x1b", "%c2%9b2J": "\u009b", "%e2%80%ae": "\u202e", "%e2%81%a7": "\u2067", "%e2%80%8f": "\u200f", "%e2%80%a8": "\u2028"}

func TestWhatAStrangerSendsReachesNoBodyLogOrRecordAsItIs(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"json", "text"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			path, log := filepath.Join(t.TempDir(), "trail.jsonl"), &lines{}
			c, err := ParseConfig([]string{"--dev", "--audit-log", path}, environment(map[string]string{
				"DAYPASS_ADMIN_ACCESS_KEY_ID": adminKey, "DAYPASS_ADMIN_SECRET_ACCESS_KEY": adminSecret,
			}), nil)
			if err != nil {
				t.Fatal(err)
			}
			s, err := Open(t.Context(), c, NewLogger(format, log), time.Now)
			if err != nil {
				t.Fatal(err)
			}
			h := httptest.NewServer(s.handler)
			t.Cleanup(h.Close)
			b := bundle{s, h.URL, log}
			token := b.repository(t)
			session, err := b.sts(adminKey, adminSecret, "").GetSessionToken(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			hidden := []string{token, *session.Credentials.SessionToken}
			sent := append([]string{}, hidden...)
			for encoded, character := range disguises {
				hidden, sent = append(hidden, character), append(sent, encoded)
			}
			for _, text := range sent {
				for _, pattern := range []string{
					"/%s", "/v1/%s", "/v1/domain/%s?domain=dom", "/v1/domain?domain=%s", "/%s/%s", "/daypass/v1/%s", "/pypi/%s", "/pypi/d/%s", "/pypi/d/%s/repo/",
					"/pypi/d/%s/repo/simple/", "/pypi/d/dom-000000000000/%s/simple/", "/pypi/d/dom-000000000000/repo/%s/", "/pypi/d/dom-000000000000/repo/simple/%s/",
					"/pypi/d/dom-000000000000/repo/simple/a/%s/a.whl", "/pypi/d/dom-000000000000/repo/simple/a/1/%s", "//%s", "//pypi/d/%s/repo/simple/",
				} {
					for _, authorization := range []string{"", "Bearer " + token, "Basic " + text} {
						r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+strings.ReplaceAll(pattern, "%s", text), nil)
						if err != nil {
							t.Fatal(err)
						}
						if authorization != "" {
							r.Header.Set("Authorization", authorization)
						}
						decoded, _ := url.QueryUnescape(text)
						if !strings.ContainsAny(decoded, "\x1b") {
							r.Header.Set("User-Agent", decoded) // net/http refuses ESC in a header
						}
						answer, err := http.DefaultTransport.RoundTrip(r) // unlike a Client, it follows no redirect
						if err != nil {
							t.Fatal(err)
						}
						body, _ := io.ReadAll(answer.Body)
						answer.Body.Close()
						for _, secret := range hidden {
							if strings.Contains(string(body)+fmt.Sprint(answer.Header["Www-Authenticate"]), secret) {
								t.Errorf("%s with %q: %s %v %q", pattern, authorization, answer.Status, answer.Header, body)
							}
						}
					}
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			trail, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for name, text := range map[string]string{"log": log.String(), "trail": string(trail)} {
				for _, secret := range hidden {
					if strings.Contains(text, secret) {
						t.Errorf("%q is in the %s", secret, name)
					}
				}
				if !strings.Contains(text, `\u202e`) {
					t.Errorf("the %s does not tell what was sent", name)
				}
			}
		})
	}
}

func TestALogLineOfTheServerItselfHasNoControlCharacterEither(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	NewLogger("json", &out).Error("could not", "cause", "a\u009b31m\u202eb", slog.String("k\u0085", "v"))
	if strings.ContainsAny(out.String(), "\u009b\u202e\u0085") || !strings.Contains(out.String(), `a\u009b31m\u202eb`) {
		t.Errorf("line %q", out.String())
	}
}
