package client

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"slices"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"daypass/api"
	"daypass/internal/cli/document"
	"daypass/internal/cli/exit"
	"daypass/internal/wire"
)

// Call calls an operation and returns its result. It tries again after a temporary
// error. An error of the service has a [*wire.ResponseError] in its chain.
func (s *Session) Call(ctx context.Context, op *api.Operation, input *document.Object) (wire.Object, error) {
	c, err := s.Caller(ctx, op)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.Call(ctx, input)
}

// A Caller calls one operation several times, over the same connections and with
// the same credentials.
type Caller struct {
	session   *Session
	op        *api.Operation
	target    *target
	transport *http.Transport // nil before the first call
}

// Caller returns a caller of an operation. The caller must be closed.
func (s *Session) Caller(ctx context.Context, op *api.Operation) (*Caller, error) {
	t, err := s.target(ctx, op)
	if err != nil {
		return nil, err
	}
	return &Caller{session: s, op: op, target: t}, nil
}

// Close closes the connections.
func (c *Caller) Close() {
	if c.transport != nil {
		c.transport.CloseIdleConnections()
	}
}

// callAt is Call for a given target.
func (s *Session) callAt(ctx context.Context, op *api.Operation, t *target, input *document.Object) (wire.Object, error) {
	c := &Caller{session: s, op: op, target: t}
	defer c.Close()
	return c.Call(ctx, input)
}

// Call does what [Session.Call] does.
func (c *Caller) Call(ctx context.Context, input *document.Object) (wire.Object, error) {
	s, op := c.session, c.op
	err := validate(op.Input, input)
	if err != nil {
		return nil, err
	}
	tries, err := s.settings.attempts()
	if err != nil {
		return nil, err
	}
	if c.transport == nil {
		c.transport, err = s.transport(c.target)
		if err != nil {
			return nil, err
		}
	}
	for try := 1; ; try++ {
		result, err := c.send(ctx, input)
		if err == nil || ctx.Err() != nil {
			return result, err
		}
		var credentialsRefused *exit.Error
		if errors.As(err, &credentialsRefused) { // the error of the call for the credentials is complete
			return nil, err
		}
		retry := isTemporary(err)
		if retry && try < tries {
			wait := min(s.Random()*math.Pow(2, float64(try-1)), maxWait.Seconds())
			s.Debug("try %d failed (%s); waiting %.2f s", try, err, wait)
			s.Sleep(ctx, time.Duration(wait*float64(time.Second)))
			continue
		}
		var refused *wire.ResponseError
		if errors.As(err, &refused) {
			if c.target.credentials != nil && areRefusedCredentials(refused.Code) {
				c.target.credentials.forget()
			}
			info := ""
			if try >= tries { // the AWS CLI says so even if there was only one try
				info = fmt.Sprintf(" (reached max retries: %d)", try-1)
			}
			text := fmt.Sprintf("An error occurred (%s) when calling the %s operation%s: %s", refused.Code, op.Name, info, refused.Message)
			if refused.Hint != "" {
				text += "\ndaypass: hint: " + refused.Hint
			}
			return nil, &exit.Error{Code: exit.Service, Text: text, Cause: refused}
		}
		return nil, err
	}
}

// areRefusedCredentials reports whether a service's error code says that
// credentials are not valid, or not any more.
func areRefusedCredentials(code string) bool {
	return slices.Contains([]string{"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"}, code)
}

// maxWait bounds the pause between two tries.
const maxWait = 20 * time.Second

// send sends one request and reads the response.
func (c *Caller) send(ctx context.Context, input *document.Object) (wire.Object, error) {
	s, op, t := c.session, c.op, c.target
	parameters, content := requestParameters(op, input)
	r, body, err := wire.NewRequest(ctx, op, t.url, parameters)
	if err != nil {
		return nil, err
	}
	hash, err := contentHash(r, body, content)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", s.Agent)
	if t.credentials != nil {
		found, err := t.credentials.find(ctx)
		if err != nil {
			return nil, err
		}
		s.Debug("credentials from %s, access key %s", found.Source, found.AccessKeyID)
		err = v4.NewSigner().SignHTTP(ctx, found, r, hash, op.Service.SigningName, t.region, s.Now())
		if err != nil {
			return nil, err
		}
	}
	r.Header.Set("Accept-Encoding", "identity")
	s.debugRequest(r)
	reply, err := c.transport.RoundTrip(r)
	if err != nil {
		return nil, newTransportError(err, r.URL.Redacted())
	}
	s.debugReply(reply)
	if reply.StatusCode >= http.StatusMultipleChoices {
		return nil, readError(op, reply)
	}
	result, err := wire.ReadResponse(op, reply)
	if err != nil {
		var temporary interface{ Timeout() bool }
		if errors.As(err, &temporary) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, newTransportError(err, r.URL.Redacted())
		}
		return nil, err
	}
	return result, nil
}

// readError reads an error of the service. The code of a server error without a
// body, or with an HTML page of a proxy, is its status.
func readError(op *api.Operation, reply *http.Response) error {
	const maxError = 1 << 20 // bytes
	data, err := io.ReadAll(io.LimitReader(reply.Body, maxError))
	reply.Body.Close()
	if err != nil {
		data = nil
	}
	text := bytes.TrimSpace(data)
	if reply.StatusCode >= http.StatusInternalServerError && (len(text) == 0 || bytes.HasPrefix(text, []byte("<html>"))) {
		return &wire.ResponseError{Status: reply.StatusCode, Code: fmt.Sprint(reply.StatusCode), Message: http.StatusText(reply.StatusCode)}
	}
	reply.Body = io.NopCloser(bytes.NewReader(data))
	return wire.ReadError(op, reply)
}

// A Payload is a file whose content is sent as it is.
type Payload struct{ *os.File }

// requestParameters returns the input as package wire takes it: with plain maps and
// with [time.Time] for all times. A file among the members is returned too.
func requestParameters(op *api.Operation, input *document.Object) (map[string]any, *Payload) {
	parameters := make(map[string]any, input.Len())
	var content *Payload
	for _, m := range input.Members() {
		shape := op.Input.Member(m.Name).Shape
		v := document.Map(m.Value)
		switch x := m.Value.(type) {
		case Payload:
			content, v = &x, io.Reader(x.File)
		case bool: // Python counts a boolean as a number
			if shape.Kind != api.Boolean {
				v = map[bool]int64{true: 1}[x]
			}
		}
		if shape.Kind == api.Timestamp {
			v, _ = toTime(m.Value)
		}
		parameters[m.Name] = v
	}
	return parameters, content
}

// contentHash returns the SHA-256 of a request's content in hexadecimal. The content
// of a file becomes the request's body: it is read for the hash, and then rewound.
func contentHash(r *http.Request, body []byte, content *Payload) (string, error) {
	sum := sha256.New()
	sum.Write(body)
	if content != nil {
		_, err := content.Seek(0, io.SeekStart)
		if err != nil {
			return "", err
		}
		n, err := io.Copy(sum, content.File)
		if err != nil {
			return "", err
		}
		_, err = content.Seek(0, io.SeekStart)
		if err != nil {
			return "", err
		}
		r.ContentLength = n
		r.Body = io.NopCloser(content.File) // kept open for another try
		if n == 0 {
			r.Body = http.NoBody
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// isTemporary reports whether another try may succeed: after no connection, a broken
// one, a timeout, throttling, or a temporary error of the server.
func isTemporary(err error) bool {
	var refused *wire.ResponseError
	if !errors.As(err, &refused) {
		var t *transportError
		return errors.As(err, &t)
	}
	switch refused.Status {
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	switch refused.Code {
	case "RequestTimeout", "RequestTimeoutException", "PriorRequestNotComplete", "Throttling", "ThrottlingException", "ThrottledException",
		"RequestThrottledException", "TooManyRequestsException", "ProvisionedThroughputExceededException", "TransactionInProgressException",
		"RequestLimitExceeded", "BandwidthLimitExceeded", "LimitExceededException", "RequestThrottled", "SlowDown", "EC2ThrottledException",
		"IDPCommunicationError":
		return true
	}
	return false
}
