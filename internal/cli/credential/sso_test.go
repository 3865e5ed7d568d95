package credential

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"

	"daypass/internal/cli/profile"
)

// ssoChain returns the chain of a profile with a login that expires at a time.
func ssoChain(t *testing.T, endpoint, ends string) *Chain {
	t.Helper()
	path, err := ssocreds.StandardCachedTokenFilepath("https://start")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	token := fmt.Sprintf(`{"startUrl":"https://start","region":"us-east-1","accessToken":"TOPSECRET","expiresAt":%q}`, ends)
	if err := os.WriteFile(path, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	settings := &profile.Settings{Values: map[string]string{"sso_start_url": "https://start", "sso_region": "us-east-1", "sso_account_id": "111122223333", "sso_role_name": "r"}}
	return &Chain{
		Files: &profile.Files{Profiles: map[string]*profile.Settings{"p": settings}}, Profile: "p", Explicit: true, Now: time.Now, Attempts: 1,
		Endpoint: func(string) string { return endpoint },
	}
}

func TestSSOLoginGivesCredentialsOrSaysWhyNot(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	const (
		later = "9999-01-01T00:00:00Z"
		ended = "The SSO session associated with this profile has expired or is otherwise invalid. To refresh this SSO session run aws sso login with the corresponding profile."
	)
	for name, c := range map[string]struct {
		ends         string
		status       int
		kind, answer string
		want         string // the key, or what the error says
	}{
		"credentials":        {later, 200, "", `{"roleCredentials":{"accessKeyId":"AKIASSO","secretAccessKey":"s","sessionToken":"t","expiration":4070908800000}}`, "AKIASSO"},
		"none":               {later, 200, "", `{}`, "Error when retrieving credentials from sso: the answer to GetRoleCredentials has no credentials"},
		"half of them":       {later, 200, "", `{"roleCredentials":{"accessKeyId":"AKIASSO"}}`, "Error when retrieving credentials from sso: the answer to GetRoleCredentials has no credentials"},
		"not JSON":           {later, 200, "", `TOPSECRET`, "Error when retrieving credentials from sso: the answer to GetRoleCredentials cannot be read"},
		"unauthorized":       {later, 401, "UnauthorizedException", `{"message":"Session token not found or invalid"}`, ended},
		"another refusal":    {later, 404, "ResourceNotFoundException", `{"message":"no role"}`, "ResourceNotFoundException: no role"},
		"a login that ended": {"2020-01-01T00:00:00Z", 200, "", `{}`, ended},
		"a broken login":     {"then", 200, "", `{}`, ended},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if c.kind != "" {
				w.Header().Set("X-Amzn-ErrorType", c.kind)
			}
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.answer)
		}))
		source, err := ssoChain(t, server.URL, c.ends).Find()
		if err != nil {
			t.Fatal(err)
		}
		found, err := source(t.Context())
		server.Close()
		got := found.AccessKeyID
		if err != nil {
			got = err.Error()
		}
		if !strings.HasSuffix(got, c.want) || strings.Contains(got, "SECRET") {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestUnreachableSSOIsNamedByItsURL(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	source, err := ssoChain(t, "http://127.0.0.1:1", "9999-01-01T00:00:00Z").Find()
	if err != nil {
		t.Fatal(err)
	}
	_, err = source(t.Context())
	const want = `Could not connect to the endpoint URL: "http://127.0.0.1:1/federation/credentials?account_id=111122223333&role_name=r"`
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
