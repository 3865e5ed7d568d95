package identity_test

import (
	"strings"
	"testing"

	"daypass/internal/fault"
	"daypass/internal/identity"
)

func TestATrustPolicyMustSayWhoseJobsOfASharedIssuerItMeans(t *testing.T) {
	t.Parallel()
	i := started(t)
	trust := func(host, condition string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111111111111:oidc-provider/` + host +
			`"},"Action":"sts:AssumeRoleWithWebIdentity"` + condition + `}]}`
	}
	for host, want := range map[string]bool{
		"token.actions.githubusercontent.com": false, "gitlab.com": false, "GitLab.com/": false, "oidc.vercel.com": false,
		"gitlab.example.com": true, "kubernetes.example:6443": true, "gitlab.com/own": true,
	} {
		name := strings.NewReplacer("/", "-", ":", "-").Replace(host)
		err := i.Create(t.Context(), &identity.Entity{Kind: identity.Role, Account: account, Name: name, Trust: trust(host, "")})
		if want != (err == nil) || !want && !fault.Is(err, fault.MalformedPolicy) {
			t.Errorf("%s: %v, want it accepted: %v", host, err, want)
		}
	}
	guarded := trust("gitlab.com", `,"Condition":{"StringLike":{"gitlab.com:sub":"project_path:acme/*"}}`)
	i.must(i.Create(t.Context(), &identity.Entity{Kind: identity.Role, Account: account, Name: "r", Trust: guarded}))
	err := i.SetTrust(t.Context(), account, "r", trust("gitlab.com", ""))
	const text = "The provider arn:aws:iam::111111111111:oidc-provider/gitlab.com vouches for everybody's jobs: expected a condition that the key gitlab.com:sub equals or is like a value of yours"
	if !fault.Is(err, fault.MalformedPolicy) || err.Error() != text {
		t.Errorf("error = %v, want %s", err, text)
	}
}
