package edit

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestMain gives the locks a cache folder of their own.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "edit")
	if err != nil {
		panic(err)
	}
	for _, name := range []string{"XDG_CACHE_HOME", "HOME", "LocalAppData"} {
		if err := os.Setenv(name, dir); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func writeFile(t *testing.T, path, content string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// wantFile fails unless the file has the content and the mode, and no temporary file is
// left in its folder.
func wantFile(t *testing.T, path, content string, mode fs.FileMode) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil || string(data) != content {
		t.Errorf("%s: %q, %v, want %q", path, data, err, content)
	}
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != mode {
		t.Errorf("%s: mode %v, %v, want %v", path, info.Mode(), err, mode)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.Contains(e.Name(), ".new-") {
			t.Errorf("%s was left behind", e.Name())
		}
	}
}

func TestWriteKeepsTheModeOfAFileAndMakesNewOnesPrivate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	for _, c := range []struct {
		before, mode, want fs.FileMode // before 0: no file
	}{{0, 0, 0o600}, {0o644, 0, 0o644}, {0o640, 0, 0o640}, {0o400, 0, 0o400}, {0o644, Private, 0o600}, {0, 0o644, 0o644}} {
		_ = os.Remove(path)
		if c.before != 0 {
			writeFile(t, path, "old", c.before)
		}
		if err := Write(path, []byte("new"), c.mode); err != nil {
			t.Fatal(err)
		}
		wantFile(t, path, "new", c.want)
	}
}

func TestWriteFollowsSymbolicLinksAndKeepsThem(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "dotfiles"), 0o700); err != nil {
		t.Fatal(err)
	}
	target, middle, link := filepath.Join(dir, "dotfiles", "npmrc"), filepath.Join(dir, "dotfiles", "link"), filepath.Join(dir, ".npmrc")
	for from, to := range map[string]string{middle: "npmrc", link: filepath.Join("dotfiles", "link")} {
		if err := os.Symlink(to, from); err != nil {
			t.Skip(err)
		}
	}
	for _, content := range []string{"new", "newer"} { // to nothing, to a file
		if err := Write(link, []byte(content), 0); err != nil {
			t.Fatal(err)
		}
		wantFile(t, target, content, 0o600)
	}
	for _, path := range []string{middle, link} {
		if info, err := os.Lstat(path); err != nil || info.Mode()&fs.ModeSymlink == 0 {
			t.Errorf("%s is no link any more: %v, %v", path, info, err)
		}
	}
	circle := filepath.Join(dir, "circle")
	if err := os.Symlink("circle", circle); err != nil {
		t.Fatal(err)
	}
	if err := Write(circle, nil, 0); err == nil {
		t.Error("a circle of links was written to")
	}
}

func TestWriteThatFailsLeavesTheOldContent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := os.MkdirAll(filepath.Join(path, "inside"), 0o700); err != nil { // a folder that cannot be replaced
		t.Fatal(err)
	}
	if err := Write(path, []byte("new"), 0); err == nil {
		t.Error("a folder was written to")
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}

func appending(text string) func([]byte) ([]byte, error) {
	return func(before []byte) ([]byte, error) { return append(before, text...), nil }
}

func TestUndoRestoresWhatApplyChanged(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	made, err := Apply(t.Context(), path, appending("ours"))
	if err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, "ours", 0o600)
	if err := made.Undo(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that was not there before stays: %v", err)
	}
	if err := made.Undo(t.Context()); err != nil {
		t.Errorf("a second time: %v", err)
	}
	writeFile(t, path, "theirs\r\n", 0o644)
	changed, err := Apply(t.Context(), path, appending("ours"))
	if err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, "theirs\r\nours", 0o644)
	if err := changed.Undo(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, "theirs\r\n", 0o644)
}

func TestUndoLeavesAloneWhatOthersChanged(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	writeFile(t, path, "theirs", 0o600)
	c, err := Apply(t.Context(), path, appending("ours"))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, path, "newer", 0o600)
	if err := c.Undo(t.Context()); !errors.Is(err, ErrChanged) {
		t.Errorf("%v", err)
	}
	wantFile(t, path, "newer", 0o600)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := c.Undo(t.Context()); !errors.Is(err, ErrChanged) {
		t.Errorf("a file that is gone: %v", err)
	}
}

func TestApplyWritesNothingWithoutAChangeOrAfterAnError(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	writeFile(t, path, "same", 0o644)
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Apply(t.Context(), path, func(b []byte) ([]byte, error) { return b, nil })
	if c != nil || err != nil {
		t.Errorf("%v, %v", c, err)
	}
	refused := errors.New("not to be understood")
	c, err = Apply(t.Context(), path, func([]byte) ([]byte, error) { return []byte("half"), refused })
	if c != nil || !errors.Is(err, refused) {
		t.Errorf("%v, %v", c, err)
	}
	after, err := os.Stat(path)
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("the file was written: %v", err)
	}
	if _, err := Apply(t.Context(), filepath.Dir(path), appending("x")); err == nil {
		t.Error("a folder was changed")
	}
}

func TestApplyRefusesAFileThatIsTooLarge(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, maxFile+1); err != nil {
		t.Fatal(err)
	}
	if _, err := Apply(t.Context(), path, appending("x")); err == nil {
		t.Error("it was changed")
	}
}

// Many callers add one to a number, and none is lost.
func TestConcurrentApplyLosesNoChange(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "number")
	const many = 20
	var wg sync.WaitGroup
	for range many {
		wg.Go(func() {
			_, err := Apply(t.Context(), path, func(before []byte) ([]byte, error) {
				n, err := strconv.Atoi(string(bytes.TrimSpace(append([]byte("0"), before...))))
				return strconv.AppendInt(nil, int64(n)+1, 10), err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	wantFile(t, path, strconv.Itoa(many), 0o600)
}

func TestLockWaitsNoLongerThanItsContext(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	unlock, err := Lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := Lock(ctx, path); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a second lock: %v", err)
	}
	unlock()
	again, err := Lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	again()
}
