package credential

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"daypass/internal/cli/profile"
)

func TestContainerCredentialsComeFromItsAgent(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/keys" || r.Header.Get("Authorization") != "Bearer t" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = io.WriteString(w, `{"AccessKeyId":"AKIACONTAINER","SecretAccessKey":"s","Token":"t","Expiration":"2099-01-01T00:00:00Z"}`)
	}))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("Bearer t\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file)
	const elsewhere = "Error when retrieving credentials from container-role: AWS_CONTAINER_CREDENTIALS_FULL_URI: expected https, or http at a loopback address or at that of a container's agent"
	for _, c := range []struct{ full, relative, want string }{
		{server.URL + "/keys", "", "AKIACONTAINER"},
		{server.URL + "/none", "", "Error when retrieving credentials from container-role: " + server.URL + "/none does not answer with credentials"},
		{"http://192.0.2.1/keys", "", elsewhere},
		{"ftp://127.0.0.1/keys", "", elsewhere},
		{"", "@192.0.2.1/keys", elsewhere},
	} {
		t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", c.full)
		t.Setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", c.relative)
		chain := &Chain{Files: &profile.Files{}, Profile: "default", Explicit: true}
		source, err := chain.Find()
		if err != nil {
			t.Fatal(err)
		}
		found, err := source(t.Context())
		got := found.AccessKeyID
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s%s: %s, want %s", c.full, c.relative, got, c.want)
		}
	}
}

func TestFindWithoutAnySourceReturnsErrNone(t *testing.T) {
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	source, err := (&Chain{Files: &profile.Files{}, Profile: "default", Explicit: true}).Find()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := source(t.Context()); !errors.Is(err, ErrNone) {
		t.Errorf("%v, want %v", err, ErrNone)
	}
}
