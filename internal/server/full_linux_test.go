package server

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"daypass/internal/audit"
)

// A server on a full disk must start, so that clients can still download.
func TestAServerStartsToReadOnAFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m")
	if err != nil {
		t.Skipf("SKIPPED, needs the right to mount a file system of 4 MB: %v", err)
	}
	t.Cleanup(func() {
		// The process keeps locks on staged content until it ends, so the file system is
		// busy and is detached.
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	p := place{t: t, data: filepath.Join(dir, "data")}
	p.run(nil)
	// The disk is full in the middle of a line of the audit trail.
	fill, err := os.OpenFile(filepath.Join(p.data, "audit", audit.FileName), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	for piece := bytes.Repeat([]byte("a"), 4<<10); err == nil; {
		_, err = fill.Write(piece)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	fill.Close()
	s, err := p.open(time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	if w.Code != http.StatusOK {
		t.Errorf("/readyz: %d", w.Code)
	}
	stage, err := s.blobs.Stage(t.Context(), 1<<20)
	if err == nil {
		_, err = io.CopyN(stage, zeros{}, 1<<20)
		stage.Abort()
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("an upload: %v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
