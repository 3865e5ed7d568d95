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

// Base returns the address that a render writes in place of the repository's,
// with the last slash. It has no meaning beyond this process. It is an absolute
// URL of letters, digits and "/:.", so that no encoder changes it. Its host is
// random: what an uploader writes is never taken for it.
var Base = sync.OnceValue(func() string { return "https://" + strings.ToLower(rand.Text()) + ".invalid/" })

// A Document is what a format made of a package or of a repository, without the
// repository's address. It is kept once, whoever asks, and is safe for
// concurrent use.
type Document struct {
	parts  [][]byte // what stands between the places of the address
	length int      // of the parts, in bytes
	digest string
	tags   [2]string // of a document without the address: as it is, and compressed

	mu     sync.Mutex
	packed map[string][]byte // compressed, by address
	spent  int               // bytes in packed
}

// NewDocument makes a document of a rendered body, which it keeps.
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

// Addressed reports whether the repository's address is in the document.
func (d *Document) Addressed() bool { return len(d.parts) > 1 }

// Size is how many bytes the document has for clients at an address.
func (d *Document) Size(base string) int { return d.length + (len(d.parts)-1)*len(base) }

// Tag is the strong entity tag, with its quotes, of the bytes that the document
// has for clients at an address. Compressed they are other bytes, and so have
// another tag: RFC 9110, section 8.8.3.3.
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

// Write writes the document for clients at an address.
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

// Bounds on what is kept compressed.
const (
	minPacked = 512 // bytes of a document that is worth it
	maxBases  = 4   // addresses that a document is kept for
)

// Gzip returns the document compressed for clients at an address, or nil if it
// is not worth it or is kept for too many other addresses. The bytes are
// shared.
func (d *Document) Gzip(base string) []byte {
	if d.length < minPacked {
		return nil
	}
	if !d.Addressed() {
		base = ""
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	packed, known := d.packed[base]
	if known || len(d.packed) >= maxBases || d.spent >= d.length/2 {
		return packed
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	err := d.Write(z, base)
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		return nil // a buffer takes everything
	}
	packed = bytes.Clone(b.Bytes())
	if d.packed == nil {
		d.packed = make(map[string][]byte, 1)
	}
	d.packed[base] = packed
	d.spent += len(packed)
	return packed
}

// Weight is about how many bytes of memory the document takes, with what it may
// come to keep compressed.
func (d *Document) Weight() int64 { return int64(d.length + d.length/2 + 64*len(d.parts) + 512) }
