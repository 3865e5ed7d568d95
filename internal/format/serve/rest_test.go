package serve

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// late is content of a store that is asked late, and breaks where it is told to.
type late struct {
	*bytes.Reader
	asked []int64
	fails error
	cut   int64 // reads fail from here on, if it is not 0
}

func (l *late) Ready(n int64) error {
	l.asked = append(l.asked, n)
	return l.fails
}

func (l *late) Read(p []byte) (int, error) {
	at := l.Size() - int64(l.Len())
	if l.cut > 0 && at >= l.cut {
		return 0, io.ErrUnexpectedEOF
	}
	if l.cut > 0 {
		p = p[:min(int64(len(p)), l.cut-at)]
	}
	return l.Reader.Read(p)
}

func serveContent(method, ranges string, content *late) (*httptest.ResponseRecorder, error) {
	w, r := httptest.NewRecorder(), httptest.NewRequest(method, "/", nil)
	if ranges != "" {
		r.Header.Set("Range", ranges)
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	w.Header().Set("ETag", `"x"`)
	err := serveSeekable(w, r, time.Time{}, content)
	return w, err
}

func TestContentAtRestAsksForWhatItSendsBeforeTheHeader(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("0123456789", 10)
	for name, test := range map[string]struct {
		method, ranges string
		asked          int64
		status         int
		body           string
	}{
		"all":                     {"GET", "", 100, 200, text},
		"one range":               {"GET", "bytes=10-19", 10, 206, text[10:20]},
		"the end":                 {"GET", "bytes=-7", 7, 206, text[93:]},
		"HEAD":                    {"HEAD", "", 0, 200, ""},
		"several ranges":          {"GET", "bytes=0-0,5-6", 100, 200, text},
		"twelve thousand":         {"GET", "bytes=" + strings.Repeat("0-9,", 12_000) + "0-9", 100, 200, text},
		"not satisfiable":         {"GET", "bytes=100-", -1, 416, ""},
		"not an understood range": {"GET", "lines=1-2", -1, 416, ""},
	} {
		content := &late{Reader: bytes.NewReader([]byte(text))}
		w, err := serveContent(test.method, test.ranges, content)
		if err != nil || w.Code != test.status || test.status < 300 && w.Body.String() != test.body {
			t.Errorf("%s: %d with %q, %v; want %d with %q", name, w.Code, w.Body, err, test.status, test.body)
		}
		switch {
		case test.asked < 0 && len(content.asked) > 0:
			t.Errorf("%s: the store is asked for %d", name, content.asked)
		case test.asked >= 0 && (len(content.asked) != 1 || content.asked[0] != test.asked):
			t.Errorf("%s: the store is asked for %d, want %d once", name, content.asked, test.asked)
		}
	}
}

func TestContentAtRestWritesNothingOfContentThatIsNotThere(t *testing.T) {
	t.Parallel()
	lost := errors.New("lost")
	for _, method := range []string{"GET", "HEAD"} {
		for _, ranges := range []string{"", "bytes=3-5", "bytes=1-2,4-5"} {
			w, err := serveContent(method, ranges, &late{Reader: bytes.NewReader([]byte("0123456789")), fails: lost})
			if !errors.Is(err, lost) || w.Body.Len() > 0 || w.Flushed || len(w.Result().Header) > 0 {
				t.Errorf("%s %s: %v, header %v, body %q", method, ranges, err, w.Result().Header, w.Body)
			}
		}
	}
}

func TestContentAtRestTellsOfContentThatBreaksOnTheWay(t *testing.T) {
	t.Parallel()
	w, err := serveContent("GET", "", &late{Reader: bytes.NewReader([]byte("0123456789")), cut: 4})
	if !errors.Is(err, io.ErrUnexpectedEOF) || w.Body.String() != "0123" {
		t.Errorf("%v with %q", err, w.Body)
	}
	// A client that goes away is no failure of the content.
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	err = serveSeekable(deaf{httptest.NewRecorder()}, r, time.Time{}, &late{Reader: bytes.NewReader([]byte("0123456789"))})
	if err != nil {
		t.Errorf("with a client that went away: %v", err)
	}
}

// deaf is a client that takes the header alone.
type deaf struct{ *httptest.ResponseRecorder }

func (deaf) Write([]byte) (int, error) { return 0, errors.New("gone") }
