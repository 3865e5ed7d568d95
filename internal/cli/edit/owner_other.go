//go:build !unix

package edit

import (
	"os"
)

// IsPrivate returns true, since this system keeps other users out of a user's folder.
func IsPrivate(os.FileInfo) bool { return true }
