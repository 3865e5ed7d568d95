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
	// fresh is how long keys are used without asking the issuer again. One that
	// the issuer withdrew is good for no longer.
	fresh = 5 * time.Minute
	// stale is how long they are used while the issuer does not answer.
	stale = time.Hour
	// An issuer is asked at most budget times in a window, whatever tokens come:
	// whoever has no credentials at all can make us ask.
	budget = 6
	window = time.Minute
	// patience is how long an issuer may take to answer.
	patience = 10 * time.Second
	// maxIssuers bounds what is remembered; the one that was used least recently
	// goes first.
	maxIssuers = 1_000
)

// Issuers verifies tokens with the keys of their issuers, which it fetches and
// remembers. It is safe for concurrent use.
type Issuers struct {
	// Get fetches a document of an issuer. Its errors are of type *Error.
	Get func(ctx context.Context, url string, thumbprints []string) ([]byte, error)
	Now func() time.Time

	mu    sync.Mutex
	known map[string]*issuer
}

// Verify returns the claims of a token that the issuer with a URL has signed.
// The thumbprints are of certificates that the issuer may have although no
// authority that we know signed them.
//
// Keys that are not fresh are fetched again, and so are they when the token
// fits none of them, as an issuer may have a new one. While an issuer does not
// answer its last keys go on for a while.
func (s *Issuers) Verify(ctx context.Context, t *Token, url string, thumbprints []string) (Claims, error) {
	i := s.issuer(url, thumbprints)
	before, _ := i.remembered()
	had, err := i.current(ctx, s)
	if err != nil {
		return nil, err
	}
	claims, failure := t.verify(had.keys)
	if failure == nil {
		return claims, nil
	}
	if had.asked != before.asked { // the issuer has just been asked
		_, last := i.remembered()
		return nil, cmp.Or(last, failure)
	}
	now, err := i.renew(ctx, s, had.asked)
	switch {
	case errors.Is(err, errBudget):
		return nil, failure
	case err != nil:
		return nil, err
	}
	return t.verify(now.keys)
}

// issuer returns what is remembered of one. What one account trusts by a
// thumbprint another may not, so they are part of the name.
func (s *Issuers) issuer(url string, thumbprints []string) *issuer {
	name := strings.Join(append([]string{url}, slices.Sorted(slices.Values(thumbprints))...), " ")
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.known[name]
	if !ok {
		if s.known == nil {
			s.known = make(map[string]*issuer)
		}
		s.makeRoom()
		i = &issuer{url: url, thumbprints: slices.Clone(thumbprints), turn: make(chan struct{}, 1)}
		s.known[name] = i
	}
	i.used = s.Now()
	return i
}

func (s *Issuers) makeRoom() {
	if len(s.known) < maxIssuers {
		return
	}
	oldest := ""
	for name, i := range s.known {
		if oldest == "" || i.used.Before(s.known[oldest].used) {
			oldest = name
		}
	}
	delete(s.known, oldest)
}

// An issuer is what is remembered of one.
type issuer struct {
	url         string
	thumbprints []string
	used        time.Time // guarded by the mutex of [Issuers]

	turn chan struct{} // held by whoever asks the issuer

	mu      sync.Mutex
	state   keyring
	failure error     // of the last time that the issuer was asked
	since   time.Time // when the running window began
	spent   int       // how often it was asked in that window
}

// A keyring is the keys of an issuer at one time.
type keyring struct {
	keys    []jose.JSONWebKey
	fetched time.Time // zero: never
	asked   int       // how often the issuer was asked until then
}

// errBudget says that the issuer was asked too often of late.
var errBudget = errors.New("the issuer was asked too often")

func (i *issuer) remembered() (keyring, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.state, i.failure
}

// current returns keys that may be used now.
func (i *issuer) current(ctx context.Context, s *Issuers) (keyring, error) {
	had, _ := i.remembered()
	age := s.Now().Sub(had.fetched)
	if !had.fetched.IsZero() && age < fresh {
		return had, nil
	}
	now, err := i.renew(ctx, s, had.asked)
	if err == nil {
		return now, nil
	}
	kept, last := i.remembered()
	if errors.Is(err, errBudget) {
		err = last
	}
	var failure *Error
	isTemporary := errors.As(err, &failure) && failure.Reason == Unreachable
	if isTemporary && !kept.fetched.IsZero() && s.Now().Sub(kept.fetched) < stale {
		return kept, nil
	}
	return keyring{}, err
}

// renew asks the issuer for its keys, unless somebody did since the caller
// looked: asked is what it saw then. Of those who come at once one asks.
func (i *issuer) renew(ctx context.Context, s *Issuers, asked int) (keyring, error) {
	select {
	case i.turn <- struct{}{}:
		defer func() { <-i.turn }()
	case <-ctx.Done():
		return keyring{}, ctx.Err()
	}
	now, failure := i.remembered()
	if now.asked != asked {
		return now, failure
	}
	if !i.spend(s.Now()) {
		return keyring{}, errBudget
	}
	// Others wait for the answer too: a client that goes away does not end it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	keys, err := i.fetch(ctx, s)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.state.asked++
	i.failure = err
	if err == nil {
		i.state.keys, i.state.fetched = keys, s.Now()
	}
	return i.state, err
}

// spend takes one from the budget, if there is any left.
func (i *issuer) spend(now time.Time) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.since.IsZero() || now.Sub(i.since) >= window {
		i.since, i.spent = now, 0
	}
	if i.spent == budget {
		return false
	}
	i.spent++
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
