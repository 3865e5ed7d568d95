package wire

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daypass/api"
	codeartifact "daypass/api/codeartifact"
	iam "daypass/api/iam"
	sts "daypass/api/sts"
)

// A filler makes a value for a shape, as generated types would hold it, with a
// mark in each text: SECRET where the model calls it, or what it stands in,
// sensitive, else OPEN.
type filler struct{ secrets, open int }

func (f *filler) value(sh *api.Shape, secret bool) reflect.Value {
	secret = secret || sh.Sensitive
	switch sh.Kind {
	case api.Structure:
		return f.structure(sh, secret)
	case api.List:
		elem := f.value(sh.Elem, secret)
		return reflect.Append(reflect.MakeSlice(reflect.SliceOf(elem.Type()), 0, 1), elem)
	case api.Map:
		key, elem := f.value(sh.Key, secret), f.value(sh.Elem, secret)
		m := reflect.MakeMap(reflect.MapOf(key.Type(), elem.Type()))
		m.SetMapIndex(key, elem)
		return m
	case api.Integer, api.Long:
		if secret {
			return reflect.ValueOf(int64(73738)) // SECRET on a keypad
		}
		return reflect.ValueOf(int64(7))
	case api.Boolean:
		return reflect.ValueOf(true)
	case api.Timestamp:
		return reflect.ValueOf(time.Unix(1790000000, 0))
	case api.Blob:
		if sh.Streaming {
			return reflect.ValueOf(io.NopCloser(strings.NewReader("SECRET"))).Convert(readCloser)
		}
		return reflect.ValueOf([]byte(f.text(true)))
	}
	return reflect.ValueOf(f.text(secret))
}

var readCloser = reflect.TypeFor[io.ReadCloser]()

func (f *filler) text(secret bool) string {
	if secret {
		f.secrets++
		return fmt.Sprintf("SECRET%d", f.secrets)
	}
	f.open++
	return fmt.Sprintf("OPEN%d.", f.open)
}

func (f *filler) structure(sh *api.Shape, secret bool) reflect.Value {
	var fields []reflect.StructField
	var values []reflect.Value
	for _, m := range sh.Members {
		v := f.value(m.Shape, secret)
		if m.Shape.Kind == api.Boolean || m.Shape.Kind == api.Timestamp {
			p := reflect.New(v.Type())
			p.Elem().Set(v)
			v = p
		}
		fields = append(fields, reflect.StructField{Name: api.GoName(m.Name), Type: v.Type()})
		values = append(values, v)
	}
	out := reflect.New(reflect.StructOf(fields)).Elem()
	for i, v := range values {
		out.Field(i).Set(v)
	}
	return out
}

func TestNoRecordHoldsWhatAnyModelCallsSensitive(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, service := range []*api.Service{api.CodeArtifact(), api.STS(), api.IAM(), api.Daypass()} {
		for _, op := range service.Operations {
			for _, sh := range []*api.Shape{op.Input, op.Output} {
				if sh == nil {
					continue
				}
				f := &filler{}
				v := f.value(sh, false)
				n, err := compiler{}.node(sh, v.Type())
				if err != nil {
					t.Fatalf("%s: %v", sh.Name, err)
				}
				r := recorder{limit: maxElements}
				r.structure(n, v, sh.Sensitive, true)
				text := string(r.bytes)
				if !json.Valid(r.bytes) {
					t.Errorf("%s: not JSON: %s", sh.Name, text)
				}
				for _, form := range []string{"SECRET", base64.StdEncoding.EncodeToString([]byte("SECRET")), "73738"} {
					if strings.Contains(text, form) {
						t.Errorf("%s: a secret is told: %s", sh.Name, text)
					}
				}
				for i := range f.open {
					if !strings.Contains(text, fmt.Sprintf("OPEN%d.", i+1)) {
						t.Errorf("%s: OPEN%d is not told: %s", sh.Name, i+1, text)
					}
				}
				seen += f.secrets
			}
		}
	}
	if seen == 0 {
		t.Error("the models have no secrets")
	}
}

func TestARecordSpeaksAsCloudTrail(t *testing.T) {
	t.Parallel()
	names := map[string]string{"domain": "domainName", "authorizationToken": "sessionToken"}
	expires := time.Date(2026, 11, 27, 18, 0, 0, 0, time.FixedZone("", 3600))
	document := `{"Version":"2012-10-17"}`
	for name, test := range map[string]struct {
		op    *api.Operation
		value any
		want  string
	}{
		"the input of GetAuthorizationToken": {api.CodeArtifact().Operations["GetAuthorizationToken"],
			&codeartifact.GetAuthorizationTokenInput{Domain: "dom", DomainOwner: "111122223333", DurationSeconds: ptr(int64(900))},
			`{"domainName":"dom","domainOwner":"111122223333","durationSeconds":900}`},
		"its output": {api.CodeArtifact().Operations["GetAuthorizationToken"],
			&codeartifact.GetAuthorizationTokenOutput{AuthorizationToken: "daypass_x", Expiration: &expires},
			`{"sessionToken":"HIDDEN_DUE_TO_SECURITY_REASONS"}`},
		"a structure keeps its name": {api.CodeArtifact().Operations["CreateDomain"],
			&codeartifact.CreateDomainOutput{Domain: &codeartifact.DomainDescription{Name: "dom", CreatedTime: &expires}},
			`{"domain":{"name":"dom","createdTime":"2026-11-27T17:00:00Z"}}`},
		"a policy is kept": {api.IAM().Operations["PutUserPolicy"],
			&iam.PutUserPolicyInput{UserName: "u", PolicyName: "p", PolicyDocument: document},
			`{"userName":"u","policyName":"p","policyDocument":"{\"Version\":\"2012-10-17\"}"}`},
		"tags": {api.STS().Operations["AssumeRole"],
			&sts.AssumeRoleInput{RoleArn: "r", RoleSessionName: "s", Tags: []sts.Tag{{Key: "k", Value: "v"}}, TokenCode: "123456"},
			`{"roleArn":"r","roleSessionName":"s","tags":[{"key":"k","value":"v"}],"tokenCode":"HIDDEN_DUE_TO_SECURITY_REASONS"}`},
		"credentials": {api.STS().Operations["GetSessionToken"],
			&sts.GetSessionTokenOutput{Credentials: &sts.Credentials{AccessKeyId: "ASIA", SecretAccessKey: "x", Expiration: &expires}},
			`{"credentials":{"accessKeyId":"ASIA","secretAccessKey":"HIDDEN_DUE_TO_SECURITY_REASONS","sessionToken":"","expiration":"2026-11-27T17:00:00Z"}}`},
		"no members":  {api.STS().Operations["GetCallerIdentity"], &sts.GetCallerIdentityInput{}, `null`},
		"no value":    {api.STS().Operations["GetCallerIdentity"], nil, `null`},
		"a nil value": {api.STS().Operations["GetCallerIdentity"], (*sts.GetCallerIdentityInput)(nil), `null`},
	} {
		got, err := AppendRecord([]byte("["), test.op, test.value, names)
		if diff := cmp.Diff("["+test.want, string(got)); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
}

func TestARecordIsBounded(t *testing.T) {
	t.Parallel()
	op := api.IAM().Operations["PutUserPolicy"]
	got, err := AppendRecord(nil, op, &iam.PutUserPolicyInput{UserName: "u", PolicyName: "p", PolicyDocument: strings.Repeat("ü", maxRecorded)}, nil)
	if err != nil || !json.Valid(got) || len(got) > maxRecorded+200 || !strings.HasSuffix(string(got), `ü…","omitted":true}`) {
		t.Errorf("a long text: %v, %d bytes, …%s", err, len(got), got[max(0, len(got)-40):])
	}
	tags := make([]iam.Tag, 5000)
	for i := range tags {
		tags[i] = iam.Tag{Key: strings.Repeat("k", 100), Value: "v"}
	}
	got, err = AppendRecord(nil, api.IAM().Operations["TagUser"], &iam.TagUserInput{UserName: "u", Tags: tags}, nil)
	if err != nil || !json.Valid(got) || len(got) > maxElements+1000 || !strings.HasSuffix(string(got), `],"omitted":true}`) {
		t.Errorf("a long list: %v, %d bytes, …%s", err, len(got), got[max(0, len(got)-40):])
	}
}
