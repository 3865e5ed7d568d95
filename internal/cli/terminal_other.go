//go:build !unix

package cli

import "os"

func terminalWidth(file *os.File) (bool, int) {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0, 0
}
