package pypi

import (
	"bytes"
	"net/http"
	"testing"

	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/format/formattest"
)

// FuzzUpload sends any body: the answer is a fault that is the client's, or the
// file is there under the name that the page shows.
func FuzzUpload(f *testing.F) {
	file, content := wheelOf(f, "acme-hello", "1.0")
	good, contentType := formOf(f, wheelForm("acme-hello", "1.0", file, content))
	f.Add(contentType, good)
	f.Add(contentType, good[:len(good)/2])
	sdistBody, sdistType := formOf(f, append(fields(":action", "file_upload", "name", "a", "version", "1", "filetype", sdist),
		part{"content", string(tarOf(f, "a-1/PKG-INFO", "Name: a\nVersion: 1\n")), "a-1.tar.gz"}))
	f.Add(sdistType, sdistBody)
	f.Add("multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\na\r\n--x--\r\n"))
	registry := formattest.Open(f, Format)
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		repository := registry.Repository(t)
		r, err := http.NewRequest("POST", "/", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header["Content-Type"] = []string{contentType}
		err = handleUpload(&discard{}, r, &format.Call{Repository: repository.Use(t, upload), MaxAsset: 1 << 20})
		names := repository.Names(t)
		if err != nil {
			if !fault.Is(err, fault.Validation) && !fault.Is(err, fault.MalformedRequest) && !fault.Is(err, fault.BodyTooLarge) {
				t.Fatalf("%v", err)
			}
			if len(names) > 0 {
				t.Fatalf("refused with %v, but kept %v", err, names)
			}
			return
		}
		if len(names) != 1 {
			t.Fatalf("kept %v", names)
		}
		p, err := repository.Use(t, read).Package(t.Context(), format.Name{Name: names[0]})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := renderHTML(p); err != nil {
			t.Fatal(err)
		}
		if _, err := renderJSON(p); err != nil {
			t.Fatal(err)
		}
	})
}

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
