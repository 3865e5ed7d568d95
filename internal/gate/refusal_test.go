package gate_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/gate"
	"daypass/internal/policy"
	"daypass/internal/principal"
)

func parsed(t *testing.T, name, statements string, kind policy.Type) []*policy.Policy {
	t.Helper()
	p, err := policy.Parse(name, `{"Version":"2012-10-17","Statement":[`+statements+`]}`, kind)
	if err != nil {
		t.Fatal(err)
	}
	return []*policy.Policy{p}
}

// denied is a call of alice that was judged and refused.
func denied(t *testing.T, identity string, s gate.Subject) *gate.Call {
	t.Helper()
	c := &gate.Call{Now: now, Region: "us-east-1", Principal: &principal.Principal{
		Ref: principal.Ref{Kind: principal.User, Account: account, ID: userID}, Name: "alice", Path: "/"}}
	c.Grants = &policy.Grants{Identity: parsed(t, "inline", identity, policy.Identity)}
	err := c.Authorize(t.Context(), "codeartifact:DescribeDomain", s)
	if err == nil || c.Refusal == nil {
		t.Fatalf("Authorize = %v", err)
	}
	return c
}

const domainARN = "arn:aws:codeartifact:us-east-1:111122223333:domain/dom"

func TestARefusalTellsWhyInTheShapeOfADecodedMessage(t *testing.T) {
	t.Parallel()
	c := denied(t, `{"Effect":"Allow","Action":"codeartifact:*","Resource":"*"},
		{"Sid":"Eu","Effect":"Deny","NotAction":"iam:*","Resource":["*"],"Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","eu-west-2"]}}},
		{"Effect":"Deny","Action":"codeartifact:Delete*","Resource":"*"}`, gate.Subject{ARN: domainARN, Account: account})
	to, content := c.Refusal.Message(4096)
	var got any
	err := json.Unmarshal([]byte(content), &got)
	if err != nil || to != account {
		t.Fatalf("for %s: %v", to, err)
	}
	none := map[string]any{"items": []any{}}
	list := func(items ...any) any { return map[string]any{"items": items} }
	value := func(v string) any { return map[string]any{"value": v} }
	want := map[string]any{
		"allowed": false, "explicitDeny": true,
		"matchedStatements": list(
			map[string]any{"policy": "inline", "statementId": "1", "effect": "ALLOW", "principals": none, "principalGroups": none,
				"actions": list(value("codeartifact:*")), "resources": list(value("*")), "conditions": none},
			map[string]any{"policy": "inline", "statementId": "Eu", "effect": "DENY", "principals": none, "principalGroups": none,
				"actions": none, "resources": list(value("*")),
				"conditions": list(map[string]any{"key": "StringNotEquals aws:RequestedRegion", "values": list(value("eu-west-1"), value("eu-west-2"))})},
		),
		"failures": list(map[string]any{"policy": "inline", "statementId": "3", "effect": "DENY",
			"reason": `Action is "codeartifact:Delete*", the request has "codeartifact:DescribeDomain"`}),
		"context": map[string]any{
			"principal": map[string]any{"id": userID, "name": "alice", "arn": "arn:aws:iam::111122223333:user/alice"},
			"action":    "codeartifact:DescribeDomain", "resource": domainARN,
			"conditions": list(map[string]any{"key": "aws:RequestedRegion", "values": list(value("us-east-1"))}),
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
	if got := c.Refusal.Because(); got != "Denied explicitly by statement 2 (Eu) of the identity-based policy inline." {
		t.Errorf("because %s", got)
	}
}

func TestARefusalTellsNothingOfAnotherAccountsPolicies(t *testing.T) {
	t.Parallel()
	const foreign = "arn:aws:codeartifact:us-east-1:444455556666:domain/dom"
	allow := `{"Effect":"Allow","Action":"*","Resource":"*"}`
	theirs := parsed(t, "theirs", `{"Sid":"Secret","Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"Null":{"aws:RequestTag/codename":"true"}}}`, policy.Resource)
	for name, c := range map[string]struct {
		subject gate.Subject
		tells   bool
	}{
		"of another account": {gate.Subject{ARN: foreign, Account: "444455556666", Policies: theirs}, false},
		"of one's own":       {gate.Subject{ARN: domainARN, Account: account, Policies: theirs}, true},
		"as administrator":   {gate.Subject{ARN: foreign, Account: "444455556666", Admin: account, Policies: theirs}, true},
	} {
		_, content := denied(t, allow, c.subject).Refusal.Message(4096)
		if !strings.Contains(content, `"explicitDeny":true`) || strings.Contains(content, "Secret") != c.tells || strings.Contains(content, "codename") != c.tells {
			t.Errorf("%s: %s", name, content)
		}
	}
}

func TestNeitherARefusalNorAnExplanationTellsTheTagsOfAnotherAccountsResources(t *testing.T) {
	t.Parallel()
	const foreign = "arn:aws:iam::444455556666:role/pay"
	ask := `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"x","iam:ResourceTag/team":"x","aws:RequestedRegion":"eu-west-1"}}}`
	for name, c := range map[string]struct {
		account, admin string
		tells          bool
	}{
		"of another account": {"444455556666", "", false},
		"of one's own":       {account, "", true},
		"as administrator":   {"444455556666", account, true},
	} {
		s := gate.Subject{ARN: foreign, Account: c.account, Admin: c.admin, Tags: map[string]string{"team": "payroll"},
			Keys: policy.Keys{{Name: "iam:resourcetag/team", Value: policy.One("payroll")}}}
		call := denied(t, ask, s)
		_, content := call.Refusal.Message(4096)
		request, x := call.Explain("sts:AssumeRole", s, nil)
		lines := strings.Join(x.Lines(request), "\n")
		for _, text := range []string{content, lines, fmt.Sprint(x)} {
			if strings.Contains(text, "payroll") != c.tells || !strings.Contains(text, "us-east-1") {
				t.Errorf("%s: %s", name, text)
			}
		}
	}
}

func TestARefusalIsCutToItsLimitFromTheLeastNeeded(t *testing.T) {
	t.Parallel()
	var statements []string
	for i := range 30 {
		statements = append(statements,
			fmt.Sprintf(`{"Sid":"M%d","Effect":"Deny","Action":"codeartifact:*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalTag/k%d":"v"}}}`, i, i),
			fmt.Sprintf(`{"Sid":"N%d","Effect":"Allow","Action":"iam:*","Resource":"*"}`, i))
	}
	c := denied(t, strings.Join(statements, ","), gate.Subject{ARN: domainARN, Account: account, Tags: map[string]string{}})
	for limit := 300; limit < 6000; limit += 100 {
		_, content := c.Refusal.Message(limit)
		var m struct {
			Matched, Failures struct{ Items []any }
			Context           struct{ Resource string }
		}
		if len(content) > limit {
			t.Fatalf("%d bytes, at most %d", len(content), limit)
		}
		if content == "" {
			continue // not even the names fit
		}
		err := json.Unmarshal([]byte(content), &m)
		if err != nil || m.Context.Resource != domainARN {
			t.Fatalf("%v: %s", err, content)
		}
	}
	_, content := c.Refusal.Message(600)
	if content == "" || strings.Contains(content, "M0") || strings.Contains(content, "N0") {
		t.Errorf("within 600 bytes: %s", content)
	}
	if account, content := c.Refusal.Message(100); account == "" || content != "" {
		t.Errorf("within 100 bytes: %q", content)
	}
}

func TestAnAllowedOrAnonymousCallLeavesNoMessage(t *testing.T) {
	t.Parallel()
	c := denied(t, `{"Effect":"Allow","Action":"codeartifact:List*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`, gate.Subject{ARN: "*"})
	c.Grants = &policy.Grants{Identity: c.Grants.Identity, Session: c.Grants.Identity, Boundary: c.Grants.Identity[0]}
	err := c.Authorize(t.Context(), "codeartifact:ListDomains", gate.Subject{ARN: "*"})
	if err != nil || c.Refusal != nil {
		t.Errorf("after an allowed action: %v, refusal %v", err, c.Refusal)
	}
	err = c.Authorize(t.Context(), "codeartifact:DescribeDomain", gate.Subject{ARN: "*"})
	_, content := c.Refusal.Message(4096)
	if err == nil || !strings.Contains(content, `"conditions":{"items":[{"key":"aws:SecureTransport","values":{"items":[{"value":"false"}]}}]}`) {
		t.Errorf("with session and boundary: %v, %s", err, content)
	}
	anonymous := &gate.Call{Now: now}
	err = anonymous.Authorize(t.Context(), "codeartifact:ListDomains", gate.Subject{ARN: "*"})
	if account, content := anonymous.Refusal.Message(4096); err == nil || account != "" || content != "" {
		t.Errorf("anonymous: %v, %q", err, content)
	}
}
