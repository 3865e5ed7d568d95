package audit

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// FileName is the name of a trail's file in a folder.
const FileName = "audit.jsonl"

// maxLine bounds a line that is read; no record is as long.
const maxLine = 1 << 20

// pollEvery is how often a file that is followed is looked at.
const pollEvery = 250 * time.Millisecond

// A Reader reads a trail back, oldest record first. It holds one line at a time.
type Reader struct {
	// Path is the file or its folder. Rotated files beside the file are read
	// first, compressed ones too.
	Path  string
	From  io.Reader // instead of Path, if it is set
	Since time.Time // files that ended before are passed over

	// Follow waits for more at the end until the context ends.
	Follow bool
	Sleep  func(ctx context.Context, d time.Duration)

	// Each gets every line that is a record. The line is only valid during the
	// call.
	Each func(line []byte, r *Record) error
	// Idle is called before the reader waits, with all that is there read.
	Idle func() error
	// Warn hears of what is no record.
	Warn func(text string)
}

// Read reads all there is.
func (r *Reader) Read(ctx context.Context) error {
	if r.From != nil {
		return r.stream(ctx, "standard input", r.From)
	}
	path := r.Path
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		path = filepath.Join(path, FileName)
	}
	// The file first: if it is moved away meanwhile it stands among the rotated
	// ones, and is passed over there.
	current, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		current, err = nil, nil
	}
	if err != nil {
		return err
	}
	names, err := rotated(path)
	if err != nil || current == nil && len(names) == 0 && !r.Follow {
		return errors.Join(err, closed(current), absent(path, err))
	}
	for _, name := range names {
		err := r.old(ctx, name, current)
		if err != nil {
			return errors.Join(err, closed(current))
		}
	}
	return r.current(ctx, path, current)
}

func absent(path string, err error) error {
	if err != nil {
		return nil //nolint:nilerr // who asks tells it
	}
	return fmt.Errorf("%s: there are no audit records", path)
}

func closed(file *os.File) error {
	if file == nil {
		return nil
	}
	return file.Close()
}

// old reads a rotated file, unless it is the one that is still to be read.
func (r *Reader) old(ctx context.Context, name string, current *os.File) error {
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // its time has come since
	}
	if err != nil {
		return err
	}
	defer file.Close() // only read
	info, err := file.Stat()
	if err != nil || current != nil && same(file, current) || info.ModTime().Before(r.Since) {
		return err
	}
	var content io.Reader = file
	if strings.HasSuffix(name, ".gz") {
		content, err = gzip.NewReader(file)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return r.stream(ctx, name, content)
}

// stream reads what does not grow.
func (r *Reader) stream(ctx context.Context, name string, from io.Reader) error {
	l := &lines{name: name, from: bufio.NewReaderSize(from, 64<<10)}
	err := r.rest(ctx, l)
	if err == nil {
		r.torn(l)
	}
	return err
}

func same(a, b *os.File) bool {
	first, err := a.Stat()
	if err != nil {
		return false
	}
	second, err := b.Stat()
	return err == nil && os.SameFile(first, second)
}

// current reads the newest file, and what comes after it if it is followed.
func (r *Reader) current(ctx context.Context, path string, file *os.File) error {
	l := &lines{name: path}
	for {
		if file != nil {
			if l.from == nil {
				l.from = bufio.NewReaderSize(file, 64<<10)
			}
			err := r.rest(ctx, l)
			if err != nil {
				return errors.Join(err, file.Close())
			}
		}
		if !r.Follow {
			r.torn(l)
			return errors.Join(r.idle(), closed(file))
		}
		next, err := r.next(ctx, path, file, l)
		if err != nil {
			return errors.Join(err, closed(file))
		}
		if next != file {
			l, file = &lines{name: path}, next
		}
		if ctx.Err() != nil {
			return errors.Join(ctx.Err(), closed(file))
		}
	}
}

// next waits, and returns the file to go on with: another one if the file was
// moved away. What still came into the old one, and files between the two, are
// read.
func (r *Reader) next(ctx context.Context, path string, file *os.File, l *lines) (*os.File, error) {
	err := r.idle()
	if err != nil {
		return file, err
	}
	r.Sleep(ctx, pollEvery)
	fresh, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return file, nil
	}
	if err != nil {
		return file, err
	}
	if file != nil && same(file, fresh) {
		return file, fresh.Close()
	}
	if file == nil {
		return fresh, nil
	}
	err = r.between(ctx, path, file, fresh, l)
	return fresh, errors.Join(err, file.Close())
}

// between reads the rest of a file that was moved away and the rotated files
// that came after it.
func (r *Reader) between(ctx context.Context, path string, file, fresh *os.File, l *lines) error {
	err := r.rest(ctx, l)
	if err != nil {
		return err
	}
	r.torn(l)
	names, err := rotated(path)
	if err != nil {
		return err
	}
	after := false
	for _, name := range names {
		if after {
			err = r.old(ctx, name, fresh)
			if err != nil {
				return err
			}
			continue
		}
		rotatedFile, err := os.Open(name)
		if err != nil {
			continue // gone, or not for us: it is not where we are
		}
		after = same(rotatedFile, file)
		rotatedFile.Close() // only looked at
	}
	return nil
}

func (r *Reader) idle() error {
	if r.Idle == nil {
		return nil
	}
	return r.Idle()
}

// rest reads whole lines up to the end that there is now.
func (r *Reader) rest(ctx context.Context, l *lines) error {
	for {
		line, err := l.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		var record Record
		if json.Unmarshal(line, &record) != nil || record.EventName == "" {
			if l.bad++; l.bad == 1 {
				r.Warn(fmt.Sprintf("%s: line %d is no audit record and was passed over", l.name, l.number))
			}
			continue
		}
		err = r.Each(line, &record)
		if err != nil {
			return err
		}
	}
}

// torn tells, at the end of a file, what was passed over: a last line without
// an end is what a crash leaves, or a writer that is just at it.
func (r *Reader) torn(l *lines) {
	if l.bad > 1 {
		r.Warn(fmt.Sprintf("%s: %d lines in all were no audit records", l.name, l.bad))
	}
	if len(l.partial) > 0 {
		r.Warn(fmt.Sprintf("%s: the last line is incomplete and was passed over", l.name))
	}
}

// lines splits a file that may still grow. What has no end of line yet waits.
type lines struct {
	name    string
	from    *bufio.Reader
	partial []byte
	number  int
	bad     int
	ended   bool // partial is a whole line that was handed out
}

// next returns the next whole line, or io.EOF while there is none. Of a line
// that is too long only the beginning is kept: it is no record then.
func (l *lines) next() ([]byte, error) {
	if l.ended {
		l.partial, l.ended = l.partial[:0], false
	}
	for {
		piece, err := l.from.ReadSlice('\n')
		if room := maxLine - len(l.partial); room > 0 {
			l.partial = append(l.partial, piece[:min(room, len(piece))]...)
		}
		switch {
		case err == nil:
			l.number++
			l.ended = true
			return l.partial, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}
