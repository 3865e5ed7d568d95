package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"daypass/api"
	"daypass/api/codeartifact"
	"daypass/api/daypass"
	"daypass/api/iam"
	"daypass/api/sts"
	"daypass/internal/fault"

	"github.com/google/go-cmp/cmp"
)

func TestRequestsOnTheWire(t *testing.T) {
	t.Parallel()
	ca := api.CodeArtifact().Operations
	const end = "http://localhost:8787/"
	tests := []struct {
		name         string
		op           *api.Operation
		in           map[string]any
		method, url  string
		contentType  string
		body, header string
	}{
		{
			name: "query members in the model's order, escaped", op: ca["GetAuthorizationToken"],
			in:     map[string]any{"durationSeconds": json.Number("900"), "domainOwner": "111122223333", "domain": "a b+é~/&"},
			method: "POST", url: end + "v1/authorization-token?domain=a%20b%2B%C3%A9~%2F%26&domain-owner=111122223333&duration=900",
		},
		{
			name: "integers of any length", op: ca["GetAuthorizationToken"], in: map[string]any{"durationSeconds": new(big.Int).Lsh(big.NewInt(1), 64)},
			method: "POST", url: end + "v1/authorization-token?duration=18446744073709551616",
		},
		{name: "nothing given", op: ca["ListDomains"], in: nil, method: "POST", url: end + "v1/domains", contentType: "application/json", body: `{}`},
		{
			name: "document", op: ca["CreateDomain"], method: "POST", url: end + "v1/domain?domain=abc", contentType: "application/json",
			in:   map[string]any{"domain": "abc", "tags": []any{map[string]any{"value": "v\n", "key": "k"}}, "encryptionKey": nil},
			body: `{"tags":[{"key":"k","value":"v\n"}]}`,
		},
		{
			name: "maps and booleans", op: ca["CopyPackageVersions"], method: "POST", contentType: "application/json",
			in:   map[string]any{"versionRevisions": map[string]any{"2": "b", "1": "a"}, "allowOverwrite": true},
			url:  end + "v1/package/versions/copy",
			body: `{"versionRevisions":{"1":"a","2":"b"},"allowOverwrite":true}`,
		},
		{
			name: "header and payload", op: ca["PublishPackageVersion"], method: "POST", contentType: "application/octet-stream",
			in:   map[string]any{"assetSHA256": "00", "assetContent": []byte("hello"), "assetName": "a", "unfinished": true},
			url:  end + "v1/package/version/publish?asset=a&unfinished=true",
			body: "hello", header: "00",
		},
		{
			name: "times in a document", op: api.Daypass().Operations["RevokeToken"], method: "POST", url: end + "daypass/v1/token/revoke", contentType: "application/json",
			in: map[string]any{"issuedBefore": "2026-09-21T14:13:20.123Z"}, body: `{"issuedBefore":1790000000.123}`,
		},
		{
			name: "form", op: api.STS().Operations["AssumeRole"], method: "POST", url: end, contentType: "application/x-www-form-urlencoded; charset=utf-8",
			in: map[string]any{
				"RoleArn": "arn:aws:iam::111122223333:role/ci", "RoleSessionName": "a b", "DurationSeconds": 900, "TransitiveTagKeys": []any{},
				"Tags": []any{map[string]any{"Key": "k", "Value": "é"}},
			},
			body: "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fci&RoleSessionName=a%20b&DurationSeconds=900&Tags.member.1.Key=k&Tags.member.1.Value=%C3%A9&TransitiveTagKeys=",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, body, err := NewRequest(context.Background(), tt.op, end, tt.in)
			if err != nil {
				t.Fatal(err)
			}
			sent, _ := io.ReadAll(r.Body)
			got := []string{r.Method, r.URL.String(), r.Header.Get("Content-Type"), r.Header.Get("x-amz-content-sha256"), string(body), string(sent)}
			want := []string{tt.method, tt.url, tt.contentType, tt.header, tt.body, tt.body}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRequestsThatCannotBeSent(t *testing.T) {
	t.Parallel()
	tests := []struct {
		op   string
		in   map[string]any
		want string
	}{
		{"GetAuthorizationToken", map[string]any{"nope": 1}, `no member "nope"`},
		{"GetAuthorizationToken", map[string]any{"domain": 1}, "domain: int cannot be a string"},
		{"GetAuthorizationToken", map[string]any{"durationSeconds": 1.5}, "durationSeconds: float64 cannot be a long"},
		{"CreateDomain", map[string]any{"tags": "x"}, "tags: string cannot be a list"},
		{"CreateDomain", map[string]any{"tags": []any{map[string]any{"a": 1}}}, `tags: entry 1: no member "a"`},
		{"PublishPackageVersion", map[string]any{"assetContent": 1}, "assetContent: int is no content"},
	}
	for _, tt := range tests {
		_, _, err := NewRequest(context.Background(), api.CodeArtifact().Operations[tt.op], "http://localhost", tt.in)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("NewRequest(%s, %v): %v, want %q", tt.op, tt.in, err, tt.want)
		}
	}
}

func TestStreamedRequestKeepsItsReader(t *testing.T) {
	t.Parallel()
	in := map[string]any{"assetContent": strings.NewReader("hello")}
	r, body, err := NewRequest(context.Background(), api.CodeArtifact().Operations["PublishPackageVersion"], "http://localhost", in)
	if err != nil || body != nil {
		t.Fatalf("NewRequest: body %q, %v", body, err)
	}
	if sent, _ := io.ReadAll(r.Body); string(sent) != "hello" {
		t.Errorf("sent %q", sent)
	}
}

// The client's side reads what the server's side writes.
func TestResultsComeBack(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1790000000123).UTC()
	ca := api.CodeArtifact().Operations
	tests := []struct {
		name string
		op   *api.Operation
		out  any
		want Object
	}{
		{"token", ca["GetAuthorizationToken"], &codeartifact.GetAuthorizationTokenOutput{AuthorizationToken: "t", Expiration: &at},
			Object{{"authorizationToken", "t"}, {"expiration", at}}},
		{"lists and numbers", ca["ListDomains"],
			&codeartifact.ListDomainsOutput{NextToken: "n", Domains: []codeartifact.DomainSummary{{Name: "abc"}}},
			Object{{"domains", []any{Object{{"name", "abc"}}}}, {"nextToken", "n"}}},
		{"numbers", ca["DescribeDomain"], &codeartifact.DescribeDomainOutput{Domain: &codeartifact.DomainDescription{RepositoryCount: ptr(int64(3))}},
			Object{{"domain", Object{{"repositoryCount", int64(3)}}}}},
		{"maps", ca["CopyPackageVersions"], &codeartifact.CopyPackageVersionsOutput{SuccessfulVersions: map[string]codeartifact.SuccessfulPackageVersionInfo{"1": {Revision: "r"}}},
			Object{{"successfulVersions", Object{{"1", Object{{"revision", "r"}}}}}}},
		{"own service", api.Daypass().Operations["DescribeToken"], &daypass.DescribeTokenOutput{IssuedTime: &at, Status: "Active"},
			Object{{"issuedTime", at}, {"status", "Active"}}},
		{"structures in XML", api.STS().Operations["AssumeRole"], &sts.AssumeRoleOutput{Credentials: &sts.Credentials{AccessKeyId: "A<", SecretAccessKey: "s", SessionToken: "t", Expiration: &at}, PackedPolicySize: ptr(int64(1))},
			Object{{"Credentials", Object{{"AccessKeyId", "A<"}, {"SecretAccessKey", "s"}, {"SessionToken", "t"}, {"Expiration", at}}}, {"PackedPolicySize", int64(1)}}},
		{"lists in XML", api.IAM().Operations["ListUserPolicies"], &iam.ListUserPoliciesOutput{PolicyNames: []string{"b", "", "a"}, IsTruncated: ptr(true)},
			Object{{"PolicyNames", []any{"b", "", "a"}}, {"IsTruncated", true}}},
		{"nothing in XML", api.IAM().Operations["DeleteUser"], nil, Object{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			if err := WriteResult(w, tt.op, tt.out, requestID); err != nil {
				t.Fatal(err)
			}
			got, err := ReadResponse(tt.op, w.Result())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("ReadResponse (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStreamedResultComesBack(t *testing.T) {
	t.Parallel()
	op := api.CodeArtifact().Operations["GetPackageVersionAsset"]
	w := httptest.NewRecorder()
	out := &codeartifact.GetPackageVersionAssetOutput{Asset: &content{Reader: bytes.NewReader([]byte("hello"))}, AssetName: "a.txt"}
	if err := WriteResult(w, op, out, requestID); err != nil {
		t.Fatal(err)
	}
	got, err := ReadResponse(op, w.Result())
	if err != nil {
		t.Fatal(err)
	}
	name, _ := got.Get("assetName")
	stream, _ := got.Get("asset")
	data, err := io.ReadAll(stream.(io.ReadCloser))
	if name != "a.txt" || string(data) != "hello" || err != nil {
		t.Errorf("read %v, %q, %v", name, data, err)
	}
}

func reply(status int, header, body string) *http.Response {
	resp := &http.Response{StatusCode: status, Header: http.Header{"X-Amzn-Requestid": {"id"}}, Body: io.NopCloser(strings.NewReader(body))}
	if header != "" {
		resp.Header.Set("x-amzn-errortype", header)
	}
	return resp
}

func TestErrorsComeBack(t *testing.T) {
	t.Parallel()
	ca, st := api.CodeArtifact().Operations["GetAuthorizationToken"], api.STS().Operations["AssumeRole"]
	tests := []struct {
		name         string
		op           *api.Operation
		resp         *http.Response
		code, text   string
		status       int
		otherRequest string
	}{
		{name: "header with a URI", op: ca, resp: reply(403, "InvalidSignatureException:http://internal.amazon.com/coral/com.amazon.coral.service/", `{"message":"m"}`), code: "InvalidSignatureException", text: "m", status: 403},
		{name: "header goes before the body", op: ca, resp: reply(400, "A", `{"code":"B","__type":"C","Message":"m"}`), code: "A", text: "m", status: 400},
		{name: "code in the body", op: ca, resp: reply(400, "", `{"code":"B","__type":"C"}`), code: "B", status: 400},
		{name: "type with a namespace", op: ca, resp: reply(400, "", `{"__type":"com.amazon.coral#ValidationException:http://x/","message":"m"}`), code: "ValidationException", text: "m", status: 400},
		{name: "a proxy's page", op: ca, resp: reply(502, "", "<html>bad gateway</html>"), code: "502", text: "<html>bad gateway</html>", status: 502},
		{name: "nothing", op: ca, resp: reply(503, "", ""), code: "503", status: 503},
		{name: "a redirect is no result", op: ca, resp: reply(301, "", ""), code: "301", status: 301},
		{name: "XML", op: st, resp: reply(403, "", `<ErrorResponse xmlns="u"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>a &lt; b</Message></Error><RequestId>x</RequestId></ErrorResponse>`), code: "AccessDenied", text: "a < b", status: 403, otherRequest: "x"},
		{name: "XML that breaks", op: st, resp: reply(500, "", `<ErrorResponse><Error>`), code: "500", text: "<ErrorResponse><Error>", status: 500},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := ReadResponse(tt.op, tt.resp)
			var got *ResponseError
			if !errors.As(err, &got) {
				t.Fatalf("ReadResponse: %v", err)
			}
			want := &ResponseError{Status: tt.status, Code: tt.code, Message: tt.text, RequestID: "id"}
			if tt.otherRequest != "" {
				want.RequestID = tt.otherRequest
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFaultsComeBack(t *testing.T) {
	t.Parallel()
	for _, op := range []*api.Operation{api.CodeArtifact().Operations["GetAuthorizationToken"], api.STS().Operations["AssumeRole"]} {
		p := Protocol(op.Service)
		for _, kind := range fault.Kinds() {
			w := httptest.NewRecorder()
			WriteError(w, p, op.Service.Namespace, fault.New(kind, "text"), requestID)
			want := &ResponseError{Status: kind.Status(p), Code: kind.Code(p), Message: "text", RequestID: requestID}
			if diff := cmp.Diff(want, ReadError(op, w.Result())); diff != "" {
				t.Errorf("%s (-want +got):\n%s", op.Name, diff)
			}
		}
	}
}

func TestRepliesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	ca, st := api.CodeArtifact().Operations["GetAuthorizationToken"], api.STS().Operations["AssumeRole"]
	tests := []struct {
		op         *api.Operation
		body, want string
	}{
		{ca, "<html>", "is not JSON"},
		{ca, "[]", "is no object"},
		{ca, `{"expiration":true}`, "expiration: Timestamp cannot be read as a timestamp"},
		{ca, `{} {}`, "more than one JSON value"},
		{ca, strings.Repeat("[", 100), "nested deeper"},
		{st, "{}", "is not XML"},
		{st, strings.Repeat("<a>", 100), "nested deeper"},
		{st, `<AssumeRoleResponse><AssumeRoleResult><PackedPolicySize>x</PackedPolicySize></AssumeRoleResult></AssumeRoleResponse>`, "PackedPolicySize: nonNegativeIntegerType cannot be read as a integer"},
	}
	for _, tt := range tests {
		_, err := ReadResponse(tt.op, reply(200, "", tt.body))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("ReadResponse(%.40q): %v, want %q", tt.body, err, tt.want)
		}
	}
}
