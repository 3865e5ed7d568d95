package format

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"io"
	"strings"
	"sync"
)

// Base returns the placeholder for the repository's URL, with the last slash, that a
// render function writes. It is valid in this process alone. It is an absolute URL of
// letters, digits and "/:.", so that no encoder changes it. Its host is random, so
// that an upload cannot contain it.
var Base = sync.OnceValue(func() string { return "https://" + strings.ToLower(rand.Text()) + ".invalid/" })

// A Document is a rendered page of a package or of a repository, in which the
// repository's URL is left open. One document serves all clients. It is safe for
// concurrent use.
type Document struct {
	parts  [][]byte // the text between the occurrences of the URL
	length int      // of the parts, in bytes
	digest string
	tags   [2]string // of a document without the address: as it is, and compressed

	mu          sync.Mutex
	gzipped     map[string][]byte // compressed, by address
	gzippedSize int               // of them all, in bytes
}

// NewDocument returns the document of a rendered body. It keeps the slice.
func NewDocument(body []byte) *Document {
	d := &Document{parts: bytes.Split(body, []byte(Base()))}
	h := sha256.New()
	for _, part := range d.parts {
		d.length += len(part)
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(part)))
		h.Write(n[:])
		h.Write(part)
	}
	d.digest = base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:18])
	d.tags = [2]string{quoted(d.digest, false), quoted(d.digest, true)}
	return d
}

// Addressed reports whether the repository's URL is in the document.
func (d *Document) Addressed() bool { return len(d.parts) > 1 }

// Size returns the document's length in bytes with a repository URL.
func (d *Document) Size(base string) int { return d.length + (len(d.parts)-1)*len(base) }

// Tag returns the strong entity tag, with its quotes, of the document with a
// repository URL. The compressed form has another tag: RFC 9110, section 8.8.3.3.
func (d *Document) Tag(base string, compressed bool) string {
	if d.Addressed() {
		sum := sha256.Sum256([]byte(base))
		return quoted(d.digest+base64.RawURLEncoding.EncodeToString(sum[:6]), compressed)
	}
	if compressed {
		return d.tags[1]
	}
	return d.tags[0]
}

func quoted(digest string, compressed bool) string {
	if compressed {
		digest += "-gzip"
	}
	return `"` + digest + `"`
}

// Write writes the document with a repository URL.
func (d *Document) Write(w io.Writer, base string) error {
	for i, part := range d.parts {
		if i > 0 {
			_, err := io.WriteString(w, base)
			if err != nil {
				return err
			}
		}
		_, err := w.Write(part)
		if err != nil {
			return err
		}
	}
	return nil
}

// Bounds on the compressed forms that are kept.
const (
	minGzipped = 512 // bytes of a document that is worth it
	maxBases   = 4   // addresses that a document is kept for
)

// Gzip returns the compressed document with a repository URL. It returns nil for a
// short document, or if it keeps the document for too many other URLs. The bytes are
// shared: callers MUST NOT change them.
func (d *Document) Gzip(base string) []byte {
	if d.length < minGzipped {
		return nil
	}
	if !d.Addressed() {
		base = ""
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	packed, known := d.gzipped[base]
	if known || len(d.gzipped) >= maxBases || d.gzippedSize >= d.length/2 {
		return packed
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	err := d.Write(z, base)
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		return nil // a write to a buffer does not fail
	}
	packed = bytes.Clone(b.Bytes())
	if d.gzipped == nil {
		d.gzipped = make(map[string][]byte, 1)
	}
	d.gzipped[base] = packed
	d.gzippedSize += len(packed)
	return packed
}

// Weight returns about how many bytes of memory the document takes, with the
// compressed forms that it may keep.
func (d *Document) Weight() int64 { return int64(d.length + d.length/2 + 64*len(d.parts) + 512) }
