package token

import (
	"errors"
	"regexp"
	"strings"
	"testing"
)

func TestAMessageCarriesItsContentAndOpensNothing(t *testing.T) {
	t.Parallel()
	store := &memory{}
	ring := newRing(t, store, clock())
	want := Message{Account: "111122223333", Content: `{"allowed":false}`}
	sealed, err := ring.SealMessage(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ring.OpenMessage(t.Context(), sealed)
	if err != nil || got != want {
		t.Errorf("opened %+v, %v", got, err)
	}
	_, err = ring.Open(t.Context(), sealed)
	if !errors.Is(err, ErrMalformed) {
		t.Errorf("opened as a token: %v", err)
	}
	// Not by another spelling either: the seal names the purpose.
	for _, prefix := range []string{Prefix, SessionPrefix} {
		body := sealed[len(MessagePrefix) : len(sealed)-checksumLength]
		spelt := string(appendChecksum([]byte(prefix + body)))
		_, err = ring.Open(t.Context(), spelt)
		_, other := ring.OpenSession(t.Context(), spelt)
		if !errors.Is(err, ErrMalformed) || !errors.Is(other, ErrMalformed) {
			t.Errorf("spelt as %s: %v, %v", prefix, err, other)
		}
	}
	claims, err := ring.Seal(&Claims{ID: "ABIAEXAMPLEEXAMPLE22"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = ring.OpenMessage(t.Context(), string(appendChecksum([]byte(MessagePrefix+claims[len(Prefix):len(claims)-checksumLength]))))
	if !errors.Is(err, ErrForged) {
		t.Errorf("a token spelt as a message: %v", err)
	}
	if Valid(sealed) || regexp.MustCompile(Pattern).MatchString(sealed) || Mask(sealed) != "…" {
		t.Error("a message looks like a secret")
	}
}

func TestAMessageIsBoundedAndItsLengthIsCoarse(t *testing.T) {
	t.Parallel()
	ring := newRing(t, &memory{}, clock())
	lengths := map[int]bool{}
	for n := range MaxMessageContent + 1 {
		sealed, err := ring.SealMessage(Message{Account: "111122223333", Content: strings.Repeat("x", n)})
		if err != nil || len(sealed) > MaxMessage {
			t.Fatalf("%d bytes: %d characters, %v", n, len(sealed), err)
		}
		lengths[len(sealed)] = true
	}
	if len(lengths) > MaxMessageContent/messageBlock+1 {
		t.Errorf("%d lengths of messages", len(lengths))
	}
	_, err := ring.SealMessage(Message{Content: strings.Repeat("x", MaxMessageContent+1)})
	if !errors.Is(err, ErrTooLong) {
		t.Errorf("too long: %v", err)
	}
}
