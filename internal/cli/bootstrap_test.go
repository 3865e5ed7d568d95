package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"daypass/internal/cli/exit"
)

func TestMFASecretGoesToAPrivateFile(t *testing.T) {
	t.Parallel()
	s := newFixture(t, map[string]string{"seed": "something longer than the seed"})
	path := filepath.Join(s.home, "seed")
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	const create = "iam create-virtual-mfa-device --endpoint-url URL --virtual-mfa-device-name phone "
	for method, want := range map[string]string{"Base32StringSeed": "SEED", "QRCodePNG": "\x89PNG"} {
		got := daypass(t, s, "", create+"--outfile HOME/seed --bootstrap-method "+method)
		content, err := os.ReadFile(path)
		if got.Exit != 0 || strings.Contains(got.Stdout, "Seed") || err != nil || string(content) != want {
			t.Errorf("%s: %+v; %q, %v", method, got, content, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: %v, %v", method, info.Mode(), err)
		}
	}
	got := daypass(t, s, "", strings.Replace(create, "URL", "http://127.0.0.1:1", 1)+"--outfile HOME/new --bootstrap-method QRCodePNG")
	if _, err := os.Stat(filepath.Join(s.home, "new")); got.Exit != exit.General || !os.IsNotExist(err) {
		t.Errorf("%+v; %v", got, err)
	}
}
