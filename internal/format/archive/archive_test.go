package archive_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"daypass/internal/format/archive"
)

func zipOf(t testing.TB, write func(z *zip.Writer)) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	write(z)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func add(t testing.TB, z *zip.Writer, name string, content io.Reader) {
	t.Helper()
	w, err := z.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(w, content); err != nil {
		t.Fatal(err)
	}
}

func tarOf(t testing.TB, headers []tar.Header, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	g, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(g)
	for _, h := range headers {
		h.Size = int64(len(content))
		if h.Typeflag != tar.TypeReg {
			h.Size = 0
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, content[:h.Size]); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), g.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(content []byte) (*archive.Zip, error) {
	return archive.OpenZip(bytes.NewReader(content), int64(len(content)))
}

func TestAZipWithTooManyEntriesIsRefused(t *testing.T) {
	t.Parallel()
	for entries, refused := range map[int]bool{1000: false, archive.MaxEntries: false, 160_000: true} {
		content := zipOf(t, func(z *zip.Writer) {
			for i := range entries {
				if _, err := z.CreateRaw(&zip.FileHeader{Name: fmt.Sprint(i)}); err != nil {
					t.Fatal(err)
				}
			}
		})
		z, err := open(content)
		if errors.Is(err, archive.ErrTooManyEntries) != refused || !refused && len(z.Files()) != entries {
			t.Errorf("%d entries: %v", entries, err)
		}
	}
}

func TestAZipWithALargeDirectoryIsRefused(t *testing.T) {
	t.Parallel()
	content := zipOf(t, func(z *zip.Writer) {
		for i := range 200 {
			if _, err := z.CreateRaw(&zip.FileHeader{Name: fmt.Sprint(i), Comment: strings.Repeat("x", 50_000)}); err != nil {
				t.Fatal(err)
			}
		}
	})
	if _, err := open(content); err == nil || !strings.Contains(err.Error(), "directory has more than 8388608 bytes") {
		t.Errorf("%v", err)
	}
}

func TestReadingAnEntryIsBounded(t *testing.T) {
	t.Parallel()
	zeros := func(n int) io.Reader { return bytes.NewReader(make([]byte, n)) }
	content := zipOf(t, func(z *zip.Writer) {
		add(t, z, "small", strings.NewReader("hello"))
		add(t, z, "repetitive", zeros(60<<10)) // a ratio that is allowed to small files
		add(t, z, "bomb", zeros(4<<20))
		add(t, z, "text", strings.NewReader(strings.Repeat("Requires-Dist: package-of-the-team (>=1.0,<2.0)\n", 1000)))
	})
	z, err := open(content)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		limit int64
		err   string
	}{{5, ""}, {1 << 20, ""}, {4 << 20, "200 times of what it takes"}, {1 << 20, ""}} {
		f := z.Files()[i]
		b, err := z.Read(f, want.limit)
		switch {
		case want.err == "" && (err != nil || uint64(len(b)) != f.UncompressedSize64):
			t.Errorf("%s: %d bytes, %v", f.Name, len(b), err)
		case want.err != "" && (err == nil || !strings.Contains(err.Error(), want.err)):
			t.Errorf("%s: %v, want %s", f.Name, err, want.err)
		}
	}
	if _, err := z.Read(z.Files()[0], 4); err == nil || !strings.Contains(err.Error(), "larger than 4 bytes") {
		t.Errorf("past the limit: %v", err)
	}
}

func TestWhatIsNoZipIsAnError(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"", "hello", "PK\x05\x06"} {
		if _, err := open([]byte(content)); err == nil {
			t.Errorf("%q is taken", content)
		}
	}
}

func TestAFileIsFoundInATar(t *testing.T) {
	t.Parallel()
	regular := func(names ...string) []tar.Header {
		var list []tar.Header
		for _, name := range names {
			list = append(list, tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644})
		}
		return list
	}
	many := make([]string, archive.MaxEntries)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	for _, row := range []struct {
		title   string
		headers []tar.Header
		content string
		want    string
		err     string
	}{
		{"there", regular("a/x", "a/wanted"), "hello", "hello", ""},
		{"not there", regular("a/x"), "hello", "", ""},
		{"a link of that name", []tar.Header{{Name: "a/wanted", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}}, "", "", ""},
		{"behind more than it looks through", regular(append(many, "a/wanted")...), "", "", ""},
		{"too large", regular("a/wanted"), strings.Repeat("x", 101), "", "larger than 100 bytes"},
	} {
		got, err := archive.FindInTar(bytes.NewReader(tarOf(t, row.headers, row.content)), 100, func(name string) bool { return name == "a/wanted" })
		if string(got) != row.want || (err == nil) != (row.err == "") || err != nil && !strings.Contains(err.Error(), row.err) {
			t.Errorf("%s: %q, %v", row.title, got, err)
		}
	}
	for title, content := range map[string][]byte{"not gzip": []byte("hello"), "no tar": gzipOf(t, strings.Repeat("hello", 1000))} {
		if _, err := archive.FindInTar(bytes.NewReader(content), 100, func(string) bool { return true }); err == nil {
			t.Errorf("%s is taken", title)
		}
	}
	large := tarOf(t, []tar.Header{{Name: "a/large", Typeflag: tar.TypeReg}, {Name: "a/wanted", Typeflag: tar.TypeReg}}, strings.Repeat("\x00", 65<<20))
	got, err := archive.FindInTar(bytes.NewReader(large), 100, func(name string) bool { return name == "a/wanted" })
	if got != nil || err != nil {
		t.Errorf("behind a large file: %q, %v", got, err)
	}
}

func gzipOf(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	g := gzip.NewWriter(&b)
	_, err := io.WriteString(g, text)
	if err := errors.Join(err, g.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// FuzzArchive reads any archive within its bounds.
func FuzzArchive(f *testing.F) {
	f.Add(zipOf(f, func(z *zip.Writer) { add(f, z, "a", strings.NewReader("hello")) }))
	f.Add(tarOf(f, []tar.Header{{Name: "a", Typeflag: tar.TypeReg}}, "hello"))
	f.Fuzz(func(t *testing.T, content []byte) {
		const limit = 1 << 20
		z, err := open(content)
		if err == nil {
			for _, file := range z.Files() {
				b, err := z.Read(file, limit)
				if err == nil && len(b) > limit {
					t.Fatalf("%d bytes", len(b))
				}
			}
		}
		b, err := archive.FindInTar(bytes.NewReader(content), limit, func(string) bool { return true })
		if err == nil && len(b) > limit {
			t.Fatalf("%d bytes", len(b))
		}
	})
}
