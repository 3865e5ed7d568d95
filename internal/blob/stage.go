package blob

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"sync"

	"daypass/internal/fault"
)

// A sink is the part of a [Stage] that depends on the store. Exactly one of commit
// and abort is called, once. Both release everything that the sink holds.
type sink interface {
	io.Writer
	io.ReaderAt
	commit(ctx context.Context, key Key) error
	abort() error
}

// A Stage is an upload in progress: it is written from start to end, hashed while it
// is written, then committed or aborted. It is not safe for concurrent use.
type Stage struct {
	sink   sink
	limit  int64
	size   int64
	err    error // the first failure; nothing can be committed after it
	hashes struct{ md5, sha1, sha256, sha512 hash.Hash }
}

var errDone = errors.New("blob: the stage was committed or aborted already")

func newStage(s sink, limit int64) *Stage {
	st := &Stage{sink: s, limit: limit}
	st.hashes.md5, st.hashes.sha1 = md5.New(), sha1.New() // clients ask for them; the server relies on neither
	st.hashes.sha256, st.hashes.sha512 = sha256.New(), sha512.New()
	return st
}

// Write appends bytes. Past the limit it returns a fault of kind BodyTooLarge; the
// stage can only be aborted then.
func (s *Stage) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	if int64(len(p)) > s.limit-s.size {
		s.err = fault.New(fault.BodyTooLarge, "The content is larger than the %d bytes that are accepted.", s.limit)
		return 0, s.err
	}
	n, err := s.sink.Write(p)
	if err != nil {
		err = unavailable(err, false)
		s.err = err
		return n, err
	}
	s.hash(p)
	s.size += int64(n)
	return n, nil
}

// parallelHashSize is the size in bytes from which two cores hash faster than one.
// MD5 and SHA-512 are the slowest and take about the same time, so that each core
// gets one of them.
const parallelHashSize = 32 << 10

func (s *Stage) hash(p []byte) {
	older := func() {
		s.hashes.md5.Write(p)
		s.hashes.sha1.Write(p)
	}
	var wait sync.WaitGroup
	if len(p) < parallelHashSize {
		older()
	} else {
		wait.Go(older)
	}
	s.hashes.sha256.Write(p)
	s.hashes.sha512.Write(p)
	wait.Wait()
}

// ReadAt implements [io.ReaderAt] on the bytes written so far.
func (s *Stage) ReadAt(p []byte, off int64) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	return s.sink.ReadAt(p, off)
}

// Size returns how many bytes were written.
func (s *Stage) Size() int64 { return s.size }

// Digests returns the hashes of the bytes written so far.
func (s *Stage) Digests() Digests {
	sum := func(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }
	return Digests{sum(s.hashes.md5), sum(s.hashes.sha1), sum(s.hashes.sha256), sum(s.hashes.sha512)}
}

// Commit makes the content durable in a space and returns its key. After a return
// without an error the content survives a crash of the machine. After an error it
// does not exist, unless equal content existed before.
func (s *Stage) Commit(ctx context.Context, space string) (Key, error) {
	if s.err != nil {
		return Key{}, s.err
	}
	key := Key{space, hex.EncodeToString(s.hashes.sha256.Sum(nil))}
	_, err := key.path()
	if err != nil {
		return Key{}, err
	}
	s.err = errDone
	err = s.sink.commit(ctx, key)
	if err != nil {
		return Key{}, err
	}
	return key, nil
}

// Abort drops the content. After Commit or Abort it does nothing.
func (s *Stage) Abort() error {
	if errors.Is(s.err, errDone) {
		return nil
	}
	s.err = errDone
	return s.sink.abort()
}
