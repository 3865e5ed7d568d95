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

// S3 keeps content in an S3-compatible store, under prefix/space/ab/cd/digest.
//
// What is on its way in is in a file of this machine, not in the bucket: its
// name is not known before its last byte, and formats read it back. So a
// server that dies leaves nothing behind, and the bucket only ever holds whole
// content under its true name.
type S3 struct {
	client *s3.Client
	bucket string
	prefix string // empty, or ends with a slash
	spool  string // folder for content on its way in; empty means os.TempDir
	part   int64  // bytes; what is larger goes up in parts of at least this size
}

// maxBackoff is the longest pause before a request to the store is made again.
const maxBackoff = 500 * time.Millisecond

const (
	defaultPart = 32 << 20 // bytes
	maxParts    = 10_000   // S3 User Guide, "Multipart upload limits"
)

// OpenS3 returns a store in a bucket that exists. The address is
// s3://bucket/prefix?endpoint=URL&region=NAME&path-style=true, all but the
// bucket optional. Credentials come from the AWS chain (environment, profile,
// container, instance), never from the address. Content on its way in is kept
// in the folder spool, or where the system keeps temporary files if it is
// empty; that place needs room for the uploads under way.
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
		// Whoever waits for us tries again too.
		o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxBackoff = maxBackoff
			o.Retryables = append([]retry.IsErrorRetryable{notWhatTookLong}, o.Retryables...)
		})
		// Stores other than AWS's do not all know the checksums that the SDK
		// adds of itself; we send our own SHA-256 where it counts.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	})
	return &S3{client: client, bucket: a.bucket, prefix: a.prefix, spool: spool, part: defaultPart}, nil
}

// notWhatTookLong keeps a request from being made again to a store that did not
// answer in time: three of them take three times as long.
var notWhatTookLong = retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
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
		return nil, away(fmt.Errorf("stage: %w", err), false)
	}
	// Without a name the file vanishes with the process. Where a system can't
	// remove an open file it is removed when it is closed.
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
		err = fmt.Errorf("commit %s: %w", key.SHA256, away(err, true))
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
	if info.Size() > s.store.part {
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
		ChecksumSHA256: aws.String(base64.StdEncoding.EncodeToString(sum)), // the store refuses what was damaged under way
	})
	return err
}

// uploadParts sends the content in parts, one after the other: parts of
// separate uploads already go side by side.
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
	// The parts cost room until they are dropped, also when the caller is gone.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	_, abort := c.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: bucket, Key: object, UploadId: up.UploadId})
	return errors.Join(err, abort)
}

func (s *s3Sink) sendParts(ctx context.Context, object, upload *string, size int64) error {
	c, bucket := s.store.client, &s.store.bucket
	part := max(s.store.part, (size+maxParts-1)/maxParts)
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

// missing reports whether a store answered that there is no such object. HEAD
// answers carry no code, only the status.
func missing(err error) bool {
	var response *awshttp.ResponseError
	return errors.As(err, &response) && response.HTTPStatusCode() == http.StatusNotFound && !noBucket(err)
}

// noBucket reports whether the bucket itself is missing, which is no statement
// about an object.
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
	return out, away(err, true)
}

// Stat implements [Store].
func (s *S3) Stat(ctx context.Context, key Key) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	out, err := s.head(ctx, key)
	if err != nil {
		return 0, err
	}
	return aws.ToInt64(out.ContentLength), nil
}

// Delete implements [Store]. A commit of equal content between its look and
// the removal can be lost; callers leave days between the two.
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
	return away(err, true)
}

// Sweep implements [Store]: it drops the parts of uploads that were begun
// before an instant and never completed. Nobody can tell whose process is no
// more, so that none are dropped sooner.
func (s *S3) Sweep(ctx context.Context, before time.Time) (int, error) {
	n := s.sweepSpool(before)
	pages := s3.NewListMultipartUploadsPaginator(s.client, &s3.ListMultipartUploadsInput{Bucket: &s.bucket, Prefix: &s.prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return n, away(err, true)
		}
		for _, up := range page.Uploads {
			if up.Initiated == nil || !up.Initiated.Before(before) || !strings.HasPrefix(aws.ToString(up.Key), s.prefix) {
				continue
			}
			_, err := s.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &s.bucket, Key: up.Key, UploadId: up.UploadId})
			if err != nil && !missing(err) {
				return n, away(err, true)
			}
			n++
		}
	}
	return n, nil
}

// sweepSpool removes what a crash left in the moment before its name went.
func (s *S3) sweepSpool(before time.Time) (n int) {
	if s.spool == "" {
		return 0
	}
	entries, err := os.ReadDir(s.spool)
	if err != nil {
		return 0 // Check and Stage tell
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
		return away(fmt.Errorf("bucket %s: %w", s.bucket, err), true)
	}
	return nil
}

// Empty implements [Store]. Objects that are no content of ours don't count.
func (s *S3) Empty(ctx context.Context) (bool, error) {
	pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &s.prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, away(fmt.Errorf("bucket %s: %w", s.bucket, err), true)
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
		return nil, away(err, true)
	}
	defer out.Body.Close()
	note, err := io.ReadAll(io.LimitReader(out.Body, maxMark))
	return note, away(err, true)
}

// SetMark implements [Store].
func (s *S3) SetMark(ctx context.Context, note []byte) error {
	_, err := s.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &s.bucket, Key: aws.String(s.prefix + markName), Body: bytes.NewReader(note)})
	return away(err, true)
}
