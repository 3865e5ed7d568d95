package server

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"daypass/internal/fault"
)

const (
	// maxBody bounds what the control plane reads of a request. The largest
	// legal input is a web identity or SAML document of 100,000 characters.
	maxBody = 1 << 20
	// patience is how long a request may take to arrive whole. The package door
	// gives more to the bodies that it reads, see [patient].
	patience = 30 * time.Second
)

// stall is how long a package request may go without moving a byte in either
// direction before its connection is cut. Large files take as long as they
// take.
const stall = 60 * time.Second

// readBody reads a request whole, up to the limit.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		return nil, nil
	}
	if r.ContentLength > maxBody {
		return nil, tooLarge()
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, tooLarge()
	case err != nil:
		return nil, fault.New(fault.MalformedRequest, "The request body could not be read: %s", strings.TrimSpace(quotable(err.Error())))
	}
	arrived(http.NewResponseController(w))
	return body, nil
}

// arrived lifts the deadline of a body that has been read to its end. net/http
// goes on to watch the connection, and takes a deadline that passes for a client
// that is gone: it would cancel the request while it is being served.
func arrived(control *http.ResponseController) { _ = control.SetReadDeadline(time.Time{}) }

func tooLarge() error {
	return fault.New(fault.BodyTooLarge, "The request body is larger than %d bytes.", maxBody)
}

// A patient body keeps the connection alive for as long as bytes arrive.
type patient struct {
	io.ReadCloser
	control *http.ResponseController
	next    time.Time
}

func (p *patient) Read(b []byte) (int, error) {
	// A read may bring a few bytes only; moving once a second is enough.
	if now := time.Now(); now.After(p.next) {
		p.next = now.Add(time.Second)
		_ = p.control.SetReadDeadline(now.Add(stall)) // not every connection has deadlines
	}
	n, err := p.ReadCloser.Read(b)
	if err == io.EOF {
		arrived(p.control)
	}
	return n, err
}
