//go:build !unix

package terminal

import "os"

// Size reports whether a file is a terminal, and how many columns it has; 0 if that
// is unknown.
func Size(file *os.File) (bool, int) {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0, 0
}

// open opens the console of the process.
func open() (in, out *os.File, err error) {
	in, err = os.OpenFile("CONIN$", os.O_RDWR, 0)
	if err != nil {
		return nil, nil, err
	}
	out, err = os.OpenFile("CONOUT$", os.O_RDWR, 0)
	if err != nil {
		in.Close()
	}
	return in, out, err
}
