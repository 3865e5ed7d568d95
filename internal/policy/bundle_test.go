package policy

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"daypass/internal/principal"
)

// The accounts, resources and callers that the tests speak of.
const (
	owner = "111122223333"
	admin = "222233334444" // administers a repository in the owner's domain
	third = "333344445555"

	aliceID = "AIDAALICE0000000001"
	opsID   = "AROAOPS000000000001"

	domainARN  = "arn:aws:codeartifact:us-east-1:111122223333:domain/d"
	repoARN    = "arn:aws:codeartifact:us-east-1:111122223333:repository/d/r"
	packageARN = "arn:aws:codeartifact:us-east-1:111122223333:package/d/r/pypi//requests"

	tokenAction = "codeartifact:GetAuthorizationToken"
	readAction  = "codeartifact:ReadFromRepository"
)

func alice(account string) *principal.Principal {
	return &principal.Principal{
		Ref:  principal.Ref{Kind: principal.User, Account: account, ID: aliceID},
		Name: "Alice", Path: "/eng/",
	}
}

// ops is a session "ci" of the role "Ops".
func ops(account string) *principal.Principal {
	return &principal.Principal{
		Ref: principal.Ref{Kind: principal.Role, Account: account, ID: opsID, SessionName: "ci",
			Session: &principal.Session{IssuedAt: time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)}},
		Name: "Ops", Path: "/",
	}
}

// fed is the session "guest" that Alice made with GetFederationToken.
func fed(account string) *principal.Principal {
	return &principal.Principal{
		Ref: principal.Ref{Kind: principal.Federated, Account: account, ID: aliceID, SessionName: "guest",
			Session: &principal.Session{IssuedAt: time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)}},
		Name: "Alice", Path: "/eng/",
	}
}

func root(account string) *principal.Principal {
	return &principal.Principal{Ref: principal.Ref{Kind: principal.Root, Account: account, ID: account}}
}

const (
	aliceARN   = "arn:aws:iam::111122223333:user/eng/Alice"
	opsARN     = "arn:aws:iam::111122223333:role/Ops"
	sessionARN = "arn:aws:sts::111122223333:assumed-role/Ops/ci"
	guestARN   = "arn:aws:sts::111122223333:federated-user/guest"
	rootARN    = "arn:aws:iam::111122223333:root"
)

// keys is a request's context as a test writes it, keys in lower case.
type keys map[string]Value

func (k keys) Lookup(key string) (Value, bool) {
	v, ok := k[key]
	return v, ok
}

// document wraps statements, given as JSON objects, in a document of 2012.
func document(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

func must(t testing.TB, kind Type, statements ...string) *Policy {
	t.Helper()
	p, err := Parse("test", document(statements...), kind)
	if err != nil {
		t.Fatalf("Parse(%s) = %v", document(statements...), err)
	}
	return p
}

// one is a list of one policy, or none when there is no statement.
func one(t testing.TB, kind Type, statement string) []*Policy {
	t.Helper()
	if statement == "" {
		return nil
	}
	return []*Policy{must(t, kind, statement)}
}

// Statements about every action and resource.
const (
	allowAll = `{"Effect":"Allow","Action":"*","Resource":"*"}`
	denyAll  = `{"Effect":"Deny","Action":"*","Resource":"*"}`
)

func allowTo(aws string) string {
	return fmt.Sprintf(`{"Effect":"Allow","Principal":{"AWS":%q},"Action":"*","Resource":"*"}`, aws)
}

func denyTo(aws string) string {
	return fmt.Sprintf(`{"Effect":"Deny","Principal":{"AWS":%q},"Action":"*","Resource":"*"}`, aws)
}

// applies reports whether a statement, as an identity-based policy, is about a
// request by Alice.
func applies(t testing.TB, statement, action, resource string, context keys) bool {
	t.Helper()
	p := must(t, Identity, statement)
	return Evaluate(
		&Request{Principal: alice(owner), Action: action, Resource: resource, Context: context},
		&Grants{Identity: []*Policy{p}}, &Target{Account: owner}).Allowed
}

// holds evaluates a Condition element, given as JSON.
func holds(t testing.TB, conditions string, context keys) bool {
	t.Helper()
	return applies(t, `{"Effect":"Allow","Action":"*","Resource":"*","Condition":`+conditions+`}`, readAction, repoARN, context)
}

// denies reports whether a Deny with a Condition element, given as JSON, denies.
func denies(t testing.TB, conditions string, context keys) bool {
	t.Helper()
	p := must(t, Identity, allowAll, `{"Effect":"Deny","Action":"*","Resource":"*","Condition":`+conditions+`}`)
	return Evaluate(&Request{Principal: alice(owner), Action: readAction, Resource: repoARN, Context: context}, &Grants{Identity: []*Policy{p}}, nil).Explicit
}
