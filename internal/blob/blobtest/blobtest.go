// Package blobtest owns the test suite that every store of package blob must pass,
// and finds an S3-compatible store for tests. It must never be part of the program.
package blobtest

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/blob"
	"daypass/internal/fault"
)

// A Implementation is one kind of store under test.
type Implementation struct {
	// Open returns an empty store.
	Open func(t *testing.T) blob.Store

	// List returns everything that the store holds: committed content by its
	// SHA-256, other content under any name.
	List func(t *testing.T, s blob.Store) []string

	// Large is a size in bytes at which the store works in another way, or that is
	// larger than its buffers.
	Large int
}

// Run runs the suite.
func Run(t *testing.T, subject Implementation) {
	for _, row := range []struct {
		name string
		test func(t *testing.T, u Implementation)
	}{
		{"what is committed is read back", readBack},
		{"content does not exist before the commit or after an abort", invisible},
		{"equal content is kept once in a space", once},
		{"content past the limit is refused", limited},
		{"staged content can be read", staged},
		{"http ranges are served", ranges},
		{"deletion spares what was committed since", deletion},
		{"names that are no keys are refused", keys},
		{"a wrong size is an error", size},
		{"concurrent commits all hold", concurrent},
		{"the store can be used", usable},
		{"a mark is stored beside the content and does not count as content", marked},
	} {
		t.Run(row.name, func(t *testing.T) { row.test(t, subject) })
	}
}

// Space is the space of the suite's content.
const Space = "123456789012/acme"

// Random returns bytes that are the same for equal seeds.
func Random(n int, seed uint64) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	_, _ = r.Read(b) // it never fails
	return b
}

// Stage stages content in a few writes.
func Stage(t *testing.T, s blob.Store, content []byte) *blob.Stage {
	t.Helper()
	stage, err := s.Stage(t.Context(), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stage.Abort(); err != nil {
			t.Error(err)
		}
	})
	if _, err := io.CopyBuffer(struct{ io.Writer }{stage}, struct{ io.Reader }{bytes.NewReader(content)}, make([]byte, 100_000)); err != nil {
		t.Fatal(err)
	}
	return stage
}

// Commit stages and commits content.
func Commit(t *testing.T, s blob.Store, space string, content []byte) blob.Key {
	t.Helper()
	key, err := Stage(t, s, content).Commit(t.Context(), space)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Read returns content, or the error of opening or reading it.
func Read(t *testing.T, s blob.Store, key blob.Key, size int) ([]byte, error) {
	t.Helper()
	r, err := s.Open(t.Context(), key, int64(size))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func readBack(t *testing.T, u Implementation) {
	s := u.Open(t)
	for i, n := range []int{0, 1, 70_000, u.Large} {
		content := Random(n, uint64(i))
		stage := Stage(t, s, content)
		want := blob.Digests{
			MD5: fmt.Sprintf("%x", md5.Sum(content)), SHA1: fmt.Sprintf("%x", sha1.Sum(content)),
			SHA256: fmt.Sprintf("%x", sha256.Sum256(content)), SHA512: fmt.Sprintf("%x", sha512.Sum512(content)),
		}
		if diff := cmp.Diff(want, stage.Digests()); diff != "" || stage.Size() != int64(n) {
			t.Errorf("%d bytes: size %d, digests %s", n, stage.Size(), diff)
		}
		key, err := stage.Commit(t.Context(), Space)
		if err != nil || key != (blob.Key{Space: Space, SHA256: want.SHA256}) {
			t.Fatalf("%d bytes: %v, %v", n, key, err)
		}
		if got, err := Read(t, s, key, n); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes: read %d, %v", n, len(got), err)
		}
		if got, err := s.Stat(t.Context(), key); err != nil || got != int64(n) {
			t.Errorf("%d bytes: stat %d, %v", n, got, err)
		}
		if _, err := stage.Write([]byte("x")); err == nil {
			t.Error("a committed stage takes more")
		}
		if _, err := stage.Commit(t.Context(), Space); err == nil {
			t.Error("a stage is committed twice")
		}
	}
}

func invisible(t *testing.T, u Implementation) {
	s := u.Open(t)
	content := Random(1000, 1)
	key := blob.Key{Space: Space, SHA256: fmt.Sprintf("%x", sha256.Sum256(content))}
	missing := func(when string) {
		t.Helper()
		if _, err := Read(t, s, key, len(content)); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("%s: open: %v", when, err)
		}
		if _, err := s.Stat(t.Context(), key); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("%s: stat: %v", when, err)
		}
	}
	missing("in an empty store")
	stage := Stage(t, s, content)
	missing("before the commit")
	for range 2 {
		if err := stage.Abort(); err != nil {
			t.Error(err)
		}
	}
	missing("after the abort")
	if _, err := stage.Commit(t.Context(), Space); err == nil {
		t.Error("an aborted stage is committed")
	}
	if left := u.List(t, s); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func once(t *testing.T, u Implementation) {
	s := u.Open(t)
	content := Random(1000, 2)
	key := Commit(t, s, Space, content)
	if again := Commit(t, s, Space, content); again != key {
		t.Errorf("%v, then %v", key, again)
	}
	if list := u.List(t, s); len(list) != 1 || list[0] != key.SHA256 {
		t.Errorf("the store holds %v", list)
	}
	if _, err := Read(t, s, blob.Key{Space: "other", SHA256: key.SHA256}, len(content)); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("another space: %v", err)
	}
	Commit(t, s, "other", content)
	if list := u.List(t, s); len(list) != 2 {
		t.Errorf("with another space the store holds %v", list)
	}
}

func limited(t *testing.T, u Implementation) {
	s := u.Open(t)
	stage, err := s.Stage(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stage.Write(make([]byte, 10)); err != nil {
		t.Errorf("up to the limit: %v", err)
	}
	if _, err := stage.Write([]byte("x")); !fault.Is(err, fault.BodyTooLarge) {
		t.Errorf("past the limit: %v", err)
	}
	if _, err := stage.Commit(t.Context(), Space); err == nil {
		t.Error("what went past the limit is committed")
	}
	if err := stage.Abort(); err != nil {
		t.Error(err)
	}
	if left := u.List(t, s); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func staged(t *testing.T, u Implementation) {
	s := u.Open(t)
	content := Random(5000, 3)
	stage := Stage(t, s, content)
	got, err := io.ReadAll(io.NewSectionReader(stage, 1000, 3000))
	if err != nil || !bytes.Equal(got, content[1000:4000]) {
		t.Errorf("read %d bytes, %v", len(got), err)
	}
	if n, err := stage.ReadAt(make([]byte, 10), 4995); n != 5 || !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %d, %v", n, err)
	}
}

func ranges(t *testing.T, u Implementation) {
	s := u.Open(t)
	content := Random(10_000, 4)
	key := Commit(t, s, Space, content)
	for header, want := range map[string][]byte{
		"": content, "bytes=0-0": content[:1], "bytes=100-199": content[100:200], "bytes=-7": content[9993:], "bytes=9000-": content[9000:],
	} {
		r, err := s.Open(t.Context(), key, int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		w, request := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
		request.Header.Set("Range", header)
		w.Header().Set("Content-Type", "application/octet-stream")
		http.ServeContent(w, request, "", time.Time{}, r)
		if !bytes.Equal(w.Body.Bytes(), want) {
			t.Errorf("Range: %s: %d with %d bytes, want %d", header, w.Code, w.Body.Len(), len(want))
		}
		if _, err := r.Seek(-1, io.SeekStart); err == nil {
			t.Error("seeks before the beginning")
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

func deletion(t *testing.T, u Implementation) {
	s := u.Open(t)
	key := Commit(t, s, Space, []byte("hello"))
	now := time.Now()
	if err := s.Delete(t.Context(), key, now.Add(-time.Hour)); err != nil {
		t.Error(err)
	}
	if _, err := s.Stat(t.Context(), key); err != nil {
		t.Errorf("deleted too early: %v", err)
	}
	for range 2 { // what is gone is no error
		if err := s.Delete(t.Context(), key, now.Add(time.Hour)); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Stat(t.Context(), key); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("after the deletion: %v", err)
	}
}

func keys(t *testing.T, u Implementation) {
	s := u.Open(t)
	digest := Commit(t, s, Space, []byte("hello")).SHA256
	for _, key := range []blob.Key{
		{}, {Space: Space}, {SHA256: digest}, {Space: "..", SHA256: digest}, {Space: "a/../b", SHA256: digest}, {Space: "/a", SHA256: digest},
		{Space: "a/", SHA256: digest}, {Space: ".staging", SHA256: digest}, {Space: Space, SHA256: "../" + digest[3:]}, {Space: Space, SHA256: digest + "\n"},
	} {
		if r, err := s.Open(t.Context(), key, 5); err == nil {
			r.Close()
			t.Errorf("%v is opened", key)
		}
		if _, err := s.Stat(t.Context(), key); err == nil || errors.Is(err, blob.ErrNotFound) {
			t.Errorf("%v: stat: %v", key, err)
		}
		if err := s.Delete(t.Context(), key, time.Now().Add(time.Hour)); err == nil {
			t.Errorf("%v is deleted", key)
		}
	}
	if _, err := Stage(t, s, []byte("x")).Commit(t.Context(), "../x"); err == nil {
		t.Error("committed outside of the store")
	}
}

func size(t *testing.T, u Implementation) {
	s := u.Open(t)
	key := Commit(t, s, Space, []byte("hello"))
	for _, n := range []int{4, 6} {
		if got, err := Read(t, s, key, n); err == nil || errors.Is(err, blob.ErrNotFound) {
			t.Errorf("%d bytes: %q, %v", n, got, err)
		}
	}
}

func concurrent(t *testing.T, u Implementation) {
	s := u.Open(t)
	var wait sync.WaitGroup
	for i := range 12 {
		wait.Go(func() {
			content := Random(1000, uint64(i%4)+10)
			stage, err := s.Stage(t.Context(), 1000)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := stage.Write(content); err != nil {
				t.Error(err)
			}
			key, err := stage.Commit(t.Context(), Space)
			if err != nil {
				t.Error(err)
				return
			}
			if got, err := Read(t, s, key, 1000); err != nil || !bytes.Equal(got, content) {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	wait.Wait()
	if list := u.List(t, s); len(list) != 4 {
		t.Errorf("the store holds %v", list)
	}
}

func usable(t *testing.T, u Implementation) {
	s := u.Open(t)
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if n, err := s.Sweep(t.Context(), time.Now().Add(time.Hour)); n != 0 || err != nil {
		t.Errorf("swept %d, %v", n, err)
	}
}

func marked(t *testing.T, u Implementation) {
	s, ctx := u.Open(t), t.Context()
	empty := func(want bool) {
		t.Helper()
		if got, err := s.Empty(ctx); got != want || err != nil {
			t.Errorf("empty: %v, %v; want %v", got, err, want)
		}
	}
	if _, err := s.Mark(ctx); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("a mark in an empty store: %v", err)
	}
	empty(true)
	for _, mark := range []string{"one", "two"} {
		if err := s.SetMark(ctx, []byte(mark)); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Mark(ctx); string(got) != mark || err != nil {
			t.Errorf("the mark is %q, %v; want %q", got, err, mark)
		}
	}
	empty(true)
	Commit(t, s, Space, []byte("hello"))
	empty(false)
}
