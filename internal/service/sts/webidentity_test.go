package sts_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	api "daypass/api/sts"
	"daypass/internal/gate"
	"daypass/internal/identity"
	"daypass/internal/oidc"
	"daypass/internal/principal"
)

const (
	issuerURL   = "https://idp.example/Tenant"
	providerARN = "arn:aws:iam::111111111111:oidc-provider/idp.example/Tenant"
	webIdentity = `"sts:AssumeRoleWithWebIdentity"`
	githubSub   = "repo:acme/app:ref:refs/heads/main"
)

// An idp is an issuer without a network.
type idp struct {
	t       *testing.T
	key     *ecdsa.PrivateKey
	foreign *ecdsa.PrivateKey
	err     error
}

func newIDP(t *testing.T) *idp {
	i := &idp{t: t}
	for _, key := range []**ecdsa.PrivateKey{&i.key, &i.foreign} {
		made, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		*key = made
	}
	return i
}

func (i *idp) get(_ context.Context, url string, _ []string) ([]byte, error) {
	if i.err != nil {
		return nil, i.err
	}
	if issuer, ok := strings.CutSuffix(url, "/.well-known/openid-configuration"); ok {
		return fmt.Appendf(nil, `{"issuer":%q,"jwks_uri":"https://keys","id_token_signing_alg_values_supported":["ES256"]}`, issuer), nil
	}
	return json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: i.key.Public(), KeyID: "k"}}})
}

func (i *idp) token(key *ecdsa.PrivateKey, claims map[string]any) string {
	i.t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil)
	if err != nil {
		i.t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		i.t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		i.t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		i.t.Fatal(err)
	}
	return text
}

// claims are those of a token that nothing is wrong with, edited; nil removes one.
func (d *door) claims(edit map[string]any) map[string]any {
	claims := map[string]any{
		"iss": issuerURL, "aud": "sts.amazonaws.com", "sub": githubSub, "iat": d.now.Unix(), "exp": d.now.Add(time.Minute).Unix(),
		"ref": "refs/heads/main", "repository": "acme/app", "repository_id": 42, "amr": []string{"mfa", "pwd"}, "email": "a@acme.example",
	}
	maps.Copy(claims, edit)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	return claims
}

func (d *door) provider(owner, url string, clients ...string) {
	d.t.Helper()
	p, err := d.directory.NewProvider(owner, url)
	d.must(err)
	p.ClientIDs = clients
	d.must(d.directory.CreateProvider(d.t.Context(), p))
}

// vouched is a statement that trusts the provider.
func vouched(effect, actions, rest string) string {
	return strings.Replace(trust(effect, providerARN, actions, rest), `"AWS"`, `"Federated"`, 1)
}

func when(operator, claim, value string) string {
	return `,"Condition":{"` + operator + `":{"idp.example/Tenant:` + claim + `":` + value + `}}`
}

// web asks for a session with a token that the issuer signed.
func (d *door) web(edit map[string]any, change func(*api.AssumeRoleWithWebIdentityInput)) (*api.AssumeRoleWithWebIdentityOutput, error) {
	d.t.Helper()
	in := &api.AssumeRoleWithWebIdentityInput{RoleArn: roleARN, RoleSessionName: "job-1", WebIdentityToken: d.idp.token(d.idp.key, d.claims(edit))}
	if change != nil {
		change(in)
	}
	c := &gate.Call{Now: d.now, Region: "us-east-1"}
	return called[api.AssumeRoleWithWebIdentityOutput](d, c, "AssumeRoleWithWebIdentity", in)
}

func TestAssumeRoleWithWebIdentityGivesASession(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.provider(account, issuerURL, "sts.amazonaws.com")
	r := d.role("r", 2*time.Hour, vouched("Allow", webIdentity, when("StringEquals", "sub", `"`+githubSub+`"`)))
	out, err := d.web(nil, func(in *api.AssumeRoleWithWebIdentityInput) { in.DurationSeconds = seconds(7200) })
	d.must(err)
	end := time.Date(2026, 11, 1, 14, 0, 0, 0, time.UTC)
	equal(t, &api.AssumeRoleWithWebIdentityOutput{
		Credentials:                 out.Credentials,
		AssumedRoleUser:             &api.AssumedRoleUser{AssumedRoleId: r.ID + ":job-1", Arn: "arn:aws:sts::111111111111:assumed-role/r/job-1"},
		SubjectFromWebIdentityToken: githubSub, Provider: issuerURL, Audience: "sts.amazonaws.com",
	}, out)
	ref := d.opened(out.Credentials).Principal
	equal(t, principal.Ref{
		Kind: principal.Role, Account: account, ID: r.ID, SessionName: "job-1",
		Session: &principal.Session{
			IssuedAt: time.Date(2026, 11, 1, 12, 0, 0, 345_000_000, time.UTC), ExpiresAt: end, Provider: providerARN,
			Context: map[string][]string{
				"idp.example/tenant:aud": {"sts.amazonaws.com"}, "idp.example/tenant:sub": {githubSub}, "idp.example/tenant:amr": {"mfa", "pwd"},
			},
		},
	}, ref)

	// The session outlives its provider, but there are no new ones.
	d.must(d.directory.DeleteProvider(t.Context(), account, strings.TrimPrefix(issuerURL, "https://")))
	_, err = do[api.GetCallerIdentityOutput](d, ref, "GetCallerIdentity", &api.GetCallerIdentityInput{})
	d.must(err)
	_, err = d.web(nil, nil)
	refuses(t, err, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for "+issuerURL)
	for name, in := range map[string]any{"GetSessionToken": &api.GetSessionTokenInput{}, "GetFederationToken": &api.GetFederationTokenInput{Name: "ff"}} {
		switch in := in.(type) {
		case *api.GetSessionTokenInput:
			_, err = do[api.GetSessionTokenOutput](d, ref, name, in)
		case *api.GetFederationTokenInput:
			_, err = do[api.GetFederationTokenOutput](d, ref, name, in)
		}
		refuses(t, err, "AccessDenied", "Cannot call "+name+" with session credentials")
	}
}

// Rows from the table of checks on a token. Each refusal is of the first check
// that fails.
func TestTheChecksOnAnIdentityToken(t *testing.T) {
	t.Parallel()
	const (
		noKey    = "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements"
		notJWT   = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
		rolesKey = "https://aws.amazon.com/roles"
	)
	const past = 1_700_000_000
	d := newDoor(t)
	d.provider(account, issuerURL, "sts.amazonaws.com")
	d.provider(other, "https://theirs.example", "sts.amazonaws.com")
	d.role("r", 0, vouched("Allow", webIdentity, when("StringLike", "sub", `"repo:acme/*"`)))
	set := func(text string) func(*api.AssumeRoleWithWebIdentityInput) {
		return func(in *api.AssumeRoleWithWebIdentityInput) { in.WebIdentityToken = text }
	}
	roleOf := func(arn string) func(*api.AssumeRoleWithWebIdentityInput) {
		return func(in *api.AssumeRoleWithWebIdentityInput) { in.RoleArn = arn }
	}
	for _, test := range []struct {
		name       string
		edit       map[string]any
		change     func(*api.AssumeRoleWithWebIdentityInput)
		idp        error // what fetching from the issuer gives
		code, text string
	}{
		{"nothing is wrong", nil, nil, nil, "", ""},
		{"1 no JWT", nil, set("AKIAIOSFODNN7EXAMPLE"), nil, "InvalidIdentityToken", notJWT},
		{"2 an unknown issuer", map[string]any{"iss": "https://idp.example"}, nil, nil, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://idp.example"},
		{"2 another case", map[string]any{"iss": "https://idp.example/tenant"}, nil, nil, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://idp.example/tenant"},
		{"2 another scheme", map[string]any{"iss": "http://idp.example/Tenant"}, nil, nil, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for http://idp.example/Tenant"},
		{"2 an issuer of another account", map[string]any{"iss": "https://theirs.example"}, nil, nil, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://theirs.example"},
		{"2 no issuer", map[string]any{"iss": nil}, nil, nil, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for "},
		{"2 an issuer with a NUL", map[string]any{"iss": "https://idp.example/\x00"}, nil, nil, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for "},
		{"2 an issuer with a line break", map[string]any{"iss": "https://idp.example/\n"}, nil, nil, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for the issuer of the token"},
		{"2 a role of another account", nil, roleOf("arn:aws:iam::222222222222:role/p/r"), nil, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for " + issuerURL},
		{"2 no role's ARN", nil, roleOf("arn:aws:iam::111111111111:user/rr"), nil, "ValidationError", "arn:aws:iam::111111111111:user/rr is invalid"},
		{"4 unusable documents", nil, nil, &oidc.Error{Reason: oidc.NoKey}, "InvalidIdentityToken", noKey},
		{"5 an untrusted certificate", nil, nil, &oidc.Error{Reason: oidc.Certificate}, "InvalidIdentityToken", "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"},
		{"6 expired", map[string]any{"exp": past}, nil, nil, "ExpiredTokenException", "Token expired: current date/time NOW must be before the expiration date/time 1700000000"},
		{"6 no iat", map[string]any{"iat": nil}, nil, nil, "InvalidIdentityToken", "Missing a required claim: iat"},
		{"6 an exp that is no integer", map[string]any{"exp": "soon"}, nil, nil, "InvalidIdentityToken", "The claim exp must be an integer"},
		{"6 a long sub", map[string]any{"sub": strings.Repeat("s", 256)}, nil, nil, "InvalidIdentityToken", "The claim sub is longer than 255 characters"},
		{"7 another audience", map[string]any{"aud": "other"}, nil, nil, "InvalidIdentityToken", "Incorrect token audience"},
		{"7 one audience of several", map[string]any{"aud": []string{"other", "sts.amazonaws.com"}}, nil, nil, "", ""},
		{"7 the authorized party counts", map[string]any{"azp": "other"}, nil, nil, "InvalidIdentityToken", "Incorrect token audience"},
		{"7 and it alone", map[string]any{"azp": "sts.amazonaws.com", "aud": "other"}, nil, nil, "", ""},
		{"8 the role is not in the claim", map[string]any{rolesKey: []string{"arn:aws:iam::111111111111:role/other"}}, nil, nil, "InvalidIdentityToken", "The identity provider does not authorize the role in the claim " + rolesKey},
		{"8 an empty claim", map[string]any{rolesKey: []string{}}, nil, nil, "InvalidIdentityToken", "The identity provider does not authorize the role in the claim " + rolesKey},
		{"8 the role is in the claim", map[string]any{rolesKey: []string{"arn:aws:iam::111111111111:role/other", roleARN}}, nil, nil, "", ""},
		{"8 the role is in the claim, as text", map[string]any{rolesKey: "arn:aws:iam::111111111111:role/other;" + roleARN}, nil, nil, "", ""},
		{"9 a role that does not exist", nil, roleOf(roleARN + "x"), nil, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"},
		{"9 the trust policy says another subject", map[string]any{"sub": "repo:evil/app:ref:refs/heads/main"}, nil, nil, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"},
		{"10 the issuer is down", nil, nil, &oidc.Error{Reason: oidc.Unreachable}, "IDPCommunicationError", "Couldn't reach your identity provider to verify the token, please retry"},
		{"an OAuth 2.0 provider", nil, func(in *api.AssumeRoleWithWebIdentityInput) { in.ProviderId = "www.amazon.com" }, nil, "ValidationError",
			`ProviderId: "www.amazon.com" is not supported: OAuth 2.0 access tokens are not accepted, only OpenID Connect tokens`},
	} {
		t.Run(test.name, func(t *testing.T) {
			d.t = t
			d.now = d.now.Add(time.Hour) // what the issuer said before is forgotten
			d.idp.err = test.idp
			_, err := d.web(test.edit, test.change)
			if test.code == "" {
				d.must(err)
				return
			}
			if test.idp != nil {
				err = withoutCause(err)
			}
			refuses(t, err, test.code, strings.ReplaceAll(test.text, "NOW", fmt.Sprint(d.now.Unix())))
		})
	}
	d.t, d.idp.err = t, nil
	d.now = d.now.Add(time.Hour)
	_, err := d.web(nil, set(d.idp.token(d.idp.foreign, d.claims(nil))))
	refuses(t, err, "InvalidIdentityToken", "The signature of the token could not be verified with the key of its issuer")
}

// Rows from the rules on trust policies for web identities: the provider must
// be named, for the action, and the claims must be as the conditions have it.
func TestWhomATrustPolicyLetsIn(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.provider(account, issuerURL, "sts.amazonaws.com")
	d.role("r", 0, vouched("Allow", webIdentity, ""))
	for _, test := range []struct {
		name  string
		trust string
		want  bool
	}{
		{"the provider", vouched("Allow", webIdentity, ""), true},
		{"another provider", strings.Replace(vouched("Allow", webIdentity, ""), "idp.example", "other.example", 1), false},
		{"the same issuer of another account", strings.Replace(vouched("Allow", webIdentity, ""), account, other, 1), false},
		{"another action", vouched("Allow", assume, ""), false},
		{"an AWS principal", trust("Allow", account, webIdentity, ""), false},
		{"aud", vouched("Allow", webIdentity, when("StringEquals", "aud", `"sts.amazonaws.com"`)), true},
		{"another aud", vouched("Allow", webIdentity, when("StringEquals", "aud", `"x"`)), false},
		{"oaud", vouched("Allow", webIdentity, when("StringEquals", "oaud", `"sts.amazonaws.com"`)), true},
		{"amr", vouched("Allow", webIdentity, when("ForAnyValue:StringEquals", "amr", `["mfa"]`)), true},
		{"email", vouched("Allow", webIdentity, when("StringEquals", "email", `"a@acme.example"`)), true},
		{"a claim of GitHub", vouched("Allow", webIdentity, when("StringEquals", "repository", `"acme/app"`)), true},
		{"a number", vouched("Allow", webIdentity, when("StringEquals", "repository_id", `"42"`)), true},
		{"another branch", vouched("Allow", webIdentity, when("StringEquals", "ref", `"refs/heads/x"`)), false},
		{"a claim that is not there", vouched("Allow", webIdentity, when("StringEquals", "environment", `"prod"`)), false},
		{"a claim that is no key", vouched("Allow", webIdentity, when("StringEquals", "iss", `"`+issuerURL+`"`)), false},
		{"the provider as a key", vouched("Allow", webIdentity, `,"Condition":{"ArnEquals":{"aws:FederatedProvider":"`+providerARN+`"}}`), true},
		{"the session's name", vouched("Allow", webIdentity, `,"Condition":{"StringLike":{"sts:RoleSessionName":"job-*"}}`), true},
		{"roles are not claimed", vouched("Allow", webIdentity, `,"Condition":{"Bool":{"sts:RoleAuthorizedByIdp":"true"}}`), false},
		{"roles are not claimed, as asked", vouched("Allow", webIdentity, `,"Condition":{"Bool":{"sts:RoleAuthorizedByIdp":"false"}}`), true},
		{"a deny", vouched("Allow", webIdentity, "") + "," + vouched("Deny", webIdentity, when("StringLike", "sub", `"repo:acme/*"`)), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			d.t = t
			d.must(d.directory.SetTrust(t.Context(), account, "r", policyOf(test.trust)))
			_, err := d.web(nil, nil)
			if test.want {
				d.must(err)
				return
			}
			refuses(t, err, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
		})
	}
}

func TestTrustPoliciesReadNestedClaimsOfKnownIssuers(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.provider(account, issuerURL, "sts.amazonaws.com")
	d.role("r", 0, vouched("Allow", webIdentity, when("StringEquals", "google/organization_number", `"7"`)),
		vouched("Allow", webIdentity, when("StringEquals", "oidc.circleci.com/project-id", `"p"`)))
	for _, edit := range []map[string]any{{"google": map[string]any{"organization_number": 7}}, {"oidc.circleci.com/project-id": "p"}} {
		_, err := d.web(edit, nil)
		d.must(err)
	}
	_, err := d.web(map[string]any{"google": "x"}, nil)
	refuses(t, err, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
}

func TestATokenAsksForTagsAndASourceIdentity(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.provider(account, issuerURL, "sts.amazonaws.com")
	r := d.role("r", 0, vouched("Allow", webIdentity, ""))
	tags := map[string]any{"https://aws.amazon.com/tags": map[string]any{
		"principal_tags": map[string]any{"Team": []string{"a"}, "cost": []string{"1"}}, "transitive_tag_keys": []string{"Team"},
	}}
	flat := map[string]any{
		"https://aws.amazon.com/tags/principal_tags/Team": "a", "https://aws.amazon.com/tags/principal_tags/cost": []string{"1"},
		"https://aws.amazon.com/tags/transitive_tag_keys": []string{"Team"},
	}
	source := map[string]any{"https://aws.amazon.com/source_identity": "alice"}
	_, err := d.web(tags, nil)
	refuses(t, err, "AccessDenied", "Not authorized to perform sts:TagSession")
	_, err = d.web(source, nil)
	refuses(t, err, "AccessDenied", "Not authorized to perform sts:SetSourceIdentity")

	d.must(d.directory.SetTrust(t.Context(), account, r.Name, policyOf(vouched("Allow", webIdentity, ""),
		vouched("Allow", `"sts:TagSession"`, `,"Condition":{"StringEquals":{"aws:RequestTag/team":"a"},"ForAllValues:StringEquals":{"sts:TransitiveTagKeys":["Team"]}}`),
		vouched("Allow", `"sts:SetSourceIdentity"`, `,"Condition":{"StringEquals":{"sts:SourceIdentity":"alice"}}`))))
	for _, edit := range []map[string]any{tags, flat} {
		out, err := d.web(edit, nil)
		d.must(err)
		session := d.opened(out.Credentials).Principal.Session
		equal(t, map[string]string{"team": "a", "cost": "1"}, session.Tags)
		equal(t, []string{"team"}, session.TransitiveKeys)
	}
	out, err := d.web(source, nil)
	d.must(err)
	equal(t, "alice", out.SourceIdentity)
	equal(t, "alice", d.opened(out.Credentials).Principal.Session.SourceIdentity)

	const notTags = "The claim https://aws.amazon.com/tags has a tag that is not one: expected a key of 1 to 128 and one value of up to 256 letters, digits, spaces and _.:/=+-@"
	const notSource = "The claim https://aws.amazon.com/source_identity is not a source identity: expected 2 to 64 letters, digits and _+=,.@-"
	tag := func(key string, values ...string) map[string]any {
		return map[string]any{"https://aws.amazon.com/tags": map[string]any{"principal_tags": map[string]any{key: values}}}
	}
	for _, test := range []struct {
		edit       map[string]any
		code, text string
	}{
		{tag("k", "a", "b"), "InvalidIdentityToken", notTags},
		{map[string]any{"https://aws.amazon.com/tags/principal_tags/k": "a", "https://aws.amazon.com/tags/principal_tags/K": "b"},
			"ValidationError", "Duplicate tag keys found. Please note that Tag keys are case insensitive."},
		{map[string]any{"https://aws.amazon.com/tags": map[string]any{"principal_tags": map[string]any{"k": []string{"a"}}}, "https://aws.amazon.com/tags/principal_tags/k": "b"},
			"InvalidIdentityToken", "The claim https://aws.amazon.com/tags has a tag that https://aws.amazon.com/tags/principal_tags/ gives again"},
		{tag("k", "<"), "InvalidIdentityToken", notTags},
		{tag("", "v"), "InvalidIdentityToken", notTags},
		{tag("k", strings.Repeat("v", 257)), "InvalidIdentityToken", notTags},
		{tag("aws:k", "v"), "ValidationError", `Tag key "aws:k": keys that begin with aws: are reserved.`},
		{map[string]any{"https://aws.amazon.com/tags": "x"}, "InvalidIdentityToken", `The claim https://aws.amazon.com/tags is not of the form {"principal_tags": {"KEY": ["VALUE"]}, "transitive_tag_keys": ["KEY"]}`},
		{map[string]any{"https://aws.amazon.com/source_identity": "a b"}, "InvalidIdentityToken", notSource},
		{map[string]any{"https://aws.amazon.com/source_identity": []string{"ab"}}, "InvalidIdentityToken", notSource},
		{map[string]any{"https://aws.amazon.com/source_identity": "a"}, "InvalidIdentityToken", notSource},
	} {
		_, err := d.web(test.edit, nil)
		refuses(t, err, test.code, test.text)
	}
}

func TestAWebIdentitySessionIsBoundedLikeOthers(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.provider(account, issuerURL, "sts.amazonaws.com")
	d.role("r", 0, vouched("Allow", webIdentity, ""))
	_, err := d.web(nil, func(in *api.AssumeRoleWithWebIdentityInput) { in.DurationSeconds = seconds(3601) })
	refuses(t, err, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	_, err = d.web(nil, func(in *api.AssumeRoleWithWebIdentityInput) {
		in.PolicyArns = []api.PolicyDescriptorType{{Arn: "arn:aws:iam::111111111111:policy/none"}}
	})
	refuses(t, err, "ValidationError", `PolicyArns: "arn:aws:iam::111111111111:policy/none" is not a managed policy that account 111111111111 can use`)
	out, err := d.web(nil, func(in *api.AssumeRoleWithWebIdentityInput) { in.Policy = policyOf(allowSTS) })
	d.must(err)
	equal(t, []string{policyOf(allowSTS)}, d.opened(out.Credentials).Principal.Session.Policies)
	if out.PackedPolicySize == nil {
		t.Error("no packed size")
	}

	d.must(d.directory.DeleteInline(t.Context(), account, identity.Role, "r", "p"))
	d.must(d.directory.Delete(t.Context(), account, identity.Role, "r"))
	_, err = d.web(nil, nil)
	refuses(t, err, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
}
