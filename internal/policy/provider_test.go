package policy

import "testing"

func TestUnaskedFindsProvidersThatLetEverybodyIn(t *testing.T) {
	t.Parallel()
	const (
		github = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
		own    = "arn:aws:iam::111122223333:oidc-provider/gitlab.example.com"
		key    = "token.actions.githubusercontent.com:sub"
	)
	must := func(provider string) string {
		if provider == github {
			return key
		}
		return ""
	}
	statement := func(effect, provider, condition string) string {
		if condition != "" {
			condition = `,"Condition":{` + condition + `}`
		}
		return `{"Effect":"` + effect + `","Principal":{"Federated":` + provider + `},"Action":"sts:AssumeRoleWithWebIdentity"` + condition + `}`
	}
	for _, test := range []struct {
		name, statement string
		missing         bool
	}{
		{"no condition", statement("Allow", `"`+github+`"`, ""), true},
		{"among others", statement("Allow", `["`+own+`","`+github+`"]`, ""), true},
		{"another key", statement("Allow", `"`+github+`"`, `"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"}`), true},
		{"the key", statement("Allow", `"`+github+`"`, `"StringEquals":{"`+key+`":"repo:acme/app"}`), false},
		{"the key in another case", statement("Allow", `"`+github+`"`, `"StringLike":{"Token.Actions.GithubUserContent.com:Sub":"repo:acme/*"}`), false},
		{"one value of several", statement("Allow", `"`+github+`"`, `"ForAnyValue:StringLike":{"`+key+`":["repo:acme/*","repo:b/*"]}`), false},
		{"a wildcard alone", statement("Allow", `"`+github+`"`, `"StringLike":{"`+key+`":["repo:acme/*","*"]}`), true},
		{"wildcards alone", statement("Allow", `"`+github+`"`, `"StringLike":{"`+key+`":"?*"}`), true},
		{"a literal wildcard", statement("Allow", `"`+github+`"`, `"StringEquals":{"`+key+`":"*"}`), false},
		{"negated", statement("Allow", `"`+github+`"`, `"StringNotEquals":{"`+key+`":"repo:evil/app"}`), true},
		{"if it exists", statement("Allow", `"`+github+`"`, `"StringEqualsIfExists":{"`+key+`":"repo:acme/app"}`), true},
		{"for all values", statement("Allow", `"`+github+`"`, `"ForAllValues:StringEquals":{"`+key+`":"repo:acme/app"}`), true},
		{"its presence", statement("Allow", `"`+github+`"`, `"Null":{"`+key+`":"false"}`), true},
		{"a deny", statement("Deny", `"`+github+`"`, ""), false},
		{"another provider", statement("Allow", `"`+own+`"`, ""), false},
		{"an account", `{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}`, false},
		{"the second statement", statement("Allow", `"`+own+`"`, "") + "," + statement("Allow", `"`+github+`"`, ""), true},
	} {
		p, err := Parse("", `{"Version":"2012-10-17","Statement":[`+test.statement+`]}`, Trust)
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		provider, missed := p.UnrestrictedProvider(must)
		if test.missing && (provider != github || missed != key) || !test.missing && missed != "" {
			t.Errorf("%s: %q misses %q, want something missed: %v", test.name, provider, missed, test.missing)
		}
	}
}
