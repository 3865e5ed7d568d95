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
	// dialTimeout bounds how long connecting to the store may take.
	dialTimeout = 5 * time.Second
	// answerTimeout bounds how long the store may take to begin an answer about
	// content that exists, retries included.
	answerTimeout = 10 * time.Second
	// stallTimeout bounds how long a read or write may transfer nothing. Stores like
	// S3 send white space while they assemble the parts of an object.
	stallTimeout = 20 * time.Second
	// idleTimeout is how long an unused connection is kept. It is shorter than
	// stallTimeout, so that no request uses a connection that is about to time out.
	idleTimeout = 15 * time.Second
)

// newHTTPClient returns a client that gives up on a store that accepts a connection
// and then sends nothing.
func newHTTPClient() *awshttp.BuildableClient {
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.IdleConnTimeout = idleTimeout
		t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &stallingConn{Conn: c}, nil
		}
	})
}

// A stallingConn renews the deadline of [stallTimeout] with each read and write. A
// write also renews the deadline of the read that waits for its answer.
type stallingConn struct{ net.Conn }

func (c *stallingConn) Read(p []byte) (int, error) {
	err := c.SetReadDeadline(time.Now().Add(stallTimeout))
	if err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

func (c *stallingConn) Write(p []byte) (int, error) {
	err := c.SetDeadline(time.Now().Add(stallTimeout))
	if err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}
