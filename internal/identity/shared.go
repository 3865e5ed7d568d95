package identity

import (
	"strings"

	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/policy"
)

// sharedIssuers are issuers that authenticate the jobs of all their customers, and
// the claim that tells whose job it is. A trust policy must ask for that claim.
//
// Source: IAM User Guide, "Identity-provider controls for shared OIDC
// providers".
var sharedIssuers = map[string]string{
	"agent.buildkite.com": "sub",
	"api.pulumi.com/oidc": "aud",
	"app.terraform.io":    "sub",
	"gitlab.com":          "sub",
	"oidc-configuration.audit-log.githubusercontent.com": "sub",
	"oidc.codefresh.io":                     "sub",
	"oidc.vercel.com":                       "aud",
	"proidc.upbound.io":                     "sub",
	"sandboxes.cloud":                       "aud",
	"scalr.io":                              "sub",
	"studio.datachain.ai/api":               "sub",
	"token.actions.githubusercontent.com":   "sub",
	"tokens.cloud.shisho.dev":               "sub",
	"vstoken.actions.githubusercontent.com": "sub",
}

// requiredKey returns the condition key that a trust policy must ask for if it
// names the provider, or "".
func requiredKey(providerARN string) string {
	a, err := arn.Parse(providerARN)
	if err != nil || a.Type() != "oidc-provider" {
		return "" // a built-in or a SAML provider
	}
	claim, shared := sharedIssuers[strings.TrimSuffix(strings.ToLower(a.Name()), "/")]
	if !shared {
		return ""
	}
	return a.Name() + ":" + claim
}

// checkSharedIssuers refuses a trust policy that admits every customer of a shared
// issuer.
func checkSharedIssuers(trust *policy.Policy) error {
	provider, key := trust.UnrestrictedProvider(requiredKey)
	if key != "" {
		return fault.New(fault.MalformedPolicy, "The provider %s vouches for everybody's jobs: expected a condition that the key %s equals or is like a value of yours", provider, key)
	}
	return nil
}
