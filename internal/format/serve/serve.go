// Package serve owns how formats answer over HTTP: documents and content with
// their conditions, negotiation, redirects, refusals. It must never know a
// format's own documents.
package serve

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"daypass/internal/fault"
	"daypass/internal/format"
)

// Header values that are shared between answers, whose writers only read them.
var (
	revalidate = []string{"private, no-cache"} // the next change of a package changes its documents
	noSniff    = []string{"nosniff"}
	zipped     = []string{"gzip"}
	negotiated = []string{"Accept", "Accept-Encoding"}
)

// Document answers with a document, or that the client's copy is good. It is
// compressed if the client takes that.
func Document(w http.ResponseWriter, r *http.Request, d *format.Document, base, contentType string) {
	h := w.Header()
	if v := h["Vary"]; len(v) == 1 && v[0] == "Accept" {
		h["Vary"] = negotiated
	} else {
		h["Vary"] = append(v, "Accept-Encoding")
	}
	var packed []byte
	if acceptsGzip(r.Header["Accept-Encoding"]) {
		packed = d.Gzip(base)
	}
	tag := d.Tag(base, packed != nil)
	values := &[...]string{tag, contentType, ""} // one piece of memory for three
	h["Etag"] = values[0:1:1]
	h["Cache-Control"] = revalidate
	if matches(r.Header["If-None-Match"], tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h["Content-Type"] = values[1:2:2]
	h["X-Content-Type-Options"] = noSniff
	// An answer that fails means that the client is gone; there is no one to tell.
	if packed != nil {
		h["Content-Encoding"] = zipped
		values[2] = strconv.Itoa(len(packed))
		h["Content-Length"] = values[2:3:3]
		_, _ = w.Write(packed)
		return
	}
	values[2] = strconv.Itoa(d.Size(base))
	h["Content-Length"] = values[2:3:3]
	_ = d.Write(w, base)
}

// matches reports whether an If-None-Match header names the tag, by the weak
// comparison of RFC 9110, section 8.8.3.2.
func matches(header []string, tag string) bool {
	for _, line := range header {
		for line != "" {
			var item string
			item, line, _ = strings.Cut(line, ",")
			item = strings.TrimSpace(item)
			if item == "*" || strings.TrimPrefix(item, "W/") == tag {
				return true
			}
		}
	}
	return false
}

// Content answers with an asset: conditions, and ranges where the content is at
// rest. It does not close the content. An error may come after something is
// written, as [format.Route] allows.
func Content(w http.ResponseWriter, r *http.Request, c *format.Content, contentType string) error {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	// A published file never changes; a shared cache must not hand it to those
	// who have no token.
	h.Set("Cache-Control", "private, max-age=31536000, immutable")
	tag := ""
	if c.Asset.Digests.SHA256 != "" {
		tag = `"` + c.Asset.Digests.SHA256 + `"`
		h.Set("ETag", tag)
	}
	if rest, ok := c.Body.(io.ReadSeeker); ok {
		return atRest(w, r, c.Asset.Uploaded, rest)
	}
	if tag != "" && matches(r.Header["If-None-Match"], tag) {
		h.Del("Content-Type")
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	if c.Redirect != "" {
		h.Del("Content-Type")
		h.Set("Cache-Control", "private, no-store") // the address is good for a while only
		h.Set("Location", c.Redirect)
		w.WriteHeader(http.StatusTemporaryRedirect)
		return nil
	}
	return stream(w, r, c)
}

// stream answers with content that can be read once. Ranges are for content at
// rest, and the whole is what a server may answer instead.
func stream(w http.ResponseWriter, r *http.Request, c *format.Content) error {
	h := w.Header()
	h.Set("Accept-Ranges", "none")
	if !c.Asset.Uploaded.IsZero() {
		h.Set("Last-Modified", c.Asset.Uploaded.UTC().Format(http.TimeFormat))
	}
	if c.Asset.Size >= 0 {
		h.Set("Content-Length", strconv.FormatInt(c.Asset.Size, 10))
	}
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	// Two errors look alike to a copy: who reads fails, or the client is gone.
	body := &failing{Reader: c.Body}
	n, err := io.Copy(w, body)
	if body.err == nil && err == nil && c.Asset.Size >= 0 && n != c.Asset.Size {
		body.err = io.ErrUnexpectedEOF
	}
	if body.err != nil {
		return fmt.Errorf("read the content as it is stored: %w", body.err)
	}
	return nil
}

// failing notes the errors of a reader.
type failing struct {
	io.Reader
	err error
}

func (f *failing) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if err != nil && err != io.EOF {
		f.err = err
	}
	return n, err
}

// Redirect sends a client to an address relative to the one that it asked for,
// which also holds behind a proxy that changes addresses.
func Redirect(w http.ResponseWriter, location string) {
	w.Header().Set("Location", location)
	w.WriteHeader(http.StatusMovedPermanently)
}

// Refuse answers with a fault in a body that the format has made of it. Nothing
// that was meant for the answer without the error stays.
func Refuse(w http.ResponseWriter, e *fault.Error, contentType, body string) {
	h := w.Header()
	for _, name := range [...]string{"ETag", "Last-Modified", "Content-Encoding", "Content-Length", "Accept-Ranges"} {
		h.Del(name)
	}
	h.Set("Content-Type", contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(e.RetryAfter))
	}
	w.WriteHeader(format.Code(e))
	_, _ = io.WriteString(w, body) // the client may be gone; there is no one to tell
}

// maxDrain is how much of a refused upload is still read, in bytes.
const maxDrain = 32 << 20

// Drain reads on in a body that is refused, within a bound. Clients that write
// on while the server closes see a broken connection instead of the reason.
func Drain(r *http.Request) {
	_, _ = io.CopyN(io.Discard, r.Body, maxDrain) // whatever comes of it, the error is told
}

// Unread returns the fault for a body that can't be read to its end, or is no
// what: "a complete multipart form".
func Unread(err error, what string) error {
	var known *fault.Error
	if errors.As(err, &known) {
		return known // whoever hands out the body knows better why it ended
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return fault.New(fault.BodyTooLarge, "The upload is larger than the %d bytes that are accepted.", tooLarge.Limit)
	}
	f := fault.New(fault.MalformedRequest, "The upload is not %s.", what)
	f.Cause = err
	return f
}

// Sentence makes a sentence of an error.
func Sentence(err error) string {
	s := err.Error()
	return strings.ToUpper(s[:1]) + s[1:] + "."
}
