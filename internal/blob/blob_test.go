package blob_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"daypass/internal/blob"
	"daypass/internal/blob/blobtest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, blobtest.Subject{
		Open:  func(*testing.T) blob.Store { return blob.NewMemory() },
		List:  func(_ *testing.T, s blob.Store) []string { return s.(*blob.Memory).Keys() },
		Large: 1 << 20,
	})
}

func openFolder(t *testing.T, dir string) *blob.Folder {
	t.Helper()
	f, err := blob.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// list returns the names of all files below a folder.
func list(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			names = append(names, d.Name())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestFolder(t *testing.T) {
	t.Parallel()
	dirs := map[blob.Store]string{}
	blobtest.Run(t, blobtest.Subject{
		Open: func(t *testing.T) blob.Store {
			dir := t.TempDir()
			f := openFolder(t, dir)
			dirs[f] = dir
			return f
		},
		List:  func(t *testing.T, s blob.Store) []string { return list(t, dirs[s]) },
		Large: 1 << 20,
	})
}

func TestAFolderIsClosedToOthersAndServesPlainFiles(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "blobs")
	f := openFolder(t, dir)
	key := blobtest.Commit(t, f, blobtest.Space, []byte("hello"))
	file := filepath.Join(dir, "123456789012", "acme", key.SHA256[:2], key.SHA256[2:4], key.SHA256)
	for p, want := range map[string]fs.FileMode{dir: 0o700, filepath.Dir(file): 0o700, file: 0o600} {
		if info, err := os.Stat(p); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", p, info, err)
		}
	}
	r, err := f.Open(t.Context(), key, 5)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, ok := r.(*os.File); !ok { // net/http needs it for sendfile
		t.Errorf("the reader is a %T", r)
	}
}

func TestSweepRemovesWhatWasAbandonedAndSparesTheRest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := openFolder(t, dir)
	kept := blobtest.Commit(t, f, blobtest.Space, []byte("kept"))
	abandoned, err := f.Stage(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := abandoned.Write([]byte("half")); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		before time.Duration
		want   int
	}{{-time.Hour, 0}, {time.Hour, 1}} {
		if n, err := openFolder(t, dir).Sweep(t.Context(), time.Now().Add(row.before)); n != row.want || err != nil {
			t.Errorf("swept %d, %v; want %d", n, err, row.want)
		}
	}
	if names := list(t, dir); len(names) != 1 || names[0] != kept.SHA256 {
		t.Errorf("left: %v", names)
	}
	// A commit of what was swept fails, and does not pretend.
	if _, err := abandoned.Commit(t.Context(), blobtest.Space); err == nil {
		t.Error("content that was swept is committed")
	}
}

// The child process of TestAKilledServerLosesNothingAcknowledged: it commits
// content for ever and acknowledges each one on a line.
func TestMain(m *testing.M) {
	dir := os.Getenv("DAYPASS_TEST_BLOB_CHILD")
	if dir == "" {
		os.Exit(m.Run())
	}
	f, err := blob.OpenFolder(dir)
	for i := 0; err == nil; i++ {
		err = commitOne(f, blobtest.Random(200_000, uint64(i)+uint64(os.Getpid())*1000))
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func commitOne(f *blob.Folder, content []byte) error {
	stage, err := f.Stage(context.Background(), int64(len(content)))
	if err != nil {
		return err
	}
	for len(content) > 0 {
		n := min(20_000, len(content))
		if _, err := stage.Write(content[:n]); err != nil {
			return err
		}
		content = content[n:]
	}
	key, err := stage.Commit(context.Background(), blobtest.Space)
	if err == nil {
		_, err = fmt.Println(key.SHA256)
	}
	return err
}

func TestAKilledServerLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var acknowledged []string
	for round := range 10 {
		acknowledged = append(acknowledged, killed(t, dir, 1+round*3)...)
	}
	f := openFolder(t, dir)
	for _, digest := range acknowledged {
		content, err := blobtest.Read(t, f, blob.Key{Space: blobtest.Space, SHA256: digest}, 200_000)
		if err != nil || fmt.Sprintf("%x", sha256.Sum256(content)) != digest {
			t.Errorf("%s: %d bytes, %v", digest, len(content), err)
		}
	}
	swept, err := f.Sweep(t.Context(), time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d acknowledged, %d abandoned", len(acknowledged), swept)
	// Whatever else is there is whole: commits whose acknowledgement was lost.
	for _, name := range list(t, dir) {
		content, err := blobtest.Read(t, f, blob.Key{Space: blobtest.Space, SHA256: name}, 200_000)
		if err != nil || fmt.Sprintf("%x", sha256.Sum256(content)) != name {
			t.Errorf("%s is not whole: %v", name, err)
		}
	}
}

// killed runs the child until it has acknowledged a number of commits, and
// kills it where it stands.
func killed(t *testing.T, dir string, commits int) []string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "DAYPASS_TEST_BLOB_CHILD="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for s := bufio.NewScanner(out); s.Scan(); {
		lines = append(lines, s.Text())
		if len(lines) == commits {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // it was killed
	if len(lines) < commits {
		t.Fatalf("the child made %d commits of %d", len(lines), commits)
	}
	return lines
}

// openS3 returns a store over a bucket, at the server's address or another.
func openS3(t *testing.T, endpoint, bucket, spool string) *blob.S3 {
	t.Helper()
	q := url.Values{"endpoint": {endpoint}, "region": {"us-east-1"}, "path-style": {"true"}}
	s, err := blob.OpenS3(t.Context(), "s3://"+bucket+"/some/prefix?"+q.Encode(), spool)
	if err != nil {
		t.Fatal(err)
	}
	s.SetPart(5 << 20) // the least that S3 takes
	return s
}

func TestS3(t *testing.T) {
	server := blobtest.StartS3(t)
	buckets := map[blob.Store]string{}
	spools := map[blob.Store]string{}
	blobtest.Run(t, blobtest.Subject{
		Open: func(t *testing.T) blob.Store {
			bucket, spool := server.Bucket(t), t.TempDir()
			s := openS3(t, server.Endpoint, bucket, spool)
			buckets[s], spools[s] = bucket, spool
			return s
		},
		List: func(t *testing.T, s blob.Store) []string {
			names := list(t, spools[s])
			for _, key := range server.List(t, buckets[s]) {
				if !strings.HasPrefix(key, "some/prefix/") {
					t.Errorf("%s is outside of the prefix", key)
				}
				names = append(names, path.Base(key))
			}
			return names
		},
		Large: 12 << 20,
	})
	t.Run("an upload that fails midway leaves nothing", func(t *testing.T) { failingUpload(t, server) })
	t.Run("sweep drops parts that were abandoned", func(t *testing.T) { abandonedParts(t, server) })
	t.Run("staged content has no name on the disk", func(t *testing.T) {
		spool := t.TempDir()
		blobtest.Stage(t, openS3(t, server.Endpoint, server.Bucket(t), spool), []byte("hello"))
		if names := list(t, spool); len(names) > 0 {
			t.Errorf("a killed server would leave %v", names)
		}
	})
	t.Run("a missing bucket is told", func(t *testing.T) {
		if err := openS3(t, server.Endpoint, "daypass-missing", "").Check(t.Context()); err == nil {
			t.Error("no error")
		}
	})
}

func failingUpload(t *testing.T, server *blobtest.Server) {
	target, err := url.Parse(server.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // the signature covers it
	}}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("partNumber") == "2" {
			http.Error(w, "<Error><Code>AccessDenied</Code></Error>", http.StatusForbidden)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	defer front.Close()
	bucket := server.Bucket(t)
	s := openS3(t, front.URL, bucket, t.TempDir())
	stage := blobtest.Stage(t, s, blobtest.Random(12<<20, 1))
	if _, err := stage.Commit(t.Context(), blobtest.Space); err == nil {
		t.Error("the commit is acknowledged")
	}
	if left := server.List(t, bucket); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func abandonedParts(t *testing.T, server *blobtest.Server) {
	bucket := server.Bucket(t)
	for _, key := range []string{"some/prefix/x", "other/y"} {
		_, err := server.Client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &bucket, Key: &key})
		if err != nil {
			t.Fatal(err)
		}
	}
	s := openS3(t, server.Endpoint, bucket, "")
	if n, err := s.Sweep(t.Context(), time.Now().Add(24*time.Hour)); n != 1 || err != nil {
		t.Errorf("swept %d, %v", n, err)
	}
	if left := server.List(t, bucket); len(left) != 1 || left[0] != "upload:other/y" {
		t.Errorf("left: %v", left)
	}
}

func TestABadS3AddressIsRefusedWithEveryFault(t *testing.T) {
	t.Parallel()
	for address, wants := range map[string][]string{
		"http://bucket":                    {`expected s3://`},
		"s3://":                            {`"" is not the name of a bucket`},
		"s3://Bucket_":                     {`"Bucket_" is not the name of a bucket`},
		"s3://key:hunter2@bucket":          {"holds credentials"},
		"s3://bucket/a b":                  {"the prefix"},
		"s3://bucket/a/../b?path-style=no": {`path-style is "no"`},
		"s3://bucket?endpoint=host:9000&region=US+1&colour=red": {
			"endpoint is not an http or https URL", `region "US 1"`, `"colour" is unknown`,
		},
	} {
		_, err := blob.OpenS3(t.Context(), address, "")
		if err == nil {
			t.Errorf("%s is accepted", address)
			continue
		}
		for _, want := range wants {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v\nwant %s", address, err, want)
			}
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error tells the secret: %v", err)
		}
	}
}

func TestAFolderThatCannotBeMadeIsToldAtOnce(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := blob.OpenFolder(filepath.Join(file, "blobs")); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

func BenchmarkCommit(b *testing.B) {
	content := blobtest.Random(1<<20, 1)
	f, err := blob.OpenFolder(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	for name, s := range map[string]blob.Store{"memory": blob.NewMemory(), "folder": f} {
		b.Run(name+"/1MiB", func(b *testing.B) {
			b.SetBytes(int64(len(content)))
			b.ReportAllocs()
			for b.Loop() {
				stage, err := s.Stage(b.Context(), 1<<20)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := stage.Write(content); err != nil {
					b.Fatal(err)
				}
				if _, err := stage.Commit(b.Context(), blobtest.Space); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
