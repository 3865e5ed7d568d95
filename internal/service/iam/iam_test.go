package iam_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	service "daypass/api"
	api "daypass/api/iam"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/identity"
	"daypass/internal/policy"
	"daypass/internal/principal"
	"daypass/internal/service/iam"
	"daypass/internal/store/storetest"
)

const (
	account  = "111111111111"
	other    = "222222222222"
	allowAll = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
	trustAll = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}}`
)

var rootKey = identity.KeyPair{AccessKeyID: "AKIAROOTROOTROOTROOT", SecretAccessKey: "root-secret"}

// keeper stores secrets unencrypted, together with their context.
type keeper struct{}

func (keeper) Seal(plain, context []byte) ([]byte, error) {
	return append(bytes.Clone(context), plain...), nil
}
func (keeper) Open(sealed, context []byte) ([]byte, error) {
	return bytes.TrimPrefix(sealed, context), nil
}

// noon is the time that a client sees, without the fraction of a second.
var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// A door runs calls as the server does, without signatures and the wire.
type door struct {
	t          testing.TB
	directory  *identity.Directory
	operations map[string]gate.Operation
	now        time.Time
	admin      principal.Ref
}

func newDoor(t testing.TB) *door {
	t.Helper()
	d := &door{t: t, now: noon.Add(345 * time.Millisecond), operations: map[string]gate.Operation{}}
	d.directory = identity.New(identity.Config{
		DB: storetest.Memory(t), Sealer: keeper{}, Now: func() time.Time { return d.now }, Account: account, Root: rootKey,
	})
	pair, _, err := d.directory.Bootstrap(t.Context(), identity.KeyPair{}, nil)
	d.must(err)
	_, _, err = d.directory.CreateAccount(t.Context(), other, "")
	d.must(err)
	_, d.admin, err = d.directory.Key(t.Context(), pair.AccessKeyID)
	d.must(err)
	for _, op := range (&iam.Service{Directory: d.directory}).Operations() {
		d.operations[op.Name] = op
	}
	return d
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
	out, err := d.run(ref, name, in)
	if err != nil {
		return nil, err
	}
	return out.(*Out), nil
}

// try is like do, and returns the error alone.
func (d *door) try(ref principal.Ref, name string, in any) error {
	d.t.Helper()
	_, err := d.run(ref, name, in)
	return err
}

func (d *door) run(ref principal.Ref, name string, in any) (any, error) {
	d.t.Helper()
	op, ok := d.operations[name]
	if !ok {
		d.t.Fatalf("%s is not in the table", name)
	}
	ctx := d.t.Context()
	c := d.call(ref)
	return op.Do(ctx, c, "iam:"+name, in)
}

// call returns the gate's call of a caller.
func (d *door) call(ref principal.Ref) *gate.Call {
	d.t.Helper()
	c := &gate.Call{Now: d.now, Region: "us-east-1"}
	var err error
	c.Principal, c.Grants, err = d.directory.Principal(d.t.Context(), ref)
	d.must(err)
	return c
}

// subjectOf returns the subject that AssumeRole is authorized on.
func subjectOf(role *identity.AssumableRole) gate.Subject {
	return gate.Subject{ARN: role.ARN(), Account: role.Account, Policies: []*policy.Policy{role.Policy}, Trust: true}
}

// ok is like do, for a call that must succeed.
func ok[Out, In any](d *door, ref principal.Ref, name string, in *In) *Out {
	d.t.Helper()
	out, err := do[Out](d, ref, name, in)
	if err != nil {
		d.t.Fatalf("%s: %v", name, err)
	}
	return out
}

// user makes a user, with an inline policy unless document is empty.
func (d *door) user(name, document string) principal.Ref {
	d.t.Helper()
	out := ok[api.CreateUserOutput](d, d.admin, "CreateUser", &api.CreateUserInput{UserName: name})
	if document != "" {
		ok[api.PutUserPolicyOutput](d, d.admin, "PutUserPolicy", &api.PutUserPolicyInput{UserName: name, PolicyName: "p", PolicyDocument: document})
	}
	return principal.Ref{Kind: principal.User, Account: account, ID: out.User.UserId}
}

func (d *door) role(name string) *api.Role {
	d.t.Helper()
	return ok[api.CreateRoleOutput](d, d.admin, "CreateRole", &api.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: trustAll}).Role
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

func TestEveryOperationIsAuthorized(t *testing.T) {
	t.Parallel()
	for name, op := range newDoor(t).operations {
		if op.Open {
			t.Errorf("%s needs no permission", name)
		}
	}
}

func TestEveryOperationOfTheModelIsImplementedOrListedAsLeftOut(t *testing.T) {
	t.Parallel()
	known := map[string]int{}
	for _, op := range (&iam.Service{}).Operations() {
		known[op.Name]++
	}
	left := leftOut(t)
	for _, name := range left {
		known[name]++
	}
	for name, op := range service.IAM().Operations {
		if known[name] != 1 {
			t.Errorf("%s is known %d times, want once: in the table or among what DIVERGENCES.md says is left out", name, known[name])
		}
		if op.Unserved != slices.Contains(left, name) {
			t.Errorf("%s: the model marks it as unserved %v, DIVERGENCES.md says otherwise", name, op.Unserved)
		}
		delete(known, name)
	}
	for name := range known {
		t.Errorf("%s is not an operation of IAM", name)
	}
}

// leftOut returns the operations in the second column of their section.
func leftOut(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../../DIVERGENCES.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "## Operations of IAM that are left out\n")
	section, _, _ := strings.Cut(rest, "\n## ")
	_, rows, ok := strings.Cut(section, "|---|---|---|\n")
	if !found || !ok {
		t.Fatal("DIVERGENCES.md has no section with a table of what is left out of IAM")
	}
	var left []string
	for row := range strings.Lines(strings.TrimSpace(rows)) {
		left = append(left, strings.Split(strings.TrimSpace(strings.Split(row, "|")[2]), ", ")...)
	}
	return left
}

func TestEachOperationIsJudgedOnItsResource(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	caller := d.user("caller", "")
	ok[api.CreateUserOutput](d, d.admin, "CreateUser", &api.CreateUserInput{UserName: "bob", Path: "/team/"})
	denied := func(op string, err error, resource string) {
		t.Helper()
		refuses(t, err, "AccessDenied", "User: arn:aws:iam::111111111111:user/caller is not authorized to perform: iam:"+op+
			" on resource: "+resource+" because no identity-based policy allows the iam:"+op+" action")
	}
	_, err := do[api.CreateUserOutput](d, caller, "CreateUser", &api.CreateUserInput{UserName: "x", Path: "/p/"})
	denied("CreateUser", err, "arn:aws:iam::111111111111:user/p/x")
	_, err = do[api.GetUserOutput](d, caller, "GetUser", &api.GetUserInput{})
	denied("GetUser", err, "arn:aws:iam::111111111111:user/caller")
	_, err = do[api.GetUserOutput](d, caller, "GetUser", &api.GetUserInput{UserName: "bob"})
	denied("GetUser", err, "arn:aws:iam::111111111111:user/team/bob")
	_, err = do[api.GetUserOutput](d, caller, "GetUser", &api.GetUserInput{UserName: "ghost"}) // no different from one that exists
	denied("GetUser", err, "arn:aws:iam::111111111111:user/ghost")
	_, err = do[api.ListUsersOutput](d, caller, "ListUsers", &api.ListUsersInput{})
	denied("ListUsers", err, "arn:aws:iam::111111111111:user/")
	_, err = do[api.ListRolesOutput](d, caller, "ListRoles", &api.ListRolesInput{PathPrefix: "/ci/"})
	denied("ListRoles", err, "arn:aws:iam::111111111111:role/ci/")
	_, err = do[api.ListPoliciesOutput](d, caller, "ListPolicies", &api.ListPoliciesInput{})
	denied("ListPolicies", err, "arn:aws:iam::111111111111:policy/")
	_, err = do[api.CreateRoleOutput](d, caller, "CreateRole", &api.CreateRoleInput{RoleName: "r", AssumeRolePolicyDocument: trustAll})
	denied("CreateRole", err, "arn:aws:iam::111111111111:role/r")
	_, err = do[api.CreatePolicyOutput](d, caller, "CreatePolicy", &api.CreatePolicyInput{PolicyName: "p", PolicyDocument: allowAll})
	denied("CreatePolicy", err, "arn:aws:iam::111111111111:policy/p")
	_, err = do[api.GetPolicyOutput](d, caller, "GetPolicy", &api.GetPolicyInput{PolicyArn: "arn:aws:iam::aws:policy/IAMFullAccess"})
	denied("GetPolicy", err, "arn:aws:iam::aws:policy/IAMFullAccess")
	_, err = do[api.CreateAccessKeyOutput](d, caller, "CreateAccessKey", &api.CreateAccessKeyInput{})
	denied("CreateAccessKey", err, "arn:aws:iam::111111111111:user/caller")
	_, err = do[api.AttachRolePolicyOutput](d, caller, "AttachRolePolicy", &api.AttachRolePolicyInput{RoleName: "r", PolicyArn: "arn:aws:iam::aws:policy/IAMFullAccess"})
	denied("AttachRolePolicy", err, "arn:aws:iam::111111111111:role/r")
}

func TestConditionsOnPolicyARNTagsAndBoundaryHold(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	ok[api.CreateUserOutput](d, d.admin, "CreateUser", &api.CreateUserInput{UserName: "tagged", Tags: []api.Tag{{Key: "Team", Value: "a"}}})
	d.user("plain", "")
	caller := d.user("caller", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"iam:AttachUserPolicy","Resource":"*","Condition":{"ArnEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/ReadOnlyAccess"}}},
		{"Effect":"Allow","Action":"iam:GetUser","Resource":"*","Condition":{"StringEquals":{"iam:ResourceTag/team":"a"}}},
		{"Effect":"Allow","Action":"iam:DeleteUser","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/Team":"a"}}},
		{"Effect":"Allow","Action":["iam:CreateUser","iam:TagUser"],"Resource":"*","Condition":{"StringEquals":{"iam:PermissionsBoundary":"arn:aws:iam::aws:policy/ReadOnlyAccess","aws:RequestTag/team":"a"}}}]}`)
	attach := func(arn string) error {
		_, err := do[api.AttachUserPolicyOutput](d, caller, "AttachUserPolicy", &api.AttachUserPolicyInput{UserName: "plain", PolicyArn: arn})
		return err
	}
	get := func(name string) error {
		_, err := do[api.GetUserOutput](d, caller, "GetUser", &api.GetUserInput{UserName: name})
		return err
	}
	remove := func(name string) error {
		_, err := do[api.DeleteUserOutput](d, caller, "DeleteUser", &api.DeleteUserInput{UserName: name})
		return err
	}
	create := func(boundary, team string) error {
		_, err := do[api.CreateUserOutput](d, caller, "CreateUser", &api.CreateUserInput{UserName: "new", PermissionsBoundary: boundary, Tags: []api.Tag{{Key: "team", Value: team}}})
		return err
	}
	const readOnly = "arn:aws:iam::aws:policy/ReadOnlyAccess"
	for _, step := range []struct {
		name string
		err  error
		want bool
	}{
		{"attach what may be attached", attach(readOnly), true},
		{"attach another", attach("arn:aws:iam::aws:policy/AdministratorAccess"), false},
		{"get the tagged", get("tagged"), true},
		{"get the plain", get("plain"), false},
		{"delete the plain", remove("plain"), false},
		{"delete the tagged", remove("tagged"), true},
		{"create with the boundary", create(readOnly, "a"), true},
		{"create without", create("", "a"), false},
		{"create with another tag", create(readOnly, "b"), false},
	} {
		if (step.err == nil) != step.want {
			t.Errorf("%s: %v, want allowed = %v", step.name, step.err, step.want)
		}
	}
}

func TestSomeSessionsMayNotCallIAM(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	r := d.role("r")
	ok[api.AttachRolePolicyOutput](d, d.admin, "AttachRolePolicy", &api.AttachRolePolicyInput{RoleName: "r", PolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess"})
	with := func(kind principal.Kind, id string, session principal.Session) principal.Ref {
		return principal.Ref{Kind: kind, Account: account, ID: id, SessionName: "s", Session: &session}
	}
	for name, test := range map[string]struct {
		ref  principal.Ref
		want bool
	}{
		"long-term keys":               {d.admin, true},
		"a role session":               {with(principal.Role, r.RoleId, principal.Session{}), true},
		"GetSessionToken":              {with(principal.User, d.admin.ID, principal.Session{}), false},
		"GetSessionToken with MFA":     {with(principal.User, d.admin.ID, principal.Session{MFAAt: d.now}), true},
		"GetSessionToken by root":      {with(principal.Root, account, principal.Session{}), false},
		"GetFederationToken":           {with(principal.Federated, d.admin.ID, principal.Session{Policies: []string{allowAll}}), false},
		"GetFederationToken, with MFA": {with(principal.Federated, d.admin.ID, principal.Session{Policies: []string{allowAll}, MFAAt: d.now}), false},
	} {
		_, err := do[api.ListUsersOutput](d, test.ref, "ListUsers", &api.ListUsersInput{})
		if test.want {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		refuses(t, err, "InvalidClientTokenId", "The security token included in the request is invalid")
	}
}

func TestAnotherAccountsNamesAreOutOfReach(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.user("u", "")
	_, pair, err := d.directory.CreateAccount(t.Context(), "333333333333", "")
	d.must(err)
	_, stranger, err := d.directory.Key(context.Background(), pair.AccessKeyID)
	d.must(err)
	_, err = do[api.GetUserOutput](d, stranger, "GetUser", &api.GetUserInput{UserName: "u"})
	refuses(t, err, "NoSuchEntity", "The user with name u cannot be found.")
	users := ok[api.ListUsersOutput](d, stranger, "ListUsers", &api.ListUsersInput{}).Users
	equal(t, []string{"admin"}, names(users, func(u api.User) string { return u.UserName }))
}
