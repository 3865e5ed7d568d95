package pypi

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"daypass/internal/format"
	"daypass/internal/format/formattest"
)

const secret = "daypass_test-token"

// python returns the environment of a real client. It has its own home, and none of
// the machine's settings for registries and certificates.
func python(t *testing.T) []string {
	t.Helper()
	home := t.TempDir()
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + t.TempDir(),
		// Where Python is installed by pyenv its shims need to find it.
		"PYENV_ROOT=" + os.Getenv("PYENV_ROOT"), "PYENV_VERSION=" + os.Getenv("PYENV_VERSION"),
		"PIP_CONFIG_FILE=" + os.DevNull, "PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_NO_INPUT=1",
		"PYTHON_KEYRING_BACKEND=keyring.backends.null.Keyring", "PYTHONWARNINGS=ignore", "LC_ALL=C.UTF-8",
	}
}

func client(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = python(t)
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func secured(t *testing.T) (*formattest.Server, *formattest.Repository) {
	t.Helper()
	repository := formattest.New(t, Format)
	return formattest.NewServer(t, repository, secret), repository
}

func withLogin(address string) string {
	return strings.Replace(address, "http://", "http://aws:"+secret+"@", 1)
}

func write(t *testing.T, file string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), file)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTwineUploadsAndPipInstalls(t *testing.T) {
	t.Parallel()
	twine, pip := formattest.Tool(t, "twine", "--version"), formattest.Tool(t, "pip", "--version")
	s, repository := secured(t)
	twineUpload := func(paths ...string) (string, error) {
		return client(t, twine, append([]string{"upload", "--non-interactive", "--disable-progress-bar", "--verbose",
			"--repository-url", s.URL, "-u", "aws", "-p", secret}, paths...)...)
	}
	depFile, depWheel := wheelOf(t, "acme-dep", "2.0")
	oldFile, oldWheel := wheelOf(t, "acme-hello", "0.9")
	file, content := wheelOf(t, "acme-hello", "1.0", "Requires-Dist: Acme_Dep>=1", "Requires-Python: >=3.6")
	source := tarOf(t, "acme_hello-1.0/PKG-INFO", "Metadata-Version: 2.1\nName: acme-hello\nVersion: 1.0\n", "acme_hello-1.0/acme_hello.py", "")
	path := write(t, file, content)
	out, err := twineUpload(path, write(t, "acme_hello-1.0.tar.gz", source), write(t, depFile, depWheel), write(t, oldFile, oldWheel))
	if err != nil {
		t.Fatalf("twine: %v\n%s", err, out)
	}
	if out, err := twineUpload(path); err != nil {
		t.Errorf("twine, the same file again: %v\n%s", err, out)
	}
	_, other := wheelOf(t, "acme-hello", "1.0", "Summary: changed")
	out, err = twineUpload(write(t, file, other))
	whole := strings.Join(strings.Fields(out), "") // twine wraps lines
	if err == nil || !strings.Contains(whole, "409Conflict") || !strings.Contains(whole, "storedsha256="+formattest.Digests(content).SHA256) {
		t.Errorf("twine, other content: %v\n%s", err, out)
	}

	target := t.TempDir()
	out, err = client(t, pip, "install", "--no-cache-dir", "--target", target, "--index-url", withLogin(s.URL)+"simple/", "Acme.Hello")
	if err != nil {
		t.Fatalf("pip: %v\n%s", err, out)
	}
	for name, want := range map[string]string{"acme_hello.py": "1.0", "acme_dep.py": "2.0"} {
		if b, err := os.ReadFile(filepath.Join(target, name)); err != nil || !strings.Contains(string(b), want) {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
	// The resolver reads a wheel's metadata before it wants the wheel, if this
	// pip knows of PEP 658 (it does in either order of files).
	opened := repository.Opened()
	if i, j := slices.Index(opened, file+metadataSuffix), slices.Index(opened, file); i < 0 || j < i {
		t.Errorf("pip fetched %v", opened)
	}
}

func TestPipLeavesYankedAndUnsuitableFilesAlone(t *testing.T) {
	t.Parallel()
	pip := formattest.Tool(t, "pip", "--version")
	s, repository := secured(t)
	b := &bundle{formattest.NewServer(t, repository, ""), repository}
	b.publish(t, "acme-hello", "1.0")
	b.publish(t, "acme-hello", "2.0", "Requires-Python: >=99")
	b.publish(t, "acme-hello", "3.0")
	err := repository.Publish(t, ref("acme-hello", "3.0"), format.VersionEdit{Yank: &format.Yank{Yanked: true, Reason: "broken"}})
	if err != nil {
		t.Fatal(err)
	}
	download := func(what string) (string, error) {
		return client(t, pip, "download", "--no-deps", "--no-cache-dir", "--index-url", withLogin(s.URL)+"simple/", what)
	}
	if out, err := download("acme-hello"); err != nil || !strings.Contains(out, "acme_hello-1.0-py3-none-any.whl") {
		t.Errorf("pip: %v\n%s", err, out)
	}
	if out, err := download("acme-hello==3.0"); err != nil || !strings.Contains(out, "Reason for being yanked: broken") {
		t.Errorf("pip, the yanked version: %v\n%s", err, out)
	}
	if out, err := download("acme-missing"); err == nil || !strings.Contains(out, "No matching distribution found") {
		t.Errorf("pip, a missing project: %v\n%s", err, out)
	}
}

func TestTwineShowsWhyAnUploadWasRefused(t *testing.T) {
	t.Parallel()
	twine := formattest.Tool(t, "twine", "--version")
	s, _ := secured(t)
	file, content := wheelOf(t, "acme-hello", "1.0")
	path := write(t, file, content)
	out, err := client(t, twine, "upload", "--non-interactive", "--verbose", "--repository-url", s.URL, "-u", "aws", "-p", "wrong", path)
	if err == nil || !strings.Contains(out, "401") || !strings.Contains(out, "The request has no valid token.") {
		t.Errorf("twine: %v\n%s", err, out)
	}
}
