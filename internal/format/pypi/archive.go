package pypi

import (
	"archive/zip"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"daypass/internal/format/archive"
)

// extract returns the METADATA file of a wheel or the PKG-INFO file of a source
// distribution, byte for byte. It finds none in an old source distribution, or if
// the file is too far into the archive.
func extract(file, kind string, content io.ReaderAt, size int64) ([]byte, error) {
	if kind == sdist && strings.HasSuffix(file, ".tar.gz") {
		// Tools write TOP/PKG-INFO near the beginning.
		b, err := archive.FindInTar(io.NewSectionReader(content, 0, size), maxMetadata, func(name string) bool {
			_, name, ok := strings.Cut(strings.TrimPrefix(name, "./"), "/")
			return ok && name == "PKG-INFO"
		})
		if err != nil {
			return nil, fmt.Errorf("the source distribution can't be read: %w", err)
		}
		return b, nil
	}
	z, err := archive.OpenZip(content, size)
	if err != nil {
		return nil, fmt.Errorf("%s is not a zip file that can be read: %w", file, err)
	}
	var found *zip.File
	for _, f := range z.Files() {
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
	case found == nil && kind == wheel:
		return nil, fmt.Errorf("%s has no file NAME-VERSION.dist-info/METADATA, and so is not a wheel", file)
	case found == nil:
		return nil, nil
	}
	b, err := z.Read(found, maxMetadata)
	if err != nil {
		return nil, fmt.Errorf("%s in %s can't be read: %w", clip(found.Name), file, err)
	}
	if kind == wheel {
		err = checkInfo(file, found.Name, b)
	}
	return b, err
}

// checkInfo refuses a wheel whose metadata installers do not accept: the folder has
// another name or version (PEP 427, "File contents"), or the encoding is not UTF-8
// (Core metadata specifications).
func checkInfo(file, path string, metadata []byte) error {
	folder, _, _ := strings.Cut(path, ".dist-info/")
	i := max(0, strings.LastIndexByte(folder, '-'))
	name, version := folder[:i], strings.TrimPrefix(folder[i:], "-")
	parts := strings.SplitN(file, "-", 3)
	if !sameName(name, parts[0]) || !sameVersion(version, parts[1]) {
		return fmt.Errorf("%s has its metadata in the folder %s.dist-info; expected %s-%s.dist-info", file, clip(folder), parts[0], parts[1])
	}
	if !utf8.Valid(metadata) {
		return fmt.Errorf("%s in %s is not in UTF-8, and installers fail on it", clip(path), file)
	}
	return nil
}

func sameName(a, b string) bool {
	m, errA := projectName(a)
	n, errB := projectName(b)
	return errA == nil && errB == nil && m == n
}

func sameVersion(a, b string) bool {
	v, errA := parseVersion(a)
	w, errB := parseVersion(b)
	return errA == nil && errB == nil && v.sortKey() == w.sortKey()
}
