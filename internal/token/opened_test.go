package token

import (
	"errors"
	"strings"
	"testing"
)

func TestATokenThatWasOpenedIsOpenedOnce(t *testing.T) {
	t.Parallel()
	ring := newRing(t, new(memory), clock())
	s := sealed(t, ring)
	first, err := ring.Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ring.Open(t.Context(), s)
	if err != nil || again != first {
		t.Errorf("the second time: claims at %p, error %v, want those at %p", again, err, first)
	}
}

func TestNothingIsOpenedByATokenThatWasOpened(t *testing.T) {
	t.Parallel()
	ring := newRing(t, new(memory), clock())
	s := sealed(t, ring)
	mustOpen(t, ring, s)
	session, err := ring.SealSession(&SessionKey{AccessKeyID: "ASIA", Secret: "s", Principal: ordinary().Principal})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"another beginning": strings.ToUpper(s), "a character more": s + "0", "one less": s[:len(s)-1],
		"the checksum alone": Prefix + s[len(s)-checksumLength:], "nothing": "", "a session": session,
	} {
		_, err := ring.Open(t.Context(), text)
		if !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: error %v, want ErrMalformed", name, err)
		}
	}
	_, err = newRing(t, new(memory), clock()).Open(t.Context(), s)
	if !errors.Is(err, ErrUnknownKey) {
		t.Errorf("on another ring: error %v, want ErrUnknownKey", err)
	}
}

func TestWhatIsKeptOfOpenedTokensIsBounded(t *testing.T) {
	t.Parallel()
	o := newOpened()
	text := strings.Repeat("t", openedLength)
	claims := ordinary()
	used := o.hash("used")
	o.put(used, text, claims)
	most := openedTokens/(openedLength+openedEntry) + 1
	for i := range 10 * most {
		h := o.hash(strings.Repeat("x", i))
		o.put(h, text, claims)
		if o.get(h, text) != claims || o.get(used, text) != claims {
			t.Fatalf("after %d: what was kept last, or is used, is gone", i)
		}
		if kept := len(o.young) + len(o.old); kept > 2*(most+1) {
			t.Fatalf("%d are kept, of %d bytes each", kept, openedLength+openedEntry)
		}
	}
	if o.get(o.hash(""), text) != nil {
		t.Error("what was not used since is still kept")
	}
}

func TestALongTokenIsOpenedAnew(t *testing.T) {
	t.Parallel()
	ring := newRing(t, new(memory), clock())
	c := full()
	c.Principal.Session.Policies = []string{strings.Repeat("p", openedLength)}
	s, err := ring.Seal(c)
	if err != nil {
		t.Fatal(err)
	}
	mustOpen(t, ring, s)
	if n := len(ring.keys.Load().opened.young); n != 0 {
		t.Errorf("%d are kept", n)
	}
}
