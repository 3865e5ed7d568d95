package pypi

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"daypass/internal/format"
)

// project returns a project whose page has at least the given number of bytes.
func project(b *testing.B, size int, render func(*format.Package) ([]byte, error)) (*format.Package, []byte) {
	b.Helper()
	p := &format.Package{Name: format.Name{Name: "acme-hello"}}
	for n := 0; ; n++ {
		body, err := render(p)
		if err != nil {
			b.Fatal(err)
		}
		if len(body) >= size {
			return p, body
		}
		version := fmt.Sprintf("1.%d", n)
		name := "acme_hello-" + version + "-py3-none-any.whl"
		p.Versions = append(p.Versions, format.Version{Version: version, Status: format.Published, Assets: []format.Asset{
			hashed(name, "1", 1024, &detail{RequiresPython: ">=3.8"}), hashed(name+".metadata", "2", 99, nil),
		}})
	}
}

// kept is a repository whose one document is rendered already.
type kept struct {
	format.Repository
	doc *format.Document
}

func (k kept) Document(context.Context, format.Name, string, func(*format.Package) ([]byte, error)) (*format.Document, error) {
	return k.doc, nil
}

var renders = map[string]func(*format.Package) ([]byte, error){"html": renderHTML, "json": renderJSON}

var sizes = []struct {
	name  string
	bytes int
}{{"1KiB", 1 << 10}, {"100KiB", 100 << 10}}

// BenchmarkPage measures the whole handler, with a page that the repository keeps.
func BenchmarkPage(b *testing.B) {
	for kind, render := range renders {
		for _, size := range sizes {
			b.Run(kind+"/"+size.name, func(b *testing.B) {
				_, body := project(b, size.bytes, render)
				repository := kept{doc: format.NewDocument(body)}
				r, err := http.NewRequest("GET", "/simple/acme-hello/", nil)
				if err != nil {
					b.Fatal(err)
				}
				r.SetPathValue("project", "acme-hello")
				r.Header.Set("Accept", "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01")
				call := &format.Call{Repository: repository, Now: time.Unix(0, 0)}
				b.ReportAllocs()
				b.SetBytes(int64(len(body)))
				for b.Loop() {
					if err := handleProject(&discard{}, r, call); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkRender measures the rendering after a change of the project.
func BenchmarkRender(b *testing.B) {
	for kind, render := range renders {
		for _, size := range sizes {
			b.Run(kind+"/"+size.name, func(b *testing.B) {
				p, body := project(b, size.bytes, render)
				b.ReportAllocs()
				b.SetBytes(int64(len(body)))
				for b.Loop() {
					if _, err := render(p); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkSortKey(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		SortKey("1!2.10.0rc1.post2.dev3+local.4")
	}
}
