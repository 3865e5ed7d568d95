package sts

import (
	"encoding/json"
	"strings"
	"testing"

	"daypass/internal/gate"
	"daypass/internal/oidc"
)

// Claims come from an issuer that some account trusts, which need not be sane:
// what a session takes from them is held to the rules of the API.
func FuzzClaims(f *testing.F) {
	for _, seed := range []string{
		`{"aud":"a","sub":"s","https://aws.amazon.com/tags":{"principal_tags":{"k":["v"]},"transitive_tag_keys":["k"]}}`,
		`{"aud":["a","b"],"azp":"c","https://aws.amazon.com/source_identity":"alice","amr":["mfa"]}`,
		`{"aud":"a","https://aws.amazon.com/tags/principal_tags/k":"v","google":{"organization_number":1},"oidc.circleci.com/project-id":"p"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var claims oidc.Claims
		if json.Unmarshal([]byte(text), &claims) != nil || len(audiences(claims)) == 0 {
			return // not verified
		}
		v := &gate.WebIdentity{Provider: "arn:aws:iam::111111111111:oidc-provider/Idp.example:8443", Subject: "s", Claims: claims}
		for key := range trustKeys(v) {
			if !strings.HasPrefix(key, "idp.example:8443:") {
				t.Errorf("the key %q is not the provider's", key)
			}
		}
		if n := len(lastingKeys(v)); n < 2 || n > 3 {
			t.Errorf("%d keys last", n)
		}
		asked, err := parseRequest(claims)
		if err != nil {
			return
		}
		if asked.sourceIdentity != "" && !namePattern().MatchString(asked.sourceIdentity) {
			t.Errorf("source identity %q", asked.sourceIdentity)
		}
		for _, tag := range asked.tags {
			if !validTag(tag.Key, tag.Value) {
				t.Errorf("tag %q: %q", tag.Key, tag.Value)
			}
		}
	})
}
