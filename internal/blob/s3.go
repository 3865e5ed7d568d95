//go:build !embedded

package blob

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

// S3 stores content in an S3-compatible store, under prefix/space/ab/cd/digest.
//
// Staged content is in a file of this machine, not in the bucket: its key is not
// known before its last byte, and formats read it back. So a server that crashes
// leaves nothing in the bucket, which only ever holds complete content.
type S3 struct {
	client   *s3.Client
	bucket   string
	prefix   string // empty, or ends with a slash
	spool    string // folder for staged content; empty means os.TempDir
	partSize int64  // bytes: larger content is uploaded in parts of at least this size
}

// maxBackoff is the longest pause before a request to the store is made again.
const maxBackoff = 500 * time.Millisecond

const (
	defaultPartSize = 32 << 20 // bytes
	maxParts        = 10_000   // S3 User Guide, "Multipart upload limits"
)

// OpenS3 returns a store in a bucket that exists. The address is
// s3://bucket/prefix?endpoint=URL&region=NAME&path-style=true, all but the
// bucket optional. Credentials come from the AWS chain (environment, profile,
// container, instance), never from the address. Staged content is in the folder
// spool, or in [os.TempDir] if it is empty; that folder needs room for all uploads
// in progress.
func OpenS3(ctx context.Context, address, spool string) (*S3, error) {
	a, err := parseS3(address)
	if err != nil {
		return nil, err
	}
	options := []func(*config.LoadOptions) error{config.WithHTTPClient(newHTTPClient())}
	if a.region != "" {
		options = append(options, config.WithRegion(a.region))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", address, err)
	}
	if cfg.Region == "" {
		cfg.Region = "us-east-1"
	}
	client := s3.NewFromConfig(cfg, func(o *s3.Options) {
		if a.endpoint != "" {
			o.BaseEndpoint = aws.String(a.endpoint)
		}
		o.UsePathStyle = a.pathStyle
		// Clients retry too, so that a long pause here gains nothing.
		o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxBackoff = maxBackoff
			o.Retryables = append([]retry.IsErrorRetryable{noRetryAfterTimeout}, o.Retryables...)
		})
		// Not all stores support the checksums that the SDK adds by default. upload
		// sends a SHA-256 itself.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	})
	return &S3{client: client, bucket: a.bucket, prefix: a.prefix, spool: spool, partSize: defaultPartSize}, nil
}

// noRetryAfterTimeout stops retries of a request that timed out: three attempts would
// take three times as long.
var noRetryAfterTimeout = retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		return aws.FalseTernary
	}
	return aws.UnknownTernary
})

func (s *S3) object(key Key) (*string, error) {
	p, err := key.path()
	return aws.String(s.prefix + p), err
}

// Stage implements [Store].
func (s *S3) Stage(_ context.Context, limit int64) (*Stage, error) {
	file, err := os.CreateTemp(s.spool, "daypass-*") // mode 0600
	if err != nil {
		return nil, unavailable(fmt.Errorf("stage: %w", err), false)
	}
	// A file without a name vanishes with the process. On a system that can't remove
	// an open file, abort removes it.
	unnamed := os.Remove(file.Name()) == nil
	return newStage(&s3Sink{store: s, File: file, unnamed: unnamed}, limit), nil
}

type s3Sink struct {
	store *S3
	*os.File
	unnamed bool
}

func (s *s3Sink) abort() error {
	err := s.Close()
	if !s.unnamed {
		err = errors.Join(err, os.Remove(s.Name()))
	}
	return err
}

func (s *s3Sink) commit(ctx context.Context, key Key) error {
	err := s.upload(ctx, key)
	if err != nil {
		err = fmt.Errorf("commit %s: %w", key.SHA256, unavailable(err, true))
	}
	return errors.Join(err, s.abort())
}

func (s *s3Sink) upload(ctx context.Context, key Key) error {
	object, err := s.store.object(key)
	if err != nil {
		return err
	}
	info, err := s.Stat()
	if err != nil {
		return err
	}
	if info.Size() > s.store.partSize {
		return s.uploadParts(ctx, object, info.Size())
	}
	sum, err := hex.DecodeString(key.SHA256)
	if err != nil {
		return err
	}
	_, err = s.store.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket:         &s.store.bucket,
		Key:            object,
		Body:           io.NewSectionReader(s.File, 0, info.Size()),
		ContentLength:  aws.Int64(info.Size()),
		ChecksumSHA256: aws.String(base64.StdEncoding.EncodeToString(sum)), // the store refuses a body that was damaged on its way
	})
	return err
}

// uploadParts sends the content in parts, one after the other: separate uploads are
// already concurrent.
func (s *s3Sink) uploadParts(ctx context.Context, object *string, size int64) error {
	c, bucket := s.store.client, &s.store.bucket
	up, err := c.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: bucket, Key: object})
	if err != nil {
		return err
	}
	err = s.sendParts(ctx, object, up.UploadId, size)
	if err == nil {
		return nil
	}
	// The parts take up room until they are aborted, so abort also if ctx has ended.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	_, abort := c.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: bucket, Key: object, UploadId: up.UploadId})
	return errors.Join(err, abort)
}

func (s *s3Sink) sendParts(ctx context.Context, object, upload *string, size int64) error {
	c, bucket := s.store.client, &s.store.bucket
	part := max(s.store.partSize, (size+maxParts-1)/maxParts)
	var done []types.CompletedPart
	for off := int64(0); off < size; off += part {
		n := min(part, size-off)
		number := aws.Int32(int32(len(done) + 1))
		out, err := c.UploadPart(ctx, &s3.UploadPartInput{
			Bucket: bucket, Key: object, UploadId: upload, PartNumber: number,
			Body: io.NewSectionReader(s.File, off, n), ContentLength: &n,
		})
		if err != nil {
			return err
		}
		done = append(done, types.CompletedPart{PartNumber: number, ETag: out.ETag})
	}
	_, err := c.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: bucket, Key: object, UploadId: upload,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: done},
	})
	return err
}

// missing reports whether a store answered that an object does not exist. Answers to
// HEAD have no error code, only a status.
func missing(err error) bool {
	var response *awshttp.ResponseError
	return errors.As(err, &response) && response.HTTPStatusCode() == http.StatusNotFound && !noBucket(err)
}

// noBucket reports whether the bucket itself does not exist, which says nothing
// about the object.
func noBucket(err error) bool {
	var coded smithy.APIError
	return errors.As(err, &coded) && coded.ErrorCode() == "NoSuchBucket"
}

func (s *S3) head(ctx context.Context, key Key) (*s3.HeadObjectOutput, error) {
	object, err := s.object(key)
	if err != nil {
		return nil, err
	}
	out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: object})
	if missing(err) {
		return nil, ErrNotFound
	}
	return out, unavailable(err, true)
}

// Stat implements [Store].
func (s *S3) Stat(ctx context.Context, key Key) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	out, err := s.head(ctx, key)
	if err != nil {
		return 0, err
	}
	return aws.ToInt64(out.ContentLength), nil
}

// Delete implements [Store]. A commit of equal content between reading the time and
// the removal can be lost. Callers avoid that: they delete days after the last use.
func (s *S3) Delete(ctx context.Context, key Key, before time.Time) error {
	out, err := s.head(ctx, key)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil || out.LastModified == nil || !out.LastModified.Before(before) {
		return err
	}
	object, err := s.object(key)
	if err != nil {
		return err
	}
	_, err = s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: object})
	return unavailable(err, true)
}

// Sweep implements [Store]: it aborts multipart uploads that were begun before an
// instant. An upload does not tell whether its process has ended, so that none is
// aborted sooner.
func (s *S3) Sweep(ctx context.Context, before time.Time) (int, error) {
	n := s.sweepSpool(before)
	pages := s3.NewListMultipartUploadsPaginator(s.client, &s3.ListMultipartUploadsInput{Bucket: &s.bucket, Prefix: &s.prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return n, unavailable(err, true)
		}
		for _, up := range page.Uploads {
			if up.Initiated == nil || !up.Initiated.Before(before) || !strings.HasPrefix(aws.ToString(up.Key), s.prefix) {
				continue
			}
			_, err := s.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &s.bucket, Key: up.Key, UploadId: up.UploadId})
			if err != nil && !missing(err) {
				return n, unavailable(err, true)
			}
			n++
		}
	}
	return n, nil
}

// sweepSpool removes files that a crash left between their creation and the removal
// of their names.
func (s *S3) sweepSpool(before time.Time) (n int) {
	if s.spool == "" {
		return 0
	}
	entries, err := os.ReadDir(s.spool)
	if err != nil {
		return 0 // Check and Stage report the error
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "daypass-") {
			n += removeStale(filepath.Join(s.spool, e.Name()), e, before)
		}
	}
	return n
}

// Check implements [Store].
func (s *S3) Check(ctx context.Context) error {
	_, err := s.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &s.bucket})
	if err != nil {
		return unavailable(fmt.Errorf("bucket %s: %w", s.bucket, err), true)
	}
	return nil
}

// Empty implements [Store]. Objects that are not named like content don't count.
func (s *S3) Empty(ctx context.Context) (bool, error) {
	pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &s.prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, unavailable(fmt.Errorf("bucket %s: %w", s.bucket, err), true)
		}
		for _, o := range page.Contents {
			if isContent(strings.TrimPrefix(aws.ToString(o.Key), s.prefix)) {
				return false, nil
			}
		}
	}
	return true, nil
}

// isContent reports whether a path is one of [Key.path].
func isContent(path string) bool {
	space, digest, found := cutLast(path)
	if !found || !sha256RE().MatchString(digest) {
		return false
	}
	space, found = strings.CutSuffix(space, "/"+digest[:2]+"/"+digest[2:4])
	return found && spaceRE().MatchString(space)
}

func cutLast(path string) (before, after string, found bool) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return path, "", false
	}
	return path[:i], path[i+1:], true
}

// Mark implements [Store].
func (s *S3) Mark(ctx context.Context) ([]byte, error) {
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: aws.String(s.prefix + markName)})
	if missing(err) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, unavailable(err, true)
	}
	defer out.Body.Close()
	mark, err := io.ReadAll(io.LimitReader(out.Body, maxMark))
	return mark, unavailable(err, true)
}

// SetMark implements [Store].
func (s *S3) SetMark(ctx context.Context, mark []byte) error {
	_, err := s.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &s.bucket, Key: aws.String(s.prefix + markName), Body: bytes.NewReader(mark)})
	return unavailable(err, true)
}
