package server

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAuthoritiesOfIssuersAreReadBeforeAnythingIsMade(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	noPEM := filepath.Join(dir, "ca.crt")
	err := os.WriteFile(noPEM, []byte("no certificate"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		filepath.Join(dir, "none"): "no such file", noPEM: "holds no certificate in PEM",
	} {
		var said strings.Builder
		folder := filepath.Join(dir, "data")
		code := Main(t.Context(), []string{"--listen", "127.0.0.1:0", "--data", folder, "--oidc-ca-file", file}, environment(nil), io.Discard, &said)
		_, err := os.Stat(folder)
		if code != 1 || !strings.Contains(said.String(), "--oidc-ca-file: ") || !strings.Contains(said.String(), want) || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: exit %d, %q, folder: %v", file, code, said.String(), err)
		}
	}
}
