package blob_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
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
	"github.com/google/go-cmp/cmp"

	"daypass/internal/blob"
	"daypass/internal/blob/blobtest"
	"daypass/internal/fault"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, blobtest.Implementation{
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
		if err == nil && d.Type().IsRegular() && d.Name() != "lock" {
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
	blobtest.Run(t, blobtest.Implementation{
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

func TestSweepRemovesAtOnceWhatADeadProcessStaged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	dead := filepath.Join(dir, ".staging", "dead")
	if err := os.MkdirAll(dead, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"lock", "upload"} {
		if err := os.WriteFile(filepath.Join(dead, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	living := blobtest.Stage(t, openFolder(t, dir), []byte("living"))
	if n, err := openFolder(t, dir).Sweep(t.Context(), time.Now().Add(-time.Hour)); n != 1 || err != nil {
		t.Errorf("swept %d, %v; want 1", n, err)
	}
	if _, err := os.Stat(dead); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder of a dead process: %v", err)
	}
	if _, err := living.Commit(t.Context(), blobtest.Space); err != nil {
		t.Errorf("an upload under way: %v", err)
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
	blobtest.Run(t, blobtest.Implementation{
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
	t.Run("a range asks the store for no more than itself", func(t *testing.T) { rangedRead(t, server) })
	t.Run("lost and cut content is told when it is asked for", func(t *testing.T) { lostContent(t, server) })
	t.Run("a store that is away is an outage in every method", func(t *testing.T) { awayStore(t, server) })
	t.Run("a missing bucket is told", func(t *testing.T) {
		if err := openS3(t, server.Endpoint, "daypass-missing", "").Check(t.Context()); err == nil {
			t.Error("no error")
		}
	})
}

func failingUpload(t *testing.T, server *blobtest.Server) {
	at := front(t, server, func(w http.ResponseWriter, r *http.Request) bool {
		second := r.URL.Query().Get("partNumber") == "2"
		if second {
			http.Error(w, "<Error><Code>AccessDenied</Code></Error>", http.StatusForbidden)
		}
		return second
	})
	bucket := server.Bucket(t)
	s := openS3(t, at, bucket, t.TempDir())
	stage := blobtest.Stage(t, s, blobtest.Random(12<<20, 1))
	if _, err := stage.Commit(t.Context(), blobtest.Space); err == nil {
		t.Error("the commit is acknowledged")
	}
	if left := server.List(t, bucket); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// front is the store behind a proxy that answers by itself where answer does.
func front(t *testing.T, server *blobtest.Server, answer func(w http.ResponseWriter, r *http.Request) bool) string {
	t.Helper()
	target, err := url.Parse(server.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // the signature covers it
	}}
	f := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !answer(w, r) {
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(f.Close)
	return f.URL
}

// ready asks for the next n bytes of content at an offset.
func ready(t *testing.T, s blob.Store, key blob.Key, size, at, n int64) error {
	t.Helper()
	r, err := s.Open(t.Context(), key, size)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Seek(at, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	return r.(interface{ Ready(int64) error }).Ready(n)
}

func rangedRead(t *testing.T, server *blobtest.Server) {
	var asked []string
	at := front(t, server, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet {
			asked = append(asked, r.Header.Get("Range"))
		}
		return false
	})
	s := openS3(t, at, server.Bucket(t), t.TempDir())
	key := blobtest.Commit(t, s, blobtest.Space, blobtest.Random(1000, 1))
	if err := ready(t, s, key, 1000, 100, 10); err != nil {
		t.Error(err)
	}
	if err := ready(t, s, key, 1000, 0, 1000); err != nil {
		t.Error(err)
	}
	// What is read is the range, and on from there another.
	r, err := s.Open(t.Context(), key, 1000)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	_, err = r.Seek(980, io.SeekStart)
	if err == nil {
		err = r.(interface{ Ready(int64) error }).Ready(10)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, blobtest.Random(1000, 1)[980:]) {
		t.Errorf("read %d bytes, %v; want the last 20", len(got), err)
	}
	if diff := cmp.Diff([]string{"bytes=100-109", "", "bytes=980-989", "bytes=990-999"}, asked); diff != "" {
		t.Error(diff)
	}
}

func lostContent(t *testing.T, server *blobtest.Server) {
	bucket := server.Bucket(t)
	s := openS3(t, server.Endpoint, bucket, t.TempDir())
	key := blobtest.Commit(t, s, blobtest.Space, blobtest.Random(1000, 1))
	object := "some/prefix/" + key.Space + "/" + key.SHA256[:2] + "/" + key.SHA256[2:4] + "/" + key.SHA256
	each := func(state, want string) {
		for _, part := range [][2]int64{{0, 1000}, {0, 10}, {990, 10}, {0, 0}} {
			if err := ready(t, s, key, 1000, part[0], part[1]); blob.Failure(err) != want {
				t.Errorf("%s, %d bytes at %d: %v, want %s", state, part[1], part[0], err, want)
			}
		}
	}
	_, err := server.Client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &object, Body: strings.NewReader(strings.Repeat("x", 500))})
	if err != nil {
		t.Fatal(err)
	}
	each("cut", "cut")
	if _, err := server.Client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &bucket, Key: &object}); err != nil {
		t.Fatal(err)
	}
	each("deleted", "missing")
}

func awayStore(t *testing.T, server *blobtest.Server) {
	gone := false
	at := front(t, server, func(w http.ResponseWriter, _ *http.Request) bool {
		if gone {
			http.Error(w, "<Error><Code>SlowDown</Code></Error>", http.StatusServiceUnavailable)
		}
		return gone
	})
	s := openS3(t, at, server.Bucket(t), t.TempDir())
	key := blobtest.Commit(t, s, blobtest.Space, blobtest.Random(1000, 1))
	stage := blobtest.Stage(t, s, blobtest.Random(1000, 2))
	gone = true
	ctx := t.Context()
	for what, do := range map[string]func() error{
		"ready":  func() error { return ready(t, s, key, 1000, 0, 1000) },
		"head":   func() error { return ready(t, s, key, 1000, 0, 0) },
		"read":   func() error { _, err := blobtest.Read(t, s, key, 1000); return err },
		"stat":   func() error { _, err := s.Stat(ctx, key); return err },
		"delete": func() error { return s.Delete(ctx, key, time.Now().Add(time.Hour)) },
		"sweep":  func() error { _, err := s.Sweep(ctx, time.Now()); return err },
		"check":  func() error { return s.Check(ctx) },
		"commit": func() error { _, err := stage.Commit(ctx, blobtest.Space); return err },
	} {
		if err := do(); !fault.Is(err, fault.Unavailable) || blob.Failure(err) != "unreachable" {
			t.Errorf("%s: %v, want an outage", what, err)
		}
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

func TestAFolderTellsLostCutAndUnreachableContentApart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "blobs")
	f := openFolder(t, dir)
	key := blobtest.Commit(t, f, blobtest.Space, []byte("hello"))
	path := filepath.Join(dir, blobtest.Space, key.SHA256[:2], key.SHA256[2:4], key.SHA256)
	for _, step := range []struct {
		what string
		do   func() error
		want string
	}{
		{"whole", func() error { return nil }, ""},
		{"cut", func() error { return os.Truncate(path, 3) }, "cut"},
		{"lost", func() error { return os.Remove(path) }, "missing"},
		{"without its disk", func() error { return os.Rename(dir, dir+".away") }, "unreachable"},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		_, err := blobtest.Read(t, f, key, 5)
		if blob.Failure(err) != step.want || (err == nil) != (step.want == "") {
			t.Errorf("%s: %v, want %q", step.what, err, step.want)
		}
	}
	if _, err := f.Stage(t.Context(), 10); !fault.Is(err, fault.Unavailable) {
		t.Errorf("stage without a disk: %v", err)
	}
	if err := f.Check(t.Context()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("check without a disk: %v", err)
	}
}
