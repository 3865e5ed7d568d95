package wire

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"daypass/api"
	"daypass/api/codeartifact"
	"daypass/api/iam"
	"daypass/api/sts"
	"daypass/internal/fault"

	"github.com/google/go-cmp/cmp"
)

const requestID = "7a62c49f-347e-4fc4-9331-6e8eEXAMPLE"

// hostile is text that breaks an encoder that does not escape.
const hostile = "a\"b\\c</x>&'<!--]]>\x00\x01\n\r\t\x7f\u2028\ufeff\ufffeé🙂\xff"

func TestWriteResultWritesJSONAsTheModelSays(t *testing.T) {
	t.Parallel()
	ca := api.CodeArtifact().Operations
	at := time.UnixMilli(1790000000123)
	tests := []struct {
		name, op string
		out      any
		want     string
	}{
		{"time to the millisecond", "GetAuthorizationToken", &codeartifact.GetAuthorizationTokenOutput{AuthorizationToken: "t", Expiration: &at},
			`{"authorizationToken":"t","expiration":1790000000.123}`},
		{"whole second", "GetAuthorizationToken", &codeartifact.GetAuthorizationTokenOutput{AuthorizationToken: "t", Expiration: ptr(time.Unix(1790000000, 0))},
			`{"authorizationToken":"t","expiration":1790000000}`},
		{"before 1970", "GetAuthorizationToken", &codeartifact.GetAuthorizationTokenOutput{AuthorizationToken: "t", Expiration: ptr(time.UnixMilli(-1500))},
			`{"authorizationToken":"t","expiration":-1.500}`},
		{"absent members are left out", "ListDomains", &codeartifact.ListDomainsOutput{}, `{}`},
		{"an empty list is not absence", "ListDomains", &codeartifact.ListDomainsOutput{Domains: []codeartifact.DomainSummary{}}, `{"domains":[]}`},
		{"a required string is written empty", "ListTagsForResource", &codeartifact.ListTagsForResourceOutput{Tags: []codeartifact.Tag{{Key: "k"}}},
			`{"tags":[{"key":"k","value":""}]}`},
		{"numbers and structures", "DescribeDomain",
			&codeartifact.DescribeDomainOutput{Domain: &codeartifact.DomainDescription{Name: "abc", RepositoryCount: ptr(int64(0)), AssetSizeBytes: ptr(int64(1 << 60))}},
			`{"domain":{"name":"abc","repositoryCount":0,"assetSizeBytes":1152921504606846976}}`},
		{"maps in the order of their keys", "CopyPackageVersions",
			&codeartifact.CopyPackageVersionsOutput{SuccessfulVersions: map[string]codeartifact.SuccessfulPackageVersionInfo{"2": {Status: "Published"}, "1": {Revision: "r"}}},
			`{"successfulVersions":{"1":{"revision":"r"},"2":{"status":"Published"}}}`},
		{"nothing", "TagResource", &codeartifact.TagResourceOutput{}, `{}`},
		{"nil", "TagResource", nil, `{}`},
		{"nil of a type", "TagResource", (*codeartifact.TagResourceOutput)(nil), `{}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			if err := WriteResult(w, ca[tt.op], tt.out, requestID); err != nil {
				t.Fatal(err)
			}
			if got := w.Body.String(); got != tt.want {
				t.Errorf("body\n got %s\nwant %s", got, tt.want)
			}
			checkHeaders(t, w, 200, "application/json")
		})
	}
}

func checkHeaders(t *testing.T, w *httptest.ResponseRecorder, status int, contentType string) {
	t.Helper()
	h := w.Result().Header
	got := []any{w.Code, h.Get("content-type"), h.Get("x-amzn-RequestId"), h.Get("content-length")}
	want := []any{status, contentType, requestID, decimal(int64(w.Body.Len()))}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("status and headers (-want +got):\n%s", diff)
	}
}

func TestStringsInJSONSurvive(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	out := &codeartifact.ListTagsForResourceOutput{Tags: []codeartifact.Tag{{Key: "k", Value: hostile}}}
	if err := WriteResult(w, api.CodeArtifact().Operations["ListTagsForResource"], out, requestID); err != nil {
		t.Fatal(err)
	}
	var got codeartifact.ListTagsForResourceOutput
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if want := strings.ToValidUTF8(hostile, "\uFFFD"); got.Tags[0].Value != want {
		t.Errorf("read back %q, want %q", got.Tags[0].Value, want)
	}
}

// content is a stream that knows its size and remembers that it was closed.
type content struct {
	*bytes.Reader
	closed bool
	fail   error
}

func (c *content) Close() error { c.closed = true; return nil }

func (c *content) WriteTo(w io.Writer) (int64, error) {
	if c.fail != nil {
		return 0, c.fail
	}
	return c.Reader.WriteTo(w)
}

func TestStreamedResult(t *testing.T) {
	t.Parallel()
	op := api.CodeArtifact().Operations["GetPackageVersionAsset"]
	c := &content{Reader: bytes.NewReader([]byte("hello"))}
	w := httptest.NewRecorder()
	out := &codeartifact.GetPackageVersionAssetOutput{Asset: c, AssetName: "a.txt", PackageVersion: "1.0", PackageVersionRevision: "R"}
	if err := WriteResult(w, op, out, requestID); err != nil {
		t.Fatal(err)
	}
	if w.Body.String() != "hello" || !c.closed {
		t.Errorf("body %q, closed %v", w.Body, c.closed)
	}
	checkHeaders(t, w, 200, "application/octet-stream")
	h := w.Result().Header
	got := []string{h.Get("X-AssetName"), h.Get("X-PackageVersion"), h.Get("X-PackageVersionRevision")}
	if diff := cmp.Diff([]string{"a.txt", "1.0", "R"}, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestStreamThatBreaksIsAnErrorAndClosed(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk on fire")
	c := &content{Reader: bytes.NewReader(nil), fail: broken}
	out := &codeartifact.GetPackageVersionAssetOutput{Asset: c}
	err := WriteResult(httptest.NewRecorder(), api.CodeArtifact().Operations["GetPackageVersionAsset"], out, requestID)
	if !errors.Is(err, broken) || !errors.Is(err, ErrCut) || !c.closed {
		t.Errorf("WriteResult = %v, closed %v", err, c.closed)
	}
}

func TestStreamOfAFileTellsItsSize(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(file, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	op := api.CodeArtifact().Operations["GetPackageVersionAsset"]
	if err := WriteResult(w, op, &codeartifact.GetPackageVersionAssetOutput{Asset: f}, requestID); err != nil {
		t.Fatal(err)
	}
	checkHeaders(t, w, 200, "application/octet-stream")
	w = httptest.NewRecorder()
	if err := WriteResult(w, op, &codeartifact.GetPackageVersionAssetOutput{}, requestID); err != nil {
		t.Fatal(err)
	}
	checkHeaders(t, w, 200, "application/octet-stream")
}

func TestHeadLosesOnlyTheBody(t *testing.T) {
	t.Parallel()
	results := make(chan error, 2)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/stream" {
			c := &content{Reader: bytes.NewReader([]byte("hello"))}
			results <- WriteResult(w, api.CodeArtifact().Operations["GetPackageVersionAsset"], &codeartifact.GetPackageVersionAssetOutput{Asset: c}, requestID)
			return
		}
		results <- WriteResult(w, api.CodeArtifact().Operations["ListDomains"], &codeartifact.ListDomainsOutput{NextToken: "n"}, requestID)
	}))
	defer s.Close()
	for path, length := range map[string]int64{"/": 17, "/stream": 5} {
		resp, err := http.Head(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if err := <-results; err != nil || resp.ContentLength != length || resp.StatusCode != 200 {
			t.Errorf("HEAD %s: %v, status %d, length %d", path, err, resp.StatusCode, resp.ContentLength)
		}
	}
}

func TestWriteResultWritesXMLAsTheModelSays(t *testing.T) {
	t.Parallel()
	const head, tail = `xmlns="https://sts.amazonaws.com/doc/2011-06-15/">`, `<ResponseMetadata><RequestId>` + requestID + `</RequestId></ResponseMetadata>`
	const iamHead = `xmlns="https://iam.amazonaws.com/doc/2010-05-08/">`
	tests := []struct {
		name string
		op   *api.Operation
		out  any
		want string
	}{
		{"scalars", api.STS().Operations["GetCallerIdentity"],
			&sts.GetCallerIdentityOutput{Account: "111122223333", Arn: "arn:aws:iam::111122223333:user/a", UserId: "AIDA"},
			`<GetCallerIdentityResponse ` + head + `<GetCallerIdentityResult><UserId>AIDA</UserId><Account>111122223333</Account><Arn>arn:aws:iam::111122223333:user/a</Arn></GetCallerIdentityResult>` + tail + `</GetCallerIdentityResponse>`},
		{"structures, times, numbers", api.STS().Operations["AssumeRole"],
			&sts.AssumeRoleOutput{
				Credentials:      &sts.Credentials{AccessKeyId: "ASIA", SecretAccessKey: "s", SessionToken: "t", Expiration: ptr(time.Unix(1563233013, 0))},
				PackedPolicySize: ptr(int64(6)),
			},
			`<AssumeRoleResponse ` + head + `<AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2019-07-15T23:23:33Z</Expiration></Credentials><PackedPolicySize>6</PackedPolicySize></AssumeRoleResult>` + tail + `</AssumeRoleResponse>`},
		{"lists and booleans, a fraction of a second", api.IAM().Operations["ListAccessKeys"],
			&iam.ListAccessKeysOutput{AccessKeyMetadata: []iam.AccessKeyMetadata{{UserName: "a", CreateDate: ptr(time.UnixMilli(1563233013359))}, {}}, IsTruncated: ptr(false)},
			`<ListAccessKeysResponse ` + iamHead + `<ListAccessKeysResult><AccessKeyMetadata><member><UserName>a</UserName><CreateDate>2019-07-15T23:23:33.359Z</CreateDate></member><member></member></AccessKeyMetadata><IsTruncated>false</IsTruncated></ListAccessKeysResult>` + tail + `</ListAccessKeysResponse>`},
		{"an empty list", api.IAM().Operations["ListUsers"], &iam.ListUsersOutput{Users: []iam.User{}},
			`<ListUsersResponse ` + iamHead + `<ListUsersResult><Users></Users></ListUsersResult>` + tail + `</ListUsersResponse>`},
		{"no output in the model", api.IAM().Operations["DeleteUser"], &iam.DeleteUserOutput{},
			`<DeleteUserResponse ` + iamHead + tail + `</DeleteUserResponse>`},
		{"nil", api.IAM().Operations["DeleteUser"], nil, `<DeleteUserResponse ` + iamHead + tail + `</DeleteUserResponse>`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			if err := WriteResult(w, tt.op, tt.out, requestID); err != nil {
				t.Fatal(err)
			}
			if got := w.Body.String(); got != tt.want {
				t.Errorf("body\n got %s\nwant %s", got, tt.want)
			}
			checkHeaders(t, w, 200, "text/xml")
		})
	}
}

// summary is an output with a map. No generated type has one.
type summary struct{ SummaryMap map[string]int64 }

func TestAMapInXMLHasSortedEntriesOfKeyAndValue(t *testing.T) {
	t.Parallel()
	op := api.IAM().Operations["GetAccountSummary"]
	n, err := compiler{}.node(op.Output, reflect.TypeFor[summary]())
	if err != nil {
		t.Fatal(err)
	}
	got := string(n.appendElements(nil, reflect.ValueOf(summary{map[string]int64{"Users": 2, "Groups": 1}})))
	const want = `<SummaryMap><entry><key>Groups</key><value>1</value></entry><entry><key>Users</key><value>2</value></entry></SummaryMap>`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestHostileTextInXMLIsEscapedOrReplaced(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	if err := WriteResult(w, api.STS().Operations["GetCallerIdentity"], &sts.GetCallerIdentityOutput{Arn: hostile}, "<&>"); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Result struct{ Arn string } `xml:"GetCallerIdentityResult"`
		ID     string               `xml:"ResponseMetadata>RequestId"`
	}
	if err := xml.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatalf("%v in %s", err, w.Body)
	}
	// XML cannot represent these four.
	want := strings.NewReplacer("\x00", "\uFFFD", "\x01", "\uFFFD", "\ufffe", "\uFFFD", "\xff", "\uFFFD").Replace(hostile)
	if got.Result.Arn != want || got.ID != "<&>" {
		t.Errorf("read back %q, %q; want %q", got.Result.Arn, got.ID, want)
	}
}

func TestWriteErrorWritesCodeStatusAndMembersInJSON(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		fault      *fault.Error
		status     int
		code, want string
		retry      string
	}{
		{name: "access denied", fault: fault.New(fault.AccessDenied, "no"), status: 403, code: "AccessDeniedException",
			want: `{"__type":"AccessDeniedException","message":"no"}`},
		{name: "resource", fault: fault.NotFoundResource("domain", "x", "Domain not found. Domain 'x' owned by account '123456789012' does not exist"), status: 404, code: "ResourceNotFoundException",
			want: `{"__type":"ResourceNotFoundException","message":"Domain not found. Domain 'x' owned by account '123456789012' does not exist","resourceId":"x","resourceType":"domain"}`},
		{name: "conflict", fault: fault.ConflictResource("domain", "x", "c"), status: 409, code: "ConflictException",
			want: `{"__type":"ConflictException","message":"c","resourceId":"x","resourceType":"domain"}`},
		{name: "quota", fault: fault.New(fault.Quota, "q"), status: 402, code: "ServiceQuotaExceededException", want: `{"__type":"ServiceQuotaExceededException","message":"q"}`},
		{name: "validation", fault: fault.Invalid("bad %q", "x"), status: 400, code: "ValidationException",
			want: `{"__type":"ValidationException","message":"bad \"x\"","reason":"FIELD_VALIDATION_FAILED"}`},
		{name: "throttling", fault: &fault.Error{Kind: fault.Throttling, Message: "slow", RetryAfter: 7}, status: 429, code: "ThrottlingException", retry: "7",
			want: `{"__type":"ThrottlingException","message":"slow"}`},
		{name: "internal, cause unsaid", fault: fault.From(errors.New("password is hunter2")), status: 500, code: "InternalServerException",
			want: `{"__type":"InternalServerException","message":"Internal server error"}`},
		{name: "signature", fault: fault.New(fault.BadSignature, "s"), status: 403, code: "InvalidSignatureException", want: `{"__type":"InvalidSignatureException","message":"s"}`},
		{name: "unknown operation", fault: fault.New(fault.UnknownOperation, "u"), status: 404, code: "UnknownOperationException", want: `{"__type":"UnknownOperationException","message":"u"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			WriteError(w, fault.RestJSON, "", tt.fault, requestID)
			if got := w.Body.String(); got != tt.want {
				t.Errorf("body\n got %s\nwant %s", got, tt.want)
			}
			checkHeaders(t, w, tt.status, "application/json")
			h := w.Result().Header
			if diff := cmp.Diff([]string{tt.code, tt.retry}, []string{h.Get("x-amzn-errortype"), h.Get("Retry-After")}); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWriteErrorWritesTypeCodeAndStatusInXML(t *testing.T) {
	t.Parallel()
	const ns = "https://sts.amazonaws.com/doc/2011-06-15/"
	tests := []struct {
		name      string
		fault     *fault.Error
		status    int
		typ, code string
	}{
		{"the caller's mistake", fault.New(fault.AccessDenied, "User: <x> & \"y\" is not authorized"), 403, "Sender", "AccessDenied"},
		{"validation", fault.Invalid("v"), 400, "Sender", "ValidationError"},
		{"throttling", fault.New(fault.Throttling, "t"), 400, "Sender", "Throttling"},
		{"unknown action", fault.New(fault.InvalidAction, "i"), 400, "Sender", "InvalidAction"},
		{"the server's mistake", fault.From(errors.New("secret")), 500, "Receiver", "InternalFailure"},
		{"unavailable", fault.New(fault.Unavailable, "u"), 503, "Receiver", "ServiceUnavailable"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			WriteError(w, fault.Query, ns, tt.fault, requestID)
			var got struct {
				XMLName   xml.Name
				Type      string `xml:"Error>Type"`
				Code      string `xml:"Error>Code"`
				Message   string `xml:"Error>Message"`
				RequestId string
			}
			if err := xml.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatalf("%v in %s", err, w.Body)
			}
			want := got
			want.XMLName = xml.Name{Space: ns, Local: "ErrorResponse"}
			want.Type, want.Code, want.Message, want.RequestId = tt.typ, tt.code, tt.fault.Message, requestID
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			checkHeaders(t, w, tt.status, "text/xml")
		})
	}
	w := httptest.NewRecorder()
	WriteError(w, fault.Query, ns, fault.New(fault.AccessDenied, "no"), "id")
	const want = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error><RequestId>id</RequestId></ErrorResponse>`
	if got := w.Body.String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// cutStream is an answer whose client has ended it while it is sent, as with HTTP/2:
// the bytes of the write are still in use when the write has failed.
type cutStream struct {
	http.ResponseWriter
	sending []byte
}

func (c *cutStream) Write(p []byte) (int, error) {
	c.sending = p
	return 0, errors.New("stream closed")
}

func TestBytesOfAReplyThatFailedAreNotThoseOfTheNext(t *testing.T) {
	t.Parallel()
	reply := func(w http.ResponseWriter, secret string) error {
		return WriteResult(w, api.STS().Operations["GetSessionToken"],
			&sts.GetSessionTokenOutput{Credentials: &sts.Credentials{SecretAccessKey: secret}}, requestID)
	}
	cut := &cutStream{ResponseWriter: httptest.NewRecorder()}
	err := reply(cut, "first")
	if err == nil {
		t.Fatal("the reply did not fail")
	}
	if err := reply(httptest.NewRecorder(), "other"); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(cut.sending, []byte("<SecretAccessKey>first</SecretAccessKey>")) {
		t.Errorf("what is still sent of the first reply is now %q", cut.sending)
	}
}
