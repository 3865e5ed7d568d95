package blob

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Open implements [Store]. The first read asks the store for the bytes from
// there to the end, so that a client's range costs one ranged GET.
func (s *S3) Open(ctx context.Context, key Key, size int64) (io.ReadSeekCloser, error) {
	object, err := s.object(key)
	if err != nil {
		return nil, err
	}
	return &s3Reader{ctx: ctx, store: s, key: key, object: object, size: size}, nil
}

// An s3Reader lives no longer than the request that opened it, and so holds
// its context.
type s3Reader struct {
	ctx    context.Context
	store  *S3
	key    Key
	object *string
	size   int64
	off    int64
	body   io.ReadCloser // at off; nil before the first read and after a seek
}

func (r *s3Reader) Read(p []byte) (int, error) {
	if r.off >= r.size {
		return 0, io.EOF
	}
	if r.body == nil {
		if err := r.get(); err != nil {
			return 0, err
		}
	}
	n, err := r.body.Read(p)
	r.off += int64(n)
	if err == io.EOF && r.off < r.size {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (r *s3Reader) get() error {
	in := &s3.GetObjectInput{Bucket: &r.store.bucket, Key: r.object}
	if r.off > 0 {
		in.Range = aws.String(fmt.Sprintf("bytes=%d-", r.off))
	}
	out, err := r.store.client.GetObject(r.ctx, in)
	if missing(err) {
		return ErrNotFound
	}
	if err != nil {
		return err
	}
	if n := aws.ToInt64(out.ContentLength); n != r.size-r.off {
		out.Body.Close()
		return errSize(r.key, r.off+n, r.size)
	}
	r.body = out.Body
	return nil
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
	return body.Close()
}
