package server

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codeartifact"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

func TestAnEndpointThatEndsInASlashServesTheAPIs(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.url += "/"
	_, err := b.artifacts().ListDomains(t.Context(), &codeartifact.ListDomainsInput{})
	if err != nil {
		t.Error(err)
	}
	for path, want := range map[string]int{"//v1/domains": http.StatusForbidden, "//": http.StatusForbidden, "///v1/domains": http.StatusForbidden, "//v1/nothing": http.StatusNotFound} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, strings.TrimSuffix(b.url, "/")+path, strings.NewReader("Action=GetCallerIdentity&Version=2011-06-15"))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("POST %s: %d, want %d", path, answer.StatusCode, want)
		}
	}
}

func TestAnErrorOfIAMIsJSONForWhoeverAsksForIt(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/?Action=Nope&Version=2011-06-15", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Error     struct{ Code, Message, Type string }
		RequestID string `json:"RequestId"`
	}
	err = json.Unmarshal(text, &got)
	if err != nil || got.Error.Code != "InvalidAction" || got.Error.Type != "Sender" || got.RequestID != answer.Header.Get("X-Amzn-Requestid") || answer.StatusCode != http.StatusBadRequest {
		t.Errorf("%d %s: %v", answer.StatusCode, text, err)
	}
}

func TestAHintIsInTheLogToo(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	_, err := b.iam().CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: aws.String("p"), PolicyDocument: aws.String(`{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`)})
	if err == nil || !strings.HasSuffix(err.Error(), "Policy document must be version 2012-10-17 or greater.") {
		t.Errorf("error = %v", err)
	}
	if want := `"hint":"Version: expected \"2012-10-17\""`; !strings.Contains(b.logged(), want) {
		t.Errorf("no %s in %s", want, b.log)
	}
}
