package token

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/principal"
)

var issued = time.Date(2026, 11, 1, 12, 30, 0, int(123*time.Millisecond), time.UTC)

// ordinary is a caller with every field at its longest, short of session
// policies and session tags: a role session with MFA and a source identity.
//
// Lengths: CodeArtifact and STS service models, IAM User Guide "IAM identifiers".
func ordinary() *Claims {
	return &Claims{
		ID: "ABIA" + strings.Repeat("Z", 16), Domain: "d" + strings.Repeat("-", 48) + "n", Owner: "999999999999",
		IssuedAt: issued, ExpiresAt: issued.Add(12 * time.Hour), Mark: MarkDomain("ID"),
		Principal: principal.Ref{
			Kind: principal.Role, Account: "888888888888", ID: "AROA" + strings.Repeat("7", 17),
			SessionName: strings.Repeat("s", 64),
			Session: &principal.Session{
				IssuedAt: issued, ExpiresAt: issued.Add(36 * time.Hour), MFAAt: issued,
			},
		},
	}
}

// full is a caller for whom every field of a Ref and its Session is set.
func full() *Claims {
	c := ordinary()
	s := c.Principal.Session
	s.SourceIdentity = strings.Repeat("i", 64)
	s.Policies = []string{`{"Statement":[]}`}
	s.PolicyARNs = []string{"arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::888888888888:policy/p"}
	s.Tags = map[string]string{"Team": "billing", "ümlaut": ""}
	s.TransitiveKeys = []string{"Team"}
	s.Provider = "arn:aws:iam::888888888888:oidc-provider/issuer.example"
	s.Context = map[string][]string{"issuer.example:sub": {"job"}, "issuer.example:amr": {"a", "b"}}
	return c
}

func sessionKey() *SessionKey {
	return &SessionKey{"ASIA" + strings.Repeat("Q", 16), "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", full().Principal}
}

func TestTokensComeBackAsTheyWereSealed(t *testing.T) {
	t.Parallel()
	ring := newRing(t, new(memory), clock())
	root := &Claims{ID: "ABIA", Domain: "d", Owner: "1", IssuedAt: issued, ExpiresAt: issued,
		Principal: principal.Ref{Kind: principal.Root, Account: "1", ID: "1"}}
	for _, want := range []*Claims{ordinary(), full(), root, {}} {
		sealed, err := ring.Seal(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ring.Open(t.Context(), sealed)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("opened claims differ (-sealed +opened):\n%s", diff)
		}
	}
	want := sessionKey()
	sealed, err := ring.SealSession(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ring.OpenSession(t.Context(), sealed)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b SessionKey) bool {
		return a.AccessKeyID == b.AccessKeyID && a.Secret == b.Secret && cmp.Equal(a.Principal, b.Principal)
	})); diff != "" {
		t.Errorf("opened session differs:\n%s", diff)
	}
}

// A field that is added to principal and forgotten here would be lost from
// every token: it would have to appear in full, and then in the wire structs.
func TestEveryFieldOfAPrincipalIsCarried(t *testing.T) {
	t.Parallel()
	c := full()
	for _, v := range []any{*c, c.Principal, *c.Principal.Session, *sessionKey()} {
		v := reflect.ValueOf(v)
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				t.Errorf("%s.%s is not set by the round-trip test", v.Type(), v.Type().Field(i).Name)
			}
		}
	}
}

func TestTimesAreWholeMilliseconds(t *testing.T) {
	t.Parallel()
	ring := newRing(t, new(memory), clock())
	c := ordinary()
	c.IssuedAt = issued.Add(999 * time.Microsecond).In(time.FixedZone("east", 3600))
	sealed, err := ring.Seal(c)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ring.Open(t.Context(), sealed)
	if err != nil {
		t.Fatal(err)
	}
	if !got.IssuedAt.Equal(issued) || got.IssuedAt.Location() != time.UTC {
		t.Errorf("issued at %v, want %v", got.IssuedAt, issued)
	}
}

func TestAnOrdinaryTokenHasAtMost512Characters(t *testing.T) {
	t.Parallel()
	ring := newRing(t, new(memory), clock())
	c := ordinary()
	sealed, err := ring.Seal(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("role session with MFA: %d characters", len(sealed))
	if len(sealed) > 512 {
		t.Errorf("a token has %d characters", len(sealed))
	}
	c.Principal.Session.SourceIdentity = strings.Repeat("i", 64)
	sealed, err = ring.Seal(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("and a source identity of 64: %d characters", len(sealed))
	if len(sealed) > 512 {
		t.Errorf("a token with a source identity has %d characters", len(sealed))
	}
}

func TestWhatDoesNotFitIsRefused(t *testing.T) {
	t.Parallel()
	ring := newRing(t, new(memory), clock())
	c := full()
	c.Principal.Session.Tags = map[string]string{}
	for i := range 50 {
		c.Principal.Session.Tags[fmt.Sprintf("%0128d", i)] = strings.Repeat("v", 256)
	}
	if sealed, err := ring.Seal(c); !errors.Is(err, ErrTooLong) {
		t.Errorf("sealed %d characters, error %v", len(sealed), err)
	}
}

func TestAnyChangedByteIsRefused(t *testing.T) {
	t.Parallel()
	ring := newRing(t, new(memory), clock())
	sealed, err := ring.Seal(ordinary())
	if err != nil {
		t.Fatal(err)
	}
	session, err := ring.SealSession(sessionKey())
	if err != nil {
		t.Fatal(err)
	}
	for _, good := range []string{sealed, session} {
		for i := range len(good) {
			for _, with := range []byte{good[i] ^ 1, good[i] ^ 0x20, 'A', '_', '\n', '=', 0, 0xff} {
				if with == good[i] {
					continue
				}
				bad := good[:i] + string([]byte{with}) + good[i+1:]
				mustNotOpen(t, ring, bad)
				if i < len(good)-checksumLength {
					mustNotOpen(t, ring, rechecked(bad))
				}
			}
			mustNotOpen(t, ring, good[:i])
			mustNotOpen(t, ring, rechecked(good[:i]))
			mustNotOpen(t, ring, rechecked(good[:i]+"\n"+good[i:]))
		}
	}
}

// rechecked gives a damaged token a checksum that fits.
func rechecked(s string) string {
	return string(appendChecksum([]byte(s[:max(0, len(s)-checksumLength)])))
}

func mustNotOpen(t *testing.T, ring *Keyring, s string) {
	t.Helper()
	_, err := ring.Open(t.Context(), s)
	_, errSession := ring.OpenSession(t.Context(), s)
	for _, err := range []error{err, errSession} {
		if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrUnknownKey) {
			t.Fatalf("%q: error %v", s, err)
		}
	}
}

func TestDamageIsToldFromForgery(t *testing.T) {
	t.Parallel()
	ring := newRing(t, new(memory), clock())
	good, err := ring.Seal(ordinary())
	if err != nil {
		t.Fatal(err)
	}
	other := "A"
	if good[100:101] == other {
		other = "B"
	}
	altered := good[:100] + other + good[101:]
	for name, c := range map[string]struct {
		token string
		want  error
	}{
		"cut short at the end":            {good[:len(good)-1], ErrChecksum},
		"cut to the prefix":               {Prefix, ErrChecksum},
		"cut in the middle":               {good[:200], ErrChecksum},
		"one character altered":           {altered, ErrChecksum},
		"something appended":              {good + "0", ErrChecksum},
		"another prefix":                  {"x" + good, ErrMalformed},
		"empty":                           {"", ErrMalformed},
		"altered with a fitting checksum": {rechecked(altered), ErrForged},
		"a session's prefix":              {rechecked(SessionPrefix + strings.TrimPrefix(good, Prefix)), ErrMalformed},
		"far too long":                    {Prefix + strings.Repeat("A", MaxLength), ErrMalformed},
	} {
		if _, err := ring.Open(t.Context(), c.token); !errors.Is(err, c.want) || !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: error %v, want %v", name, err, c.want)
		}
	}
}

func TestOneKindOfTokenIsNotTakenForTheOther(t *testing.T) {
	t.Parallel()
	ring := newRing(t, new(memory), clock())
	claims, err := ring.Seal(ordinary())
	if err != nil {
		t.Fatal(err)
	}
	asSession := rechecked(SessionPrefix + strings.TrimPrefix(claims, Prefix))
	if _, err := ring.OpenSession(t.Context(), asSession); !errors.Is(err, ErrForged) {
		t.Errorf("an authorization token opened as a session: %v", err)
	}
	session, err := ring.SealSession(sessionKey())
	if err != nil {
		t.Fatal(err)
	}
	asClaims := rechecked(Prefix + strings.TrimPrefix(session, SessionPrefix))
	if _, err := ring.Open(t.Context(), asClaims); !errors.Is(err, ErrForged) {
		t.Errorf("a session opened as an authorization token: %v", err)
	}
}

func TestAReplicaRefusesRestrictionsThatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	ring := newRing(t, new(memory), clock())
	newer := struct {
		claimsWire
		Only string `cbor:"99,keyasint"`
	}{encodeClaims(ordinary()), "on sundays"}
	keys := ring.keys.Load()
	sealed, err := keys.seal(Prefix, keys.claims, newer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ring.Open(t.Context(), sealed); !errors.Is(err, ErrMalformed) {
		t.Errorf("a token with an unknown claim opened: %v", err)
	}
}

// The expected digits were computed with another program from the check value
// of CRC-32 (IEEE), cbf43926 for "123456789".
func TestTheChecksumIsCRC32InBase62(t *testing.T) {
	t.Parallel()
	if got := string(appendChecksum([]byte("123456789"))); got != "123456789"+"3jZRME" {
		t.Errorf("checksum %q", got)
	}
}

func TestScannersFindWholeTokens(t *testing.T) {
	t.Parallel()
	pattern := regexp.MustCompile(Pattern)
	ring := newRing(t, new(memory), clock())
	small := &Claims{ID: "ABIA2345672345672345", Domain: "ab", Owner: "111122223333", IssuedAt: issued, ExpiresAt: issued,
		Principal: principal.Ref{Kind: principal.User, Account: "111122223333", ID: "AIDA23456723456723456"}}
	var tokens []string
	for _, c := range []*Claims{small, ordinary(), full()} {
		sealed, err := ring.Seal(c)
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, sealed)
	}
	session, err := ring.SealSession(sessionKey())
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range append(tokens, session) {
		for _, text := range []string{
			"%s", "export CODEARTIFACT_AUTH_TOKEN=%s\n", "//host/:_authToken=\"%s\"", "https://aws:%s@host/pypi/", "<password>%s</password>", "é%s.",
		} {
			found := pattern.FindAllString(fmt.Sprintf(text, token), -1)
			if len(found) != 1 || found[0] != token || !Valid(found[0]) {
				t.Errorf("in %q found %q", text, found)
			}
		}
		if masked := Mask(token); strings.Contains(token, masked) || len(masked) > 30 || !strings.HasSuffix(masked, token[len(token)-6:]) {
			t.Errorf("masked as %q", masked)
		}
	}
	for _, text := range []string{"daypass_", "daypass_" + strings.Repeat("a", 60), "DAYPASS_" + tokens[0][8:], "mydaypass_" + tokens[0][8:]} {
		if found := pattern.FindString(text); found != "" {
			t.Errorf("found %q", found)
		}
	}
	if got := Mask("wJalrXUtnFEMI/K7MDENG"); got != "…" {
		t.Errorf("a string that is no token is masked as %q", got)
	}
}

func TestSecretsStayOutOfPrints(t *testing.T) {
	t.Parallel()
	session := sessionKey()
	master := newMaster(t, 7)
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		for _, v := range []any{*session, session, master} {
			if text := fmt.Sprintf(format, v); strings.Contains(text, session.Secret) || strings.Contains(text, "7, 7") || strings.Contains(text, "0x7") || strings.Contains(text, "117") {
				t.Errorf("%s of %T prints %s", format, v, text)
			}
		}
	}
}

func FuzzOpen(f *testing.F) {
	ring := newRing(f, new(memory), clock())
	good, err := ring.Seal(ordinary())
	if err != nil {
		f.Fatal(err)
	}
	session, err := ring.SealSession(sessionKey())
	if err != nil {
		f.Fatal(err)
	}
	message, err := ring.SealMessage(Message{Account: "111122223333", Content: "{}"})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", Prefix, SessionPrefix, MessagePrefix, good, session, message, good[:50], rechecked(good[:60]), strings.ToUpper(good)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, s := range []string{s, rechecked(s), rechecked(Prefix + s), rechecked(SessionPrefix + s), rechecked(MessagePrefix + s)} {
			claims, err := ring.Open(context.Background(), s)
			if err == nil && (s != good || !cmp.Equal(claims, ordinary())) {
				t.Errorf("%q opened", s)
			}
			_, errSession := ring.OpenSession(context.Background(), s)
			if errSession == nil && s != session {
				t.Errorf("%q opened", s)
			}
			_, errMessage := ring.OpenMessage(context.Background(), s)
			if errMessage == nil && s != message {
				t.Errorf("%q opened", s)
			}
			for _, err := range []error{err, errSession, errMessage} {
				if err != nil && !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrUnknownKey) {
					t.Errorf("%q: error %v is of neither family", s, err)
				}
			}
			Mask(s)
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	ring := newRing(b, new(memory), clock())
	c := ordinary()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ring.Seal(c); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	ring := newRing(b, new(memory), clock())
	sealed, err := ring.Seal(ordinary())
	if err != nil {
		b.Fatal(err)
	}
	for name, open := range map[string]func(context.Context, string) (*Claims, error){"first": ring.openClaims, "again": ring.Open} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := open(b.Context(), sealed)
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
