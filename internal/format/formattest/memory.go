package formattest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"daypass/internal/fault"
	"daypass/internal/format"
)

// Memory is a [format.Repository] in memory. Its zero value needs Format.
type Memory struct {
	Format *format.Format
	Now    func() time.Time                            // nil: a fixed instant
	Judge  func(ref format.Ref) error                  // who may publish what; nil: anyone anything
	Fail   func(method string, name format.Name) error // injected failures; may be nil

	mu       sync.Mutex
	versions map[format.Ref]*format.Version
	content  map[string][]byte // by SHA-256
	opened   []string
	revision int
}

var epoch = time.Date(2026, 11, 23, 8, 30, 0, 123456000, time.UTC)

func (m *Memory) now() time.Time {
	if m.Now == nil {
		return epoch
	}
	return m.Now()
}

func (m *Memory) fail(method string, name format.Name) error {
	if m.Fail == nil {
		return nil
	}
	return m.Fail(method, name)
}

// Update changes a version that is there, for instance its status or yank.
func (m *Memory) Update(ref format.Ref, change func(*format.Version)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(m.versions[ref])
}

// Add puts a version there without content, for tests of documents.
func (m *Memory) Add(name format.Name, v format.Version) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(format.Ref{Name: name, Version: v.Version}, &v)
}

// Version returns a version with all that was published of it, or nil.
func (m *Memory) Version(ref format.Ref) *format.Version {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.versions[ref]
}

func (m *Memory) put(ref format.Ref, v *format.Version) {
	if m.versions == nil {
		m.versions, m.content = map[format.Ref]*format.Version{}, map[string][]byte{}
	}
	m.versions[ref] = v
}

// Package implements [format.Repository].
func (m *Memory) Package(_ context.Context, name format.Name) (*format.Package, error) {
	if err := m.fail("Package", name); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	p := &format.Package{Name: name}
	for ref, v := range m.versions {
		if ref.Name == name && v.Status.Listed() {
			c := *v
			c.Assets, c.Description = slices.Clone(v.Assets), format.Description{Detail: v.Detail} // lists print nothing else
			p.Versions = append(p.Versions, c)
		}
	}
	if len(p.Versions) == 0 {
		return nil, fault.NotFoundResource("package", name.Name, "Package %s was not found.", name.Name)
	}
	slices.SortFunc(p.Versions, func(a, b format.Version) int {
		return cmp.Or(strings.Compare(m.Format.SortKey(a.Version), m.Format.SortKey(b.Version)), strings.Compare(a.Version, b.Version))
	})
	return p, nil
}

// Document implements [format.Repository].
func (m *Memory) Document(ctx context.Context, name format.Name, _ string, render func(*format.Package) ([]byte, error)) (*format.Document, error) {
	p, err := m.Package(ctx, name)
	if err != nil {
		return nil, err
	}
	body, err := render(p)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	return &format.Document{Body: body, ETag: `"` + hex.EncodeToString(sum[:16]) + `"`}, nil
}

// Packages implements [format.Repository].
func (m *Memory) Packages(_ context.Context, after format.Name, limit int) ([]format.Name, error) {
	if err := m.fail("Packages", after); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	order := func(a, b format.Name) int {
		return cmp.Or(strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Name, b.Name))
	}
	var names []format.Name
	for ref, v := range m.versions {
		if v.Status.Listed() && order(ref.Name, after) > 0 {
			names = append(names, ref.Name)
		}
	}
	slices.SortFunc(names, order)
	names = slices.Compact(names)
	return names[:min(limit, len(names))], nil
}

// Asset implements [format.Repository].
func (m *Memory) Asset(_ context.Context, ref format.Ref, name string) (*format.Asset, error) {
	if err := m.fail("Asset", ref.Name); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if v := m.versions[ref]; v != nil && v.Status.Downloadable() {
		if a := assetOf(v, name); a != nil {
			c := *a
			return &c, nil
		}
	}
	return nil, fault.NotFoundResource("asset", name, "Asset %s was not found.", name)
}

func assetOf(v *format.Version, name string) *format.Asset {
	for i := range v.Assets {
		if v.Assets[i].Name == name {
			return &v.Assets[i]
		}
	}
	return nil
}

type reader struct{ *bytes.Reader }

func (reader) Close() error { return nil }

// Open implements [format.Repository].
func (m *Memory) Open(_ context.Context, asset *format.Asset) (io.ReadSeekCloser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.opened = append(m.opened, asset.Name)
	b, ok := m.content[asset.Digests.SHA256]
	if !ok {
		return nil, fmt.Errorf("no content %s", asset.Digests.SHA256)
	}
	return reader{bytes.NewReader(b)}, nil
}

// Opened returns the names of the assets that were opened, in order.
func (m *Memory) Opened() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.opened)
}

// Publish implements [format.Repository].
func (m *Memory) Publish(_ context.Context, ref format.Ref) (format.Publication, error) {
	if m.Judge != nil {
		if err := m.Judge(ref); err != nil {
			return nil, err
		}
	}
	if err := m.fail("Publish", ref.Name); err != nil {
		return nil, err
	}
	return &publication{memory: m, ref: ref}, nil
}

type publication struct {
	memory *Memory
	ref    format.Ref
}

func (p *publication) Close() error { return nil }

func (p *publication) Stage(_ context.Context, limit int64) (format.Staged, error) {
	return &staged{limit: limit}, nil
}

func (p *publication) Commit(_ context.Context, release *format.Release) error {
	m := p.memory
	if err := m.fail("Commit", p.ref.Name); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	v := &format.Version{Version: p.ref.Version, Status: format.Published, Published: now, Description: release.Description}
	if release.Unfinished {
		v.Status = format.Unfinished
	}
	if old := m.versions[p.ref]; old != nil {
		c := *old
		c.Assets = slices.Clone(old.Assets)
		v = &c
	}
	if v.Status == format.Archived || v.Status == format.Disposed {
		return fault.ConflictResource("package-version", v.Version, "Version %s is %s.", v.Version, v.Status)
	}
	for _, n := range release.Assets {
		if err := p.add(v, n, now); err != nil {
			return err
		}
	}
	m.put(p.ref, v)
	for _, n := range release.Assets {
		m.content[n.Content.Digests().SHA256] = n.Content.(*staged).bytes
	}
	return nil
}

func (p *publication) add(v *format.Version, n format.NewAsset, now time.Time) error {
	digests := n.Content.Digests()
	if a := assetOf(v, n.Name); a != nil {
		if a.Digests.SHA256 != digests.SHA256 {
			return format.Conflicting(n.Name, a.Digests, digests)
		}
		return nil
	}
	if v.Revision != "" && v.Status != format.Unfinished && !p.memory.Format.GrowsVersions && p.memory.versions[p.ref] != nil {
		return fault.ConflictResource("package-version", v.Version, "Version %s is published.", v.Version)
	}
	v.Assets = append(v.Assets, format.Asset{Name: n.Name, Size: n.Content.Size(), Digests: digests, Uploaded: now, Detail: n.Detail})
	slices.SortFunc(v.Assets, func(a, b format.Asset) int { return strings.Compare(a.Name, b.Name) })
	p.memory.revision++
	v.Revision = fmt.Sprint(p.memory.revision)
	return nil
}

type staged struct {
	limit int64
	bytes []byte
}

func (s *staged) Write(p []byte) (int, error) {
	if int64(len(p)) > s.limit-int64(len(s.bytes)) {
		return 0, fault.New(fault.BodyTooLarge, "The content is larger than the %d bytes that are accepted.", s.limit)
	}
	s.bytes = append(s.bytes, p...)
	return len(p), nil
}

func (s *staged) ReadAt(p []byte, off int64) (int, error) {
	return bytes.NewReader(s.bytes).ReadAt(p, off)
}
func (s *staged) Size() int64             { return int64(len(s.bytes)) }
func (s *staged) Digests() format.Digests { return Digests(s.bytes) }

// Digests returns the digests of content.
func Digests(b []byte) format.Digests {
	return format.Digests{
		MD5:    fmt.Sprintf("%x", md5.Sum(b)),
		SHA1:   fmt.Sprintf("%x", sha1.Sum(b)),
		SHA256: fmt.Sprintf("%x", sha256.Sum256(b)),
		SHA512: fmt.Sprintf("%x", sha512.Sum512(b)),
	}
}
