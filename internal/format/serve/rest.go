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

// A readyReader is content that requests nothing from its store before the first
// read. Ready requests the next n bytes, or with 0 checks that the content exists.
type readyReader interface{ Ready(n int64) error }

// serveSeekable answers with stored content whose headers, such as the ETag, are set.
// net/http handles ranges, HEAD and conditions, with two differences. Content that
// can't be read is an error before the header is sent. A request for several ranges
// gets the whole content, so that one request never causes several to the store.
//
// After an error the headers about the content are removed from w, unless the header
// was already sent.
//
// Source: S3 API reference, GetObject: one range is supported per request.
func serveSeekable(w http.ResponseWriter, r *http.Request, modified time.Time, content io.ReadSeeker) error {
	if strings.Contains(r.Header.Get("Range"), ",") {
		whole := *r
		whole.Header = r.Header.Clone()
		whole.Header.Del("Range")
		r = &whole
	}
	a := &contentWriter{ResponseWriter: w, content: content, isHead: r.Method == http.MethodHead}
	if _, file := content.(*os.File); file { // net/http needs the *os.File for sendfile
		http.ServeContent(a, r, "", modified, content)
	} else {
		http.ServeContent(a, r, "", modified, errorRecorder{content, a})
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

// A contentWriter delays the header until the content can be read.
type contentWriter struct {
	http.ResponseWriter
	content io.ReadSeeker
	isHead  bool
	sent    bool  // the header is out
	err     error // of the content, not of the client
}

func (a *contentWriter) WriteHeader(status int) {
	asked, late := a.content.(readyReader)
	if late && (status == http.StatusOK || status == http.StatusPartialContent) {
		n, err := int64(0), error(nil)
		if !a.isHead {
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

func (a *contentWriter) Write(p []byte) (int, error) {
	if a.err != nil {
		return 0, a.err
	}
	return a.ResponseWriter.Write(p)
}

// ReadFrom lets net/http use sendfile. Only here a file that ends early can be
// noticed.
func (a *contentWriter) ReadFrom(src io.Reader) (int64, error) {
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
func (a *contentWriter) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// errorRecorder records the errors of reading the content. A copy does not tell them
// apart from those of writing to the client.
type errorRecorder struct {
	io.ReadSeeker
	answer *contentWriter
}

func (r errorRecorder) Read(p []byte) (int, error) {
	n, err := r.ReadSeeker.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.answer.err = err
	}
	return n, err
}
