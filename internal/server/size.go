package server

import (
	"errors"
	"math"
	"strconv"

	"github.com/dustin/go-humanize"
)

// A size is a number of bytes as a flag's value. Its text is a number, optionally with a
// unit such as MB (powers of 1000) or GiB (powers of 1024). It implements [flag.Getter].
type size int64

func (s *size) String() string { return strconv.FormatInt(int64(*s), 10) }

func (s *size) Get() any { return *s }

func (s *size) Set(text string) error {
	n, err := strconv.ParseInt(text, 10, 64)
	if err == nil {
		*s = size(n)
		return nil
	}
	bytes, err := humanize.ParseBytes(text)
	if err != nil || bytes > math.MaxInt64 {
		return errors.New("no size")
	}
	*s = size(bytes)
	return nil
}
