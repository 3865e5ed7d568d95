package document

import (
	"errors"
	"io/fs"
	"syscall"
	"unicode"
)

// SystemError returns the text that Python has for an error of the operating system
// about a path.
func SystemError(err error, path string) string {
	var number syscall.Errno
	if !errors.As(err, &number) {
		var pathError *fs.PathError
		if errors.As(err, &pathError) {
			err = pathError.Err
		}
		return err.Error()
	}
	text := []rune(number.Error())
	text[0] = unicode.ToUpper(text[0])
	return "[Errno " + Str(int64(number)) + "] " + string(text) + ": " + Repr(path)
}
