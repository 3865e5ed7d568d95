package policy_test

import (
	"testing"

	"daypass/internal/policy"
)

func TestRenameChangesPrincipalsAndNothingElse(t *testing.T) {
	t.Parallel()
	const u, v = "arn:aws:iam::111122223333:user/u", "arn:aws:iam::111122223333:user/v"
	names := map[string]string{u: v, v: "AIDAEXAMPLEEXAMPLE123", "AWS": "x", "Allow": "y", "AIDAQUOTEDQUOTED": "arn:aws:iam::111122223333:user/\"\\\x7f/u"}
	for name, test := range map[string]struct{ document, want string }{
		"one": {
			`{"Statement":{"Effect":"Allow","Principal":{"AWS":"` + u + `"},"Action":"sts:AssumeRole"}}`,
			`{"Statement":{"Effect":"Allow","Principal":{"AWS":"` + v + `"},"Action":"sts:AssumeRole"}}`,
		},
		"several, with space between": {
			`{ "Statement" : [ { "Effect" : "Allow", "Principal" : { "AWS" : [ "` + u + `" , "*", "` + v + `" ] }, "Action" : "*" } ,
				{ "NotPrincipal" : { "AWS" : "` + u + `" } } ] } `,
			`{ "Statement" : [ { "Effect" : "Allow", "Principal" : { "AWS" : [ "` + v + `" , "*", "AIDAEXAMPLEEXAMPLE123" ] }, "Action" : "*" } ,
				{ "NotPrincipal" : { "AWS" : "` + v + `" } } ] } `,
		},
		"spelled with escapes": {
			`{"Statement":[{"Principal":{"AWS":"arn:aws:iam::111122223333:user\/\u0075"}}]}`,
			`{"Statement":[{"Principal":{"AWS":"` + v + `"}}]}`,
		},
		"elsewhere": {
			`{"Id":"` + u + `","Statement":[{"Sid":"` + u + `","Principal":{"Federated":"` + u + `"},"Condition":{"ArnLike":{"aws:PrincipalArn":"` + u + `","AWS":["` + u + `"]}}}]}`,
			`{"Id":"` + u + `","Statement":[{"Sid":"` + u + `","Principal":{"Federated":"` + u + `"},"Condition":{"ArnLike":{"aws:PrincipalArn":"` + u + `","AWS":["` + u + `"]}}}]}`,
		},
		// A path may have every character from ! to DEL (API reference, CreateUser).
		"to a name that needs escapes": {
			`{"Statement":[{"Principal":{"AWS":"AIDAQUOTEDQUOTED"}}]}`,
			`{"Statement":[{"Principal":{"AWS":"arn:aws:iam::111122223333:user/\"\\\u007f/u"}}]}`,
		},
		"everybody": {`{"Statement":[{"Principal":"*"}]}`, `{"Statement":[{"Principal":"*"}]}`},
	} {
		if got := policy.Rename(test.document, names); got != test.want {
			t.Errorf("%s:\n%s, want\n%s", name, got, test.want)
		}
	}
}
