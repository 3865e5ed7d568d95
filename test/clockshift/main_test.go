//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// The system's clock is never shifted, so the difference to it is the shift that
// scripts/shifted asks for, or none.
func TestClocksAreAheadByTheGivenShift(t *testing.T) {
	want := time.Duration(0)
	if text := os.Getenv("DAYPASS_TEST_CLOCK_SHIFT"); text != "" {
		seconds, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		want = time.Duration(seconds) * time.Second
	}
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var system syscall.Timeval
	if err := syscall.Gettimeofday(&system); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	near := func(what string, at time.Time) {
		if off := at.Sub(time.Unix(system.Unix())) - want; off < -time.Minute || off > time.Minute {
			t.Errorf("%s is ahead by %v more than %v", what, off, want)
		}
	}
	near("now", now)
	near("a new file", info.ModTime())
	hour := now.Add(-time.Hour)
	if err := os.Chtimes(path, hour, hour); err != nil {
		t.Fatal(err)
	}
	if info, err = os.Stat(path); err != nil || !info.ModTime().Equal(hour) {
		t.Errorf("a file's time was set to %v and is %v: %v", hour, info.ModTime(), err)
	}
}
