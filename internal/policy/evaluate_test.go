package policy

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/principal"
)

// a case of an evaluation; empty statements are policies that are not there.
type evaluation struct {
	name                                  string
	caller                                *principal.Principal
	identity, boundary, session, resource string
	bounded, restricted                   bool
	want                                  Decision
}

func (c *evaluation) run(t *testing.T) {
	t.Parallel()
	g := &Grants{Identity: one(t, Identity, c.identity), Session: one(t, Session, c.session), Restricted: c.restricted}
	if c.boundary != "" {
		g.Boundary = must(t, Boundary, c.boundary)
	}
	caller := c.caller
	if c.bounded {
		with := *caller // rows share their callers
		with.Boundary = true
		caller = &with
	}
	target := &Target{Account: owner, Policies: one(t, Resource, c.resource)}
	got := Evaluate(&Request{Principal: caller, Action: readAction, Resource: repoARN}, g, target)
	got.Policy, got.Statement = "", 0
	if diff := cmp.Diff(c.want, got); diff != "" {
		t.Errorf("decision (-want +got):\n%s", diff)
	}
}

func yes(by Type) Decision { return Decision{Allowed: true, Type: by} }
func no(by Type) Decision  { return Decision{Type: by} }
func bar(by Type) Decision { return Decision{Explicit: true, Type: by} }

func TestEvaluationFollowsAWSsOrder(t *testing.T) {
	t.Parallel()
	for _, c := range []evaluation{
		{name: "4.1 step 0 the default is deny", caller: alice(owner), want: no(Identity)},
		{name: "4.1 step 0 root starts from full access", caller: root(owner), want: yes(Identity)},
		{name: "4.1 step 0 root starts from nothing in another account", caller: root(third), want: no(Resource)},
		{name: "4.1 step 0 root of another account with a resource allow", caller: root(third), resource: allowTo(third), want: yes(Resource)},
		{name: "4.1 step 0 root and a deny in its own resource policy", caller: root(owner), resource: denyTo(owner), want: bar(Resource)},
		{name: "4.1 step 1 deny in the identity policy", caller: alice(owner), identity: denyAll, resource: allowTo(aliceARN), want: bar(Identity)},
		{name: "4.1 step 1 deny in the resource policy", caller: alice(owner), identity: allowAll, resource: denyTo(aliceARN), want: bar(Resource)},
		{name: "4.1 step 1 deny in the boundary", caller: alice(owner), identity: allowAll, boundary: denyAll, resource: allowTo(aliceARN), want: bar(Boundary)},
		{name: "4.1 step 1 deny in the session policy", caller: ops(owner), identity: allowAll, session: denyAll, resource: allowTo(sessionARN), want: bar(Session)},
		{name: "4.1 step 4 a resource allow ends it", caller: alice(owner), resource: allowTo(aliceARN), want: yes(Resource)},
		{name: "4.1 step 5 identity policy allows", caller: alice(owner), identity: allowAll, want: yes(Identity)},
		{name: "4.1 step 5 no identity policy allows", caller: ops(owner), session: allowAll, want: no(Identity)},
		{name: "4.1 step 6 the boundary allows", caller: alice(owner), identity: allowAll, boundary: allowAll, want: yes(Identity)},
		{name: "4.1 step 6 the boundary does not", caller: alice(owner), identity: allowAll, boundary: otherAction, want: no(Boundary)},
		{name: "4.1 step 6 a boundary that is gone allows nothing", caller: alice(owner), identity: allowAll, bounded: true, want: no(Boundary)},
		{name: "4.1 step 7 the session policy allows", caller: ops(owner), identity: allowAll, session: allowAll, want: yes(Identity)},
		{name: "4.1 step 7 the session policy does not", caller: ops(owner), identity: allowAll, session: otherAction, want: no(Session)},
		{name: "4.1 step 7 no session policy, role session", caller: ops(owner), identity: allowAll, want: yes(Identity)},
		{name: "4.1 step 7 no session policy, federated session", caller: fed(owner), identity: allowAll, want: no(Session)},
		{name: "4.1 step 7 session policy, federated session", caller: fed(owner), identity: allowAll, session: allowAll, want: yes(Identity)},
		{name: "4.1 step 7 session policies that are gone allow nothing", caller: ops(owner), identity: allowAll, restricted: true, want: no(Session)},
	} {
		t.Run(c.name, c.run)
	}
}

const otherAction = `{"Effect":"Allow","Action":"codeartifact:ListDomains","Resource":"*"}`

// What a credential says of its session counts, even if the caller of
// Evaluate forgot to.
func TestSessionOfPrincipalRestricts(t *testing.T) {
	t.Parallel()
	caller := ops(owner)
	caller.Session.PolicyARNs = []string{"arn:aws:iam::111122223333:policy/gone"}
	got := Evaluate(&Request{Principal: caller, Action: readAction, Resource: repoARN},
		&Grants{Identity: one(t, Identity, allowAll)}, &Target{Account: owner})
	if got != no(Session) {
		t.Errorf("got %+v", got)
	}
}

func TestSessionPoliciesAddUp(t *testing.T) {
	t.Parallel()
	g := &Grants{Identity: one(t, Identity, allowAll), Session: []*Policy{must(t, Session, otherAction), must(t, Session, allowAll)}}
	got := Evaluate(&Request{Principal: ops(owner), Action: readAction, Resource: repoARN}, g, &Target{Account: owner})
	if !got.Allowed {
		t.Errorf("got %+v", got)
	}
}

func TestAFederatedSessionOfRootHasWhatItsPolicyAllows(t *testing.T) {
	t.Parallel()
	caller := fed(owner)
	caller.ID, caller.Name, caller.Path = owner, "", ""
	for _, c := range []evaluation{
		{name: "has what its session policy allows", caller: caller, session: allowAll, want: yes(Identity)},
		{name: "has nothing without one", caller: caller, want: no(Session)},
	} {
		t.Run(c.name, c.run)
	}
}

func TestPoliciesOfBothSidesCombineByAccount(t *testing.T) {
	t.Parallel()
	account := func(aws string) string { return allowTo(aws) }
	// The callers of the second column are principals of another account with
	// the same names, and are named by their own ARNs.
	for _, c := range []struct {
		name                   string
		identity               string
		resource, resourceFrom string
		same, cross            Decision
	}{
		{name: "4.1 identity allow only", identity: allowAll, same: yes(Identity), cross: no(Resource)},
		{name: "4.1 resource allow only, user named", resource: allowTo(aliceARN), resourceFrom: allowTo("arn:aws:iam::333344445555:user/eng/Alice"), same: yes(Resource), cross: no(Identity)},
		{name: "4.1 resource allow only, account by number", resource: account(owner), resourceFrom: account(third), same: no(Identity), cross: no(Identity)},
		{name: "4.1 resource allow only, account by root", resource: account(rootARN), resourceFrom: account("arn:aws:iam::333344445555:root"), same: no(Identity), cross: no(Identity)},
		{name: "4.1 resource allow only, everybody", resource: account("*"), resourceFrom: account("*"), same: yes(Resource), cross: no(Identity)},
		{name: "4.1 both allow, account", identity: allowAll, resource: account(owner), resourceFrom: account(third), same: yes(Identity), cross: yes(Identity)},
		{name: "4.1 both allow, user", identity: allowAll, resource: allowTo(aliceARN), resourceFrom: allowTo("arn:aws:iam::333344445555:user/eng/Alice"), same: yes(Identity), cross: yes(Identity)},
		{name: "4.1 identity deny", identity: denyAll, resource: account("*"), resourceFrom: account("*"), same: bar(Identity), cross: bar(Identity)},
		{name: "4.1 resource deny", identity: allowAll, resource: denyTo("*"), resourceFrom: denyTo("*"), same: bar(Resource), cross: bar(Resource)},
	} {
		same := evaluation{caller: alice(owner), identity: c.identity, resource: c.resource, want: c.same}
		cross := evaluation{caller: alice(third), identity: c.identity, resource: c.resourceFrom, want: c.cross}
		t.Run(c.name+", same account", same.run)
		t.Run(c.name+", cross account", cross.run)
	}
}

func TestCrossAccountNeedsEveryPolicyOfThePrincipal(t *testing.T) {
	t.Parallel()
	session := "arn:aws:sts::333344445555:assumed-role/Ops/ci"
	for _, c := range []evaluation{
		{name: "4.1 the boundary limits", caller: ops(third), identity: allowAll, boundary: otherAction, resource: allowTo(session), want: no(Boundary)},
		{name: "4.1 the session policy limits", caller: ops(third), identity: allowAll, session: otherAction, resource: allowTo(session), want: no(Session)},
		{name: "4.1 all allow", caller: ops(third), identity: allowAll, boundary: allowAll, session: allowAll, resource: allowTo(session), want: yes(Identity)},
	} {
		t.Run(c.name, c.run)
	}
}

// Every row of the table is tried once for each of the three implicit denies,
// with the two others allowed.
func TestAResourceGrantOvercomesByHowItNamesTheCaller(t *testing.T) {
	t.Parallel()
	const over, limits = true, false
	for _, c := range []struct {
		name                        string
		named                       string
		caller                      func(string) *principal.Principal
		identity, boundary, session bool
	}{
		{"4.2 user ARN, that user", aliceARN, alice, over, over, limits},
		{"4.2 user id, that user", aliceID, alice, over, over, limits},
		{"4.2 user ARN, federated session of that user", aliceARN, fed, over, limits, limits},
		{"4.2 user id, federated session of that user", aliceID, fed, over, limits, limits},
		{"4.2 role ARN, session of the role", opsARN, ops, over, limits, limits},
		{"4.2 role id, session of the role", opsID, ops, over, limits, limits},
		{"4.2 session ARN, that session", sessionARN, ops, over, over, over},
		{"4.2 federated session ARN, that session", guestARN, fed, over, over, over},
		{"4.2 everybody, user", "*", alice, over, over, over},
		{"4.2 everybody, role session", "*", ops, over, over, over},
		{"4.2 everybody, federated session", "*", fed, over, over, over},
		{"4.2 account, user", owner, alice, limits, limits, limits},
		{"4.2 account, role session", owner, ops, limits, limits, limits},
		{"4.2 root ARN, role session", rootARN, ops, limits, limits, limits},
	} {
		want := func(over bool, by Type) Decision {
			if over {
				return Decision{Allowed: true, Type: Resource}
			}
			return no(by)
		}
		identity := evaluation{caller: c.caller(owner), boundary: allowAll, session: allowAll, resource: allowTo(c.named), want: want(c.identity, Identity)}
		t.Run(c.name+": identity", identity.run)
		if !c.identity {
			continue
		}
		boundary := evaluation{caller: c.caller(owner), boundary: otherAction, session: allowAll, resource: allowTo(c.named), want: want(c.boundary, Boundary)}
		t.Run(c.name+": boundary", boundary.run)
		session := evaluation{caller: c.caller(owner), boundary: allowAll, session: otherAction, restricted: true, resource: allowTo(c.named), want: want(c.session, Session)}
		t.Run(c.name+": session", session.run)
	}
}

func TestMostFavourableGrantCounts(t *testing.T) {
	t.Parallel()
	target := &Target{Account: owner, Policies: []*Policy{must(t, Resource, allowTo(owner), allowTo(aliceARN), allowTo(owner))}}
	got := Evaluate(&Request{Principal: alice(owner), Action: readAction, Resource: repoARN}, nil, target)
	want := Decision{Allowed: true, Type: Resource, Policy: "test", Statement: 2}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestExplicitDenyIsNeverOvercome(t *testing.T) {
	t.Parallel()
	for _, c := range []evaluation{
		{name: "4.2 identity", caller: ops(owner), identity: denyAll, resource: allowTo(sessionARN), want: bar(Identity)},
		{name: "4.2 boundary", caller: ops(owner), boundary: denyAll, resource: allowTo(sessionARN), want: bar(Boundary)},
		{name: "4.2 session", caller: ops(owner), session: denyAll, resource: allowTo(sessionARN), want: bar(Session)},
	} {
		t.Run(c.name, c.run)
	}
}

func TestAnonymousCallersNeedAnAllowToEverybody(t *testing.T) {
	t.Parallel()
	for _, c := range []evaluation{
		{name: "4.4 everybody includes anonymous", resource: allowTo("*"), want: yes(Resource)},
		{name: "4.4 an account does not", resource: allowTo(owner), want: no(Resource)},
		{name: "4.4 a user does not", resource: allowTo(aliceARN), want: no(Resource)},
		{name: "4.4 nothing allows", want: no(Resource)},
		{name: "4.4 a deny to everybody", resource: denyTo("*"), want: bar(Resource)},
	} {
		t.Run(c.name, c.run)
	}
}

func TestATrustPolicyMustAllowByItself(t *testing.T) {
	t.Parallel()
	const roleARN = "arn:aws:iam::111122223333:role/Target"
	trust := func(effect, class, who string) string {
		return `{"Effect":"` + effect + `","Principal":{"` + class + `":"` + who + `"},"Action":["sts:AssumeRole","sts:AssumeRoleWithWebIdentity"]}`
	}
	const idp = "arn:aws:iam::111122223333:oidc-provider/token.example.com/a"
	foreign := "arn:aws:iam::333344445555:user/eng/Alice"
	for _, c := range []struct {
		name            string
		caller          *principal.Principal
		provider        string
		identity, trust string
		want            Decision
	}{
		{"4.3 same account, names the user", alice(owner), "", "", trust("Allow", "AWS", aliceARN), yes(Trust)},
		{"4.3 same account, names the role", ops(owner), "", "", trust("Allow", "AWS", opsARN), yes(Trust)},
		{"4.3 same account, names the session", ops(owner), "", "", trust("Allow", "AWS", sessionARN), yes(Trust)},
		{"4.3 same account, names the account, identity allows", alice(owner), "", allowAll, trust("Allow", "AWS", rootARN), yes(Identity)},
		{"4.3 same account, names the account, no identity allow", alice(owner), "", "", trust("Allow", "AWS", rootARN), no(Identity)},
		{"4.3 same account, identity allows, trust silent", alice(owner), "", allowAll, trust("Allow", "AWS", opsARN), no(Trust)},
		{"4.3 cross account, user trusted, identity allows", alice(third), "", allowAll, trust("Allow", "AWS", foreign), yes(Identity)},
		{"4.3 cross account, account trusted, identity allows", alice(third), "", allowAll, trust("Allow", "AWS", third), yes(Identity)},
		{"4.3 cross account, user trusted, no identity allow", alice(third), "", "", trust("Allow", "AWS", foreign), no(Identity)},
		{"4.3 cross account, not trusted", alice(third), "", allowAll, trust("Allow", "AWS", owner), no(Trust)},
		{"4.3 web identity, provider trusted", nil, idp, "", trust("Allow", "Federated", idp), yes(Trust)},
		{"4.3 web identity, another provider trusted", nil, idp, "", trust("Allow", "Federated", "accounts.google.com"), no(Trust)},
		{"4.3 web identity, account trusted", nil, idp, "", trust("Allow", "AWS", owner), no(Trust)},
		{"4.3 web identity, denied", nil, idp, "", trust("Deny", "Federated", idp), bar(Trust)},
		{"4.3 a provider is nobody once there is a principal", alice(owner), idp, allowAll, trust("Allow", "Federated", idp), no(Trust)},
		{"4.3 deny in trust", alice(owner), "", allowAll, trust("Deny", "AWS", aliceARN), bar(Trust)},
		{"4.3 root of the account, trusted", root(owner), "", "", trust("Allow", "AWS", owner), yes(Trust)},
		{"4.3 root of the account, not trusted", root(owner), "", "", trust("Allow", "AWS", opsARN), no(Trust)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			req := &Request{Principal: c.caller, Provider: c.provider, Action: "sts:AssumeRole", Resource: roleARN}
			if c.caller == nil {
				req.Action = "sts:AssumeRoleWithWebIdentity"
			}
			got := Evaluate(req, &Grants{Identity: one(t, Identity, c.identity)},
				&Target{Account: owner, Trust: true, Policies: one(t, Trust, c.trust)})
			got.Policy, got.Statement = "", 0
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("decision (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTagSessionIsAnActionOfItsOwn(t *testing.T) {
	t.Parallel()
	trusted := `{"Effect":"Allow","Principal":{"AWS":"` + aliceARN + `"},"Action":["sts:AssumeRole","sts:SetSourceIdentity"]}`
	target := &Target{Account: owner, Trust: true, Policies: one(t, Trust, trusted)}
	for action, want := range map[string]Decision{
		"sts:AssumeRole":        {Allowed: true, Type: Trust, Policy: "test", Statement: 1},
		"sts:SetSourceIdentity": {Allowed: true, Type: Trust, Policy: "test", Statement: 1},
		"sts:TagSession":        no(Identity),
	} {
		got := Evaluate(&Request{Principal: alice(owner), Action: action, Resource: opsARN}, nil, target)
		if got != want {
			t.Errorf("4.3 %s: got %+v, want %+v", action, got, want)
		}
	}
}

func TestNilTargetIsTheOwnAccount(t *testing.T) {
	t.Parallel()
	g := &Grants{Identity: one(t, Identity, allowAll)}
	if d := Evaluate(&Request{Principal: alice(owner), Action: "sts:GetServiceBearerToken", Resource: "*"}, g, nil); !d.Allowed {
		t.Errorf("allowed by identity: %+v", d)
	}
	if d := Evaluate(&Request{Principal: alice(owner), Action: "sts:GetServiceBearerToken", Resource: "*"}, nil, nil); d != no(Identity) {
		t.Errorf("without grants: %+v", d)
	}
	if d := Evaluate(&Request{Action: readAction, Resource: "*"}, nil, nil); d != no(Resource) {
		t.Errorf("anonymous: %+v", d)
	}
}

func TestAccountsThatAreNotSetMatchNobody(t *testing.T) {
	t.Parallel()
	caller := alice("")
	d := Evaluate(&Request{Principal: caller, Action: readAction, Resource: repoARN}, &Grants{Identity: one(t, Identity, allowAll)}, &Target{})
	if d != no(Resource) {
		t.Errorf("got %+v", d)
	}
}

func TestBecauseNamesOnlyPoliciesThatHaveAnARN(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:iam::111122223333:policy/p"
	for _, c := range []struct {
		decision Decision
		want     string
	}{
		{no(Identity), "because no identity-based policy allows the a:B action"},
		{no(Resource), "because no resource-based policy allows the a:B action"},
		{no(Boundary), "because no permissions boundary allows the a:B action"},
		{no(Session), "because no session policy allows the a:B action"},
		{no(Trust), "because no role trust policy allows the a:B action"},
		{Decision{Explicit: true, Type: Identity, Policy: arn}, "with an explicit deny in an identity-based policy: " + arn},
		{Decision{Explicit: true, Type: Identity, Policy: "inline"}, "with an explicit deny in an identity-based policy"},
		{Decision{Explicit: true, Type: Boundary, Policy: arn}, "with an explicit deny in a permissions boundary: " + arn},
		{Decision{Explicit: true, Type: Session, Policy: arn}, "with an explicit deny in a session policy: " + arn},
		{Decision{Explicit: true, Type: Resource, Policy: repoARN}, "with an explicit deny in a resource-based policy"},
		{Decision{Explicit: true, Type: Trust, Policy: opsARN}, "with an explicit deny in a role trust policy"},
		{bar(Resource), "with an explicit deny in a resource-based policy"},
		{bar(Boundary), "with an explicit deny in a permissions boundary"},
		{bar(Session), "with an explicit deny in a session policy"},
		{bar(Trust), "with an explicit deny in a role trust policy"},
		{yes(Identity), ""},
	} {
		if got := c.decision.Because("a:B"); got != c.want {
			t.Errorf("1.6 Because of %+v = %q, want %q", c.decision, got, c.want)
		}
	}
	if got := Type(9).String(); got != "policy type 9" {
		t.Errorf("unknown type = %q", got)
	}
}

func TestDecisionNamesItsStatement(t *testing.T) {
	t.Parallel()
	p, err := Parse("arn:aws:iam::111122223333:policy/p", document(otherAction, `{"Sid":"Off","Effect":"Deny","Action":"*","Resource":"*"}`), Identity)
	if err != nil {
		t.Fatal(err)
	}
	got := Evaluate(&Request{Principal: alice(owner), Action: readAction, Resource: repoARN}, &Grants{Identity: []*Policy{p}}, nil)
	want := Decision{Explicit: true, Type: Identity, Policy: p.Name(), Sid: "Off", Statement: 2}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if p.Type() != Identity {
		t.Errorf("Type = %v", p.Type())
	}
}
