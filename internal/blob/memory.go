package blob

import (
	"bytes"
	"context"
	"io"
	"sync"
	"time"
)

// Memory stores content in memory, for tests and servers without persistence.
type Memory struct {
	Now func() time.Time // nil means time.Now

	mu      sync.RWMutex
	content map[Key]memoryContent
	mark    []byte
}

type memoryContent struct {
	bytes     []byte
	committed time.Time
}

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{content: map[Key]memoryContent{}} }

func (m *Memory) now() time.Time {
	if m.Now == nil {
		return time.Now()
	}
	return m.Now()
}

// Stage implements [Store].
func (m *Memory) Stage(_ context.Context, limit int64) (*Stage, error) {
	return newStage(&memorySink{store: m}, limit), nil
}

type memorySink struct {
	store *Memory
	buf   []byte
}

func (s *memorySink) Write(p []byte) (int, error) {
	s.buf = append(s.buf, p...)
	return len(p), nil
}

func (s *memorySink) ReadAt(p []byte, off int64) (int, error) {
	return bytes.NewReader(s.buf).ReadAt(p, off)
}

func (s *memorySink) commit(_ context.Context, key Key) error {
	m := s.store
	m.mu.Lock()
	defer m.mu.Unlock()
	m.content[key] = memoryContent{s.buf, m.now()}
	s.buf = nil
	return nil
}

func (s *memorySink) abort() error {
	s.buf = nil
	return nil
}

type memoryReader struct{ *bytes.Reader }

func (memoryReader) Close() error { return nil }

// Open implements [Store].
func (m *Memory) Open(_ context.Context, key Key, size int64) (io.ReadSeekCloser, error) {
	_, err := key.path()
	if err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	c, ok := m.content[key]
	if !ok {
		return nil, ErrNotFound
	}
	if int64(len(c.bytes)) != size {
		return nil, errSizeDiffers(key, int64(len(c.bytes)), size)
	}
	return memoryReader{bytes.NewReader(c.bytes)}, nil
}

// Stat implements [Store].
func (m *Memory) Stat(_ context.Context, key Key) (int64, error) {
	_, err := key.path()
	if err != nil {
		return 0, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	c, ok := m.content[key]
	if !ok {
		return 0, ErrNotFound
	}
	return int64(len(c.bytes)), nil
}

// Delete implements [Store].
func (m *Memory) Delete(_ context.Context, key Key, before time.Time) error {
	_, err := key.path()
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if c, ok := m.content[key]; ok && c.committed.Before(before) {
		delete(m.content, key)
	}
	return nil
}

// Sweep implements [Store]; memory has nothing to sweep.
func (m *Memory) Sweep(context.Context, time.Time) (int, error) { return 0, nil }

// Check implements [Store].
func (m *Memory) Check(context.Context) error { return nil }

// Empty implements [Store].
func (m *Memory) Empty(context.Context) (bool, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.content) == 0, nil
}

// Mark implements [Store].
func (m *Memory) Mark(context.Context) ([]byte, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.mark == nil {
		return nil, ErrNotFound
	}
	return m.mark, nil
}

// SetMark implements [Store].
func (m *Memory) SetMark(_ context.Context, mark []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mark = bytes.Clone(mark)
	return nil
}
