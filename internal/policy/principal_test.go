package policy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/principal"
)

// meets reports whether a Deny about everything with that principal element
// hits the caller.
func meets(t *testing.T, element string, caller *principal.Principal) bool {
	t.Helper()
	p := must(t, Resource, `{"Effect":"Deny",`+element+`,"Action":"*","Resource":"*"}`)
	return Evaluate(&Request{Principal: caller, Action: readAction, Resource: repoARN}, nil,
		&Target{Account: owner, Policies: []*Policy{p}}).Explicit
}

func TestEachFormOfPrincipalNamesItsCallersOnly(t *testing.T) {
	t.Parallel()
	other := func(change func(*principal.Principal)) *principal.Principal {
		p := alice(owner)
		change(p)
		return p
	}
	for _, c := range []struct {
		name   string
		named  string
		caller *principal.Principal
		want   bool
	}{
		{"4.4 account by number, user", owner, alice(owner), true},
		{"4.4 account by number, root", owner, root(owner), true},
		{"4.4 account by number, role session", owner, ops(owner), true},
		{"4.4 account by number, federated session", owner, fed(owner), true},
		{"4.4 account by number, another account", owner, alice(third), false},
		{"4.4 account by root ARN, user", rootARN, alice(owner), true},
		{"4.4 account by root ARN, another account", rootARN, root(third), false},
		{"4.4 user ARN", aliceARN, alice(owner), true},
		{"4.4 user ARN, case of the name", "arn:aws:iam::111122223333:user/eng/alice", alice(owner), false},
		{"4.4 user ARN, without its path", "arn:aws:iam::111122223333:user/Alice", alice(owner), false},
		{"4.4 user ARN, another path", "arn:aws:iam::111122223333:user/ops/Alice", alice(owner), false},
		{"4.4 user ARN, longer path", "arn:aws:iam::111122223333:user/eng/x/Alice", alice(owner), false},
		{"4.4 user ARN, another account", aliceARN, alice(third), false},
		{"4.4 user ARN, root", aliceARN, root(owner), false},
		{"4.4 user ARN, session of that user", aliceARN, fed(owner), true},
		{"4.4 user ARN, session of an unknown user", aliceARN, &principal.Principal{Ref: fed(owner).Ref}, false},
		{"4.4 user ARN at the root path", "arn:aws:iam::111122223333:user/Alice", other(func(p *principal.Principal) { p.Path = "/" }), true},
		{"4.4 role ARN", opsARN, ops(owner), true},
		{"4.4 role ARN, a user of that name", "arn:aws:iam::111122223333:role/eng/Alice", alice(owner), false},
		{"4.4 role ARN, another account", opsARN, ops(third), false},
		{"4.4 session ARN", sessionARN, ops(owner), true},
		{"4.4 session ARN, another session", "arn:aws:sts::111122223333:assumed-role/Ops/cd", ops(owner), false},
		{"4.4 session ARN, another role", "arn:aws:sts::111122223333:assumed-role/Dev/ci", ops(owner), false},
		{"4.4 session ARN, another account", sessionARN, ops(third), false},
		{"4.4 federated user ARN", guestARN, fed(owner), true},
		{"4.4 federated user ARN, another session", "arn:aws:sts::111122223333:federated-user/host", fed(owner), false},
		{"4.4 federated user ARN, another account", guestARN, fed(third), false},
		{"4.4 federated user ARN, the user", guestARN, alice(owner), false},
		{"4.4 user id", aliceID, alice(owner), true},
		{"4.4 user id, a namesake", aliceID, other(func(p *principal.Principal) { p.ID = "AIDAALICE0000000002" }), false},
		{"4.4 role id", opsID, ops(owner), true},
		{"4.4 role id, a namesake", "AROAOPS000000000002", ops(owner), false},
		{"4.4 everybody", "*", alice(third), true},
		{"4.4 everybody, anonymous", "*", nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := meets(t, `"Principal":{"AWS":"`+c.named+`"}`, c.caller); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestPrincipalElementsNameEveryValueOfEveryClass(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, element string
		want          bool
	}{
		{"4.4 the string * is everybody", `"Principal":"*"`, true},
		{"4.4 AWS * is everybody", `"Principal":{"AWS":"*"}`, true},
		{"4.4 several values", `"Principal":{"AWS":["333344445555","` + aliceARN + `"]}`, true},
		{"4.4 several classes", `"Principal":{"Service":"x.amazonaws.com","AWS":"` + owner + `"}`, true},
		{"4.4 a service is nobody here", `"Principal":{"Service":"codeartifact.amazonaws.com"}`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := meets(t, c.element, alice(owner)); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestNotPrincipalExemptsWhomItNamesCompletely(t *testing.T) {
	t.Parallel()
	bounded := alice(owner)
	bounded.Boundary = true
	for _, c := range []struct {
		name   string
		listed string
		caller *principal.Principal
		denied bool
	}{
		{"4.4 user and account listed", `["` + aliceARN + `","` + owner + `"]`, alice(owner), false},
		{"4.4 user id and root ARN listed", `["` + aliceID + `","` + rootARN + `"]`, alice(owner), false},
		{"4.4 user listed without the account", `"` + aliceARN + `"`, alice(owner), true},
		{"4.4 account listed without the user", `"` + owner + `"`, alice(owner), true},
		{"4.4 root needs the account only", `"` + owner + `"`, root(owner), false},
		{"4.4 root of another account", `"` + owner + `"`, root(third), true},
		{"4.4 session, role and account listed", `["` + sessionARN + `","` + opsARN + `","` + owner + `"]`, ops(owner), false},
		{"4.4 session and account listed without the role", `["` + sessionARN + `","` + owner + `"]`, ops(owner), true},
		{"4.4 role and account listed without the session", `["` + opsARN + `","` + owner + `"]`, ops(owner), true},
		{"4.4 federated session and account listed", `["` + guestARN + `","` + owner + `"]`, fed(owner), false},
		{"4.4 federated session listed without the account", `"` + guestARN + `"`, fed(owner), true},
		{"4.4 a permissions boundary is always denied", `["` + aliceARN + `","` + owner + `"]`, bounded, true},
		{"4.4 anonymous is on no list", `["` + aliceARN + `","` + owner + `"]`, nil, true},
		{"4.4 everybody listed", `"*"`, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := meets(t, `"NotPrincipal":{"AWS":`+c.listed+`}`, c.caller); got != c.denied {
				t.Errorf("denied %v, want %v", got, c.denied)
			}
		})
	}
}

func TestATrustPolicyMayNameIdentityProviders(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, provider string }{
		{"4.4 OIDC provider", "arn:aws:iam::111122223333:oidc-provider/token.example.com/a/b"},
		{"4.4 SAML provider", "arn:aws:iam::111122223333:saml-provider/Corp"},
		{"4.4 Cognito", "cognito-identity.amazonaws.com"},
		{"4.4 Amazon", "www.amazon.com"},
		{"4.4 Facebook", "graph.facebook.com"},
		{"4.4 Google", "accounts.google.com"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := must(t, Trust, `{"Effect":"Allow","Principal":{"Federated":"`+c.provider+`"},"Action":"sts:AssumeRoleWithWebIdentity"}`)
			target := &Target{Account: owner, Trust: true, Policies: []*Policy{p}}
			req := &Request{Provider: c.provider, Action: "sts:AssumeRoleWithWebIdentity", Resource: opsARN}
			if !Evaluate(req, nil, target).Allowed {
				t.Errorf("%s is not trusted", c.provider)
			}
			req.Provider += "x"
			if Evaluate(req, nil, target).Allowed {
				t.Errorf("%s is trusted", req.Provider)
			}
		})
	}
}

func TestEverybodyIsNobodyWhomAProviderVouchesFor(t *testing.T) {
	t.Parallel()
	const token = "arn:aws:iam::111122223333:oidc-provider/token.example.com"
	everybody := func(effect string) string {
		return `{"Effect":"` + effect + `","Principal":"*","Action":"sts:*"}`
	}
	named := `{"Effect":"Allow","Principal":{"Federated":"` + token + `"},"Action":"sts:AssumeRoleWithWebIdentity"}`
	for _, c := range []struct {
		name, statements string
		provider         string
		want             bool
	}{
		{"an Allow to everybody does not let them in", everybody("Allow"), token, false},
		{"nor beside another provider", everybody("Allow") + "," + strings.Replace(named, "token.", "other.", 1), token, false},
		{"an Allow to the provider does", named, token, true},
		{"unless everybody is denied", named + "," + everybody("Deny"), token, false},
		{"everybody else is everybody", everybody("Allow"), "", true},
	} {
		target := &Target{Account: owner, Trust: true, Policies: []*Policy{must(t, Trust, c.statements)}}
		req := &Request{Provider: c.provider, Action: "sts:AssumeRoleWithWebIdentity", Resource: opsARN}
		if got := Evaluate(req, nil, target).Allowed; got != c.want {
			t.Errorf("%s: allowed = %v", c.name, got)
		}
	}
}

func TestStatementWithoutPrincipalNeverMatches(t *testing.T) {
	t.Parallel()
	// Parse refuses such a document as a resource-based policy; an
	// identity-based one in its place must have no effect either.
	for _, statement := range []string{allowAll, denyAll} {
		target := &Target{Account: owner, Policies: []*Policy{must(t, Identity, statement)}}
		got := Evaluate(&Request{Principal: alice(owner), Action: readAction, Resource: repoARN}, nil, target)
		if got != no(Identity) {
			t.Errorf("4.4 got %+v", got)
		}
	}
}

func TestAPolicyTellsWhomAndWhatItNames(t *testing.T) {
	t.Parallel()
	p := must(t, Resource,
		`{"Effect":"Deny","NotPrincipal":{"Service":"x.amazonaws.com","AWS":["*","arn:aws:iam::111122223333:role\/a\u002fb"]},"Action":"*","NotResource":"arn:aws:s3:::a"}`,
		`{"Effect":"Allow","Principal":"*","Action":"*","Resource":["`+repoARN+`","*"]}`)
	if diff := cmp.Diff([]string{"*", "arn:aws:iam::111122223333:role/a/b"}, p.Principals()); diff != "" {
		t.Errorf("Principals (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{repoARN, "*"}, p.Resources()); diff != "" {
		t.Errorf("Resources (-want +got):\n%s", diff)
	}
	trust := must(t, Trust, `{"Effect":"Allow","Principal":{"Federated":"accounts.google.com"},"Action":"sts:AssumeRoleWithWebIdentity"}`)
	if named, resources := trust.Principals(), trust.Resources(); named != nil || resources != nil {
		t.Errorf("a trust policy names %v and %v", named, resources)
	}
}

func TestAPinnedPolicyIgnoresANamesake(t *testing.T) {
	t.Parallel()
	p := must(t, Resource,
		`{"Sid":"a","Effect":"Allow","Principal":{"AWS":["`+aliceARN+`","`+opsARN+`","`+owner+`","`+sessionARN+`"]},"Action":"*","Resource":"*"}`,
		`{"Sid":"b","Effect":"Allow","Principal":{"AWS":"`+aliceARN+`"},"Action":"*","Resource":"*"}`)
	want := []string{aliceARN, opsARN, owner, sessionARN}
	if diff := cmp.Diff(want, p.Principals()); diff != "" {
		t.Errorf("Principals (-want +got):\n%s", diff)
	}
	if got := must(t, Identity, allowAll).Principals(); got != nil {
		t.Errorf("Principals of an identity-based policy = %v", got)
	}
	pinned := p.Pin(map[string]string{aliceARN: aliceID})
	namesake := alice(owner)
	namesake.ID = "AIDAALICE0000000002"
	foundling := fed(owner) // its maker's name is not known, the id is
	foundling.Name, foundling.Path = "", ""
	for _, c := range []struct {
		name   string
		policy *Policy
		caller *principal.Principal
		want   grade
	}{
		{"4.4 user", pinned, alice(owner), namedUser},
		{"4.4 re-created user", pinned, namesake, delegated},
		{"4.4 re-created user, not pinned", p, namesake, namedUser},
		{"4.4 session of the user", pinned, foundling, namedRole},
		{"4.4 role that is not pinned", pinned, ops(owner), namedItself},
	} {
		e := evaluationState{req: &Request{Principal: c.caller}, p: c.caller}
		if got := c.policy.statements[0].principals.grade(&e); got != c.want {
			t.Errorf("%s: grade %v, want %v", c.name, got, c.want)
		}
	}
	got := Evaluate(&Request{Principal: alice(owner), Action: readAction, Resource: repoARN}, nil, &Target{Account: owner, Policies: []*Policy{pinned}})
	if got.Policy != "test" || got.Sid != "a" {
		t.Errorf("decision by the pinned policy: %+v", got)
	}
	identity := must(t, Identity, allowAll)
	if identity.Pin(nil).statements[0].principals != nil {
		t.Error("Pin gave an identity-based policy principals")
	}
}
