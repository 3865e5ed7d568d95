package daypass_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	api "daypass/api/daypass"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/identity"
	"daypass/internal/principal"
	"daypass/internal/service/daypass"
	"daypass/internal/store"
	"daypass/internal/store/storetest"
	"daypass/internal/token"
)

const (
	first  = "111111111111"
	second = "222222222222"
	third  = "333333333333"
)

var start = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// bundle is an instance with three accounts, each with its admin user.
type bundle struct {
	t          *testing.T
	now        time.Time
	directory  *identity.Directory
	keyring    *token.Keyring
	operations map[string]gate.Operation
	admins     map[string]principal.Ref
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{t: t, now: start, operations: map[string]gate.Operation{}, admins: map[string]principal.Ref{}}
	db := storetest.Memory(t)
	master, err := token.NewMaster(make([]byte, token.MasterKeySize))
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return b.now }
	b.keyring, err = token.OpenKeyring(t.Context(), token.KeyringConfig{Store: store.Keys{DB: db}, Master: master, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	b.directory = identity.New(identity.Config{DB: db, Sealer: master, Now: clock, Account: first})
	_, _, err = b.directory.Bootstrap(t.Context(), identity.KeyPair{}, nil)
	for _, account := range []string{second, third} {
		if err == nil {
			_, _, err = b.directory.CreateAccount(t.Context(), account, "")
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, account := range []string{first, second, third} {
		_, id, _, err := b.directory.ResolvePrincipal(t.Context(), "arn:aws:iam::"+account+":user/admin")
		if err != nil {
			t.Fatal(err)
		}
		b.admins[account] = principal.Ref{Kind: principal.User, Account: account, ID: id}
	}
	service := &daypass.Service{Directory: b.directory, Keyring: b.keyring, Registry: places{}, Account: first, Region: "us-east-1"}
	for _, op := range service.Operations() {
		b.operations[op.Name] = op
	}
	return b
}

// call runs an operation through its judgement, as an account's admin.
func call[Out any](b *bundle, account, name string, in any) (*Out, error) {
	b.t.Helper()
	ctx := b.t.Context()
	who, grants, err := b.directory.Principal(ctx, b.admins[account])
	if err != nil {
		b.t.Fatal(err)
	}
	c := &gate.Call{Now: b.now, Region: "us-east-1", Principal: who, Grants: grants}
	op := b.operations[name]
	out, err := op.Do(ctx, c, "daypass:"+name, in)
	if err != nil {
		return nil, err
	}
	return out.(*Out), nil
}

// issue seals a token of an account's admin for a domain of an owner.
func (b *bundle) issue(account, owner, id string) string {
	b.t.Helper()
	sealed, err := b.keyring.Seal(&token.Claims{
		ID: id, Domain: "dom", Owner: owner, IssuedAt: b.now, ExpiresAt: b.now.Add(time.Hour), Principal: b.admins[account],
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return sealed
}

func (b *bundle) status(account, tok string) string {
	b.t.Helper()
	out, err := call[api.DescribeTokenOutput](b, account, "DescribeToken", &api.DescribeTokenInput{Token: tok})
	if err != nil {
		b.t.Fatal(err)
	}
	return out.Status
}

func kindOf(err error) fault.Kind {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Kind
	}
	return -1
}

const (
	one = "ABIAONEONEONEONEONE2"
	two = "ABIATWOTWOTWOTWOTWO2"
)

func TestDescribeTellsWhoseTokenItIsAndWhetherItLives(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tok := b.issue(second, first, one)
	for _, account := range []string{first, second} { // the domain's owner, the principal's own
		out, err := call[api.DescribeTokenOutput](b, account, "DescribeToken", &api.DescribeTokenInput{Token: tok})
		if err != nil {
			t.Fatal(err)
		}
		if out.TokenId != one || out.PrincipalArn != "arn:aws:iam::222222222222:user/admin" || out.Domain != "dom" || out.DomainOwner != first ||
			!out.IssuedTime.Equal(start) || !out.Expiration.Equal(start.Add(time.Hour)) || out.Status != "Active" {
			t.Errorf("DescribeToken for %s = %+v", account, out)
		}
	}
	_, err := call[api.DescribeTokenOutput](b, third, "DescribeToken", &api.DescribeTokenInput{Token: tok})
	if kindOf(err) != fault.AccessDenied {
		t.Errorf("a third account got %v, want AccessDenied", err)
	}
	b.now = start.Add(time.Hour)
	if got := b.status(second, tok); got != "Expired" {
		t.Errorf("status at the expiry = %s, want Expired", got)
	}
}

func TestWhatIsNoTokenIsRefusedWithoutBeingShown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tok := b.issue(first, first, one)
	foreign := setup(t).issue(first, first, one)
	for name, shown := range map[string]string{"rubbish": "rubbish", "damaged": tok[:len(tok)-1] + "!", "foreign": foreign} {
		for _, op := range []string{"DescribeToken", "RevokeToken"} {
			var in any = &api.DescribeTokenInput{Token: shown}
			if op == "RevokeToken" {
				in = &api.RevokeTokenInput{Token: shown}
			}
			_, err := call[api.DescribeTokenOutput](b, first, op, in)
			if kindOf(err) != fault.Validation || !strings.HasPrefix(err.Error(), "token: ") || strings.Contains(err.Error(), shown) {
				t.Errorf("%s of a %s token = %v, want a ValidationException about token", op, name, err)
			}
		}
	}
}

func TestRevokeByEachHandleBitesOnWhatItNamesAlone(t *testing.T) {
	t.Parallel()
	instant := start.Add(time.Minute)
	for _, test := range []struct {
		name   string
		revoke func(tok string) *api.RevokeTokenInput
		old    string // status afterwards of the token that was issued before
		young  string // and of one issued a minute after the revocation
		other  string // and of another principal's
	}{
		{"token", func(tok string) *api.RevokeTokenInput { return &api.RevokeTokenInput{Token: tok} }, "Revoked", "Active", "Active"},
		{"token id", func(string) *api.RevokeTokenInput { return &api.RevokeTokenInput{TokenId: one} }, "Revoked", "Active", "Active"},
		{"principal", func(string) *api.RevokeTokenInput {
			return &api.RevokeTokenInput{PrincipalArn: "arn:aws:iam::111111111111:user/admin"}
		}, "Revoked", "Active", "Active"},
		{"another principal", func(string) *api.RevokeTokenInput {
			return &api.RevokeTokenInput{PrincipalArn: "arn:aws:iam::222222222222:user/admin"}
		}, "Active", "Active", "Revoked"},
		{"issued before", func(string) *api.RevokeTokenInput { return &api.RevokeTokenInput{IssuedBefore: &instant} }, "Revoked", "Active", "Revoked"},
		{"issued before the instant of the issue", func(string) *api.RevokeTokenInput {
			return &api.RevokeTokenInput{IssuedBefore: &start}
		}, "Active", "Active", "Active"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			old, other := b.issue(first, first, one), b.issue(second, first, two)
			b.now = instant
			_, err := call[api.RevokeTokenOutput](b, first, "RevokeToken", test.revoke(old))
			if err != nil {
				t.Fatal(err)
			}
			b.now = instant.Add(time.Minute)
			young := b.issue(first, first, "ABIAYOUNGYOUNGYOUNG2")
			for tok, want := range map[string]string{old: test.old, other: test.other, young: test.young} {
				if got := b.status(first, tok); got != want {
					out, _ := call[api.DescribeTokenOutput](b, first, "DescribeToken", &api.DescribeTokenInput{Token: tok})
					t.Errorf("token %s of %s is %s, want %s", out.TokenId, out.PrincipalArn, got, want)
				}
			}
		})
	}
}

func TestAnAccountRevokesNothingOfOthers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tok := b.issue(first, second, one)
	_, err := call[api.RevokeTokenOutput](b, third, "RevokeToken", &api.RevokeTokenInput{Token: tok})
	if kindOf(err) != fault.AccessDenied {
		t.Errorf("a third account revoking = %v, want AccessDenied", err)
	}
	instant := b.now
	for _, in := range []*api.RevokeTokenInput{{TokenId: one}, {PrincipalArn: "arn:aws:iam::111111111111:user/admin"}, {IssuedBefore: &instant}} {
		b.now = start.Add(time.Minute)
		_, err := call[api.RevokeTokenOutput](b, third, "RevokeToken", in)
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := b.status(first, tok); got != "Active" {
		t.Errorf("the token is %s after a third account's revocations, want Active", got)
	}
}

func TestRevokeRefusesWhatItCannotMean(t *testing.T) {
	t.Parallel()
	b := setup(t)
	future := start.Add(time.Hour)
	for _, test := range []struct {
		name string
		in   *api.RevokeTokenInput
		want fault.Kind
		text string
	}{
		{"nothing", &api.RevokeTokenInput{}, fault.Validation, "expected exactly one of token, tokenId, principalArn and issuedBefore, got 0"},
		{"two handles", &api.RevokeTokenInput{TokenId: one, IssuedBefore: &start}, fault.Validation, "got 2"},
		{"the future", &api.RevokeTokenInput{IssuedBefore: &future}, fault.Validation, "issuedBefore: 2026-11-23T13:00:00Z is in the future"},
		{"nobody", &api.RevokeTokenInput{PrincipalArn: "arn:aws:iam::111111111111:user/nobody"}, fault.NotFound, "does not exist"},
		{"no ARN", &api.RevokeTokenInput{PrincipalArn: "admin"}, fault.Validation, `principalArn: "admin" is not an ARN`},
	} {
		_, err := call[api.RevokeTokenOutput](b, first, "RevokeToken", test.in)
		if kindOf(err) != test.want || !strings.Contains(err.Error(), test.text) {
			t.Errorf("%s: %v, want kind %d: %s", test.name, err, test.want, test.text)
		}
	}
}

func TestOnlyTheFirstAccountMayDoWhatConcernsAll(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, in := range map[string]any{
		"CreateAccount": &api.CreateAccountInput{}, "ListAccounts": &api.ListAccountsInput{}, "RotateKeys": &api.RotateKeysInput{}, "ListKeys": &api.ListKeysInput{},
	} {
		_, err := call[struct{}](b, second, name, in)
		if kindOf(err) != fault.AccessDenied {
			t.Errorf("%s by another account = %v, want AccessDenied", name, err)
		}
	}
}

func TestAccountsAreMadeAndListedPageByPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	made, err := call[api.CreateAccountOutput](b, first, "CreateAccount", &api.CreateAccountInput{AccountId: "444444444444", Name: "team"})
	if err != nil {
		t.Fatal(err)
	}
	if made.Account.AccountId != "444444444444" || made.Account.Name != "team" || made.AccessKeyId == "" || made.SecretAccessKey == "" {
		t.Errorf("CreateAccount = %+v", made)
	}
	_, err = call[api.CreateAccountOutput](b, first, "CreateAccount", &api.CreateAccountInput{AccountId: "444444444444"})
	if kindOf(err) != fault.Conflict {
		t.Errorf("the same account again = %v, want a conflict", err)
	}
	limit := int64(3)
	var seen []string
	in := &api.ListAccountsInput{MaxResults: &limit}
	for {
		out, err := call[api.ListAccountsOutput](b, first, "ListAccounts", in)
		if err != nil {
			t.Fatal(err)
		}
		for _, account := range out.Accounts {
			seen = append(seen, account.AccountId)
		}
		if out.NextToken == "" {
			break
		}
		in.NextToken = out.NextToken
	}
	if got := strings.Join(seen, " "); got != "111111111111 222222222222 333333333333 444444444444" {
		t.Errorf("accounts = %s", got)
	}
}

func TestRotationChangesThePrimaryKeyAndBreaksNoToken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tok := b.issue(first, first, one)
	rotated, err := call[api.RotateKeysOutput](b, first, "RotateKeys", &api.RotateKeysInput{})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := call[api.ListKeysOutput](b, first, "ListKeys", &api.ListKeysInput{})
	if err != nil {
		t.Fatal(err)
	}
	primary := ""
	for _, key := range keys.Keys {
		if key.Status == "Primary" {
			primary += key.KeyId
		}
	}
	if len(keys.Keys) != 2 || primary != rotated.KeyId {
		t.Errorf("keys = %+v, want two of which %s is primary", keys.Keys, rotated.KeyId)
	}
	if got := b.status(first, tok); got != "Active" {
		t.Errorf("a token from before the rotation is %s, want Active", got)
	}
}
