// Package blob owns content by digest: bytes are streamed through four hashes,
// become durable under their SHA-256, and are read back in ranges. It stores them
// in a folder, in memory or in an S3-compatible store. It must never know what the
// bytes are, who may see them, or whether anything still needs them.
package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sync"
	"time"
)

// A Store keeps content. Implementations are safe for concurrent use. An error
// that says that the store can't be used now is a fault of kind Unavailable.
type Store interface {
	// Stage begins an upload of at most limit bytes. The content cannot be opened
	// before it is committed.
	Stage(ctx context.Context, limit int64) (*Stage, error)

	// Open returns content, [ErrNotFound], or [ErrCut] if the size in bytes is not
	// the one given. A store may read nothing before the first Read, and return
	// these errors only then. Its reader has a method Ready(n int64) error: it
	// requests the next n bytes, or with 0 checks that the content exists. Seek
	// reads nothing. A folder returns an *os.File, so that net/http can use
	// sendfile.
	Open(ctx context.Context, key Key, size int64) (io.ReadSeekCloser, error)

	// Stat returns the size of content in bytes, or [ErrNotFound].
	Stat(ctx context.Context, key Key) (int64, error)

	// Delete removes content that was last committed before an instant. Content that
	// does not exist, or was committed since, is no error.
	Delete(ctx context.Context, key Key, before time.Time) error

	// Sweep removes uploads that were staged before an instant and never committed,
	// and those of processes that have ended. It returns their number.
	Sweep(ctx context.Context, before time.Time) (int, error)

	// Check reports whether the store can be used now.
	Check(ctx context.Context) error

	// Empty reports whether the store has no content.
	Empty(ctx context.Context) (bool, error)

	// Mark returns the store's mark, or [ErrNotFound] if it has none. The mark is
	// stored beside the content and names the instance that the content belongs to.
	Mark(ctx context.Context) ([]byte, error)

	// SetMark replaces the mark, which has at most 1 KiB.
	SetMark(ctx context.Context, mark []byte) error
}

// markName is the name of the mark's file or object. No space begins with a dot.
const markName = ".instance"

const maxMark = 1 << 10 // bytes

// ErrNotFound says that there is no such content.
var ErrNotFound = errors.New("no such content")

// A Key identifies content. Equal bytes in one space are stored once.
type Key struct {
	Space  string // of the caller's choice, such as 123456789012/domain
	SHA256 string // lower-case hexadecimal
}

var (
	spaceRE  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+){0,3}$`) })
	sha256RE = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{64}$`) })
)

const maxSpace = 256 // bytes

// path returns the path of content in the store: space/ab/cd/digest.
func (k Key) path() (string, error) {
	if len(k.Space) > maxSpace || !spaceRE().MatchString(k.Space) {
		return "", fmt.Errorf("blob: %q is not a space", k.Space)
	}
	if !sha256RE().MatchString(k.SHA256) {
		return "", fmt.Errorf("blob: %q is not a SHA-256 in lower-case hexadecimal", k.SHA256)
	}
	return k.Space + "/" + k.SHA256[:2] + "/" + k.SHA256[2:4] + "/" + k.SHA256, nil
}

// Digests are the hashes of content in lower-case hexadecimal.
type Digests struct{ MD5, SHA1, SHA256, SHA512 string }
