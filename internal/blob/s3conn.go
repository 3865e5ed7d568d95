//go:build !embedded

package blob

import (
	"context"
	"net"
	"net/http"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

const (
	// dialTimeout bounds how long a connection to the store may take.
	dialTimeout = 5 * time.Second
	// answerTime bounds how long the store may take to begin an answer about
	// content that it has, repetitions included.
	answerTime = 10 * time.Second
	// stall bounds how long the store may neither take nor give a byte. S3 and
	// its like send blanks while they put the parts of an object together.
	stall = 20 * time.Second
	// idle is how long a connection is kept unused: shorter than stall, so that
	// no request meets one that is about to be given up.
	idle = 15 * time.Second
)

// newHTTPClient returns a client that does not wait for ever for a store that
// takes connections and then says nothing.
func newHTTPClient() *awshttp.BuildableClient {
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.IdleConnTimeout = idle
		t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &stallingConn{Conn: c}, nil
		}
	})
}

// A stallingConn gives the other side [stall] for each piece. A write also moves
// the deadline of the read that waits for its answer.
type stallingConn struct{ net.Conn }

func (c *stallingConn) Read(p []byte) (int, error) {
	err := c.SetReadDeadline(time.Now().Add(stall))
	if err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

func (c *stallingConn) Write(p []byte) (int, error) {
	err := c.SetDeadline(time.Now().Add(stall))
	if err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}
