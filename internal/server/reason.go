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
	// maxReason is how much of a message is told as the reason phrase, in bytes.
	maxReason = 500

	// linger is how long a connection stays open for reading after a refusal, as
	// with net/http: what is unread at the end makes the client lose the answer.
	linger = 500 * time.Millisecond
)

// A reasoned answer tells in its reason phrase why an upload was refused: twine
// and its kin show that, and the body only if they are asked to. net/http cannot
// set the phrase, so that the answer takes over the connection and ends it. Where
// that cannot be, as in HTTP/2, which has no phrase, it is an ordinary answer.
//
// Source: RFC 9112, section 4, for what a phrase may hold; pypi.org answers so.
type reasoned struct {
	to     *answer
	reason string
	conn   net.Conn // nil: an ordinary answer
	out    *bufio.ReadWriter
}

// phrase makes a reason phrase of a message.
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
	// Errors stay in the writer, and the client is gone then.
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

// finish sends what is written and ends the connection, if that was taken over.
func (a *reasoned) finish() {
	if a.conn == nil {
		return
	}
	defer a.conn.Close() // nothing is left to lose
	err := a.out.Flush()
	half, ok := a.conn.(interface{ CloseWrite() error })
	if err != nil || !ok || half.CloseWrite() != nil {
		return
	}
	_ = a.conn.SetReadDeadline(time.Now().Add(linger))
	_, _ = io.Copy(io.Discard, a.conn) // until the client closes, or for a while
}
