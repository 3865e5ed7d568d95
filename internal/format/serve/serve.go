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
	revalidate   = []string{"private, no-cache"} // the next change of a package changes its documents
	noSniff      = []string{"nosniff"}
	gzipEncoding = []string{"gzip"}
	negotiated   = []string{"Accept", "Accept-Encoding"}
)

// Document answers with a document, or with 304 if the client has it. The document is
// compressed if the client accepts that.
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
	// A write that fails means that the client has disconnected.
	if packed != nil {
		h["Content-Encoding"] = gzipEncoding
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

// Content answers with an asset. It handles conditions, and ranges of stored content.
// It does not close the content. It may return an error after part of the answer was
// written, as [format.Route] allows.
func Content(w http.ResponseWriter, r *http.Request, c *format.Content, contentType string) error {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	// A published file never changes. It is private because a shared cache must not
	// give it to clients without a token.
	h.Set("Cache-Control", "private, max-age=31536000, immutable")
	tag := ""
	if c.Asset.Digests.SHA256 != "" {
		tag = `"` + c.Asset.Digests.SHA256 + `"`
		h.Set("ETag", tag)
	}
	if rest, ok := c.Body.(io.ReadSeeker); ok {
		return serveSeekable(w, r, c.Asset.Uploaded, rest)
	}
	if tag != "" && matches(r.Header["If-None-Match"], tag) {
		h.Del("Content-Type")
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	if c.Redirect != "" {
		h.Del("Content-Type")
		h.Set("Cache-Control", "private, no-store") // the URL expires
		h.Set("Location", c.Redirect)
		w.WriteHeader(http.StatusTemporaryRedirect)
		return nil
	}
	return stream(w, r, c)
}

// stream answers with content that can be read once. It ignores ranges, as a server
// may, and sends the whole content.
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
	// io.Copy does not tell a failed read from a client that has disconnected.
	body := &errorReader{Reader: c.Body}
	n, err := io.Copy(w, body)
	if body.err == nil && err == nil && c.Asset.Size >= 0 && n != c.Asset.Size {
		body.err = io.ErrUnexpectedEOF
	}
	if body.err != nil {
		return fmt.Errorf("read the content as it is stored: %w", body.err)
	}
	return nil
}

// errorReader records the error of a reader.
type errorReader struct {
	io.Reader
	err error
}

func (f *errorReader) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if err != nil && err != io.EOF {
		f.err = err
	}
	return n, err
}

// Redirect redirects a client to a relative URL, which is also right behind a proxy
// that rewrites URLs.
func Redirect(w http.ResponseWriter, location string) {
	w.Header().Set("Location", location)
	w.WriteHeader(http.StatusMovedPermanently)
}

// Refuse answers with a fault and a body in which the format describes it. It removes
// headers that were set for a successful answer.
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
	_, _ = io.WriteString(w, body) // an error means that the client has disconnected
}

// maxDrain is how many bytes of a refused upload are still read.
const maxDrain = 32 << 20

// Drain reads the rest of a refused body, within a bound. A client that is still
// writing when the server closes would see a broken connection instead of the reason.
func Drain(r *http.Request) {
	_, _ = io.CopyN(io.Discard, r.Body, maxDrain) // the refusal is sent in any case
}

// Unread returns the fault for a body that can't be read to its end, or is not what
// says, such as "a complete multipart form".
func Unread(err error, what string) error {
	var known *fault.Error
	if errors.As(err, &known) {
		return known // the body's reader says why it ended
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return fault.New(fault.BodyTooLarge, "The upload is larger than the %d bytes that are accepted.", tooLarge.Limit)
	}
	f := fault.New(fault.MalformedRequest, "The upload is not %s.", what)
	f.Cause = err
	return f
}

// Sentence returns an error's text as a sentence, with a capital and a full stop.
func Sentence(err error) string {
	s := err.Error()
	return strings.ToUpper(s[:1]) + s[1:] + "."
}
