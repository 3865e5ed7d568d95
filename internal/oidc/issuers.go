package oidc

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	// freshFor is how long keys are used without asking the issuer again. A key that
	// the issuer withdrew is accepted for that long.
	freshFor = 5 * time.Minute
	// staleFor is how long keys are used while the issuer does not answer.
	staleFor = time.Hour
	// maxAsks bounds how often an issuer is asked in each askWindow, since a caller
	// without credentials can make the server ask.
	maxAsks   = 6
	askWindow = time.Minute
	// fetchTimeout is how long an issuer may take to answer.
	fetchTimeout = 10 * time.Second
	// maxIssuers bounds the issuers whose keys are cached. The least recently used
	// one is evicted first.
	maxIssuers = 1_000
)

// Issuers verifies tokens with the keys of their issuers, which it fetches and
// caches. It is safe for concurrent use.
type Issuers struct {
	// Get fetches a document of an issuer. Its errors are of type [*Error].
	Get func(ctx context.Context, url string, thumbprints []string) ([]byte, error)
	Now func() time.Time

	mu      sync.Mutex
	issuers map[string]*issuer
}

// Verify returns the claims of a token that the issuer with the given URL has
// signed. The thumbprints are of certificates that the issuer may use although no
// trusted authority signed them. The errors are of type [*Error].
//
// Keys are fetched again when they are older than five minutes, and when none fits
// the token, because the issuer may have a new one. While the issuer does not
// answer, its last keys are used for an hour.
func (s *Issuers) Verify(ctx context.Context, t *Token, url string, thumbprints []string) (Claims, error) {
	i := s.issuer(url, thumbprints)
	before, _ := i.remembered()
	current, err := i.current(ctx, s)
	if err != nil {
		return nil, err
	}
	claims, failure := t.verify(current.keys)
	if failure == nil {
		return claims, nil
	}
	if current.asked != before.asked { // the issuer has just been asked
		_, lastErr := i.remembered()
		return nil, cmp.Or(lastErr, failure)
	}
	renewed, err := i.renew(ctx, s, current.asked)
	switch {
	case errors.Is(err, errAskedTooOften):
		return nil, failure
	case err != nil:
		return nil, err
	}
	return t.verify(renewed.keys)
}

// issuer returns the cache entry of an issuer. The thumbprints are part of the key,
// because another account may not trust them.
func (s *Issuers) issuer(url string, thumbprints []string) *issuer {
	key := strings.Join(append([]string{url}, slices.Sorted(slices.Values(thumbprints))...), " ")
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.issuers[key]
	if !ok {
		if s.issuers == nil {
			s.issuers = make(map[string]*issuer)
		}
		s.evict()
		i = &issuer{url: url, thumbprints: slices.Clone(thumbprints), asking: make(chan struct{}, 1)}
		s.issuers[key] = i
	}
	i.lastUsed = s.Now()
	return i
}

func (s *Issuers) evict() {
	if len(s.issuers) < maxIssuers {
		return
	}
	oldest := ""
	for key, i := range s.issuers {
		if oldest == "" || i.lastUsed.Before(s.issuers[oldest].lastUsed) {
			oldest = key
		}
	}
	delete(s.issuers, oldest)
}

// An issuer is the cache entry of one issuer.
type issuer struct {
	url         string
	thumbprints []string
	lastUsed    time.Time // guarded by the mutex of [Issuers]

	asking chan struct{} // held by whoever asks the issuer

	mu          sync.Mutex
	cached      keySet
	lastErr     error     // of the last time that the issuer was asked
	windowStart time.Time // when the running window began
	asks        int       // how often it was asked in that window
}

// A keySet is the keys of an issuer at one instant.
type keySet struct {
	keys    []jose.JSONWebKey
	fetched time.Time // zero: never
	asked   int       // how often the issuer was asked until then
}

// errAskedTooOften says that the issuer was asked maxAsks times in this window.
var errAskedTooOften = errors.New("the issuer was asked too often")

func (i *issuer) remembered() (keySet, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.cached, i.lastErr
}

// current returns the keys that may be used now. It asks the issuer if they are not
// fresh.
func (i *issuer) current(ctx context.Context, s *Issuers) (keySet, error) {
	cached, _ := i.remembered()
	age := s.Now().Sub(cached.fetched)
	if !cached.fetched.IsZero() && age < freshFor {
		return cached, nil
	}
	renewed, err := i.renew(ctx, s, cached.asked)
	if err == nil {
		return renewed, nil
	}
	cached, lastErr := i.remembered()
	if errors.Is(err, errAskedTooOften) {
		err = lastErr
	}
	var failure *Error
	isTemporary := errors.As(err, &failure) && failure.Reason == Unreachable
	if isTemporary && !cached.fetched.IsZero() && s.Now().Sub(cached.fetched) < staleFor {
		return cached, nil
	}
	return keySet{}, err
}

// renew asks the issuer for its keys, unless another caller has done so since this
// one looked. asked is keySet.asked as this caller saw it. Of simultaneous callers
// one asks.
func (i *issuer) renew(ctx context.Context, s *Issuers, asked int) (keySet, error) {
	select {
	case i.asking <- struct{}{}:
		defer func() { <-i.asking }()
	case <-ctx.Done():
		return keySet{}, ctx.Err()
	}
	cached, lastErr := i.remembered()
	if cached.asked != asked {
		return cached, lastErr
	}
	if !i.mayAsk(s.Now()) {
		return keySet{}, errAskedTooOften
	}
	// Other callers wait for the answer too, so a client that goes away does not
	// cancel it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout)
	defer cancel()
	keys, err := i.fetch(ctx, s)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.cached.asked++
	i.lastErr = err
	if err == nil {
		i.cached.keys, i.cached.fetched = keys, s.Now()
	}
	return i.cached, err
}

// mayAsk counts a request to the issuer, and reports whether it is within maxAsks.
func (i *issuer) mayAsk(now time.Time) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.windowStart.IsZero() || now.Sub(i.windowStart) >= askWindow {
		i.windowStart, i.asks = now, 0
	}
	if i.asks == maxAsks {
		return false
	}
	i.asks++
	return true
}

func (i *issuer) fetch(ctx context.Context, s *Issuers) ([]jose.JSONWebKey, error) {
	document, err := s.Get(ctx, discoveryURL(i.url), i.thumbprints)
	if err != nil {
		return nil, err
	}
	url, err := keysURL(i.url, document)
	if err != nil {
		return nil, err
	}
	document, err = s.Get(ctx, url, i.thumbprints)
	if err != nil {
		return nil, err
	}
	return parseKeys(i.url, document)
}
