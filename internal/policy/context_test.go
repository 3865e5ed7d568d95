package policy

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/principal"
)

// values looks up every key and returns those that are present, as text or
// list.
func values(e *evaluationState, names ...string) map[string]any {
	found := map[string]any{}
	for _, name := range names {
		v, ok := e.lookup(name)
		switch {
		case ok && v.multi:
			found[name] = v.many
		case ok:
			found[name] = v.one
		}
	}
	return found
}

var ownKeys = []string{
	"aws:principalaccount", "aws:principaltype", "aws:userid", "aws:principalarn", "aws:principalisawsservice",
	"aws:username", "aws:principalorgid", "aws:principalorgpaths", "aws:principaltag/team", "aws:principaltag/none",
	"aws:tokenissuetime", "aws:multifactorauthpresent", "aws:multifactorauthage", "aws:federatedprovider",
	"aws:sourceidentity", "aws:principalservicename", "aws:principalservicenameslist", "aws:assumedroot",
}

func TestGlobalKeysFollowFromThePrincipal(t *testing.T) {
	t.Parallel()
	issued := time.Date(2026, 11, 1, 10, 0, 0, 250e6, time.UTC)
	user := alice(owner)
	user.Tags = map[string]string{"team": "core"}
	mfa := alice(owner)
	mfa.Session = &principal.Session{IssuedAt: issued, MFAAt: issued.Add(-90 * time.Second)}
	web := ops(owner)
	web.Session = &principal.Session{IssuedAt: issued, SourceIdentity: "saw", Provider: "arn:aws:iam::111122223333:oidc-provider/token.example.com",
		Context: map[string][]string{
			"token.example.com:sub": {"repo:a/b"}, "token.example.com:amr": {"x"}, "token.example.com:two": {"1", "2"}, "token.example.com:none": {},
			"aws:principalaccount": {"999999999999"}}}
	for _, c := range []struct {
		name   string
		caller *principal.Principal
		extra  []string
		want   map[string]any
	}{
		{"4.11 user with long-term keys", user, nil, map[string]any{
			"aws:principalaccount": owner, "aws:principaltype": "User", "aws:userid": aliceID, "aws:principalarn": aliceARN,
			"aws:principalisawsservice": "false", "aws:username": "Alice", "aws:principaltag/team": "core",
		}},
		{"4.11 user with temporary credentials and MFA", mfa, nil, map[string]any{
			"aws:principalaccount": owner, "aws:principaltype": "User", "aws:userid": aliceID, "aws:principalarn": aliceARN,
			"aws:principalisawsservice": "false", "aws:username": "Alice",
			"aws:tokenissuetime": "2026-11-01T10:00:00.25Z", "aws:multifactorauthpresent": "true", "aws:multifactorauthage": "120",
		}},
		{"4.11 role session of a web identity", web, []string{"token.example.com:sub", "token.example.com:amr", "token.example.com:two", "token.example.com:none", "token.example.com:x"}, map[string]any{
			"aws:principalaccount": owner, "aws:principaltype": "AssumedRole", "aws:userid": opsID + ":ci", "aws:principalarn": opsARN,
			"aws:principalisawsservice": "false",
			"aws:tokenissuetime":        "2026-11-01T10:00:00.25Z", "aws:multifactorauthpresent": "false",
			"aws:federatedprovider": "arn:aws:iam::111122223333:oidc-provider/token.example.com", "aws:sourceidentity": "saw",
			"token.example.com:sub": "repo:a/b", "token.example.com:amr": []string{"x"}, "token.example.com:two": []string{"1", "2"},
		}},
		{"4.11 anonymous", nil, nil, map[string]any{
			"aws:principalaccount": "anonymous", "aws:principaltype": "Anonymous", "aws:userid": "anonymous",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			// The request tries to supply every key itself.
			context := keys{"aws:currenttime": One("2026-11-01T10:00:31Z")}
			for _, k := range ownKeys {
				context[k] = One("forged")
			}
			if c.caller != nil && c.caller.Kind == principal.Role {
				context["token.example.com:sub"] = One("forged")
			}
			e := evaluationState{req: &Request{Context: context}, p: c.caller}
			got := values(&e, append(c.extra, ownKeys...)...)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("keys (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFederatedProviderBeforeThereIsAPrincipal(t *testing.T) {
	t.Parallel()
	e := evaluationState{req: &Request{Provider: "accounts.google.com"}}
	if v, ok := e.lookup("aws:federatedprovider"); !ok || v.one != "accounts.google.com" {
		t.Errorf("got %v, %v", v, ok)
	}
}

func TestMFAAgeNeedsTheTime(t *testing.T) {
	t.Parallel()
	caller := alice(owner)
	caller.Session = &principal.Session{MFAAt: time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)}
	for _, context := range []Context{nil, keys{"aws:currenttime": One("now")}} {
		e := evaluationState{req: &Request{Context: context}, p: caller}
		if v, ok := e.lookup("aws:multifactorauthage"); ok {
			t.Errorf("got %v", v)
		}
	}
}

func TestRequestKeysComeFromTheContext(t *testing.T) {
	t.Parallel()
	context := keys{
		"aws:currenttime": One("2026-11-01T10:00:00Z"), "aws:epochtime": One("1793527200"), "aws:securetransport": One("true"),
		"aws:requestedregion": One("us-east-1"), "aws:useragent": One("pip/1"), "aws:sourceip": One("203.0.113.5"),
		"aws:requesttag/team": One("core"), "aws:resourcetag/team": One("core"), "aws:tagkeys": Many([]string{"team"}),
		"aws:viaawsservice": One("false"), "aws:resourceaccount": One(owner), "aws:referer": One("x"),
	}
	for _, c := range []struct{ name, condition string }{
		{"4.11 CurrentTime", `{"DateLessThan":{"aws:CurrentTime":"2026-11-02"}}`},
		{"4.11 EpochTime as date", `{"DateEquals":{"aws:EpochTime":"2026-11-01T10:00:00Z"}}`},
		{"4.11 EpochTime as number", `{"NumericEquals":{"aws:EpochTime":1793527200}}`},
		{"4.11 SecureTransport", `{"Bool":{"aws:SecureTransport":"true"}}`},
		{"4.11 RequestedRegion", `{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}`},
		{"4.11 UserAgent", `{"StringLike":{"aws:UserAgent":"pip/*"}}`},
		{"4.11 SourceIp", `{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}`},
		{"4.11 RequestTag", `{"StringEquals":{"aws:RequestTag/team":"core"}}`},
		{"4.11 ResourceTag", `{"StringEquals":{"aws:ResourceTag/team":"core"}}`},
		{"4.11 TagKeys", `{"ForAllValues:StringEquals":{"aws:TagKeys":"team"}}`},
		{"4.11 ViaAWSService", `{"Bool":{"aws:ViaAWSService":"false"}}`},
		{"4.11 ResourceAccount", `{"StringEquals":{"aws:ResourceAccount":"` + owner + `"}}`},
		{"4.11 referer", `{"StringEquals":{"aws:referer":"x"}}`},
		{"4.11 PrincipalArn in a condition", `{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/eng/*"}}`},
		{"4.11 BoolIfExists for MFA with long-term keys", `{"BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}}`},
		{"2.3 sessions older than a date, long-term keys", `{"Null":{"aws:TokenIssueTime":"true"}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if !holds(t, c.condition, context) {
				t.Errorf("%s does not hold", c.condition)
			}
		})
	}
}

// The policy that the console attaches to revoke older sessions.
func TestADenyByTokenIssueTimeRevokesOlderSessions(t *testing.T) {
	t.Parallel()
	p := must(t, Identity, allowAll, `{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":"2026-11-01T10:00:00.500Z"}}}`)
	for _, c := range []struct {
		name   string
		issued time.Duration
		want   bool
	}{
		{"2.3 older", 499 * time.Millisecond, false},
		{"2.3 newer", 501 * time.Millisecond, true},
	} {
		caller := ops(owner)
		caller.Session.IssuedAt = caller.Session.IssuedAt.Add(c.issued)
		got := Evaluate(&Request{Principal: caller, Action: readAction, Resource: repoARN}, &Grants{Identity: []*Policy{p}}, nil)
		if got.Allowed != c.want {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	if got := Evaluate(&Request{Principal: alice(owner), Action: readAction, Resource: repoARN}, &Grants{Identity: []*Policy{p}}, nil); !got.Allowed {
		t.Errorf("2.3 long-term keys: %+v", got)
	}
}

// Ways to deny one principal that the IAM User Guide names.
func TestDeniesOfOnePrincipalHitThatOneOnly(t *testing.T) {
	t.Parallel()
	saw := ops(owner)
	saw.Session.SourceIdentity = "Saanvi"
	for _, c := range []struct {
		name, condition string
		caller          *principal.Principal
	}{
		{"2.3 by PrincipalArn", `{"ArnEquals":{"aws:PrincipalArn":"` + opsARN + `"}}`, ops(owner)},
		{"2.3 by SourceIdentity", `{"StringEquals":{"aws:SourceIdentity":"Saanvi"}}`, saw},
		{"2.3 by user id", `{"StringEquals":{"aws:userid":"` + aliceID + `"}}`, alice(owner)},
		{"2.3 by role id", `{"StringLike":{"aws:userid":"` + opsID + `:*"}}`, ops(owner)},
		{"2.3 by session", `{"StringEquals":{"aws:userid":"` + opsID + `:ci"}}`, ops(owner)},
		{"2.3 by federated name", `{"StringEquals":{"aws:userid":"` + owner + `:guest"}}`, fed(owner)},
	} {
		p := must(t, Resource, `{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":`+c.condition+`}`)
		got := Evaluate(&Request{Principal: c.caller, Action: readAction, Resource: repoARN}, nil, &Target{Account: owner, Policies: []*Policy{p}})
		if !got.Explicit {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestASimulatedRequestHasTheKeysThatItIsGivenAlone(t *testing.T) {
	t.Parallel()
	req := &Request{Principal: alice(owner), Context: keys{"aws:userid": One("x"), "aws:tagkeys": Many([]string{"a", "b"})}}
	real, _ := req.Lookup("aws:userid")
	name, _ := req.Lookup("aws:username")
	req.Simulated = true
	simulated, _ := req.Lookup("aws:userid")
	_, named := req.Lookup("aws:username")
	if real.one != aliceID || name.one != "Alice" || simulated.one != "x" || named {
		t.Errorf("real %v %v, simulated %v, named %v", real, name, simulated, named)
	}
	several, _ := req.Lookup("aws:tagkeys")
	for _, c := range []struct {
		value Value
		want  []string
		multi bool
	}{{simulated, []string{"x"}, false}, {several, []string{"a", "b"}, true}} {
		got, multi := c.value.Strings()
		if diff := cmp.Diff(c.want, got); diff != "" || multi != c.multi {
			t.Errorf("several %v, strings (-want +got):\n%s", multi, diff)
		}
	}
}
