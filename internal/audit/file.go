package audit

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A File is a sink that is a file with its predecessors beside it: audit.jsonl,
// and audit-20261127T184500.000000000Z.jsonl for what was rotated away at that
// instant. A new file begins when the old one is large, and on each new day, so
// that whole days can be kept or dropped.
//
// It is our own: the libraries for this (lumberjack and its forks) cannot make a
// file durable, are for one process alone, and empty a file that another one has
// begun in the meantime.
//
// Several processes may write to one path; each line is one piece of one call.
// Whoever moves the file away, us or logrotate, the next write begins a new one.
type File struct {
	Path    string
	MaxSize int64         // bytes
	Keep    int           // rotated files; 0: all
	MaxAge  time.Duration // of rotated files; 0: for ever
	Now     func() time.Time
	// Report hears of what goes wrong beside writing: a record comes first.
	Report func(what string, err error)

	file *os.File
	torn bool      // the file ends in the middle of a line
	wait time.Time // until when no rotation is tried, after one failed
}

// Open makes the folder, for the owner alone, and opens the file.
func (f *File) Open() error {
	err := os.MkdirAll(filepath.Dir(f.Path), 0o700)
	if err != nil {
		return err
	}
	return f.open()
}

func (f *File) open() error {
	file, err := os.OpenFile(f.Path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	torn, err := isTorn(file)
	if err != nil {
		return errors.Join(err, file.Close())
	}
	f.file, f.torn = file, torn
	return nil
}

// isTorn reports whether a crash or a full disk cut the last line.
func isTorn(file *os.File) (bool, error) {
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return false, err
	}
	last := make([]byte, 1)
	_, err = file.ReadAt(last, info.Size()-1)
	return err == nil && last[0] != '\n', err
}

// Write appends lines, to a new file if it is time for one.
func (f *File) Write(p []byte) (int, error) {
	err := f.ready(int64(len(p)))
	if err != nil {
		return 0, err
	}
	// A cut line is ended so that the next one stands alone. That waits for the
	// next one: a full disk keeps no server from starting.
	if f.torn {
		_, err := f.file.Write([]byte{'\n'})
		if err != nil {
			return 0, err
		}
		f.torn = false
	}
	return f.file.Write(p)
}

// ready sees to it that the file is the one at the path and not too large.
func (f *File) ready(more int64) error {
	info, err := os.Stat(f.Path)
	if f.file != nil && (errors.Is(err, fs.ErrNotExist) || err == nil && !f.is(info)) {
		f.report("close the audit file that was moved away", f.Close())
	}
	if f.file == nil {
		return f.Open()
	}
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return err
	}
	now := f.Now()
	if info.Size()+more <= f.MaxSize && sameDay(info.ModTime(), now) || now.Before(f.wait) {
		return nil
	}
	return f.rotate(now)
}

func (f *File) is(info os.FileInfo) bool {
	own, err := f.file.Stat()
	return err == nil && os.SameFile(own, info)
}

func sameDay(a, b time.Time) bool {
	return a.UTC().Format(time.DateOnly) == b.UTC().Format(time.DateOnly)
}

// rotate moves the file out of the way and begins a new one. A file that can't
// be moved is written on.
func (f *File) rotate(now time.Time) error {
	f.report("make the rotated audit file durable", f.file.Sync())
	err := os.Rename(f.Path, rotatedName(f.Path, now))
	if err != nil {
		f.wait = now.Add(time.Minute)
		f.report("rotate the audit file", err)
		return nil
	}
	f.report("close the rotated audit file", f.Close())
	err = f.open()
	if err != nil {
		return err
	}
	f.report("make the audit folder durable", syncFolder(filepath.Dir(f.Path)))
	f.report("remove old audit files", f.prune())
	return nil
}

func (f *File) report(what string, err error) {
	if err != nil && f.Report != nil {
		f.Report(what, err)
	}
}

// prune removes the rotated files that are too many or too old.
func (f *File) prune() error {
	names, err := rotated(f.Path)
	if err != nil {
		return err
	}
	old := 0
	if f.Keep > 0 {
		old = max(0, len(names)-f.Keep)
	}
	for f.MaxAge > 0 && old < len(names) {
		info, err := os.Stat(names[old])
		if err == nil && f.Now().Sub(info.ModTime()) <= f.MaxAge {
			break // what follows is younger
		}
		old++
	}
	for _, name := range names[:old] {
		err := os.Remove(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // another process was faster
			return err
		}
	}
	return nil
}

// Sync makes what was written durable.
func (f *File) Sync() error {
	if f.file == nil {
		return nil
	}
	return f.file.Sync()
}

// Close closes the file; the next write opens it again.
func (f *File) Close() error {
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	return err
}

func syncFolder(name string) error {
	folder, err := os.Open(name)
	if err != nil {
		return err
	}
	defer folder.Close() // only read
	_ = folder.Sync()    // not every system knows it for folders
	return nil
}

// stamp sorts as text in the order of time.
const stamp = "20060102T150405.000000000Z"

func rotatedName(path string, now time.Time) string {
	extension := filepath.Ext(path)
	base := strings.TrimSuffix(path, extension)
	for {
		name := base + "-" + now.UTC().Format(stamp) + extension
		_, err := os.Lstat(name)
		if err != nil {
			return name
		}
		now = now.Add(1)
	}
}

// rotated returns the rotated files of a trail, oldest first, those that someone
// has compressed with gzip too.
func rotated(path string) ([]string, error) {
	folder := filepath.Dir(path)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	extension := filepath.Ext(path)
	prefix := strings.TrimSuffix(filepath.Base(path), extension) + "-"
	var names []string
	for _, entry := range entries {
		middle, ok := strings.CutPrefix(entry.Name(), prefix)
		middle = strings.TrimSuffix(middle, ".gz")
		middle, ending := strings.CutSuffix(middle, extension)
		_, err := time.Parse(stamp, middle)
		if ok && ending && err == nil {
			names = append(names, filepath.Join(folder, entry.Name()))
		}
	}
	slices.Sort(names)
	return names, nil
}

// Output is a sink for a stream that someone else keeps, such as standard
// output.
type Output struct{ io.Writer }

// Sync does nothing: a stream has no more to give.
func (Output) Sync() error { return nil }

// Close leaves the stream open: it is not ours.
func (Output) Close() error { return nil }
