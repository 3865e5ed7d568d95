//go:build unix

package terminal

import (
	"os"

	"golang.org/x/sys/unix"
)

// Size reports whether a file is a terminal, and how many columns it has; 0 if that
// is unknown.
func Size(file *os.File) (bool, int) {
	size, err := unix.IoctlGetWinsize(int(file.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return false, 0
	}
	return true, int(size.Col)
}

// open opens the terminal of the process for reading and writing.
func open() (in, out *os.File, err error) {
	in, err = os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil, nil, err
	}
	out, err = os.OpenFile("/dev/tty", os.O_WRONLY, 0)
	if err != nil {
		in.Close()
	}
	return in, out, err
}
