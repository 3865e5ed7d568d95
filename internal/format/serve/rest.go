package serve

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// An asker is content whose store is asked late. Ready asks for the next n
// bytes, or with 0 whether the content is there.
type asker interface{ Ready(n int64) error }

// atRest answers with content at rest whose headers, the ETag among them, are set.
// Ranges, HEAD and conditions are net/http's, but for two things. Content that
// can't be read is an error before the header is out. And a request for several
// ranges is answered with all of the content, so that one request never makes
// many to the store.
//
// After an error w has no header of the content left, unless some of the answer
// is out already.
//
// Source: S3 API reference, GetObject: one range is supported per request.
func atRest(w http.ResponseWriter, r *http.Request, modified time.Time, content io.ReadSeeker) error {
	if strings.Contains(r.Header.Get("Range"), ",") {
		whole := *r
		whole.Header = r.Header.Clone()
		whole.Header.Del("Range")
		r = &whole
	}
	a := &contentAnswer{ResponseWriter: w, content: content, head: r.Method == http.MethodHead}
	if _, file := content.(*os.File); file { // net/http must see it, for sendfile
		http.ServeContent(a, r, "", modified, content)
	} else {
		http.ServeContent(a, r, "", modified, reading{content, a})
	}
	if a.err == nil {
		return nil
	}
	if !a.sent {
		for _, name := range []string{"Accept-Ranges", "Cache-Control", "Content-Length", "Content-Range", "Content-Type", "Etag", "Last-Modified"} {
			w.Header().Del(name)
		}
	}
	return fmt.Errorf("read the content: %w", a.err)
}

// A contentAnswer holds the header back until the content can be read.
type contentAnswer struct {
	http.ResponseWriter
	content io.ReadSeeker
	head    bool
	sent    bool  // the header is out
	err     error // of the content, not of the client
}

func (a *contentAnswer) WriteHeader(status int) {
	asked, late := a.content.(asker)
	if late && (status == http.StatusOK || status == http.StatusPartialContent) {
		n, err := int64(0), error(nil)
		if !a.head {
			n, err = strconv.ParseInt(a.Header().Get("Content-Length"), 10, 64)
		}
		if err == nil {
			err = asked.Ready(n)
		}
		if err != nil {
			a.err = err
			return
		}
	}
	a.sent = true
	a.ResponseWriter.WriteHeader(status)
}

func (a *contentAnswer) Write(p []byte) (int, error) {
	if a.err != nil {
		return 0, a.err
	}
	return a.ResponseWriter.Write(p)
}

// ReadFrom keeps the way of a file to the socket short. That a file ends early
// is seen here alone.
func (a *contentAnswer) ReadFrom(src io.Reader) (int64, error) {
	if a.err != nil {
		return 0, a.err
	}
	limited, _ := src.(*io.LimitedReader)
	n, err := io.Copy(a.ResponseWriter, src)
	if err == nil && a.err == nil && limited != nil && limited.N > 0 {
		a.err = io.ErrUnexpectedEOF
	}
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (a *contentAnswer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// reading notes the errors of content, which a copy does not tell from those of
// the client.
type reading struct {
	io.ReadSeeker
	answer *contentAnswer
}

func (r reading) Read(p []byte) (int, error) {
	n, err := r.ReadSeeker.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.answer.err = err
	}
	return n, err
}
