package identity_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/fault"
	"daypass/internal/identity"
	"daypass/internal/policy"
	"daypass/internal/principal"
	"daypass/internal/store"
	"daypass/internal/store/storetest"
)

const (
	account = "111111111111"
	other   = "222222222222"
)

var rootKey = identity.KeyPair{AccessKeyID: "AKIAROOTROOTROOTROOT", SecretAccessKey: "root-secret"}

// sealer turns bytes round and puts the context before them: enough to notice
// whoever forgets one of the two.
type sealer struct{}

func (sealer) Seal(plain, context []byte) ([]byte, error) {
	return append(append(bytes.Clone(context), '|'), reversed(plain)...), nil
}

func (sealer) Open(sealed, context []byte) ([]byte, error) {
	rest, ok := bytes.CutPrefix(sealed, append(bytes.Clone(context), '|'))
	if !ok {
		return nil, errors.New("sealed under another context")
	}
	return reversed(rest), nil
}

func reversed(b []byte) []byte {
	r := make([]byte, 0, len(b))
	for i := len(b) - 1; i >= 0; i-- {
		r = append(r, b[i])
	}
	return r
}

// An instance is a directory on an empty database with a clock that is set by
// hand.
type instance struct {
	*identity.Directory
	t     testing.TB
	clock time.Time
}

func newInstance(t testing.TB) *instance {
	t.Helper()
	i := &instance{t: t, clock: time.Date(2026, 11, 1, 12, 0, 0, 123456789, time.UTC)}
	i.Directory = identity.New(identity.Config{
		DB: storetest.Memory(t), Sealer: sealer{}, Now: func() time.Time { return i.clock }, Account: account, Root: rootKey,
	})
	return i
}

// started is an instance after its first start, with a second account.
func started(t *testing.T) *instance {
	t.Helper()
	i := newInstance(t)
	_, _, err := i.Bootstrap(t.Context(), identity.KeyPair{}, nil)
	i.must(err)
	_, _, err = i.CreateAccount(t.Context(), other, "other")
	i.must(err)
	return i
}

func (i *instance) must(err error) {
	i.t.Helper()
	if err != nil {
		i.t.Fatal(err)
	}
}

func (i *instance) user(name string) *identity.Entity {
	i.t.Helper()
	e := &identity.Entity{Kind: identity.User, Account: account, Name: name}
	i.must(i.Create(i.t.Context(), e))
	return e
}

func (i *instance) role(name, trust string) *identity.Entity {
	i.t.Helper()
	e := &identity.Entity{Kind: identity.Role, Account: account, Name: name, Trust: trust}
	i.must(i.Create(i.t.Context(), e))
	return e
}

func (i *instance) managed(name, document string) string {
	i.t.Helper()
	p := &store.ManagedPolicy{Account: account, Name: name}
	i.must(i.CreateManaged(i.t.Context(), p, document))
	return p.ARN
}

// refuses checks a fault's kind and the text that a client sees.
func refuses(t *testing.T, err error, kind fault.Kind, text string) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != kind || f.Message != text {
		t.Errorf("error = %v, want %s: %s", err, kind.Code(fault.Query), text)
	}
}

func equal(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("unlike what was expected (-want +got):\n%s", diff)
	}
}

const (
	trustAll   = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}}`
	allowAll   = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
	allowGet   = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"codeartifact:Get*","Resource":"*"}}`
	allowList  = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"codeartifact:List*","Resource":"*"}}`
	notJSON    = `{"Version":`
	unknownKey = "The security token included in the request is invalid."
)

func trusting(arn string) string { return strings.Replace(trustAll, "*", arn, 1) }

// may decides an action on everything for what a credential stands for now.
func (i *instance) may(ref principal.Ref, action string) bool {
	i.t.Helper()
	who, grants, err := i.Principal(i.t.Context(), ref)
	i.must(err)
	return policy.Evaluate(&policy.Request{Principal: who, Action: action, Resource: "*", Context: nothing{}}, grants, &policy.Target{Account: who.Account}).Allowed
}

type nothing struct{}

func (nothing) Lookup(string) (policy.Value, bool) { return policy.Value{}, false }

func userRef(e *identity.Entity) principal.Ref {
	return principal.Ref{Kind: principal.User, Account: e.Account, ID: e.ID}
}

func (i *instance) roleRef(e *identity.Entity, session string) principal.Ref {
	return principal.Ref{
		Kind: principal.Role, Account: e.Account, ID: e.ID, SessionName: session,
		Session: &principal.Session{IssuedAt: i.clock, ExpiresAt: i.clock.Add(time.Hour)},
	}
}

func TestTheFirstStartMakesAnAdminWithOneKey(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	var delivered identity.KeyPair
	pair, fresh, err := i.Bootstrap(t.Context(), identity.KeyPair{}, func(p identity.KeyPair) error { delivered = p; return nil })
	i.must(err)
	if !fresh || pair != delivered || len(pair.AccessKeyID) != 20 || len(pair.SecretAccessKey) != 40 {
		t.Errorf("Bootstrap = %v, %v after delivering %v, want a new delivered pair of 20 and 40 characters", pair.AccessKeyID, fresh, delivered.AccessKeyID)
	}
	secret, ref, err := i.Key(t.Context(), pair.AccessKeyID)
	i.must(err)
	who, _, err := i.Principal(t.Context(), ref)
	i.must(err)
	equal(t, "arn:aws:iam::111111111111:user/admin", who.ARN())
	if secret != pair.SecretAccessKey || !i.may(ref, "iam:CreateUser") {
		t.Error("the pair does not open an administrator")
	}
	again, fresh, err := i.Bootstrap(t.Context(), identity.KeyPair{}, func(identity.KeyPair) error { return errors.New("must not be called") })
	if err != nil || fresh || again != (identity.KeyPair{}) {
		t.Errorf("second Bootstrap = %v, %v, %v, want nothing new", again.AccessKeyID, fresh, err)
	}
	keys, err := i.Keys(t.Context(), account, "admin")
	i.must(err)
	equal(t, 1, len(keys))
}

func TestAFirstStartThatCannotDeliverItsKeyMakesNothing(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	full := errors.New("disk full")
	_, _, err := i.Bootstrap(t.Context(), identity.KeyPair{}, func(identity.KeyPair) error { return full })
	if !errors.Is(err, full) {
		t.Errorf("Bootstrap = %v, want the delivery's error", err)
	}
	_, err = i.AccountByID(t.Context(), account)
	refuses(t, err, fault.NotFound, "The account 111111111111 does not exist.")
}

func TestAFixedPairOpensTheAdminAfterEveryStart(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	ctx := t.Context()
	fixed := identity.KeyPair{AccessKeyID: "AKIAFIXEDFIXEDFIXED1", SecretAccessKey: "one"}
	opens := func(want identity.KeyPair) {
		t.Helper()
		secret, _, err := i.Key(ctx, want.AccessKeyID)
		if err != nil || secret != want.SecretAccessKey {
			t.Errorf("Key(%s) = %q, %v, want %q", want.AccessKeyID, secret, err, want.SecretAccessKey)
		}
	}
	pair, fresh, err := i.Bootstrap(ctx, fixed, nil)
	if err != nil || !fresh || pair != fixed {
		t.Fatalf("Bootstrap = %v, %v, %v, want the fixed pair", pair, fresh, err)
	}
	opens(fixed)
	for _, next := range []identity.KeyPair{fixed, {AccessKeyID: fixed.AccessKeyID, SecretAccessKey: "two"}, {AccessKeyID: "AKIAFIXEDFIXEDFIXED2", SecretAccessKey: "three"}} {
		_, fresh, err = i.Bootstrap(ctx, next, nil)
		if err != nil || fresh {
			t.Fatalf("Bootstrap = %v, %v, want no new account", fresh, err)
		}
		opens(next)
	}
	i.must(i.SetKeyStatus(ctx, account, "admin", fixed.AccessKeyID, store.KeyInactive))
	_, _, err = i.Bootstrap(ctx, fixed, nil)
	i.must(err)
	_, _, err = i.Key(ctx, fixed.AccessKeyID)
	refuses(t, err, fault.UnknownKey, unknownKey)
}

func TestOfTwoFirstStartsOneMakesTheAccount(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		now := func() time.Time { return time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC) }
		type start struct {
			pair  identity.KeyPair
			fresh bool
			err   error
		}
		starts := make(chan start)
		const replicas = 4
		for range replicas {
			go func() {
				d := identity.New(identity.Config{DB: db, Sealer: sealer{}, Now: now, Account: account})
				pair, fresh, err := d.Bootstrap(t.Context(), identity.KeyPair{}, nil)
				starts <- start{pair, fresh, err}
			}()
		}
		fresh := 0
		d := identity.New(identity.Config{DB: db, Sealer: sealer{}, Now: now, Account: account})
		for range replicas {
			s := <-starts
			if s.err != nil {
				t.Error(s.err)
			}
			if s.fresh {
				fresh++
				_, _, err := d.Key(t.Context(), s.pair.AccessKeyID)
				if err != nil {
					t.Errorf("the new pair does not open: %v", err)
				}
			}
		}
		equal(t, 1, fresh)
	})
}

func TestOnlyActiveKeysThatExistOpenSomething(t *testing.T) {
	t.Parallel()
	i := started(t)
	ctx := t.Context()
	u := i.user("u")
	pair, _, err := i.CreateKey(ctx, account, "u")
	i.must(err)
	refused := func(id string) {
		t.Helper()
		_, _, err := i.Key(ctx, id)
		refuses(t, err, fault.UnknownKey, unknownKey)
	}
	for _, id := range []string{"", "AKIA", "AKIANOBODYNOBODYNOBO", "AKIA\x00AAAAAAAAAAAAAAA", strings.Repeat("A", 200), strings.ToLower(pair.AccessKeyID)} {
		refused(id)
	}
	secret, ref, err := i.Key(ctx, pair.AccessKeyID)
	i.must(err)
	equal(t, userRef(u), ref)
	equal(t, pair.SecretAccessKey, secret)

	i.must(i.SetKeyStatus(ctx, account, "u", pair.AccessKeyID, store.KeyInactive))
	refused(pair.AccessKeyID)
	i.must(i.SetKeyStatus(ctx, account, "u", pair.AccessKeyID, store.KeyActive))
	_, _, err = i.Key(ctx, pair.AccessKeyID)
	i.must(err)
	i.must(i.DeleteKey(ctx, account, "u", pair.AccessKeyID))
	refused(pair.AccessKeyID)
}

func TestTheRootUserExistsOnlyWithAKey(t *testing.T) {
	t.Parallel()
	i := started(t)
	secret, ref, err := i.Key(t.Context(), rootKey.AccessKeyID)
	i.must(err)
	equal(t, rootKey.SecretAccessKey, secret)
	who, _, err := i.Principal(t.Context(), ref)
	i.must(err)
	equal(t, "arn:aws:iam::111111111111:root", who.ARN())
	equal(t, account, who.UserID())

	without := identity.New(identity.Config{DB: i.DB, Sealer: sealer{}, Now: i.Now, Account: account})
	_, _, err = without.Principal(t.Context(), ref)
	equal(t, true, fault.Is(err, fault.NotFound))
	_, _, err = without.Key(t.Context(), "")
	refuses(t, err, fault.UnknownKey, unknownKey)
	_, _, err = i.Principal(t.Context(), principal.Ref{Kind: principal.Root, Account: other, ID: other})
	equal(t, true, fault.Is(err, fault.NotFound))
}

var _ interface { // what the gate asks of a directory
	Key(ctx context.Context, accessKeyID string) (string, principal.Ref, error)
	Principal(ctx context.Context, ref principal.Ref) (*principal.Principal, *policy.Grants, error)
	Revoked(ctx context.Context, tokenID string, ref principal.Ref, domainOwner string, issued time.Time) (bool, error)
} = (*identity.Directory)(nil)
