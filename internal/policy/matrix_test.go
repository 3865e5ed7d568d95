package policy

import (
	"testing"

	"daypass/internal/principal"
)

// The cells of the test matrix of domain and repository policies.
func cell(t *testing.T, kind Type, effect, account string) []*Policy {
	t.Helper()
	switch effect {
	case "":
		return nil
	case "allow":
		effect = "Allow"
	case "deny":
		effect = "Deny"
	}
	who := ""
	if kind == Resource {
		who = `"Principal":{"AWS":"arn:aws:iam::` + account + `:user/eng/Alice"},`
	}
	return one(t, kind, `{"Effect":"`+effect+`",`+who+`"Action":"codeartifact:*","Resource":"*"}`)
}

func TestDomainAndRepositoryPoliciesAllowByTheMatrix(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                         string
		account                      string
		identity, domain, repository string
		want                         bool
	}{
		{"3.3 O, identity", owner, "allow", "", "", true},
		{"3.3 O, domain policy", owner, "", "allow", "", true},
		{"3.3 O, repository policy", owner, "", "", "allow", true},
		{"3.3 O, nothing", owner, "", "", "", false},
		{"3.3 A, identity", admin, "allow", "", "", true},
		{"3.3 A, domain policy: A counts as same account", admin, "", "allow", "", true},
		{"3.3 A, repository policy: A counts as same account", admin, "", "", "allow", true},
		{"3.3 A, nothing", admin, "", "", "", false},
		{"3.3 T, identity and domain policy", third, "allow", "allow", "", true},
		{"3.3 T, identity and repository policy", third, "allow", "", "allow", true},
		{"3.3 T, identity", third, "allow", "", "", false},
		{"3.3 T, both resource policies", third, "", "allow", "allow", false},
		{"3.3 O, denied by the domain", owner, "allow", "deny", "allow", false},
		{"3.3 A, denied by the domain", admin, "allow", "deny", "allow", false},
		{"3.3 T, denied by the domain", third, "allow", "deny", "allow", false},
		{"3.3 O, denied by the repository", owner, "allow", "allow", "deny", false},
		{"3.3 O, denied by identity", owner, "deny", "allow", "allow", false},
		{"3.3 A, denied by identity", admin, "deny", "allow", "allow", false},
		{"3.3 T, denied by identity", third, "deny", "allow", "allow", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			target := &Target{Account: owner, Admin: admin}
			target.Policies = append(cell(t, Resource, c.domain, c.account), cell(t, Resource, c.repository, c.account)...)
			got := Evaluate(&Request{Principal: alice(c.account), Action: readAction, Resource: repoARN},
				&Grants{Identity: cell(t, Identity, c.identity, "")}, target)
			if got.Allowed != c.want {
				t.Errorf("got %+v, want allowed %v", got, c.want)
			}
		})
	}
}

// The rows in which an operation takes no account of a policy: the caller
// leaves it out of the target.
func TestPoliciesThatAreNotEvaluated(t *testing.T) {
	t.Parallel()
	domain := cell(t, Resource, "allow", third)
	for _, c := range []struct {
		name     string
		action   string
		account  string
		identity string
		target   *Target
		want     bool
	}{
		{"3.3 T, PutDomainPermissionsPolicy", "codeartifact:PutDomainPermissionsPolicy", third, "allow", &Target{Account: owner}, false},
		{"3.3 T, PutRepositoryPermissionsPolicy", "codeartifact:PutRepositoryPermissionsPolicy", third, "allow", &Target{Account: owner, Admin: admin, Policies: domain}, true},
		{"3.3 O, ListRepositories", "codeartifact:ListRepositories", owner, "", nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := Evaluate(&Request{Principal: alice(c.account), Action: c.action, Resource: "*"},
				&Grants{Identity: cell(t, Identity, c.identity, "")}, c.target)
			if got.Allowed != c.want {
				t.Errorf("got %+v, want allowed %v", got, c.want)
			}
		})
	}
}

// Who may have an authorization token: two actions, judged one after the
// other, the second with identity-based policies alone.
func TestGetAuthorizationTokenNeedsBothActions(t *testing.T) {
	t.Parallel()
	const (
		get    = `{"Effect":"Allow","Action":"codeartifact:GetAuthorizationToken","Resource":"` + domainARN + `"}`
		bearer = `{"Effect":"Allow","Action":"sts:GetServiceBearerToken","Resource":"*"}`
	)
	when := func(condition string) string {
		return `{"Effect":"Allow","Action":"sts:GetServiceBearerToken","Resource":"*","Condition":` + condition + `}`
	}
	domain := func(effect, action, who string) string {
		return `{"Effect":"` + effect + `","Principal":{"AWS":"` + who + `"},"Action":"` + action + `","Resource":"*"}`
	}
	foreign := "arn:aws:iam::333344445555:user/eng/Alice"
	for _, c := range []struct {
		name     string
		caller   *principal.Principal
		identity []string
		domain   string
		duration string
		want     bool
	}{
		{"1.5 row 1", alice(owner), []string{get, bearer}, "", "43200", true},
		{"1.5 row 2 user", alice(owner), []string{bearer}, domain("Allow", tokenAction, aliceARN), "43200", true},
		{"1.5 row 2 role", ops(owner), []string{bearer}, domain("Allow", tokenAction, opsARN), "43200", true},
		{"1.5 row 2 session", ops(owner), []string{bearer}, domain("Allow", tokenAction, sessionARN), "43200", true},
		{"1.5 row 3", alice(owner), []string{get}, "", "43200", false},
		{"1.5 row 4", alice(owner), []string{get}, domain("Allow", "sts:GetServiceBearerToken", aliceARN), "43200", false},
		{"1.5 row 5", alice(owner), []string{get, bearer}, domain("Deny", tokenAction, aliceARN), "43200", false},
		{"1.5 row 6", alice(third), []string{get, bearer}, domain("Allow", tokenAction, foreign), "43200", true},
		{"1.5 row 7", alice(third), []string{get, bearer}, "", "43200", false},
		{"1.5 row 8", alice(third), []string{bearer}, domain("Allow", tokenAction, foreign), "43200", false},
		{"1.5 row 9", alice(third), []string{get}, domain("Allow", tokenAction, foreign), "43200", false},
		{"1.5 row 10 12 h", alice(owner), []string{get, when(`{"NumericEquals":{"sts:DurationSeconds":43200}}`)}, "", "43200", true},
		{"1.5 row 10 1 h", alice(owner), []string{get, when(`{"NumericEquals":{"sts:DurationSeconds":43200}}`)}, "", "3600", false},
		{"1.5 row 11 15 min", alice(owner), []string{get, when(`{"NumericLessThanEquals":{"sts:DurationSeconds":"3600"}}`)}, "", "900", true},
		{"1.5 row 11 1 h", alice(owner), []string{get, when(`{"NumericLessThanEquals":{"sts:DurationSeconds":"3600"}}`)}, "", "3600", true},
		{"1.5 row 11 more", alice(owner), []string{get, when(`{"NumericLessThanEquals":{"sts:DurationSeconds":"3600"}}`)}, "", "3601", false},
		{"1.5 row 11 zero", alice(owner), []string{get, when(`{"NumericLessThanEquals":{"sts:DurationSeconds":"3600"}}`)}, "", "0", true},
		{"1.5 row 12", alice(owner), []string{get, when(`{"StringEquals":{"sts:AWSServiceName":"other.amazonaws.com"}}`)}, "", "43200", false},
		{"1.5 row 12 its own service", alice(owner), []string{get, when(`{"StringEquals":{"sts:AWSServiceName":"codeartifact.amazonaws.com"}}`)}, "", "43200", true},
		{"1.5 bearer permission on a domain ARN", alice(owner), []string{get, `{"Effect":"Allow","Action":"sts:GetServiceBearerToken","Resource":"` + domainARN + `"}`}, "", "43200", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			context := keys{"sts:awsservicename": One("codeartifact.amazonaws.com"), "sts:durationseconds": One(c.duration)}
			g := &Grants{Identity: []*Policy{must(t, Identity, c.identity...)}}
			first := Evaluate(&Request{Principal: c.caller, Action: tokenAction, Resource: domainARN, Context: context}, g,
				&Target{Account: owner, Policies: one(t, Resource, c.domain)})
			second := Evaluate(&Request{Principal: c.caller, Action: "sts:GetServiceBearerToken", Resource: "*", Context: context}, g, nil)
			if got := first.Allowed && second.Allowed; got != c.want {
				t.Errorf("got %+v and %+v, want allowed %v", first, second, c.want)
			}
		})
	}
}
