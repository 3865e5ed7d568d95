//go:build !unix

package cli

import "os"

func terminalWidth(file *os.File) (bool, int) {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0, 0
}

// openTerminal opens the console of the process.
func openTerminal() (in, out *os.File, err error) {
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

// private has no answer where the folder of a user is what keeps others out.
func private(os.FileInfo) bool { return true }
