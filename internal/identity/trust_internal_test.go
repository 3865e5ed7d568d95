package identity

import (
	"slices"
	"testing"

	"daypass/internal/policy"
)

// Whoever the policy engine sees named in a document must be looked up, and no
// document that it accepts may stop that.
func FuzzAWSPrincipals(f *testing.F) {
	for _, principal := range []string{
		`"*"`, `{"AWS":"arn:aws:iam::111111111111:user/u"}`, `{"AWS":["111111111111","AIDAEXAMPLE"],"Service":"x.amazonaws.com"}`,
		`{"AWS":"arn:aws:iam::111111111111:role\/a\u002fb"}`, `{"Federated":["a"]}`,
	} {
		f.Add(`{"Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":"sts:AssumeRole"}]}`)
		f.Add(`{"Version":"2012-10-17","Statement":{"Effect":"Deny","NotPrincipal":` + principal + `,"Action":["sts:*"]}}`)
	}
	f.Fuzz(func(t *testing.T, document string) {
		p, err := policy.Parse("", document, policy.Trust)
		if err != nil {
			t.Skip()
		}
		named, err := awsPrincipals(document)
		if err != nil {
			t.Fatalf("%q: %v", document, err)
		}
		for _, arn := range p.Principals() {
			if !slices.Contains(named, arn) {
				t.Errorf("%q: %s is named but not looked up", document, arn)
			}
		}
	})
}
