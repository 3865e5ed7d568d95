package server

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

const (
	// maxReason is the largest reason phrase, in bytes. A longer message is cut.
	maxReason = 500

	// linger is how long a connection is read after a refusal, as in net/http. A close
	// with unread bytes resets the connection, and the client may lose the answer.
	linger = 500 * time.Millisecond
)

// A reasoned answer has the reason for a refused upload in its reason phrase. twine and
// similar clients show the phrase, and the body only with an option. net/http cannot set
// the phrase, so the answer takes over the connection and ends it. HTTP/2 has no phrase:
// there, and wherever the connection cannot be taken over, it is an ordinary answer.
//
// Source: RFC 9112, section 4, for the characters of a phrase. pypi.org answers so too.
type reasoned struct {
	to     *answer
	reason string
	conn   net.Conn // nil: an ordinary answer
	out    *bufio.ReadWriter
}

// phrase returns a message as a reason phrase: one line of printable ASCII.
func phrase(message string) string {
	text := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, strings.Join(strings.Fields(message), " "))
	return text[:min(len(text), maxReason)]
}

// Header implements [http.ResponseWriter].
func (a *reasoned) Header() http.Header { return a.to.Header() }

// WriteHeader implements [http.ResponseWriter].
func (a *reasoned) WriteHeader(status int) {
	conn, out, err := http.NewResponseController(a.to).Hijack()
	if err != nil {
		a.to.WriteHeader(status)
		return
	}
	a.conn, a.out, a.to.status = conn, out, status
	_ = conn.SetDeadline(time.Now().Add(stall)) // a failure shows in the writes
	h := a.Header().Clone()
	h.Set("Connection", "close")
	if h.Get("Date") == "" {
		h.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
	// The writer keeps the first error, and Flush returns it.
	fmt.Fprintf(out, "HTTP/1.1 %d %s\r\n", status, a.reason)
	_ = h.Write(out)
	_, _ = out.WriteString("\r\n")
}

// Write implements [http.ResponseWriter].
func (a *reasoned) Write(p []byte) (int, error) {
	if a.conn == nil {
		return a.to.Write(p)
	}
	n, err := a.out.Write(p)
	a.to.written += int64(n)
	return n, err
}

// finish sends the answer and closes the connection, if that was taken over.
func (a *reasoned) finish() {
	if a.conn == nil {
		return
	}
	defer a.conn.Close() // the answer is sent or lost by then, whatever Close returns
	err := a.out.Flush()
	half, ok := a.conn.(interface{ CloseWrite() error })
	if err != nil || !ok || half.CloseWrite() != nil {
		return
	}
	_ = a.conn.SetReadDeadline(time.Now().Add(linger))
	_, _ = io.Copy(io.Discard, a.conn) // until the client closes or linger is over
}
