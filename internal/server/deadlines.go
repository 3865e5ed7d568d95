package server

import (
	"io"
	"net"
	"sync"
	"time"
)

// A deferring listener gives connections whose deadlines are set late.
type deferring struct{ net.Listener }

func (l deferring) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	tcp, ok := conn.(*net.TCPConn)
	if err != nil || !ok {
		return conn, err
	}
	c := &connection{tcp: tcp}
	c.read.set, c.write.set = tcp.SetReadDeadline, tcp.SetWriteDeadline
	c.write.early = earlyStall
	return c, nil
}

// earlyStall is by how much the deadline of a write may pass too early, so that it
// need not be moved with every answer. It is little beside [stall].
const earlyStall = time.Second

// A connection sets a deadline when somebody waits under it. net/http moves those of
// a connection six times and more for each request, nearly always before the one set
// last has mattered, and to move one takes locks and changes a timer.
type connection struct {
	tcp         *net.TCPConn // not embedded: what it has besides knows nothing of our deadlines
	read, write deadline
}

// A deadline is that of one direction.
type deadline struct {
	set   func(time.Time) error // sets it on the connection
	early time.Duration         // by which it may pass too early

	mu      sync.Mutex
	wanted  time.Time
	present time.Time // on the connection
	waiting int       // how many wait under it
}

func (d *deadline) move(to time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wanted = to
	if d.waiting == 0 {
		return nil
	}
	return d.apply()
}

// apply brings the deadline to the connection. The lock is held.
func (d *deadline) apply() error {
	if d.wanted.IsZero() == d.present.IsZero() {
		if ahead := d.wanted.Sub(d.present); ahead >= 0 && ahead <= d.early {
			return nil
		}
	}
	err := d.set(d.wanted)
	if err == nil {
		d.present = d.wanted
	}
	return err
}

func (d *deadline) begin() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	err := d.apply()
	if err == nil {
		d.waiting++
	}
	return err
}

func (d *deadline) end() {
	d.mu.Lock()
	d.waiting--
	d.mu.Unlock()
}

func (c *connection) Read(p []byte) (int, error) {
	err := c.read.begin()
	if err != nil {
		return 0, err
	}
	defer c.read.end()
	return c.tcp.Read(p)
}

func (c *connection) Write(p []byte) (int, error) {
	err := c.write.begin()
	if err != nil {
		return 0, err
	}
	defer c.write.end()
	return c.tcp.Write(p)
}

// ReadFrom keeps the kernel's copy from file to socket.
func (c *connection) ReadFrom(r io.Reader) (int64, error) {
	err := c.write.begin()
	if err != nil {
		return 0, err
	}
	defer c.write.end()
	return c.tcp.ReadFrom(r)
}

func (c *connection) SetDeadline(t time.Time) error {
	err := c.read.move(t)
	if err != nil {
		return err
	}
	return c.write.move(t)
}

func (c *connection) SetReadDeadline(t time.Time) error  { return c.read.move(t) }
func (c *connection) SetWriteDeadline(t time.Time) error { return c.write.move(t) }
func (c *connection) Close() error                       { return c.tcp.Close() }
func (c *connection) CloseWrite() error                  { return c.tcp.CloseWrite() }
func (c *connection) LocalAddr() net.Addr                { return c.tcp.LocalAddr() }
func (c *connection) RemoteAddr() net.Addr               { return c.tcp.RemoteAddr() }
