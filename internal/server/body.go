package server

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
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
// direction before its connection is cut. Large downloads take as long as they
// take; for uploads see [pace].
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

// A pace is how fast an upload must come.
type pace struct {
	total time.Duration // that all of it may take; 0: any
	rate  int64         // bytes a second, on average, that it must have after the first [stall]; 0: any
}

// deadline returns until when the next byte must come, and what is wrong if it
// does not.
func (p pace) deadline(began, now time.Time, received int64) (time.Time, string) {
	end, wrong := now.Add(stall), fmt.Sprintf("sent nothing for %s", stall)
	if p.rate > 0 {
		earned := time.Duration(float64(received) / float64(p.rate) * float64(time.Second))
		if at := began.Add(stall + earned); at.Before(end) {
			end, wrong = at, fmt.Sprintf("came slower than %d bytes a second", p.rate)
		}
	}
	if p.total > 0 {
		if at := began.Add(p.total); at.Before(end) {
			end, wrong = at, fmt.Sprintf("took longer than %s", p.total)
		}
	}
	return end, wrong
}

// A patient body keeps the connection alive for as long as bytes arrive, and
// arrive at a pace.
type patient struct {
	io.ReadCloser
	control *http.ResponseController
	pace    pace

	began    time.Time // of the first read
	next     time.Time // at which the deadline is moved
	received int64     // bytes
	wrong    string    // if the deadline passes
	err      error     // that ended it
}

func (p *patient) Read(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err // who reads on to drain it must not wait for it again
	}
	now := time.Now()
	if p.began.IsZero() {
		p.began = now
	}
	// A read may bring a few bytes only; moving once a second is enough.
	if now.After(p.next) {
		var end time.Time
		end, p.wrong = p.pace.deadline(p.began, now, p.received)
		p.next = now.Add(time.Second)
		_ = p.control.SetReadDeadline(end) // not every connection has deadlines
	}
	n, err := p.ReadCloser.Read(b)
	p.received += int64(n)
	switch {
	case err == io.EOF:
		arrived(p.control)
	case errors.Is(err, os.ErrDeadlineExceeded):
		p.err = fault.New(fault.MalformedRequest, "The upload %s and was given up.", p.wrong)
		err = p.err
	}
	return n, err
}
