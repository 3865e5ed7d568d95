package pypi

import (
	"bytes"
	"encoding/json"
	"html"
	"net/url"
	"strings"
	"time"

	"daypass/internal/format"
)

// apiVersion is the version of the simple API: PEP 700.
const apiVersion = "1.1"

// metadataSuffix ends the name of a wheel's metadata file: PEP 658.
const metadataSuffix = ".metadata"

// isMetadata reports whether an asset is a wheel's metadata file.
func isMetadata(asset string) bool { return strings.HasSuffix(asset, metadataSuffix) }

// detail is the data of this format about an asset.
type detail struct {
	RequiresPython string `json:"requiresPython,omitempty"`
}

// A file is one line of a project's page.
type file struct {
	asset          *format.Asset
	version        *format.Version
	url            string // relative to the page
	requiresPython string
	metadata       string // SHA-256 of the metadata file; empty: there is none
}

// files returns the files that a project's page lists: every asset except metadata
// files, which are attributes of their wheel.
func files(p *format.Package) ([]file, error) {
	n := 0
	for i := range p.Versions {
		n += len(p.Versions[i].Assets)
	}
	list := make([]file, 0, n)
	for i := range p.Versions {
		v := &p.Versions[i]
		prefix := url.PathEscape(v.Version) + "/"
		for j := range v.Assets {
			a := &v.Assets[j]
			if isMetadata(a.Name) {
				continue
			}
			f := file{asset: a, version: v, url: prefix + url.PathEscape(a.Name)}
			if len(a.Detail) > 0 {
				var d detail
				err := json.Unmarshal(a.Detail, &d)
				if err != nil {
					return nil, err
				}
				f.requiresPython = d.RequiresPython
			}
			// Assets are in the order of their names, so the metadata file comes later.
			for k := j + 1; k < len(v.Assets) && strings.HasPrefix(v.Assets[k].Name, a.Name); k++ {
				if len(v.Assets[k].Name) == len(a.Name)+len(metadataSuffix) {
					f.metadata = v.Assets[k].Digests.SHA256
				}
			}
			list = append(list, f)
		}
	}
	return list, nil
}

// renderHTML makes a project's page: PEP 503, 592, 629, 658 and 714.
func renderHTML(p *format.Package) ([]byte, error) {
	list, err := files(p)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Grow(512 + 512*len(list))
	writeHead(&b, "Links for "+p.Name.Name)
	for i := range list {
		list[i].writeLink(&b)
	}
	b.WriteString("</body>\n</html>\n")
	return b.Bytes(), nil
}

func writeHead(b *bytes.Buffer, title string) {
	title = html.EscapeString(title)
	b.WriteString("<!DOCTYPE html>\n<html>\n<head>\n<meta name=\"pypi:repository-version\" content=\"" + apiVersion + "\">\n<title>")
	b.WriteString(title)
	b.WriteString("</title>\n</head>\n<body>\n<h1>")
	b.WriteString(title)
	b.WriteString("</h1>\n")
}

func (f *file) writeLink(b *bytes.Buffer) {
	b.WriteString(`<a href="`)
	b.WriteString(html.EscapeString(f.url))
	b.WriteString("#sha256=")
	b.WriteString(f.asset.Digests.SHA256)
	b.WriteByte('"')
	attribute(b, "data-requires-python", f.requiresPython)
	if f.metadata != "" {
		attribute(b, "data-core-metadata", "sha256="+f.metadata)
		attribute(b, "data-dist-info-metadata", "sha256="+f.metadata)
	}
	attribute(b, "data-upload-time", timestamp(f.asset.Uploaded))
	if f.version.Yanked != nil {
		b.WriteString(` data-yanked="`)
		b.WriteString(html.EscapeString(*f.version.Yanked))
		b.WriteByte('"')
	}
	b.WriteByte('>')
	b.WriteString(html.EscapeString(f.asset.Name))
	b.WriteString("</a><br>\n")
}

func attribute(b *bytes.Buffer, name, value string) {
	if value == "" {
		return
	}
	b.WriteByte(' ')
	b.WriteString(name)
	b.WriteString(`="`)
	b.WriteString(html.EscapeString(value))
	b.WriteByte('"')
}

// timestamp formats a time as in PEP 700, "Specification". An unknown time is empty.
func timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000Z")
}

type jsonMeta struct {
	APIVersion string `json:"api-version"`
}

type jsonProject struct {
	Meta     jsonMeta   `json:"meta"`
	Name     string     `json:"name"`
	Versions []string   `json:"versions"`
	Files    []jsonFile `json:"files"`
}

// A jsonFile has no dist-info-metadata: pip 22.3 to 23.0 fails on it in JSON. PEP
// 714 therefore renamed it.
type jsonFile struct {
	Filename       string     `json:"filename"`
	URL            string     `json:"url"`
	Hashes         jsonHashes `json:"hashes"`
	RequiresPython string     `json:"requires-python,omitempty"`
	Size           int64      `json:"size"`
	UploadTime     string     `json:"upload-time,omitempty"`
	Yanked         any        `json:"yanked"` // false, true, or the reason
	CoreMetadata   any        `json:"core-metadata"`
}

// jsonHashes has SHA-256 alone, as on pypi.org: lock files copy the page's hashes,
// and pip refuses MD5 in them.
type jsonHashes struct {
	SHA256 string `json:"sha256"`
}

// renderJSON makes a project's page: PEP 691, 592, 700 and 714.
func renderJSON(p *format.Package) ([]byte, error) {
	list, err := files(p)
	if err != nil {
		return nil, err
	}
	page := jsonProject{Meta: jsonMeta{apiVersion}, Name: p.Name.Name, Versions: make([]string, 0, len(p.Versions)), Files: make([]jsonFile, 0, len(list))}
	for i := range p.Versions {
		page.Versions = append(page.Versions, p.Versions[i].Version)
	}
	for i := range list {
		page.Files = append(page.Files, list[i].json())
	}
	var b bytes.Buffer
	b.Grow(256 + 512*len(list))
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err = e.Encode(page)
	return b.Bytes(), err
}

func (f *file) json() jsonFile {
	j := jsonFile{
		Filename:       f.asset.Name,
		URL:            f.url,
		Hashes:         jsonHashes{f.asset.Digests.SHA256},
		RequiresPython: f.requiresPython,
		Size:           f.asset.Size,
		UploadTime:     timestamp(f.asset.Uploaded),
		Yanked:         false,
		CoreMetadata:   false,
	}
	if why := f.version.Yanked; why != nil {
		j.Yanked = *why
		if *why == "" {
			j.Yanked = true // PEP 691: a reason is not empty
		}
	}
	if f.metadata != "" {
		j.CoreMetadata = jsonHashes{f.metadata}
	}
	return j
}
