package wire

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"daypass/api"
	"daypass/api/codeartifact"
	"daypass/api/iam"
	"daypass/api/sts"
	"daypass/internal/fault"
)

// refused holds what every refusal has to be: a fault of the caller, one
// bounded line of text.
func refused(t *testing.T, err error) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind == fault.Internal {
		t.Fatalf("not the caller's fault: %v", err)
	}
	if len(f.Message) > 64<<10 || strings.ContainsAny(f.Message, "\x00\n\r\x1b") {
		t.Fatalf("message of %d bytes: %q", len(f.Message), f.Message)
	}
}

func FuzzForm(f *testing.F) {
	f.Add("Action=AssumeRole&Version=2011-06-15&RoleArn=arn:aws:iam::111122223333:role/ci&RoleSessionName=ab&DurationSeconds=900&Tags.member.1.Key=a&Tags.member.1.Value=b")
	f.Add("Tags.member.999999999=a&Tags=&Tags.=&.=&..member=1&%=&RoleArn.member.1=x")
	f.Fuzz(func(t *testing.T, form string) {
		r := &http.Request{Method: "POST", URL: &url.URL{Path: "/"}, Header: http.Header{}}
		for name, dst := range map[string]any{"AssumeRole": &sts.AssumeRoleInput{}, "GetFederationToken": &sts.GetFederationTokenInput{}} {
			if err := Decode(api.STS().Operations[name], r, []byte(form), dst); err != nil {
				refused(t, err)
			}
		}
		if err := Decode(api.IAM().Operations["CreateRole"], r, []byte(form), &iam.CreateRoleInput{}); err != nil {
			refused(t, err)
		}
		if _, err := Route(r, api.STS(), []byte(form)); err != nil {
			refused(t, err)
		}
	})
}

func FuzzDocument(f *testing.F) {
	f.Add([]byte(`{"tags":[{"key":"a","value":"b"}],"encryptionKey":"k","x":{"y":[1,null,true]}}`))
	f.Add([]byte(`{"versions":["1"],"versionRevisions":{"1":"r"},"allowOverwrite":true}`))
	f.Add([]byte(`{"restrictions":{"PUBLISH":"ALLOW"},"addAllowedRepositories":[{"repositoryName":"ab","originRestrictionType":"PUBLISH"}]}`))
	f.Fuzz(func(t *testing.T, document []byte) {
		r := &http.Request{Method: "POST", URL: &url.URL{Path: "/", RawQuery: "domain=abc&package-group=%2F*"}, Header: http.Header{}}
		for name, dst := range map[string]any{
			"CreateDomain":                          &codeartifact.CreateDomainInput{},
			"CopyPackageVersions":                   &codeartifact.CopyPackageVersionsInput{},
			"UpdatePackageGroupOriginConfiguration": &codeartifact.UpdatePackageGroupOriginConfigurationInput{},
		} {
			if err := Decode(api.CodeArtifact().Operations[name], r, bytes.Clone(document), dst); err != nil {
				refused(t, err)
			}
		}
	})
}

func FuzzQueryString(f *testing.F) {
	f.Add("domain=abc&domain-owner=111122223333&duration=900")
	f.Add("domain=%41&duration=-1&&=&domain")
	f.Fuzz(func(t *testing.T, query string) {
		r := &http.Request{Method: "POST", URL: &url.URL{Path: "/v1/authorization-token", RawQuery: query}, Header: http.Header{}}
		var in codeartifact.GetAuthorizationTokenInput
		err := Decode(api.CodeArtifact().Operations["GetAuthorizationToken"], r, nil, &in)
		if err != nil {
			refused(t, err)
			return
		}
		// Where package url reads the query too, it reads the same.
		if v, err := url.ParseQuery(query); err == nil && v.Get("domain") != in.Domain {
			t.Errorf("domain %q, package url reads %q", in.Domain, v.Get("domain"))
		}
	})
}

// A reply may come from anybody who answers at an endpoint.
func FuzzReply(f *testing.F) {
	f.Add([]byte(`{"authorizationToken":"t","expiration":1.79e9}`))
	f.Add([]byte(`<AssumeRoleResponse><AssumeRoleResult><Credentials><Expiration>2019-07-15T23:28:33Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`))
	f.Add([]byte(`<ErrorResponse><Error><Code>a</Code></Error></ErrorResponse>`))
	f.Fuzz(func(t *testing.T, reply []byte) {
		for _, op := range []*api.Operation{api.CodeArtifact().Operations["GetAuthorizationToken"], api.STS().Operations["AssumeRole"], api.IAM().Operations["GetAccountSummary"]} {
			for _, status := range []int{200, 400} {
				resp := &http.Response{StatusCode: status, Header: http.Header{}, Body: closer{bytes.NewReader(reply)}}
				if _, err := ReadResponse(op, resp); status == 400 && err == nil {
					t.Fatal("an error was read as a result")
				}
			}
		}
	})
}

type closer struct{ *bytes.Reader }

func (closer) Close() error { return nil }
