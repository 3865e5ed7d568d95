//go:build unix

package client

import (
	"os"
	"syscall"
)

// private reports whether a file is its owner's alone, and the owner is us.
func private(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid() && info.Mode().Perm()&0o077 == 0
}
