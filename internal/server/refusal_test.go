package server

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codeartifact"

	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/principal"
	"daypass/internal/token"
)

func TestADenialOfEitherDoorCarriesAMessageForItsAccount(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	shown := b.repository(t)
	_, err := b.artifacts().PutRepositoryPermissionsPolicy(t.Context(), &codeartifact.PutRepositoryPermissionsPolicyInput{
		Domain: aws.String("dom"), Repository: aws.String("repo"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Sid":"Shut","Effect":"Deny","Principal":"*","Action":"codeartifact:ReadFromRepository","Resource":"*"}}`)})
	if err != nil {
		t.Fatal(err)
	}
	answer, _ := get(t, b.url+"/pypi/d/dom-000000000000/repo/simple/x/", shown)
	m, err := b.server.keyring.OpenMessage(t.Context(), answer.Header.Get(messageHeader))
	if err != nil || m.Account != "000000000000" || !strings.Contains(m.Content, `"statementId":"Shut"`) {
		t.Errorf("%d, message %+v, %v", answer.StatusCode, m, err)
	}
	if !strings.Contains(b.logged(), `"because":"Denied explicitly by statement 1 (Shut) of the resource-based policy arn:aws:codeartifact:us-east-1:000000000000:repository/dom/repo."`) {
		t.Errorf("the log does not tell why: %s", b.log)
	}
	answer, _ = get(t, b.url+"/pypi/d/dom-000000000000/repo/simple/x/", "")
	if got := answer.Header.Get(messageHeader); got != "" {
		t.Errorf("%d carries %s", answer.StatusCode, got)
	}
}

func TestWhatIsTooLongForAHeaderIsNotTold(t *testing.T) {
	t.Parallel()
	refused := func(resource string) *event {
		e := &event{call: gate.Call{Principal: &principal.Principal{Ref: principal.Ref{Kind: principal.Root, Account: "111122223333", ID: "111122223333"}}}}
		e.fault = fault.From(e.call.Authorize(t.Context(), "iam:GetUser", gate.Subject{ARN: resource, Account: "444455556666"}))
		return e
	}
	seal := func(token.Message) (string, error) { return "sealed", nil }
	for name, c := range map[string]struct {
		event *event
		seal  sealMessage
		want  string
	}{
		"short":             {refused("*"), seal, "sealed"},
		"long":              {refused(strings.Repeat("x", token.MaxMessageContent)), seal, ""},
		"not sealed":        {refused("*"), func(token.Message) (string, error) { return "", errors.New("no") }, ""},
		"another fault":     {&event{fault: fault.New(fault.NotFound, "")}, seal, ""},
		"without judgement": {&event{fault: fault.New(fault.AccessDenied, "")}, seal, ""},
	} {
		w := httptest.NewRecorder()
		tellWhy(w, c.event, c.seal)
		if got := w.Header().Get(messageHeader); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
