//go:build unix

package edit

import (
	"os"
	"syscall"
)

// IsPrivate reports whether a file is its owner's alone, and the owner is us.
func IsPrivate(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid() && info.Mode().Perm()&0o077 == 0
}
