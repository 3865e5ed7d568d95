package server

import (
	"io"
	"net"
	"sync"
	"time"
)

// A deferring listener accepts connections of type [connection], which set their
// deadlines late. Connections other than TCP's are returned as they are.
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

// earlyStall is how much too early the deadline of a write may pass, so that it need not
// be set again for every answer. It is small beside [stall].
const earlyStall = time.Second

// A connection sets a deadline only when a read or a write waits under it. net/http
// changes the deadlines of a connection at least six times a request, and hardly any of
// them matters before the next change. To set one takes locks and changes a timer.
type connection struct {
	tcp         *net.TCPConn // not embedded: its other methods would not apply our deadlines
	read, write deadline
}

// A deadline is the read or the write deadline of a connection.
type deadline struct {
	set   func(time.Time) error // sets it on the connection
	early time.Duration         // how much too early it may pass

	mu      sync.Mutex
	wanted  time.Time
	present time.Time // set on the connection
	waiting int       // reads or writes that run
}

// move changes the deadline. The connection gets it at once if a read or a write runs,
// else when the next one begins.
func (d *deadline) move(to time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wanted = to
	if d.waiting == 0 {
		return nil
	}
	return d.apply()
}

// apply sets the deadline on the connection, if the one there differs by more than
// early. The lock is held.
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

// ReadFrom implements [io.ReaderFrom], so that the kernel copies from file to socket.
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
