package sts_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	service "daypass/api"
	api "daypass/api/sts"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/identity"
	"daypass/internal/oidc"
	"daypass/internal/principal"
	"daypass/internal/service/sts"
	"daypass/internal/store/storetest"
	"daypass/internal/token"
)

const (
	account = "111111111111"
	other   = "222222222222"
)

// keeper keeps secrets as they are, with their context, and sessions as JSON.
type keeper struct{}

func (keeper) Seal(plain, context []byte) ([]byte, error) {
	return append(bytes.Clone(context), plain...), nil
}
func (keeper) Open(sealed, context []byte) ([]byte, error) {
	return bytes.TrimPrefix(sealed, context), nil
}

func (keeper) SealSession(key *token.SessionKey) (string, error) {
	b, err := json.Marshal(key)
	return string(b), err
}

// A door does with calls what the server's does, but for signatures and wire.
type door struct {
	t          *testing.T
	directory  *identity.Directory
	operations map[string]gate.Operation
	now        time.Time
	idp        *idp
}

func newDoor(t *testing.T) *door {
	t.Helper()
	d := &door{t: t, now: time.Date(2026, 11, 1, 12, 0, 0, 345_678_901, time.UTC), operations: map[string]gate.Operation{}}
	d.directory = identity.New(identity.Config{
		DB: storetest.Memory(t), Sealer: keeper{}, Now: func() time.Time { return d.now }, Account: account,
		Root: identity.KeyPair{AccessKeyID: "AKIAROOTROOTROOTROOT", SecretAccessKey: "root-secret"},
	})
	_, _, err := d.directory.Bootstrap(t.Context(), identity.KeyPair{}, nil)
	d.must(err)
	_, _, err = d.directory.CreateAccount(t.Context(), other, "")
	d.must(err)
	d.idp = newIDP(t)
	issuers := &oidc.Issuers{Get: d.idp.get, Now: func() time.Time { return d.now }}
	for _, op := range (&sts.Service{Directory: d.directory, Sealer: keeper{}, Issuers: issuers, Messages: keeper{}}).Operations() {
		d.operations[op.Name] = op
	}
	return d
}

func TestEveryOperationOfTheModelIsImplementedOrMarkedAsUnserved(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for name, op := range service.STS().Operations {
		if _, implemented := d.operations[name]; implemented == op.Unserved {
			t.Errorf("%s: implemented %v, marked as unserved %v", name, implemented, op.Unserved)
		}
	}
}

func (d *door) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// do runs an operation for a caller.
func do[Out, In any](d *door, ref principal.Ref, name string, in *In) (*Out, error) {
	d.t.Helper()
	c := &gate.Call{Now: d.now, Region: "us-east-1"}
	var err error
	c.Principal, c.Grants, err = d.directory.Principal(d.t.Context(), ref)
	d.must(err)
	return called[Out](d, c, name, in)
}

// called is do for a call whose caller is established, or anonymous.
func called[Out, In any](d *door, c *gate.Call, name string, in *In) (*Out, error) {
	d.t.Helper()
	op := d.operations[name]
	out, err := op.Do(d.t.Context(), c, "sts:"+name, in)
	if err != nil {
		return nil, err
	}
	return out.(*Out), nil
}

// policyOf writes a policy of one or more statements.
func policyOf(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

// trust is a statement of a trust policy.
func trust(effect, who, actions, rest string) string {
	return `{"Effect":"` + effect + `","Principal":{"AWS":"` + who + `"},"Action":[` + actions + `]` + rest + `}`
}

const (
	assume   = `"sts:AssumeRole"`
	passing  = `"sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"`
	allowSTS = `{"Effect":"Allow","Action":"sts:*","Resource":"*"}`
	denyAll  = `{"Effect":"Deny","Action":"*","Resource":"*"}`
)

// user makes a user with inline statements.
func (d *door) user(owner, name string, statements ...string) principal.Ref {
	d.t.Helper()
	e := &identity.Entity{Kind: identity.User, Account: owner, Name: name}
	d.must(d.directory.Create(d.t.Context(), e))
	if len(statements) > 0 {
		d.must(d.directory.PutInline(d.t.Context(), owner, identity.User, name, identity.InlinePolicy{Name: "p", Document: policyOf(statements...)}))
	}
	return principal.Ref{Kind: principal.User, Account: owner, ID: e.ID}
}

// role makes a role of the first account; it may itself call STS.
func (d *door) role(name string, longest time.Duration, statements ...string) *identity.Entity {
	d.t.Helper()
	e := &identity.Entity{Kind: identity.Role, Account: account, Name: name, Path: "/p/", Trust: policyOf(statements...), MaxSession: longest}
	d.must(d.directory.Create(d.t.Context(), e))
	d.must(d.directory.PutInline(d.t.Context(), account, identity.Role, name, identity.InlinePolicy{Name: "p", Document: policyOf(allowSTS)}))
	return e
}

// opened is the session that credentials stand for.
func (d *door) opened(c *api.Credentials) token.SessionKey {
	d.t.Helper()
	var key token.SessionKey
	d.must(json.Unmarshal([]byte(c.SessionToken), &key))
	equal(d.t, []string{c.AccessKeyId, c.SecretAccessKey}, []string{key.AccessKeyID, key.Secret})
	return key
}

func refuses(t *testing.T, err error, code, text string) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind.Code(fault.Query) != code || f.Message != text {
		t.Errorf("error = %v, want %s: %s", err, code, text)
	}
}

func equal(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("unlike what was expected (-want +got):\n%s", diff)
	}
}

func seconds(n int64) *int64 { return &n }

var root = principal.Ref{Kind: principal.Root, Account: account, ID: account}

func TestEveryOperationIsInTheModel(t *testing.T) {
	t.Parallel()
	for name := range newDoor(t).operations {
		if service.STS().Operations[name] == nil {
			t.Errorf("%s is not an operation of STS", name)
		}
	}
}

func TestGetCallerIdentityAnswersEvenUnderADeny(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	u := d.user(account, "u", denyAll)
	r := d.role("r", 0, trust("Allow", account, assume, ""))
	for _, test := range []struct {
		ref     principal.Ref
		id, arn string
	}{
		{u, u.ID, "arn:aws:iam::111111111111:user/u"},
		{root, account, "arn:aws:iam::111111111111:root"},
		{
			principal.Ref{Kind: principal.Role, Account: account, ID: r.ID, SessionName: "s", Session: &principal.Session{}},
			r.ID + ":s", "arn:aws:sts::111111111111:assumed-role/r/s",
		},
		{
			principal.Ref{Kind: principal.Federated, Account: account, ID: u.ID, SessionName: "f", Session: &principal.Session{}},
			"111111111111:f", "arn:aws:sts::111111111111:federated-user/f",
		},
	} {
		out, err := do[api.GetCallerIdentityOutput](d, test.ref, "GetCallerIdentity", &api.GetCallerIdentityInput{})
		d.must(err)
		equal(t, &api.GetCallerIdentityOutput{UserId: test.id, Account: account, Arn: test.arn}, out)
	}
}

func TestGetSessionTokenBoundsTheDurationAndRefusesSessions(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	u := d.user(account, "u", denyAll) // needs no permission
	for _, test := range []struct {
		name string
		ref  principal.Ref
		asks *int64
		want time.Duration
	}{
		{"a user gets 12 hours", u, nil, 12 * time.Hour},
		{"a user gets what it asks for", u, seconds(900), 15 * time.Minute},
		{"a user gets up to 36 hours", u, seconds(129600), 36 * time.Hour},
		{"root gets one hour", root, nil, time.Hour},
		{"root's is cut to one hour", root, seconds(129600), time.Hour},
		{"root gets less when it asks for less", root, seconds(900), 15 * time.Minute},
	} {
		out, err := do[api.GetSessionTokenOutput](d, test.ref, "GetSessionToken", &api.GetSessionTokenInput{DurationSeconds: test.asks})
		d.must(err)
		end := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC).Add(test.want)
		if !out.Credentials.Expiration.Equal(end) {
			t.Errorf("%s: expires %v, want %v", test.name, out.Credentials.Expiration, end)
		}
		if id := out.Credentials.AccessKeyId; !strings.HasPrefix(id, "ASIA") || len(id) != 20 || len(out.Credentials.SecretAccessKey) != 40 {
			t.Errorf("%s: key %q and a secret of %d characters, want ASIA and 16 more, and 40", test.name, id, len(out.Credentials.SecretAccessKey))
		}
		want := test.ref
		want.Session = &principal.Session{IssuedAt: time.Date(2026, 11, 1, 12, 0, 0, 345_000_000, time.UTC), ExpiresAt: end}
		equal(t, want, d.opened(out.Credentials).Principal)
	}

	session := u
	session.Session = &principal.Session{}
	for _, test := range []struct {
		ref  principal.Ref
		in   api.GetSessionTokenInput
		text string
	}{
		{session, api.GetSessionTokenInput{}, "Cannot call GetSessionToken with session credentials"},
		{u, api.GetSessionTokenInput{SerialNumber: "arn:aws:iam::111111111111:mfa/u", TokenCode: "123456"}, badSerial},
		{u, api.GetSessionTokenInput{TokenCode: "123456"}, halfMFA},
	} {
		_, err := do[api.GetSessionTokenOutput](d, test.ref, "GetSessionToken", &test.in)
		refuses(t, err, "AccessDenied", test.text)
	}
}

func TestGetAccessKeyInfoNamesTheAccountOfAnInactiveKeyToo(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	asker := d.user(account, "asker", allowSTS)
	d.user(other, "u")
	pair, _, err := d.directory.CreateKey(t.Context(), other, "u")
	d.must(err)
	d.must(d.directory.SetKeyStatus(t.Context(), other, "u", pair.AccessKeyID, "Inactive")) // regardless of the state
	out, err := do[api.GetAccessKeyInfoOutput](d, asker, "GetAccessKeyInfo", &api.GetAccessKeyInfoInput{AccessKeyId: pair.AccessKeyID})
	d.must(err)
	equal(t, other, out.Account)
	_, err = do[api.GetAccessKeyInfoOutput](d, asker, "GetAccessKeyInfo", &api.GetAccessKeyInfoInput{AccessKeyId: "ASIAAAAAAAAAAAAAAAAA"})
	refuses(t, err, "ValidationError", "AccessKeyId: ASIAAAAAAAAAAAAAAAAA is not a long-term access key of this server")
	_, err = do[api.GetAccessKeyInfoOutput](d, d.user(account, "u"), "GetAccessKeyInfo", &api.GetAccessKeyInfoInput{AccessKeyId: pair.AccessKeyID})
	refuses(t, err, "AccessDenied", "User: arn:aws:iam::111111111111:user/u is not authorized to perform: sts:GetAccessKeyInfo on resource: * because no identity-based policy allows the sts:GetAccessKeyInfo action")
	asker.Session = &principal.Session{}
	_, err = do[api.GetAccessKeyInfoOutput](d, asker, "GetAccessKeyInfo", &api.GetAccessKeyInfoInput{AccessKeyId: pair.AccessKeyID})
	refuses(t, err, "AccessDenied", "Cannot call GetAccessKeyInfo with session credentials")
}
