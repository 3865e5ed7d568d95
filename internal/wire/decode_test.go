package wire

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"daypass/api"
	"daypass/api/codeartifact"
	"daypass/api/daypass"
	"daypass/api/iam"
	"daypass/api/sts"

	"github.com/google/go-cmp/cmp"
)

func ptr[T any](v T) *T { return &v }

// A call is a request and its expected result.
type call struct {
	name   string
	op     *api.Operation
	target string
	header map[string]string
	body   string
	into   any // empty input
	want   any
}

func (c *call) decode() error {
	r := httptest.NewRequest(c.op.Method, c.target, nil)
	for k, v := range c.header {
		r.Header.Set(k, v)
	}
	return Decode(c.op, r, []byte(c.body), c.into)
}

func TestDecodeFillsEveryPlace(t *testing.T) {
	t.Parallel()
	ca, dp := api.CodeArtifact().Operations, api.Daypass().Operations
	tests := []call{
		{
			name: "query string, with and without escapes", op: ca["GetAuthorizationToken"],
			target: "/v1/authorization-token?domain=my%2Ddomain&domain-owner=111122223333&duration=900&X-Amz-Date=x&unknown=1",
			into:   &codeartifact.GetAuthorizationTokenInput{},
			want:   &codeartifact.GetAuthorizationTokenInput{Domain: "my-domain", DomainOwner: "111122223333", DurationSeconds: ptr(int64(900))},
		},
		{
			name: "absent members stay empty", op: ca["GetAuthorizationToken"], target: "/v1/authorization-token?domain=abc",
			into: &codeartifact.GetAuthorizationTokenInput{}, want: &codeartifact.GetAuthorizationTokenInput{Domain: "abc"},
		},
		{
			name: "zero is not absence", op: ca["GetAuthorizationToken"], target: "/v1/authorization-token?domain=abc&duration=0",
			into: &codeartifact.GetAuthorizationTokenInput{}, want: &codeartifact.GetAuthorizationTokenInput{Domain: "abc", DurationSeconds: ptr(int64(0))},
		},
		{
			name: "plus and %20 are blanks", op: ca["GetPackageVersionAsset"],
			target: "/v1/package/version/asset?domain=abc&repository=r1&format=pypi&package=p&version=1&asset=a+b%20c%2B",
			into:   &codeartifact.GetPackageVersionAssetInput{},
			want: &codeartifact.GetPackageVersionAssetInput{
				Domain: "abc", Repository: "r1", Format: "pypi", Package: "p", PackageVersion: "1", Asset: "a b c+",
			},
		},
		{
			name: "document with a list of structures; unknown members are skipped", op: ca["CreateDomain"], target: "/v1/domain?domain=abc",
			body: `{"future":{"a":[1,{"b":null}]},"tags":[{"key":"team","value":""},{"key":"é","value":"\ud83d\ude42"}],"encryptionKey":null}`,
			into: &codeartifact.CreateDomainInput{},
			want: &codeartifact.CreateDomainInput{Domain: "abc", Tags: []codeartifact.Tag{{Key: "team"}, {Key: "é", Value: "🙂"}}},
		},
		{
			name: "empty list is not absence", op: ca["CreateDomain"], target: "/v1/domain?domain=abc", body: ` {"tags":[]} `,
			into: &codeartifact.CreateDomainInput{}, want: &codeartifact.CreateDomainInput{Domain: "abc", Tags: []codeartifact.Tag{}},
		},
		{
			name: "members that other operations send in the URL", op: ca["PutDomainPermissionsPolicy"], target: "/v1/domain/permissions/policy",
			body: `{"domain":"abc","domainOwner":"111122223333","policyDocument":"{\n}"}`,
			into: &codeartifact.PutDomainPermissionsPolicyInput{},
			want: &codeartifact.PutDomainPermissionsPolicyInput{Domain: "abc", DomainOwner: "111122223333", PolicyDocument: "{\n}"},
		},
		{
			name: "map, list and boolean in a document", op: ca["CopyPackageVersions"],
			target: "/v1/package/versions/copy?domain=abc&source-repository=r1&destination-repository=r2&format=npm&package=p",
			body:   `{"versions":["1.0.0"],"versionRevisions":{"1.0.0":"REV"},"allowOverwrite":false}`,
			into:   &codeartifact.CopyPackageVersionsInput{},
			want: &codeartifact.CopyPackageVersionsInput{
				Domain: "abc", SourceRepository: "r1", DestinationRepository: "r2", Format: "npm", Package: "p",
				Versions: []string{"1.0.0"}, VersionRevisions: map[string]string{"1.0.0": "REV"}, AllowOverwrite: ptr(false),
			},
		},
		{
			name: "an empty string where it clears is not absence", op: ca["UpdateRepository"], target: "/v1/repository?domain=abc&repository=r1",
			body: `{"description":""}`, into: &codeartifact.UpdateRepositoryInput{},
			want: &codeartifact.UpdateRepositoryInput{Domain: "abc", Repository: "r1", Description: ptr("")},
		},
		{
			name: "structure in a structure", op: ca["PutPackageOriginConfiguration"],
			target: "/v1/package?domain=abc&repository=r1&format=npm&package=p", body: `{"restrictions":{"publish":"ALLOW","upstream":"BLOCK"}}`,
			into: &codeartifact.PutPackageOriginConfigurationInput{},
			want: &codeartifact.PutPackageOriginConfigurationInput{
				Domain: "abc", Repository: "r1", Format: "npm", Package: "p",
				Restrictions: &codeartifact.PackageOriginRestrictions{Publish: "ALLOW", Upstream: "BLOCK"},
			},
		},
		{
			name: "no document at all", op: ca["ListDomains"], target: "/v1/domains",
			into: &codeartifact.ListDomainsInput{}, want: &codeartifact.ListDomainsInput{},
		},
		{
			name: "a body where the model has none is not read", op: ca["DescribeDomain"], target: "/v1/domain?domain=abc", body: "}{",
			into: &codeartifact.DescribeDomainInput{}, want: &codeartifact.DescribeDomainInput{Domain: "abc"},
		},
		{
			name: "time with a fraction", op: dp["RevokeToken"], target: "/daypass/v1/token/revoke", body: `{"issuedBefore":1790000000.123}`,
			into: &daypass.RevokeTokenInput{}, want: &daypass.RevokeTokenInput{IssuedBefore: ptr(time.UnixMilli(1790000000123).UTC())},
		},
		{
			name: "time with an exponent", op: dp["RevokeToken"], target: "/daypass/v1/token/revoke", body: `{"issuedBefore":1.79E9}`,
			into: &daypass.RevokeTokenInput{}, want: &daypass.RevokeTokenInput{IssuedBefore: ptr(time.UnixMilli(1790000000000).UTC())},
		},
	}
	runDecode(t, tests)
}

func TestDecodeReadsForms(t *testing.T) {
	t.Parallel()
	const role = "arn:aws:iam::111122223333:role/ci"
	assume := "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fci&RoleSessionName=build"
	op := api.STS().Operations["AssumeRole"]
	tests := []call{
		{
			name: "scalars", op: op, target: "/", body: assume + "&DurationSeconds=900", into: &sts.AssumeRoleInput{},
			want: &sts.AssumeRoleInput{RoleArn: role, RoleSessionName: "build", DurationSeconds: ptr(int64(900))},
		},
		{
			name: "lists in any order", op: op, target: "/",
			body: assume + "&Tags.member.2.Value=&Tags.member.2.Key=b&Tags.member.1.Key=a&Tags.member.1.Value=x+y&TransitiveTagKeys.member.1=a&PolicyArns.member.1.arn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FP",
			into: &sts.AssumeRoleInput{},
			want: &sts.AssumeRoleInput{
				RoleArn: role, RoleSessionName: "build", Tags: []sts.Tag{{Key: "a", Value: "x y"}, {Key: "b"}},
				TransitiveTagKeys: []string{"a"}, PolicyArns: []sts.PolicyDescriptorType{{Arn: "arn:aws:iam::aws:policy/P"}},
			},
		},
		{
			name: "ten entries in their order, not in that of text", op: op, target: "/",
			body: assume + "&TransitiveTagKeys.member.10=j&TransitiveTagKeys.member.9=i&TransitiveTagKeys.member.1=a&TransitiveTagKeys.member.2=b&TransitiveTagKeys.member.3=c&TransitiveTagKeys.member.4=d&TransitiveTagKeys.member.5=e&TransitiveTagKeys.member.6=f&TransitiveTagKeys.member.7=g&TransitiveTagKeys.member.8=h",
			into: &sts.AssumeRoleInput{},
			want: &sts.AssumeRoleInput{RoleArn: role, RoleSessionName: "build", TransitiveTagKeys: strings.Split("abcdefghij", "")},
		},
		{
			name: "empty list", op: op, target: "/", body: assume + "&Tags=", into: &sts.AssumeRoleInput{},
			want: &sts.AssumeRoleInput{RoleArn: role, RoleSessionName: "build", Tags: []sts.Tag{}},
		},
		{
			name: "in the URL", op: op, target: "/?" + assume, into: &sts.AssumeRoleInput{},
			want: &sts.AssumeRoleInput{RoleArn: role, RoleSessionName: "build"},
		},
		{
			name: "unknown parameters, at the top and below", op: op, target: "/", body: assume + "&MinimumSessionTokenSize=1&ProvidedContexts.member.1.New=1&Future.a.b.c=2",
			into: &sts.AssumeRoleInput{},
			want: &sts.AssumeRoleInput{RoleArn: role, RoleSessionName: "build", ProvidedContexts: []sts.ProvidedContext{{}}},
		},
		{
			name: "no members", op: api.STS().Operations["GetCallerIdentity"], target: "/", body: "Action=GetCallerIdentity&Version=2011-06-15",
			into: &sts.GetCallerIdentityInput{}, want: &sts.GetCallerIdentityInput{},
		},
		{
			name: "boolean", op: api.IAM().Operations["ListPolicies"], target: "/", body: "Action=ListPolicies&Version=2010-05-08&OnlyAttached=true&Scope=Local",
			into: &iam.ListPoliciesInput{}, want: &iam.ListPoliciesInput{OnlyAttached: ptr(true), Scope: "Local"},
		},
	}
	runDecode(t, tests)
}

func runDecode(t *testing.T, tests []call) {
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := tt.decode(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, tt.into); diff != "" {
				t.Errorf("Decode (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeHandsOverTheStream(t *testing.T) {
	t.Parallel()
	const sum = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
	op := api.CodeArtifact().Operations["PublishPackageVersion"]
	target := "/v1/package/version/publish?domain=abc&repository=r1&format=generic&package=p&version=1&asset=a.txt&unfinished=true"
	for _, read := range []bool{false, true} {
		r := httptest.NewRequest("POST", target, strings.NewReader("hello"))
		r.Header.Set("x-amz-content-sha256", sum)
		var body []byte
		if read {
			body, _ = io.ReadAll(r.Body)
		}
		var in codeartifact.PublishPackageVersionInput
		if err := Decode(op, r, body, &in); err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(in.AssetContent)
		if err != nil || string(content) != "hello" {
			t.Errorf("content %q, %v", content, err)
		}
		in.AssetContent = nil
		want := codeartifact.PublishPackageVersionInput{
			Domain: "abc", Repository: "r1", Format: "generic", Package: "p", PackageVersion: "1", AssetName: "a.txt",
			AssetSHA256: sum, Unfinished: ptr(true),
		}
		if diff := cmp.Diff(want, in); diff != "" {
			t.Errorf("Decode (-want +got):\n%s", diff)
		}
	}
}

func TestDecodeRefusesATypeThatIsNotTheModels(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "/v1/authorization-token?domain=abc", nil)
	op := api.CodeArtifact().Operations["GetAuthorizationToken"]
	for _, dst := range []any{nil, codeartifact.GetAuthorizationTokenInput{}, ptr(1), &struct{ Domain int }{}} {
		if err := Decode(op, r, nil, dst); err == nil {
			t.Errorf("Decode into %T succeeded", dst)
		}
	}
}

func TestEveryGeneratedTypeHasAPlan(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		s        *api.Service
		op       string
		in, out  any
		contains string
	}{
		{s: api.CodeArtifact(), op: "ListPackageVersions", in: &codeartifact.ListPackageVersionsInput{}, out: &codeartifact.ListPackageVersionsOutput{}},
		{s: api.CodeArtifact(), op: "UpdatePackageGroupOriginConfiguration", in: &codeartifact.UpdatePackageGroupOriginConfigurationInput{}, out: &codeartifact.UpdatePackageGroupOriginConfigurationOutput{}},
		{s: api.STS(), op: "AssumeRoleWithSAML", in: &sts.AssumeRoleWithSAMLInput{}, out: &sts.AssumeRoleWithSAMLOutput{}},
		{s: api.IAM(), op: "DeleteUser", in: &iam.DeleteUserInput{}, out: &iam.DeleteUserOutput{}},
		{s: api.Daypass(), op: "RotateKeys", in: &daypass.RotateKeysInput{}, out: &daypass.RotateKeysOutput{}},
	} {
		for _, v := range []any{tt.in, tt.out} {
			if _, err := planFor(tt.s.Operations[tt.op], v); err != nil {
				t.Error(err)
			}
		}
	}
}
