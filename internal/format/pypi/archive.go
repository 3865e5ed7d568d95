package pypi

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Bounds on what is read of an archive, whatever it says of itself.
const (
	maxDirectory = 16 << 20 // bytes of a zip file's directory and of what is inflated from it
	maxScan      = 64 << 20 // bytes of a tar file, unpacked, in which PKG-INFO is looked for
	maxEntries   = 20_000   // of a tar file
)

var errTooMuch = errors.New("the archive's directory is too large")

// A bounded reader fails after a number of bytes in all.
type bounded struct {
	io.ReaderAt
	left int64
}

func (b *bounded) ReadAt(p []byte, off int64) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, errTooMuch
	}
	return b.ReaderAt.ReadAt(p, off)
}

// extract returns the METADATA file of a wheel or the PKG-INFO file of a source
// distribution, byte for byte. A source distribution may have none; old ones do
// not, and it may be too far into the archive.
func extract(file, kind string, content io.ReaderAt, size int64) ([]byte, error) {
	if kind == sdist && strings.HasSuffix(file, ".tar.gz") {
		return extractTar(io.NewSectionReader(content, 0, size))
	}
	z, err := zip.NewReader(&bounded{content, maxDirectory}, size)
	if err != nil {
		return nil, fmt.Errorf("%s is not a zip file that can be read: %w", file, err)
	}
	var found *zip.File
	for _, f := range z.File {
		folder, name, ok := strings.Cut(f.Name, "/")
		switch {
		case kind == sdist && ok && name == "PKG-INFO":
		case kind == wheel && ok && name == "METADATA" && strings.HasSuffix(folder, ".dist-info"):
		default:
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("%s has both %s and %s", file, clip(found.Name), clip(f.Name))
		}
		found = f
	}
	switch {
	case found != nil:
		return inflate(file, found)
	case kind == wheel:
		return nil, fmt.Errorf("%s has no file NAME-VERSION.dist-info/METADATA, and so is not a wheel", file)
	}
	return nil, nil
}

func inflate(file string, f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%s in %s can't be read: %w", clip(f.Name), file, err)
	}
	defer r.Close() // only read
	b, err := readAtMost(r, maxMetadata)
	if err != nil {
		return nil, fmt.Errorf("%s in %s can't be read: %w", clip(f.Name), file, err)
	}
	return b, nil
}

func readAtMost(r io.Reader, n int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, n+1))
	if err == nil && int64(len(b)) > n {
		err = fmt.Errorf("it is larger than %d bytes", n)
	}
	return b, err
}

// extractTar looks for TOP/PKG-INFO, which tools write near the beginning.
func extractTar(content io.Reader) ([]byte, error) {
	g, err := gzip.NewReader(content)
	if err != nil {
		return nil, fmt.Errorf("the source distribution is not compressed with gzip: %w", err)
	}
	scan := &io.LimitedReader{R: g, N: maxScan}
	t := tar.NewReader(scan)
	for n := range maxEntries {
		h, err := t.Next()
		if scan.N <= 0 || err == io.EOF && n > 0 {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("the source distribution is not a tar file: %w", err)
		}
		_, name, ok := strings.Cut(strings.TrimPrefix(h.Name, "./"), "/")
		if !ok || name != "PKG-INFO" || h.Typeflag != tar.TypeReg {
			continue
		}
		b, err := readAtMost(t, maxMetadata)
		if err != nil {
			return nil, fmt.Errorf("PKG-INFO can't be read: %w", err)
		}
		return b, nil
	}
	return nil, nil
}
