package pypi

import (
	"bytes"
	"context"
	"net/http"
	"testing"

	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/format/formattest"
)

// FuzzUpload sends any body: the answer is a fault that is the client's, and
// nothing is committed, or one file is, and both kinds of page show it. The change
// is a recorder, because the registry's database would take all of the time.
func FuzzUpload(f *testing.F) {
	file, content := wheelOf(f, "acme-hello", "1.0")
	good, contentType := formOf(f, wheelForm("acme-hello", "1.0", file, content))
	f.Add(contentType, good)
	f.Add(contentType, good[:len(good)/2])
	sdistBody, sdistType := formOf(f, append(fields(":action", "file_upload", "name", "a", "version", "1", "filetype", sdist),
		part{"content", string(tarOf(f, "a-1/PKG-INFO", "Name: a\nVersion: 1\n")), "a-1.tar.gz"}))
	f.Add(sdistType, sdistBody)
	f.Add("multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\na\r\n--x--\r\n"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		r, err := http.NewRequest("POST", "/", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header["Content-Type"] = []string{contentType}
		c := &recorder{}
		err = handleUpload(&discard{}, r, &format.Call{Repository: c, MaxAsset: 1 << 20})
		if err != nil {
			if !fault.Is(err, fault.Validation) && !fault.Is(err, fault.MalformedRequest) && !fault.Is(err, fault.BodyTooLarge) {
				t.Fatalf("%v", err)
			}
			if c.committed != nil {
				t.Fatalf("refused with %v, but committed", err)
			}
			return
		}
		if c.committed == nil || c.claimed.Name.Name == "" || len(c.committed.Versions) != 1 || c.committed.Versions[0].Version != c.claimed.Version {
			t.Fatalf("claimed %v, committed %v", c.claimed, c.committed)
		}
		v := format.Version{Version: c.claimed.Version, Status: format.Published}
		for _, asset := range c.committed.Versions[0].Assets {
			v.Assets = append(v.Assets, format.Asset{Name: asset.Name, Size: asset.Content.Size(), Digests: asset.Content.Digests(), Detail: asset.Detail})
		}
		p := &format.Package{Name: c.claimed.Name, Versions: []format.Version{v}}
		for _, render := range []func(*format.Package) ([]byte, error){renderHTML, renderJSON} {
			page, err := render(p)
			if err != nil || !bytes.Contains(page, []byte(v.Assets[0].Digests.SHA256)) {
				t.Fatalf("%v: %s", err, page)
			}
		}
	})
}

// A recorder is a repository and a change of it, which keeps what is claimed and
// committed.
type recorder struct {
	format.Repository
	claimed   format.Ref
	committed *format.Edit
}

func (c *recorder) Begin(context.Context, *format.Verb) (format.Change, error) { return c, nil }

func (c *recorder) Stage(_ context.Context, limit int64) (format.Staged, error) {
	return &stagedBytes{limit: limit}, nil
}

func (c *recorder) Claim(_ context.Context, ref format.Ref) (*format.Version, error) {
	c.claimed = ref
	return nil, nil
}

func (c *recorder) Commit(_ context.Context, edit *format.Edit) error {
	c.committed = edit
	return nil
}

func (c *recorder) Close() error { return nil }

// stagedBytes is staged content in memory.
type stagedBytes struct {
	limit   int64
	content []byte
}

func (s *stagedBytes) Write(p []byte) (int, error) {
	if s.Size()+int64(len(p)) > s.limit {
		return 0, fault.New(fault.BodyTooLarge, "more than %d bytes", s.limit)
	}
	s.content = append(s.content, p...)
	return len(p), nil
}

func (s *stagedBytes) ReadAt(p []byte, offset int64) (int, error) {
	return bytes.NewReader(s.content).ReadAt(p, offset)
}

func (s *stagedBytes) Size() int64             { return int64(len(s.content)) }
func (s *stagedBytes) Digests() format.Digests { return formattest.Digests(s.content) }

// FuzzWheelMetadata reads any archive in bounded memory, and any metadata.
func FuzzWheelMetadata(f *testing.F) {
	_, content := wheelOf(f, "acme-hello", "1.0", "Requires-Dist: a>1", "", "text")
	f.Add(content, true)
	f.Add(tarOf(f, "a-1/PKG-INFO", "Name: a\nVersion: 1\n"), false)
	f.Add([]byte("Name: a\nVersion: 1\nDescription: x\n        y\n       |z\n\nbody"), true)
	f.Fuzz(func(t *testing.T, content []byte, isWheel bool) {
		kind, file := wheel, "a-1-py3-none-any.whl"
		if !isWheel {
			kind, file = sdist, "a-1.tar.gz"
		}
		raw, err := extract(file, kind, bytes.NewReader(content), int64(len(content)))
		if err != nil || raw == nil {
			raw = content
		}
		if len(raw) > maxMetadata && err == nil {
			t.Fatalf("%d bytes", len(raw))
		}
		m, err := parseMetadata(raw)
		if err != nil {
			return
		}
		for _, d := range m.describe().Dependencies {
			if normal, err := projectName(d.Package); err != nil || normal != d.Package {
				t.Fatalf("dependency %q: %v", d.Package, err)
			}
		}
	})
}
