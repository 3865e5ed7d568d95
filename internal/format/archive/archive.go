// Package archive owns the reading of single files out of archives that
// strangers made, within bounds: of entries, of bytes, and of how much more
// comes out than goes in, whatever an archive says of itself. It must never
// know a format's files.
package archive

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// Bounds that hold for every archive.
const (
	MaxEntries   = 1<<16 - 1 // what a zip file without extensions can count
	maxDirectory = 8 << 20   // bytes of a zip file's directory
	maxScan      = 64 << 20  // bytes of a tar file, unpacked, that are looked through

	// maxRatio is how many bytes may come out of one that goes in, for content
	// beyond freeRatio. Deflate makes up to 1,032 of one; texts stay under 100.
	maxRatio  = 200
	freeRatio = 64 << 10
)

// ErrTooManyEntries says that an archive has more than [MaxEntries].
var ErrTooManyEntries = fmt.Errorf("the archive has more than %d entries", MaxEntries)

var errTooLargeDirectory = fmt.Errorf("the archive's directory has more than %d bytes", maxDirectory)

// A Zip is a zip file whose directory has been read.
type Zip struct {
	files  *zip.Reader
	budget *budget
}

// budget fails reads after a number of bytes in all.
type budget struct {
	io.ReaderAt
	left int64
	err  error
}

func (b *budget) ReadAt(p []byte, off int64) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, b.err
	}
	return b.ReaderAt.ReadAt(p, off)
}

// OpenZip reads the directory of a zip file.
func OpenZip(content io.ReaderAt, size int64) (*Zip, error) {
	b := &budget{content, maxDirectory, errTooLargeDirectory}
	z, err := zip.NewReader(b, size)
	if err != nil {
		return nil, err
	}
	if len(z.File) > MaxEntries {
		return nil, ErrTooManyEntries
	}
	return &Zip{z, b}, nil
}

// Files are the entries, in the order of the directory.
func (z *Zip) Files() []*zip.File { return z.files.File }

// Read returns the content of an entry of at most limit bytes.
func (z *Zip) Read(f *zip.File, limit int64) ([]byte, error) {
	// What is read from the file in all bounds what can come out of it.
	z.budget.left, z.budget.err = limit+maxDirectory, fmt.Errorf("it takes more than %d bytes", limit)
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close() // only read
	if packed := int64(min(f.CompressedSize64, 1<<40)); limit > max(freeRatio, packed*maxRatio) {
		b, err := ReadAtMost(r, max(freeRatio, packed*maxRatio))
		if err != nil {
			err = fmt.Errorf("%w, over %d times of what it takes in the archive", err, maxRatio)
		}
		return b, err
	}
	return ReadAtMost(r, limit)
}

// ReadAtMost reads to the end, or fails after limit bytes.
func ReadAtMost(r io.Reader, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("it is larger than %d bytes", limit)
	}
	return b, err
}

// FindInTar looks through a tar file that is compressed with gzip, for the
// first regular file that is wanted, and returns its content of at most limit
// bytes. It returns nil if there is none in what it looks through, the first
// 64 MiB and [MaxEntries].
func FindInTar(content io.Reader, limit int64, wanted func(name string) bool) ([]byte, error) {
	g, err := gzip.NewReader(content)
	if err != nil {
		return nil, fmt.Errorf("it is not compressed with gzip: %w", err)
	}
	scan := &io.LimitedReader{R: g, N: maxScan}
	t := tar.NewReader(scan)
	for n := range MaxEntries {
		h, err := t.Next()
		if scan.N <= 0 || errors.Is(err, io.EOF) && n > 0 {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("it is not a tar file: %w", err)
		}
		if h.Typeflag != tar.TypeReg || !wanted(h.Name) {
			continue
		}
		b, err := ReadAtMost(t, limit)
		if err != nil {
			return nil, fmt.Errorf("%.60q can't be read: %w", h.Name, err)
		}
		return b, nil
	}
	return nil, nil
}
