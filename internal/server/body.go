package server

import (
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/netip"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"daypass/internal/fault"
	"daypass/internal/throttle"
)

const (
	// patience is how long a request may take to arrive whole. Bodies that stream have
	// longer, see [patient].
	patience = 30 * time.Second
	// strangersBody is the largest body, in bytes, of a query request that no known key
	// signed. The largest that such a request needs has a web identity token of 20,000
	// characters.
	strangersBody = 64 << 10
	// maxBody is the largest body, in bytes, that is read before its operation is known.
	// Each operation has a limit of its own ([api.Operation.MaxBody]).
	maxBody = 1 << 20
)

const (
	// heldBodies is how many bytes of bodies all requests together may hold.
	// heldForStrangers is the part of it for requests that no known key signed.
	heldBodies       = 64 << 20
	heldForStrangers = 16 << 20
	// heldByOne is how many bytes of it one address may hold beyond the [firstPiece] of
	// each body. It may hold half as many in first pieces, because a connection of
	// HTTP/2 has many requests at a time. The limit is for known keys too: the id of an
	// access key is no secret, and a signature is verified only when the body is there.
	heldByOne = heldBodies / 8
	// heldBeyond is how many bytes all bodies together may hold beyond the firstPiece of
	// each. The rest stays free for small bodies, which most calls have, however many
	// large ones there are.
	heldBeyond = heldBodies / 4 * 3
	firstPiece = 4 << 10 // bytes
	// crowded is the Retry-After, in seconds, of a request that found no room.
	crowded = 1
)

// bodies limits how many bytes of request bodies the process holds.
type bodies struct {
	all, strangers *semaphore.Weighted
	beyond, byOne  int64 // bytes that all, and that one network, may have beyond the first pieces

	mu  sync.Mutex
	sum int64 // beyond the first pieces
	of  map[netip.Addr]taken
}

// A taken is how many bytes the bodies of one network hold.
type taken struct {
	first  int64 // in first pieces
	beyond int64
}

func newBodies(all, strangers, beyond, byOne int64) *bodies {
	return &bodies{
		all: semaphore.NewWeighted(all), strangers: semaphore.NewWeighted(strangers),
		beyond: beyond, byOne: byOne, of: map[netip.Addr]taken{},
	}
}

// A held is a body that was read whole, with the bytes that are reserved for it.
type held struct {
	bytes    []byte
	from     *bodies
	reserved int64
	client   netip.Addr
	stranger bool
}

// release returns the reserved bytes. The body may stay in memory a little longer, in
// the input that is kept for the audit record.
func (h *held) release() {
	if h.reserved > 0 {
		h.from.free(h)
		h.reserved = 0
	}
}

// take reserves room for a body to grow to a size in bytes. It reports whether there is
// room.
func (b *bodies) take(h *held, size int64) bool {
	more := size - h.reserved
	if h.stranger && !b.strangers.TryAcquire(more) {
		return false
	}
	if b.all.TryAcquire(more) {
		if b.share(h.client, h.reserved, size) {
			h.reserved = size
			return true
		}
		b.all.Release(more)
	}
	if h.stranger {
		b.strangers.Release(more)
	}
	return false
}

func (b *bodies) free(h *held) {
	b.all.Release(h.reserved)
	if h.stranger {
		b.strangers.Release(h.reserved)
	}
	b.share(h.client, h.reserved, 0)
}

// share reports whether a body of a client may change from one size in bytes to another,
// and counts it if so.
func (b *bodies) share(client netip.Addr, from, to int64) bool {
	first := min(to, firstPiece) - min(from, firstPiece)
	beyond := to - from - first
	client = throttle.Network(client)
	b.mu.Lock()
	defer b.mu.Unlock()
	one := b.of[client]
	one.first += first
	one.beyond += beyond
	if to > from && (b.sum+beyond > b.beyond || one.beyond > b.byOne || one.first > b.byOne/2) {
		return false
	}
	b.sum += beyond
	if one == (taken{}) {
		delete(b.of, client)
	} else {
		b.of[client] = one
	}
	return true
}

func noRoom() error {
	f := fault.New(fault.Unavailable, "Too many requests are under way.")
	f.RetryAfter = crowded
	return f
}

// A streamed body is not read whole, but parts of it are held while it is read.
type streamed struct {
	held
	used int64 // bytes
}

// hold reserves room for more bytes, in pieces of 64 KiB after the first.
func (s *streamed) hold(more int64) error {
	const piece = 64 << 10
	s.used += more
	for s.reserved < s.used {
		size := s.reserved + piece
		if s.reserved == 0 {
			size = firstPiece
		}
		if !s.from.take(&s.held, size) {
			return noRoom()
		}
	}
	return nil
}

// read reads a body whole into h, up to a limit in bytes. Room is reserved as the bytes
// arrive, so that a large Content-Length alone takes nothing from other requests. stranger
// means that no known key signed the request.
func (b *bodies) read(h *held, w http.ResponseWriter, r *http.Request, limit int64, stranger bool) error {
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		return nil
	}
	if r.ContentLength > limit {
		return tooLarge(limit)
	}
	h.from, h.stranger = b, stranger
	from := http.MaxBytesReader(w, r.Body, limit)
	for size := int64(firstPiece); ; size = min(2*size, limit+1) {
		if r.ContentLength >= 0 {
			size = min(size, r.ContentLength+1) // one more than the body, to read its end
		}
		if !b.take(h, size) {
			return noRoom()
		}
		h.bytes = append(make([]byte, 0, size), h.bytes...)
		n, err := io.ReadFull(from, h.bytes[len(h.bytes):size])
		h.bytes = h.bytes[:len(h.bytes)+n]
		var over *http.MaxBytesError
		switch {
		case err == nil:
			continue
		case err == io.EOF || err == io.ErrUnexpectedEOF:
			arrived(http.NewResponseController(w))
			return nil
		case errors.As(err, &over):
			return tooLarge(limit)
		}
		return fault.New(fault.MalformedRequest, "The request body could not be read: %s", err)
	}
}

// stall is how long a body that streams may go without a byte before its connection is
// cut, in either direction. A large download has no other limit. For uploads see [pace].
const stall = 60 * time.Second

// arrived lifts the deadline of a body that has been read to its end. net/http still
// reads from the connection then, to notice when the client leaves. It takes a deadline
// that passes for that, and would cancel the request while it is being served.
func arrived(control *http.ResponseController) { _ = control.SetReadDeadline(time.Time{}) }

func tooLarge(limit int64) error {
	return fault.New(fault.BodyTooLarge, "The request body is larger than %d bytes.", limit)
}

// A proven body streams. It fails at its end unless its SHA-256 is the one that was
// signed, and as soon as it is too large. Its reader MUST NOT change anything before
// io.EOF.
type proven struct {
	io.ReadCloser
	hash  hash.Hash
	want  string // in lower-case hexadecimal
	limit int64  // bytes
	read  int64  // bytes
	end   error  // that ended it; nil: there is more
}

func (p *proven) Read(b []byte) (int, error) {
	if p.end != nil {
		return 0, p.end
	}
	n, err := p.ReadCloser.Read(b)
	p.hash.Write(b[:n]) // never fails
	p.read += int64(n)
	switch {
	case p.read > p.limit:
		err = tooLarge(p.limit)
	case errors.Is(err, io.EOF) && subtle.ConstantTimeCompare([]byte(hex.EncodeToString(p.hash.Sum(nil))), []byte(p.want)) != 1:
		err = fault.New(fault.BadSignature, "The content is not what was signed: its SHA-256 differs from x-amz-content-sha256.")
	}
	p.end = err
	return n, err
}

// A pace is how fast an upload must arrive.
type pace struct {
	total time.Duration // longest time for the whole upload; 0: any
	rate  int64         // least bytes a second, on average, after the first [stall]; 0: any
}

// deadline returns the time by which the next byte must arrive, and a phrase for the
// error if it does not.
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

// A patient body moves the read deadline of its connection for as long as bytes arrive
// at its pace.
type patient struct {
	io.ReadCloser
	control *http.ResponseController
	pace    pace

	began    time.Time // time of the first read
	next     time.Time // time after which the deadline is moved again
	received int64     // bytes
	wrong    string    // phrase for the error if the deadline passes
	err      error     // that ended it
}

func (p *patient) Read(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err // a reader that drains it must not wait once more
	}
	now := time.Now()
	if p.began.IsZero() {
		p.began = now
	}
	// A read may return few bytes, and to set a deadline costs: once a second is enough.
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
