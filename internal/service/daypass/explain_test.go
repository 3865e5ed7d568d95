package daypass_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	api "daypass/api/daypass"
	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/identity"
	"daypass/internal/policy"
	"daypass/internal/principal"
	"daypass/internal/registry"
)

// places is a registry with one domain in each account, which everybody may
// describe, and none may delete.
type places struct{}

func (places) SubjectOf(_ context.Context, _ string, a arn.ARN) (registry.Subject, bool, error) {
	switch {
	case a.Service != "codeartifact":
		return registry.Subject{}, false, nil
	case a.Name() == "down":
		return registry.Subject{}, false, errors.New("the database is away")
	}
	p, err := policy.Parse("theirs", policyOf(`{"Effect":"Allow","Principal":"*","Action":"codeartifact:Describe*","Resource":"*"},
		{"Sid":"Keep","Effect":"Deny","Principal":"*","Action":"codeartifact:Delete*","Resource":"*"}`), policy.Resource)
	return registry.Subject{ARN: a.String(), Account: a.Account, Policies: []*policy.Policy{p}, Tags: map[string]string{"team": "core"}}, true, err
}

func policyOf(statements string) string {
	return `{"Version":"2012-10-17","Statement":[` + statements + `]}`
}

// grant makes a user or role of the first account with a policy.
func (b *bundle) grant(kind, name, trust, statements string) {
	b.t.Helper()
	e := &identity.Entity{Kind: kind, Account: first, Name: name, Trust: trust, Tags: map[string]string{"Team": "core"}}
	err := b.directory.Create(b.t.Context(), e)
	if err == nil && statements != "" {
		err = b.directory.PutInline(b.t.Context(), first, kind, name, identity.InlinePolicy{Name: "p", Document: policyOf(statements)})
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

func TestExplainDecisionFollowsThePoliciesOfToday(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.grant(identity.User, "dev", "", `{"Effect":"Allow","Action":"codeartifact:Get*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"${aws:PrincipalTag/team}"}}},
		{"Effect":"Allow","Action":"iam:GetUser","Resource":"*","Condition":{"StringEquals":{"iam:ResourceTag/team":"core"}}},
		{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]},"Bool":{"aws:SecureTransport":"true"}}}`)
	b.grant(identity.Role, "builder", policyOf(`{"Effect":"Allow","Principal":{"AWS":"`+first+`"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"iam:ResourceTag/team":"core"}}}`),
		`{"Effect":"Allow","Action":"codeartifact:ListDomains","Resource":"*","Condition":{"StringLike":{"aws:userid":"*:ci"}}}`)
	const (
		dev     = "arn:aws:iam::" + first + ":user/dev"
		admin   = "arn:aws:iam::" + first + ":user/admin"
		domain  = "arn:aws:codeartifact:us-east-1:" + first + ":domain/d"
		foreign = "arn:aws:codeartifact:us-east-1:" + second + ":domain/d"
		role    = "arn:aws:iam::" + first + ":role/builder"
	)
	for _, c := range []struct {
		name                        string
		principal, action, resource string
		context                     map[string][]string
		want                        string // decision, its kind, and a part of the words
	}{
		{"by the user's policy and the tags of both", dev, "codeartifact:GetDomain", domain, nil, "Allow identity-based policy: Allowed by statement 1 of the identity-based policy p."},
		{"by the domain's policy", dev, "codeartifact:DescribeDomain", domain, nil, "Allow resource-based policy: Allowed by statement 1 of the resource-based policy theirs."},
		{"against the domain's policy", admin, "codeartifact:DeleteDomain", domain, nil, "Deny resource-based policy: Denied explicitly by statement 2 (Keep) of the resource-based policy theirs."},
		{"against another account's, which is not shown", admin, "codeartifact:DeleteDomain", foreign, nil, "Deny resource-based policy: Denied explicitly by a resource-based policy."},
		{"on a tagged user", dev, "iam:GetUser", dev, nil, "Allow identity-based policy: Allowed by statement 2"},
		{"on a user that is not there", dev, "iam:GetUser", "arn:aws:iam::" + first + ":user/none", nil, "Deny identity-based policy: Denied, because no identity-based policy allows"},
		{"on a policy", admin, "iam:GetPolicy", "arn:aws:iam::" + first + ":policy/p", nil, "Allow identity-based policy: Allowed by statement 1"},
		{"with keys that are given", dev, "s3:GetObject", "arn:aws:s3:::b", map[string][]string{"AWS:TagKeys": {"a", "b"}, "aws:SecureTransport": {"true"}}, "Allow identity-based policy: Allowed by statement 3"},
		{"the same without a resource", dev, "s3:GetObject", "*", map[string][]string{"AWS:TagKeys": {"a", "b"}, "aws:SecureTransport": {"true"}}, "Allow identity-based policy: Allowed by statement 3"},
		{"assuming a role", admin, "sts:AssumeRole", role, nil, "Allow identity-based policy: Allowed by statement 1"},
		{"assuming a role, by the trust policy alone", dev, "sts:AssumeRole", role, nil, "Deny identity-based policy: Denied, because no identity-based policy allows the sts:AssumeRole"},
		{"assuming a role that is not there", admin, "sts:AssumeRole", role + "s", nil, "Deny role trust policy: Denied, because no role trust policy"},
		{"a session by its name", "arn:aws:sts::" + first + ":assumed-role/builder/ci", "codeartifact:ListDomains", "*", nil, "Allow identity-based policy: Allowed by statement 1"},
		{"another session", "arn:aws:sts::" + first + ":assumed-role/builder/me", "codeartifact:ListDomains", "*", nil, "Deny identity-based policy: Denied, because"},
		{"root", "arn:aws:iam::" + first + ":root", "iam:GetUser", dev, nil, "Allow identity-based policy: Allowed: the root user"},
	} {
		out, err := call[api.ExplainDecisionOutput](b, first, "ExplainDecision", &api.ExplainDecisionInput{
			PrincipalArn: c.principal, Action: c.action, Resource: c.resource, Context: c.context})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got := out.Decision + " " + out.PolicyType + ": " + strings.Join(out.Explanation, " ")
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %s\nwant %s", c.name, got, c.want)
		}
		if c.resource == foreign && slices.ContainsFunc(out.Policies, func(p api.ExplainedPolicy) bool { return p.Name == "theirs" }) {
			t.Errorf("%s: %+v", c.name, out.Policies)
		}
	}
	out, err := call[api.ExplainDecisionOutput](b, first, "ExplainDecision", &api.ExplainDecisionInput{PrincipalArn: dev, Action: "s3:GetObject", Resource: "*"})
	if err != nil {
		t.Fatal(err)
	}
	// A key that is missing satisfies ForAllValues.
	s := out.Policies[0].Statements[2]
	if *s.Matches || len(s.Failures) != 1 || s.Failures[0].Key != "aws:SecureTransport" || !*s.Failures[0].Missing || !slices.Equal(out.MissingKeys, []string{"aws:TagKeys", "aws:SecureTransport"}) {
		t.Errorf("missing %v, statement %+v", out.MissingKeys, s)
	}
}

func TestASessionThatAsksAboutItselfIsJudgedByItsOwnPolicies(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.grant(identity.Role, "builder", policyOf(`{"Effect":"Allow","Principal":{"AWS":"`+first+`"},"Action":"sts:AssumeRole"}`), `{"Effect":"Allow","Action":"*","Resource":"*"}`)
	_, id, _, err := b.directory.ResolvePrincipal(t.Context(), "arn:aws:iam::"+first+":role/builder")
	if err != nil {
		t.Fatal(err)
	}
	c := &gate.Call{Now: b.now, Region: "us-east-1"}
	c.Principal, c.Grants, err = b.directory.Principal(t.Context(), principal.Ref{Kind: principal.Role, Account: first, ID: id, SessionName: "ci",
		Session: &principal.Session{IssuedAt: b.now, ExpiresAt: b.now.Add(time.Hour), Policies: []string{policyOf(`{"Effect":"Allow","Action":"daypass:*","Resource":"*"}`)}}})
	if err != nil {
		t.Fatal(err)
	}
	for session, want := range map[string]string{"ci": "Deny session policy", "other": "Allow identity-based policy"} {
		out, err := b.operations["ExplainDecision"].Do(t.Context(), c, "daypass:ExplainDecision", &api.ExplainDecisionInput{
			PrincipalArn: "arn:aws:sts::" + first + ":assumed-role/builder/" + session, Action: "iam:GetUser", Resource: "*"})
		if err != nil {
			t.Fatal(err)
		}
		got := out.(*api.ExplainDecisionOutput)
		if got.Decision+" "+got.PolicyType != want {
			t.Errorf("%s: %s by %s, want %s", session, got.Decision, got.PolicyType, want)
		}
	}
}

func TestASessionThatAsksAboutItselfHasItsSecondFactorAndItsProvidersWord(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const issuer, claim = "arn:aws:iam::" + first + ":oidc-provider/idp.example", "idp.example:sub"
	b.grant(identity.Role, "builder", policyOf(`{"Effect":"Allow","Principal":{"AWS":"`+first+`"},"Action":"sts:AssumeRole"}`),
		`{"Effect":"Allow","Action":"iam:GetUser","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"},"NumericLessThan":{"aws:MultiFactorAuthAge":"300"}}},
		{"Effect":"Allow","Action":"iam:GetRole","Resource":"*","Condition":{"StringEquals":{"`+claim+`":"repo:a/b","aws:FederatedProvider":"`+issuer+`"}}},
		{"Effect":"Allow","Action":"daypass:ExplainDecision","Resource":"*"}`)
	_, id, _, err := b.directory.ResolvePrincipal(t.Context(), "arn:aws:iam::"+first+":role/builder")
	if err != nil {
		t.Fatal(err)
	}
	life := principal.Session{IssuedAt: b.now, ExpiresAt: b.now.Add(time.Hour)}
	strong, late, web := life, life, life
	strong.MFAAt, late.MFAAt = b.now.Add(-time.Minute), b.now.Add(-10*time.Minute)
	web.Provider, web.Context = issuer, map[string][]string{claim: {"repo:a/b"}}
	for _, test := range []struct {
		name    string
		session principal.Session
		action  string
		context map[string][]string
		want    string
	}{
		{"a second factor", strong, "iam:GetUser", nil, "Allow"},
		{"one that was shown long ago", late, "iam:GetUser", nil, "Deny"},
		{"none", life, "iam:GetUser", nil, "Deny"},
		{"none, if there were one", life, "iam:GetUser", map[string][]string{"aws:MultiFactorAuthPresent": {"true"}, "aws:MultiFactorAuthAge": {"1"}}, "Allow"},
		{"a provider's claim", web, "iam:GetRole", nil, "Allow"},
		{"another claim, if it were", web, "iam:GetRole", map[string][]string{claim: {"repo:x/y"}}, "Deny"},
		{"no provider", life, "iam:GetRole", nil, "Deny"},
	} {
		c := &gate.Call{Now: b.now, Region: "us-east-1"}
		c.Principal, c.Grants, err = b.directory.Principal(t.Context(), principal.Ref{Kind: principal.Role, Account: first, ID: id, SessionName: "ci", Session: &test.session})
		if err != nil {
			t.Fatal(err)
		}
		out, err := b.operations["ExplainDecision"].Do(t.Context(), c, "daypass:ExplainDecision", &api.ExplainDecisionInput{PrincipalArn: c.Principal.ARN(), Action: test.action, Resource: "*", Context: test.context})
		if err != nil {
			t.Fatal(err)
		}
		if got := out.(*api.ExplainDecisionOutput).Decision; got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestExplainDecisionTellsWhatAProviderOpens(t *testing.T) {
	t.Parallel()
	b := setup(t)
	provider, err := b.directory.NewProvider(first, "https://idp.example/tenant")
	if err == nil {
		err = b.directory.CreateProvider(t.Context(), provider)
	}
	if err != nil {
		t.Fatal(err)
	}
	issuer := identity.ProviderARN(provider)
	b.grant(identity.Role, "job", policyOf(`{"Effect":"Allow","Principal":{"Federated":"`+issuer+`"},"Action":"sts:AssumeRoleWithWebIdentity",
		"Condition":{"StringEquals":{"idp.example/tenant:aud":"sts","aws:FederatedProvider":"`+issuer+`"}}}`), "")
	b.grant(identity.Role, "people", policyOf(`{"Effect":"Allow","Principal":{"AWS":"`+first+`"},"Action":"sts:*"}`), "")
	const job, people = "arn:aws:iam::" + first + ":role/job", "arn:aws:iam::" + first + ":role/people"
	for _, test := range []struct {
		name, principal, action, resource string
		context                           map[string][]string
		want                              string
	}{
		{"the audience fits", issuer, "sts:AssumeRoleWithWebIdentity", job, map[string][]string{"idp.example/tenant:aud": {"sts"}}, "Allowed by statement 1 of the role trust policy"},
		{"the audience is missing", issuer, "sts:AssumeRoleWithWebIdentity", job, nil, "Denied, because no role trust policy allows the sts:AssumeRoleWithWebIdentity action."},
		{"a role that trusts others", issuer, "sts:AssumeRoleWithWebIdentity", people, nil, "Denied, because no role trust policy allows the sts:AssumeRoleWithWebIdentity action."},
		{"another action", issuer, "sts:AssumeRole", job, nil, "action: whoever a provider vouches for can only do sts:AssumeRoleWithWebIdentity, not sts:AssumeRole"},
		{"no such provider", issuer + "s", "sts:AssumeRoleWithWebIdentity", job, nil, "OpenIDConnect Provider not found for arn " + issuer + "s"},
		{"another account's role with keys", issuer, "sts:AssumeRoleWithWebIdentity", "arn:aws:iam::" + second + ":role/job", map[string][]string{"idp.example/tenant:aud": {"sts"}}, "context: the resource is account "},
	} {
		out, err := call[api.ExplainDecisionOutput](b, first, "ExplainDecision", &api.ExplainDecisionInput{
			PrincipalArn: test.principal, Action: test.action, Resource: test.resource, Context: test.context})
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = strings.Join(out.Explanation, " ")
		}
		if !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: %s\nwant %s", test.name, got, test.want)
		}
	}
	_, err = call[api.ExplainDecisionOutput](b, second, "ExplainDecision", &api.ExplainDecisionInput{PrincipalArn: issuer, Action: "sts:AssumeRoleWithWebIdentity", Resource: job})
	if kindOf(err) != fault.AccessDenied {
		t.Errorf("another account's provider: %v", err)
	}
}

func TestExplainDecisionIsForOnesOwnAccountAndWithPermission(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for principal, want := range map[string]fault.Kind{
		"arn:aws:iam::" + second + ":user/admin": fault.AccessDenied,
		"arn:aws:iam::" + first + ":user/nobody": fault.NotFound,
		"admin":                                  fault.Validation,
	} {
		_, err := call[api.ExplainDecisionOutput](b, first, "ExplainDecision", &api.ExplainDecisionInput{PrincipalArn: principal, Action: "iam:GetUser", Resource: "*"})
		if kindOf(err) != want {
			t.Errorf("%s: %v, want kind %v", principal, err, want)
		}
	}
	admin := "arn:aws:iam::" + first + ":user/admin"
	_, err := call[api.ExplainDecisionOutput](b, first, "ExplainDecision", &api.ExplainDecisionInput{PrincipalArn: admin, Action: "iam:GetUser", Resource: "dev"})
	if kindOf(err) != fault.Validation || !strings.HasPrefix(err.Error(), "resource: ") {
		t.Errorf("no resource: %v", err)
	}
	_, err = call[api.ExplainDecisionOutput](b, first, "ExplainDecision", &api.ExplainDecisionInput{PrincipalArn: admin, Action: "sts:AssumeRole",
		Resource: "arn:aws:iam::" + second + ":role/theirs", Context: map[string][]string{"sts:ExternalId": {"guess"}}})
	if kindOf(err) != fault.Validation || !strings.HasPrefix(err.Error(), "context: ") {
		t.Errorf("keys supposed of another account's role: %v", err)
	}
	_, err = call[api.ExplainDecisionOutput](b, first, "ExplainDecision", &api.ExplainDecisionInput{PrincipalArn: admin, Action: "codeartifact:X", Resource: "arn:aws:codeartifact:us-east-1:" + first + ":domain/down"})
	if err == nil || kindOf(err) != -1 {
		t.Errorf("without a database: %v", err)
	}
}
