package policy

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/principal"
)

func TestExplainNamesWhatDecidedAndWhatNearlyDid(t *testing.T) {
	t.Parallel()
	read := &Request{Principal: alice(owner), Action: readAction, Resource: repoARN, Context: keys{"aws:sourceip": One("198.51.100.7")}}
	fromOffice := `{"Sid":"Office","Effect":"Allow","Action":"codeartifact:Read*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}`
	for _, c := range []struct {
		name                                  string
		req                                   *Request
		identity, resource, boundary, session string
		want                                  []string
	}{
		{name: "a statement allows", req: read, identity: allowAll, want: []string{
			`Allowed by statement 1 of the identity-based policy test.`,
			`Matches: statement 1 of the identity-based policy test, which allows.`}},
		{name: "nothing is there", req: read, want: []string{
			`Denied, because no identity-based policy allows the codeartifact:ReadFromRepository action.`,
			`There is no policy to look at.`}},
		{name: "root", req: &Request{Principal: root(owner), Action: readAction, Resource: repoARN}, want: []string{
			`Allowed: the root user may do everything in its own account.`,
			`There is no policy to look at.`}},
		{name: "a condition fails", req: read, identity: fromOffice, want: []string{
			`Denied, because no identity-based policy allows the codeartifact:ReadFromRepository action.`,
			`Near miss: statement 1 (Office) of the identity-based policy test would allow, but IpAddress aws:SourceIp is "203.0.113.0/24", the request has "198.51.100.7".`}},
		{name: "a key is missing", req: &Request{Principal: alice(owner), Action: readAction, Resource: repoARN}, identity: fromOffice, want: []string{
			`Denied, because no identity-based policy allows the codeartifact:ReadFromRepository action.`,
			`Near miss: statement 1 (Office) of the identity-based policy test would allow, but IpAddress aws:SourceIp is "203.0.113.0/24", the request has no such key.`}},
		{name: "an explicit deny", req: read, identity: allowAll, resource: denyTo(aliceARN), want: []string{
			`Denied explicitly by statement 1 of the resource-based policy test.`,
			`Matches: statement 1 of the identity-based policy test, which allows.`,
			`Matches: statement 1 of the resource-based policy test, which denies.`}},
		{name: "the account is named, which is not enough", req: read, resource: allowTo(owner), want: []string{
			`Denied, because no identity-based policy allows the codeartifact:ReadFromRepository action.`,
			`Matches: statement 1 of the resource-based policy test, which allows the caller's account, so that the caller's own policies must allow too.`}},
		{name: "another is named, the boundary and the session are silent", req: &Request{Principal: ops(owner), Action: readAction, Resource: repoARN},
			identity: allowAll, resource: allowTo(aliceARN), boundary: `{"Effect":"Allow","Action":"iam:*","Resource":"*"}`,
			session: `{"Effect":"Deny","NotAction":["codeartifact:ReadFromRepository","a:B","a:C","a:D","a:E","a:F","a:G"],"NotResource":"` + repoARN + `"}`, want: []string{
				`Denied, because no permissions boundary allows the codeartifact:ReadFromRepository action.`,
				`Matches: statement 1 of the identity-based policy test, which allows.`,
				`Near miss: statement 1 of the resource-based policy test would allow, but Principal is "arn:aws:iam::111122223333:user/eng/Alice", the request has "arn:aws:sts::111122223333:assumed-role/Ops/ci".`,
				`Near miss: statement 1 of the permissions boundary test would allow, but Action is "iam:*", the request has "codeartifact:ReadFromRepository".`,
				`1 other statement is about something else: in the session policy test.`}},
		{name: "what a negated element excludes", req: read, identity: `{"Effect":"Allow","NotAction":["codeartifact:R*","a:B","a:C","a:D","a:E","a:F","a:G"],"Resource":"*"}`, want: []string{
			`Denied, because no identity-based policy allows the codeartifact:ReadFromRepository action.`,
			`Near miss: statement 1 of the identity-based policy test would allow, but NotAction is "codeartifact:R*", "a:B", "a:C", "a:D", "a:E" and 2 more, which excludes "codeartifact:ReadFromRepository".`}},
		{name: "several values", req: &Request{Principal: alice(owner), Action: readAction, Resource: repoARN, Context: keys{"aws:tagkeys": Many([]string{"a", "b"})}},
			identity: `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":"a"}}}`, want: []string{
				`Denied, because no identity-based policy allows the codeartifact:ReadFromRepository action.`,
				`Near miss: statement 1 of the identity-based policy test would allow, but ForAllValues:StringEquals aws:TagKeys is "a", the request has "a", "b".`}},
		{name: "nobody asks", req: &Request{Action: readAction, Resource: repoARN}, resource: allowTo(aliceARN), want: []string{
			`Denied, because no resource-based policy allows the codeartifact:ReadFromRepository action.`,
			`Near miss: statement 1 of the resource-based policy test would allow, but Principal is "arn:aws:iam::111122223333:user/eng/Alice", the request has "anonymous".`}},
		{name: "a provider asks", req: &Request{Provider: "accounts.google.com", Action: readAction, Resource: repoARN}, resource: allowTo(aliceARN), want: []string{
			`Denied, because no resource-based policy allows the codeartifact:ReadFromRepository action.`,
			`Near miss: statement 1 of the resource-based policy test would allow, but Principal is "arn:aws:iam::111122223333:user/eng/Alice", the request has "accounts.google.com".`}},
		{name: "other matters", req: read, identity: `{"Effect":"Deny","Action":"iam:*","Resource":"arn:aws:iam:*"},{"Effect":"Allow","Action":"sts:*","Resource":"arn:aws:iam:*"}`, want: []string{
			`Denied, because no identity-based policy allows the codeartifact:ReadFromRepository action.`,
			`2 other statements are about something else: in the identity-based policy test.`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := &Grants{Identity: one(t, Identity, c.identity), Session: one(t, Session, c.session)}
			if c.boundary != "" {
				g.Boundary = must(t, Boundary, c.boundary)
			}
			x := Explain(c.req, g, &Target{Account: owner, Policies: one(t, Resource, c.resource)})
			if diff := cmp.Diff(c.want, x.Lines(c.req)); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}

func TestExplainWithoutPoliciesOrNames(t *testing.T) {
	t.Parallel()
	req := &Request{Principal: alice(owner), Action: readAction, Resource: "*"}
	x := Explain(req, nil, nil)
	if x.Decision != no(Identity) || len(x.Policies) != 0 {
		t.Errorf("got %+v", x)
	}
	unnamed, err := Parse("", document(denyAll), Session)
	if err != nil {
		t.Fatal(err)
	}
	x = Explain(req, &Grants{Session: []*Policy{unnamed}}, nil)
	if got := x.Lines(req)[0]; got != "Denied explicitly by statement 1 of the session policy." {
		t.Errorf("got %s", got)
	}
	// A policy of the wrong kind on the resource's side names nobody.
	x = Explain(req, nil, &Target{Account: owner, Policies: []*Policy{must(t, Identity, allowAll)}})
	want := []Failure{{Element: Element{Name: "Principal"}, Request: []string{aliceARN}}}
	if diff := cmp.Diff(want, x.Policies[0].Statements[0].Failures); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
	if got := x.Lines(req)[1]; !strings.HasSuffix(got, `but Principal is nothing, the request has "arn:aws:iam::111122223333:user/eng/Alice".`) {
		t.Errorf("got %s", got)
	}
}

func TestExplainShowsTheElementsOfAStatement(t *testing.T) {
	t.Parallel()
	p := must(t, Resource, `{"Effect":"Deny","NotPrincipal":{"AWS":"`+owner+`"},"NotAction":"iam:*","Resource":["*"],"Condition":{"Bool":{"aws:SecureTransport":false}}}`)
	trust := must(t, Trust, `{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}`)
	x := Explain(&Request{Principal: alice(owner), Action: readAction, Resource: repoARN}, nil, &Target{Account: owner, Policies: []*Policy{p, trust}})
	got := [][]Element{x.Policies[0].Statements[0].Elements, x.Policies[1].Statements[0].Elements}
	want := [][]Element{
		{{Name: "NotAction", Values: []string{"iam:*"}}, {Name: "NotPrincipal", Values: []string{owner}}, {Name: "Resource", Values: []string{"*"}},
			{Name: "Condition", Operator: "Bool", Key: "aws:SecureTransport", Values: []string{"false"}}},
		{{Name: "Action", Values: []string{"sts:AssumeRole"}}, {Name: "Principal", Values: []string{"*"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("elements (-want +got):\n%s", diff)
	}
}

func TestWithholdHidesThePoliciesOfAnotherAccount(t *testing.T) {
	t.Parallel()
	req := &Request{Principal: alice(third), Action: readAction, Resource: repoARN}
	for name, c := range map[string]struct {
		resource string
		want     string
	}{
		"a deny":  {denyTo("*"), "Denied explicitly by a resource-based policy."},
		"silence": {allowTo(owner), "Denied, because no resource-based policy allows the codeartifact:ReadFromRepository action."},
	} {
		x := Explain(req, &Grants{Identity: one(t, Identity, allowAll)}, &Target{Account: owner, Policies: one(t, Resource, c.resource)})
		x.Withhold()
		want := []string{c.want, "The policies of the resource belong to another account and are not shown.", "Matches: statement 1 of the identity-based policy test, which allows."}
		if diff := cmp.Diff(want, x.Lines(req)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestExplainTellsWhereAStatementStands(t *testing.T) {
	t.Parallel()
	text := "{\"Version\":\"2012-10-17\",\n \"Statement\": [\n  {\"Sid\":\"é\",\"Effect\":\"Allow\",\n   \"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}, {\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}\n ]}"
	p, err := Parse("r", text, Resource)
	if err != nil {
		t.Fatal(err)
	}
	x := Explain(&Request{Principal: alice(owner), Action: readAction, Resource: repoARN}, nil, &Target{Account: owner, Policies: []*Policy{p}})
	var got [][2]Position
	for _, f := range x.Policies[0].Statements {
		got = append(got, [2]Position{f.Start, f.End})
	}
	want := [][2]Position{{{2, 16}, {4, 48}}, {{4, 49}, {4, 111}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("positions (-want +got):\n%s", diff)
	}
}

func TestMissingKeysAreThoseOfStatementsAboutTheRequest(t *testing.T) {
	t.Parallel()
	p := must(t, Identity,
		`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestTag/Team":"${aws:PrincipalTag/Team}"},"StringLike":{"AWS:requesttag/team":"*"},"Null":{"aws:SourceIp":"true"},"StringEquals":{"aws:PrincipalType":"User"}}}`,
		`{"Effect":"Allow","Action":"iam:*","Resource":"*","Condition":{"StringEquals":{"a:b":"c"}}}`)
	x := Explain(&Request{Principal: alice(owner), Action: readAction, Resource: repoARN}, &Grants{Identity: []*Policy{p}}, nil)
	got := [][]string{x.Policies[0].Statements[0].Missing, x.Policies[0].Statements[1].Missing}
	if diff := cmp.Diff([][]string{{"aws:RequestTag/Team", "aws:SourceIp", "aws:PrincipalTag/Team"}, nil}, got); diff != "" {
		t.Errorf("missing keys (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"aws:RequestTag/Team", "aws:SourceIp", "aws:PrincipalTag/Team"}, x.Missing()); diff != "" {
		t.Errorf("missing keys of all (-want +got):\n%s", diff)
	}
	want := []string{"a:b", "aws:PrincipalTag/Team", "aws:PrincipalType", "AWS:requesttag/team", "aws:SourceIp"}
	if diff := cmp.Diff(want, ContextKeys([]*Policy{p})); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

// The words come from the same look at statements as the decision: what decided
// matches, and without a match there is no allow and no explicit deny.
func TestExplainAgreesWithEvaluate(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	statement := func(kind Type) string {
		effect := pick("Allow", "Allow", "Deny")
		who := ""
		if kind == Resource {
			who = `"` + map[bool]string{true: "Not"}[effect == "Deny" && r.IntN(3) == 0] + `Principal":{"AWS":"` + pick("*", owner, aliceARN, opsARN, sessionARN, guestARN) + `"},`
		}
		return `{"Effect":"` + effect + `",` + who + `"` + pick("", "Not") + `Action":"` + pick("*", readAction, "codeartifact:*", "iam:*") + `","` +
			pick("", "Not") + `Resource":"` + pick("*", repoARN, domainARN, "arn:aws:codeartifact:*") + `","Condition":{"` +
			pick("StringEquals", "StringNotEquals", "StringEqualsIfExists") + `":{"` + pick("a:b", "a:c") + `":"` + pick("x", "y") + `"}}}`
	}
	policies := func(kind Type) []*Policy {
		var list []*Policy
		for range r.IntN(3) {
			list = append(list, must(t, kind, statement(kind), statement(kind)))
		}
		return list
	}
	callers := []*principal.Principal{nil, alice(owner), ops(owner), fed(owner), root(owner), alice(third)}
	for range 2000 {
		req := &Request{Principal: callers[r.IntN(len(callers))], Action: readAction, Resource: repoARN, Context: keys{"a:b": One("x")}}
		g := &Grants{Identity: policies(Identity), Session: policies(Session)}
		if list := policies(Boundary); len(list) > 0 {
			g.Boundary = list[0]
		}
		target := &Target{Account: owner, Policies: policies(Resource)}
		x := Explain(req, g, target)
		if want := Evaluate(req, g, target); x.Decision != want {
			t.Fatalf("explained %+v, evaluated %+v", x.Decision, want)
		}
		decided, denies := x.Decision.Statement == 0, false
		for _, p := range x.Policies {
			for i := range p.Statements {
				f := &p.Statements[i]
				denies = denies || f.Deny && f.Matches()
				decided = decided || p.Type == x.Decision.Type && f.Number == x.Decision.Statement && f.Matches() && f.Deny == x.Decision.Explicit
			}
		}
		if !decided || denies != x.Decision.Explicit {
			t.Fatalf("%+v does not follow from %+v", x.Decision, x.Policies)
		}
		x.Lines(req)
	}
}

func BenchmarkExplain(b *testing.B) {
	req, g := ordinaryRequest(), &Grants{Identity: ordinary(b, 10)}
	b.ReportAllocs()
	for b.Loop() {
		sink = Explain(req, g, &Target{Account: owner}).Decision
	}
}
