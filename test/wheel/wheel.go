// Package wheel makes the smallest Python distributions that pip installs and twine
// uploads: a pure-Python wheel and a source archive of one module with one value in
// it. Stories and the demo need no Python build tool because of it. It knows nothing of
// repositories.
package wheel

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Write writes NAME-VERSION-py3-none-any.whl and NAME-VERSION.tar.gz into a folder and
// returns their paths. The module is called NAME with "_" for "-", and has the value
// VERSION. The same arguments give the same bytes.
func Write(dir, name, version string) (wheel, sdist string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", "", err
	}
	d := distribution{name: name, version: version, module: strings.ReplaceAll(name, "-", "_")}
	wheel = filepath.Join(dir, d.stem()+"-py3-none-any.whl")
	sdist = filepath.Join(dir, d.stem()+".tar.gz")
	for path, content := range map[string]func() ([]byte, error){wheel: d.wheel, sdist: d.sdist} {
		bytes, err := content()
		if err != nil {
			return "", "", err
		}
		if err := os.WriteFile(path, bytes, 0o644); err != nil {
			return "", "", err
		}
	}
	return wheel, sdist, nil
}

type distribution struct{ name, version, module string }

type file struct{ name, content string }

func (d distribution) stem() string { return d.module + "-" + d.version }

func (d distribution) source() file {
	return file{d.module + ".py", fmt.Sprintf("VERSION = %q\n", d.version)}
}

func (d distribution) metadata() string {
	return fmt.Sprintf("Metadata-Version: 2.1\nName: %s\nVersion: %s\nSummary: says its version\nRequires-Python: >=3.8\n", d.name, d.version)
}

// wheel returns the archive of PEP 427. RECORD has the digests of the other files.
func (d distribution) wheel() ([]byte, error) {
	info := d.stem() + ".dist-info/"
	files := []file{
		d.source(),
		{info + "METADATA", d.metadata()},
		{info + "WHEEL", "Wheel-Version: 1.0\nGenerator: daypass-test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"},
	}
	var record strings.Builder
	for _, f := range files {
		sum := sha256.Sum256([]byte(f.content))
		fmt.Fprintf(&record, "%s,sha256=%s,%d\n", f.name, base64.RawURLEncoding.EncodeToString(sum[:]), len(f.content))
	}
	fmt.Fprintf(&record, "%sRECORD,,\n", info)
	files = append(files, file{info + "RECORD", record.String()})

	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for _, f := range files {
		w, err := archive.Create(f.name)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write([]byte(f.content)); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// sdist returns the archive that setuptools builds from.
func (d distribution) sdist() ([]byte, error) {
	setup := fmt.Sprintf("from setuptools import setup\nsetup(name=%q, version=%q, py_modules=[%q])\n", d.name, d.version, d.module)
	var out bytes.Buffer
	packed := gzip.NewWriter(&out)
	archive := tar.NewWriter(packed)
	for _, f := range []file{d.source(), {"PKG-INFO", d.metadata()}, {"setup.py", setup}} {
		header := &tar.Header{Name: d.stem() + "/" + f.name, Mode: 0o644, Size: int64(len(f.content)), Format: tar.FormatPAX}
		if err := archive.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := archive.Write([]byte(f.content)); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	if err := packed.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
