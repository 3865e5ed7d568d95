//go:build !embedded

package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Open implements [Store]. [s3Reader.Ready] or the first read sends the request, one
// for each range of a client.
func (s *S3) Open(ctx context.Context, key Key, size int64) (io.ReadSeekCloser, error) {
	object, err := s.object(key)
	if err != nil {
		return nil, err
	}
	return &s3Reader{ctx: ctx, store: s, key: key, object: object, size: size}, nil
}

// An s3Reader reads one object. It holds a context because it lives no longer than
// the request that opened it.
type s3Reader struct {
	ctx    context.Context
	store  *S3
	key    Key
	object *string
	size   int64
	off    int64
	body   io.ReadCloser // at off; nil before the first read and after a seek
	cancel context.CancelFunc
	end    int64 // offset at which the body ends, which may be that of a range
}

// Ready requests the next n bytes, or with 0 checks that the content exists. It
// returns the error that the read would return.
func (r *s3Reader) Ready(n int64) error {
	if n > 0 {
		return r.request(n)
	}
	have, err := r.store.Stat(r.ctx, r.key)
	if err == nil && have != r.size {
		err = errSizeDiffers(r.key, have, r.size)
	}
	return err
}

func (r *s3Reader) Read(p []byte) (int, error) {
	if r.off >= r.size {
		return 0, io.EOF
	}
	if r.body == nil {
		err := r.request(r.size - r.off)
		if err != nil {
			return 0, err
		}
	}
	n, err := r.body.Read(p)
	r.off += int64(n)
	switch {
	case err != io.EOF:
		return n, unavailable(err, true)
	case r.off < r.end:
		return n, unavailable(io.ErrUnexpectedEOF, true)
	case r.off < r.size: // the requested range ends here, but the content does not
		return n, r.Close()
	}
	return n, io.EOF
}

// request requests the next n bytes and checks the size in the answer's header.
func (r *s3Reader) request(n int64) error {
	in := &s3.GetObjectInput{Bucket: &r.store.bucket, Key: r.object}
	if n < r.size {
		in.Range = aws.String(fmt.Sprintf("bytes=%d-%d", r.off, r.off+n-1))
	}
	ctx, cancel := context.WithCancel(r.ctx)
	late := time.AfterFunc(answerTimeout, cancel)
	out, err := r.store.client.GetObject(ctx, in)
	inTime := late.Stop()
	if err != nil {
		cancel()
	}
	switch {
	case !inTime && r.ctx.Err() == nil:
		if err == nil {
			out.Body.Close()
		}
		return unavailable(errLate, true)
	case missing(err):
		return ErrNotFound
	case unsatisfiable(err):
		return fmt.Errorf("%w: %s/%s has fewer than %d bytes", ErrCut, r.key.Space, r.key.SHA256, r.off+1)
	case err != nil:
		return unavailable(err, true)
	}
	have := aws.ToInt64(out.ContentLength)
	if in.Range != nil {
		have = totalSize(aws.ToString(out.ContentRange))
	}
	if have != r.size {
		out.Body.Close()
		cancel()
		return errSizeDiffers(r.key, have, r.size)
	}
	r.body, r.cancel, r.end = out.Body, cancel, r.off+n
	return nil
}

var errLate = fmt.Errorf("the content store has not answered within %v", answerTimeout)

// totalSize returns the size of the object in a Content-Range, or -1.
func totalSize(contentRange string) int64 {
	_, size, _ := strings.Cut(contentRange, "/")
	n, err := strconv.ParseInt(size, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

func unsatisfiable(err error) bool {
	var response *awshttp.ResponseError
	return errors.As(err, &response) && response.HTTPStatusCode() == http.StatusRequestedRangeNotSatisfiable
}

func (r *s3Reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.off
	case io.SeekEnd:
		offset += r.size
	}
	if offset < 0 {
		return 0, errors.New("blob: seek before the beginning")
	}
	if offset != r.off {
		r.off = offset
		return offset, r.Close()
	}
	return offset, nil
}

func (r *s3Reader) Close() error {
	if r.body == nil {
		return nil
	}
	body := r.body
	r.body = nil
	err := body.Close()
	r.cancel()
	return err
}
