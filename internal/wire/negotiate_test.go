package wire

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daypass/api"
	"daypass/api/iam"
	"daypass/api/sts"
	"daypass/internal/fault"
)

func asking(accept ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header["Accept"] = accept
	return r
}

func TestJSONIsForWhoeverAsksForItByName(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]bool{
		"":                                      false,
		"*/*":                                   false,
		"text/xml":                              false,
		"application/json":                      true,
		"Application/JSON; charset=utf-8":       true,
		"application/json, */*":                 true,
		"application/json, text/plain, */*":     true,
		"application/json;q=0":                  false,
		"application/json;q=x":                  false,
		"application/xml, application/json":     false,
		"text/xml;q=0.5, application/json":      true,
		"application/json;q=0.5, text/xml":      false,
		"text/html, application/xml;q=0.9, */*": false,
		";":                                     false,
	} {
		w := httptest.NewRecorder()
		Negotiate(w, asking(accept))
		if got := isJSON(w); got != want {
			t.Errorf("Accept: %s: JSON is %v", accept, got)
		}
	}
	w := httptest.NewRecorder()
	Negotiate(w, asking("text/plain", "application/json"))
	if !isJSON(w) {
		t.Error("the second line of Accept is not read")
	}
}

// The shape is what aws-iam-authenticator decodes.
func TestAResultOfSTSInJSON(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	Negotiate(w, asking("application/json"))
	err := WriteResult(w, api.STS().Operations["GetCallerIdentity"], &sts.GetCallerIdentityOutput{
		Account: "111122223333", Arn: "arn:aws:iam::111122223333:user/<a>", UserId: "AIDAX"}, requestID)
	if err != nil {
		t.Fatal(err)
	}
	checkHeaders(t, w, http.StatusOK, "application/json")
	var got struct {
		GetCallerIdentityResponse struct {
			GetCallerIdentityResult struct{ Account, Arn, UserID string }
			ResponseMetadata        struct{ RequestID string }
		}
	}
	err = json.Unmarshal(w.Body.Bytes(), &got)
	want := got
	want.GetCallerIdentityResponse.GetCallerIdentityResult.Account = "111122223333"
	want.GetCallerIdentityResponse.GetCallerIdentityResult.Arn = "arn:aws:iam::111122223333:user/<a>"
	want.GetCallerIdentityResponse.GetCallerIdentityResult.UserID = "AIDAX"
	want.GetCallerIdentityResponse.ResponseMetadata.RequestID = requestID
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v, (-want +got):\n%s", err, diff)
	}
}

// Envoy reads Expiration as an integer.
func TestATimeOfSTSInJSONIsInSeconds(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	Negotiate(w, asking("application/json"))
	ends := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	err := WriteResult(w, api.STS().Operations["GetSessionToken"], &sts.GetSessionTokenOutput{Credentials: &sts.Credentials{
		AccessKeyId: "ASIAX", SecretAccessKey: "s", SessionToken: "t", Expiration: &ends}}, "id")
	const want = `{"GetSessionTokenResponse":{"GetSessionTokenResult":{"Credentials":{"AccessKeyId":"ASIAX","SecretAccessKey":"s","SessionToken":"t","Expiration":1793534400}},"ResponseMetadata":{"RequestId":"id"}}}`
	if got := w.Body.String(); err != nil || got != want {
		t.Errorf("%v, got %s\nwant %s", err, got, want)
	}
}

func TestAReplyWithoutResultInJSON(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	Negotiate(w, asking("application/json"))
	err := WriteResult(w, api.IAM().Operations["DeleteUser"], nil, "id") // the model has no output
	const want = `{"DeleteUserResponse":{"ResponseMetadata":{"RequestId":"id"}}}`
	if got := w.Body.String(); err != nil || got != want {
		t.Errorf("%v, got %s\nwant %s", err, got, want)
	}
}

func TestAnErrorOfSTSInJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fault  *fault.Error
		status int
		want   string
	}{
		{fault.New(fault.BadSignature, `no "way"`), 403, `{"Error":{"Code":"SignatureDoesNotMatch","Message":"no \"way\"","Type":"Sender"},"RequestId":"` + requestID + `"}`},
		{fault.New(fault.Unavailable, "u"), 503, `{"Error":{"Code":"ServiceUnavailable","Message":"u","Type":"Receiver"},"RequestId":"` + requestID + `"}`},
	} {
		w := httptest.NewRecorder()
		Negotiate(w, asking("application/json"))
		WriteError(w, fault.Query, "ns", c.fault, requestID)
		checkHeaders(t, w, c.status, "application/json")
		if got := w.Body.String(); got != c.want {
			t.Errorf("got %s\nwant %s", got, c.want)
		}
	}
}

func TestAHintIsAHeaderAndNotPartOfTheMessage(t *testing.T) {
	t.Parallel()
	for hint, want := range map[string]string{
		"":                             "",
		`Statement 1: "é" is no x`:     `Statement 1: "\u00e9" is no x`,
		"a\r\nSet-Cookie: b\x00":       `a\u000d\u000aSet-Cookie: b\u0000`,
		strings.Repeat("é", 1000):      strings.Repeat(`\u00e9`, 170),
		"a\u202eb" + "\u009b" + "\xff": `a\u202eb\u009b\ufffd`,
	} {
		for _, p := range []fault.Protocol{fault.Query, fault.RestJSON} {
			w := httptest.NewRecorder()
			WriteError(w, p, "ns", fault.New(fault.MalformedPolicy, "Syntax errors in policy.").Hinted("%s", hint), requestID)
			if got := w.Header().Get("X-Daypass-Hint"); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			reply := w.Result()
			op := api.STS().Operations["GetCallerIdentity"]
			if p == fault.RestJSON {
				op = api.CodeArtifact().Operations["ListDomains"]
			}
			read := ReadError(op, reply)
			if read.Message != "Syntax errors in policy." || read.Hint != want {
				t.Errorf("read back as %+v", read)
			}
		}
	}
}

// IAM has words of its own for names and paths; what else is wrong comes first.
func TestANameAgainstItsPatternIsRefusedInIAMsWords(t *testing.T) {
	t.Parallel()
	const name = "The specified value for userName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"
	const path = "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters."
	for form, want := range map[string]string{
		"UserName=a+b":                        name,
		"UserName=a%0Ab":                      name,
		"UserName=ok&Path=x":                  path,
		"Path=x&UserName=a+b":                 path, // in the model's order
		"UserName=a+b&Tags.member.1.Key=k":    "1 validation error detected: Value null at 'tags.1.member.value' failed to satisfy constraint: Member must not be null",
		"UserName=" + strings.Repeat("+", 65): "1 validation error detected: Value '" + strings.Repeat(" ", 65) + "' at 'userName' failed to satisfy constraint: Member must have length less than or equal to 64",
	} {
		op := api.IAM().Operations["CreateUser"]
		body := "Action=CreateUser&Version=2010-05-08&" + form
		err := Decode(op, httptest.NewRequest(http.MethodPost, "/", nil), []byte(body), new(iam.CreateUserInput))
		if f := fault.From(err); f.Message != want || f.Kind != fault.Validation || (f.Hint == "") != strings.HasPrefix(want, "1 ") {
			t.Errorf("%s\n got %v, hint %q\nwant %s", form, err, f.Hint, want)
		}
	}
}
