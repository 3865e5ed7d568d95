//go:build unix

package edit

import (
	"os"
	"syscall"
)

// IsPrivate reports whether this user owns a file and nobody else can read or write
// it.
func IsPrivate(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid() && info.Mode().Perm()&0o077 == 0
}
