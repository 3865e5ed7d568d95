package blobtest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// A Server is an S3-compatible store for tests.
type Server struct {
	Endpoint string
	Client   *s3.Client
	buckets  atomic.Int64
}

// StartS3 returns the store at the URL in DAYPASS_TEST_S3, whose credentials
// are in the usual AWS variables, or else starts moto_server until the test
// ends. If there is neither the test is skipped, or fails when
// DAYPASS_TEST_REQUIRE is "all". The test can't be parallel.
func StartS3(t *testing.T) *Server {
	t.Helper()
	for _, name := range []string{"AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_CA_BUNDLE"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	s := &Server{Endpoint: os.Getenv("DAYPASS_TEST_S3")}
	if s.Endpoint == "" {
		t.Setenv("AWS_ACCESS_KEY_ID", "test")
		t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
		t.Setenv("AWS_SESSION_TOKEN", "")
		s.Endpoint = startMoto(t)
	}
	cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRegion("us-east-1"))
	if err != nil {
		t.Fatal(err)
	}
	s.Client = s3.NewFromConfig(cfg, func(o *s3.Options) { o.BaseEndpoint, o.UsePathStyle = aws.String(s.Endpoint), true })
	return s
}

func startMoto(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("moto_server")
	if err != nil {
		if os.Getenv("DAYPASS_TEST_REQUIRE") == "all" {
			t.Fatal("an S3-compatible store is required: give DAYPASS_TEST_S3 or install moto_server")
		}
		t.Skip("SKIPPED, not proven on this machine: no DAYPASS_TEST_S3 and no moto_server")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close() // moto can't be given a listener; another process could take the port before it does
	cmd := exec.Command(path, "-H", "127.0.0.1", "-p", port)
	// moto uses an AWS SDK itself, which takes an empty AWS_PROFILE for a profile's name.
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "AWS_") })
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	endpoint := "http://127.0.0.1:" + port
	await(t, endpoint)
	return endpoint
}

// await polls until a server answers: moto does not tell otherwise that it is ready.
func await(t *testing.T, endpoint string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for ctx.Err() == nil {
		r, err := http.NewRequestWithContext(ctx, "GET", endpoint, nil)
		if err != nil {
			t.Fatal(err)
		}
		if response, err := http.DefaultClient.Do(r); err == nil {
			response.Body.Close()
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
	t.Fatalf("%s did not answer", endpoint)
}

// Bucket makes an empty bucket and returns its name.
func (s *Server) Bucket(t *testing.T) string {
	t.Helper()
	name := fmt.Sprintf("daypass-test-%d-%d", time.Now().UnixNano(), s.buckets.Add(1))
	_, err := s.Client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name})
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// List returns the keys of a bucket and of the uploads to it that are not
// completed.
func (s *Server) List(t *testing.T, bucket string) []string {
	t.Helper()
	objects, err := s.Client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &bucket})
	if err != nil {
		t.Fatal(err)
	}
	uploads, err := s.Client.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: &bucket})
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, o := range objects.Contents {
		list = append(list, *o.Key)
	}
	for _, u := range uploads.Uploads {
		list = append(list, "upload:"+*u.Key)
	}
	return list
}
