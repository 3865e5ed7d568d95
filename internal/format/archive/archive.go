// Package archive owns the reading of single files from untrusted archives, within
// bounds: on entries, on bytes, and on the ratio of compression. It does not rely on
// the sizes that an archive declares. It must never know a format's files.
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
	MaxEntries   = 1<<16 - 1 // the most that a zip file without extensions can have
	maxDirectory = 8 << 20   // bytes of a zip file's directory
	maxScan      = 64 << 20  // bytes of an unpacked tar file that are searched

	// maxRatio is how many unpacked bytes one packed byte may have, for content
	// larger than freeRatio bytes. Deflate reaches 1,032; texts stay under 100.
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

// budget fails reads after a total number of bytes.
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
	// The bytes that may be read from the file also bound the unpacked content.
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

// FindInTar searches a tar file that is compressed with gzip for the first regular
// file that is wanted. It returns the content, of at most limit bytes, or nil if it
// finds none in the first 64 MiB and [MaxEntries] entries.
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
