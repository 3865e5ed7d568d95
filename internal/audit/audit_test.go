package audit

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/principal"
)

var noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

const account = "111122223333"

// The shapes are those of the CloudTrail User Guide, "CloudTrail userIdentity
// element", and of the records in the CodeArtifact User Guide.
func TestEachKindOfCallerHasItsIdentity(t *testing.T) {
	t.Parallel()
	session := func(change func(*principal.Session)) *principal.Session {
		s := &principal.Session{IssuedAt: noon.Add(-time.Hour), ExpiresAt: noon}
		if change != nil {
			change(s)
		}
		return s
	}
	attributes := `"attributes":{"creationDate":"2026-11-27T11:00:00Z","mfaAuthenticated":"false"}`
	role := principal.Ref{Kind: principal.Role, Account: account, ID: "AROAEXAMPLE", SessionName: "ci"}
	for name, test := range map[string]struct {
		caller Caller
		want   string
	}{
		"root": {
			Caller{Principal: &principal.Principal{Ref: principal.Ref{Kind: principal.Root, Account: account, ID: account}}, AccessKeyID: "AKIA"},
			`{"type":"Root","principalId":"111122223333","arn":"arn:aws:iam::111122223333:root","accountId":"111122223333","accessKeyId":"AKIA"}`},
		"a user": {
			Caller{Principal: &principal.Principal{Ref: principal.Ref{Kind: principal.User, Account: account, ID: "AIDAEXAMPLE"}, Name: "alice", Path: "/team/"}, AccessKeyID: "AKIA"},
			`{"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":"arn:aws:iam::111122223333:user/team/alice","accountId":"111122223333","accessKeyId":"AKIA","userName":"alice"}`},
		"a user with a session and a second factor": {
			Caller{Principal: &principal.Principal{Ref: principal.Ref{Kind: principal.User, Account: account, ID: "AIDAEXAMPLE",
				Session: session(func(s *principal.Session) { s.MFAAt = noon })}, Name: "alice", Path: "/"}, AccessKeyID: "ASIA"},
			`{"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333","accessKeyId":"ASIA","userName":"alice",` +
				`"sessionContext":{"attributes":{"creationDate":"2026-11-27T11:00:00Z","mfaAuthenticated":"true"}}}`},
		"a role with a source identity": {
			Caller{Principal: &principal.Principal{Ref: with(role, session(func(s *principal.Session) { s.SourceIdentity = "alice" })), Name: "builder", Path: "/ci/"}, AccessKeyID: "ABIA"},
			`{"type":"AssumedRole","principalId":"AROAEXAMPLE:ci","arn":"arn:aws:sts::111122223333:assumed-role/builder/ci","accountId":"111122223333","accessKeyId":"ABIA",` +
				`"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE","arn":"arn:aws:iam::111122223333:role/ci/builder","accountId":"111122223333","userName":"builder"},` +
				attributes + `,"sourceIdentity":"alice"}}`},
		"a role by an identity provider": {
			Caller{Principal: &principal.Principal{Ref: with(role, session(func(s *principal.Session) {
				s.Provider = "arn:aws:iam::111122223333:oidc-provider/issuer.example"
				s.Context = map[string][]string{"issuer.example:sub": {"repo:acme/app"}, "issuer.example:aud": {"sts"}, "issuer.example:amr": {"x"}}
			})), Name: "builder", Path: "/"}, AccessKeyID: "ASIA"},
			`{"type":"AssumedRole","principalId":"AROAEXAMPLE:ci","arn":"arn:aws:sts::111122223333:assumed-role/builder/ci","accountId":"111122223333","accessKeyId":"ASIA",` +
				`"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE","arn":"arn:aws:iam::111122223333:role/builder","accountId":"111122223333","userName":"builder"},` +
				`"webIdFederationData":{"federatedProvider":"arn:aws:iam::111122223333:oidc-provider/issuer.example","attributes":{"aud":"sts","sub":"repo:acme/app"}},` + attributes + `}}`},
		"a federated user": {
			Caller{Principal: &principal.Principal{Ref: principal.Ref{Kind: principal.Federated, Account: account, ID: "AIDAEXAMPLE", SessionName: "bob", Session: session(nil)}}, AccessKeyID: "ASIA"},
			`{"type":"FederatedUser","principalId":"111122223333:bob","arn":"arn:aws:sts::111122223333:federated-user/bob","accountId":"111122223333","accessKeyId":"ASIA",` +
				`"sessionContext":{"sessionIssuer":{"type":"IAMUser","principalId":"AIDAEXAMPLE","accountId":"111122223333"},` + attributes + `}}`},
		"a user federated by root": {
			Caller{Principal: &principal.Principal{Ref: principal.Ref{Kind: principal.Federated, Account: account, ID: account, SessionName: "bob", Session: session(nil)}}, AccessKeyID: "ASIA"},
			`{"type":"FederatedUser","principalId":"111122223333:bob","arn":"arn:aws:sts::111122223333:federated-user/bob","accountId":"111122223333","accessKeyId":"ASIA",` +
				`"sessionContext":{"sessionIssuer":{"type":"Root","principalId":"111122223333","arn":"arn:aws:iam::111122223333:root","accountId":"111122223333"},` + attributes + `}}`},
		"who showed a web identity": {
			Caller{Web: &Web{Type: "WebIdentityUser", Provider: "issuer.example", Audience: "sts", Subject: "repo:acme/app"}},
			`{"type":"WebIdentityUser","principalId":"issuer.example:sts:repo:acme/app","userName":"repo:acme/app","identityProvider":"issuer.example"}`},
		"whose web identity was refused": {Caller{Web: &Web{Type: "WebIdentityUser"}}, `{"type":"WebIdentityUser"}`},
		"whose token was refused": {
			Caller{Ref: &role, AccessKeyID: "ABIA"},
			`{"type":"AssumedRole","principalId":"AROAEXAMPLE:ci","accountId":"111122223333","accessKeyId":"ABIA"}`},
		"nobody": {Caller{}, `{"type":"Unknown"}`},
	} {
		if p := test.caller.Principal; p != nil {
			test.caller.ARN = p.ARN()
		}
		l := line{hide: hide}
		l.identity(&test.caller)
		if diff := cmp.Diff(test.want, string(l.bytes)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestClaimsOfSeveralIssuersAreTakenByName(t *testing.T) {
	t.Parallel()
	s := &principal.Session{Provider: "p", Context: map[string][]string{"a:sub": nil, "c:aud": {"3"}, "b:sub": {"2"}, "b:aud": {"2"}, "d:sub": {"4"}, "c:sub": {"3"}, "x": {"5"}}}
	for range 50 {
		l := line{hide: hide}
		l.identity(&Caller{Ref: &principal.Ref{Kind: principal.Role, Session: s}})
		if want := `"attributes":{"aud":"2","sub":"2"}`; !strings.Contains(string(l.bytes), want) {
			t.Fatalf("%s, want %s", l.bytes, want)
		}
	}
}

func TestATokenInAClaimIsHiddenBeforeItIsCut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxText-50) + "/daypass_" + strings.Repeat("Ab-_9", 60)
	s := &principal.Session{Provider: "p", Context: map[string][]string{"a:sub": {long}}}
	l := line{hide: hide}
	l.identity(&Caller{Ref: &principal.Ref{Kind: principal.Role, Session: s}})
	if got := string(l.bytes); strings.Contains(got, "Ab-_9") || !strings.Contains(got, hidden) {
		t.Error(got)
	}
}

func with(r principal.Ref, s *principal.Session) principal.Ref {
	r.Session = s
	return r
}

// The member names and their values are those of the record of a package
// manager in the CodeArtifact User Guide.
func TestARequestOfAPackageManagerIsARecord(t *testing.T) {
	t.Parallel()
	e := Event{
		Time: noon, RequestID: "request", Source: "codeartifact.amazonaws.com", Name: "ReadFromRepository", ReadOnly: true,
		Region: "us-west-2", Account: account, Address: netip.MustParseAddr("192.0.2.7"), UserAgent: "npm/10",
		Resource: "arn:aws:codeartifact:us-west-2:444455556666:repository/dom/repo",
		Package:  Package{Domain: "dom", Owner: "444455556666", Repository: "repo", Namespace: "types", Name: "node", Format: "npm", Version: "4.17.11"},
		Additional: Additional{
			HTTPMethod: "GET", RequestURI: "/npm/@types%2fnode/-/node-4.17.11.tgz",
		},
		ErrorCode: "AccessDeniedException", Error: "no",
	}
	got := written(t, &e)
	want := `{"eventVersion":"1.11","userIdentity":{"type":"Unknown"},"eventTime":"2026-11-27T12:00:00Z","eventSource":"codeartifact.amazonaws.com",` +
		`"eventName":"ReadFromRepository","awsRegion":"us-west-2","sourceIPAddress":"192.0.2.7","userAgent":"npm/10","errorCode":"AccessDeniedException","errorMessage":"no",` +
		`"requestParameters":{"domainName":"dom","domainOwner":"444455556666","repositoryName":"repo","packageNamespace":"types","packageName":"node","packageFormat":"npm","packageVersion":"4.17.11"},` +
		`"responseElements":null,"additionalEventData":{"httpMethod":"GET","requestUri":"/npm/@types%2fnode/-/node-4.17.11.tgz"},"requestID":"request","eventID":"id","readOnly":true,` +
		`"resources":[{"ARN":"arn:aws:codeartifact:us-west-2:444455556666:repository/dom/repo","accountId":"444455556666","type":"AWS::CodeArtifact::Repository"}],` +
		`"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management"}` + "\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAResourceHasItsType(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"arn:aws:codeartifact:us-east-1:1:domain/d":            "AWS::CodeArtifact::Domain",
		"arn:aws:codeartifact:us-east-1:1:package/d/r/npm//x":  "AWS::CodeArtifact::Package",
		"arn:aws:codeartifact:us-east-1:1:package-group/d/npm": "AWS::CodeArtifact::PackageGroup",
		"arn:aws:iam::1:role/x":                                "AWS::IAM::Role",
		"arn:aws:iam::1:oidc-provider/x":                       "AWS::IAM::OIDCProvider",
		"arn:aws:daypass:us-east-1:1:token/ABIA":               "Daypass::Token",
		"arn:aws:kms:us-east-1:1:key/x":                        "",
	} {
		l := line{hide: hide}
		l.resources(name)
		var got struct{ Resources []Resource }
		err := json.Unmarshal([]byte("{"+strings.TrimPrefix(string(l.bytes), ",")+"}"), &got)
		if diff := cmp.Diff([]Resource{{ARN: name, AccountID: "1", Type: want}}, got.Resources); diff != "" || err != nil {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for _, name := range []string{"*", "", "x"} {
		l := line{hide: hide}
		if l.resources(name); len(l.bytes) > 0 {
			t.Errorf("%q: %s", name, l.bytes)
		}
	}
}

func TestWhatAClientChoosesIsBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 100_000)
	e := Event{UserAgent: long, Error: long, Resource: "arn:aws:iam::1:user/" + long, Additional: Additional{RequestURI: long},
		Package: Package{Domain: "d", Repository: long, Namespace: long, Name: long, Version: long}}
	if got := written(t, &e); len(got) > 16<<10 || strings.Count(got, "é…") != 8 {
		t.Errorf("%d bytes", len(got))
	}
}

func TestATokenIsHiddenBeforeItCanBeCut(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("x", maxText-60) + "daypass_" + strings.Repeat("Ab-_9", 60)
	if got := written(t, &Event{UserAgent: text}); strings.Contains(got, "Ab-_9") {
		t.Error(got)
	}
}

func FuzzARecordIsOneLineThatCanBeReadBack(f *testing.F) {
	f.Add("npm/10", "/npm/x", "1.0", "arn:aws:iam::1:user/x", "no \u2028")
	f.Add("\x00\xff\n", "daypass_"+strings.Repeat("A", 130), "\"", "arn:a:b:c:d:", "\r\n")
	f.Fuzz(func(t *testing.T, agent, uri, version, resource, message string) {
		e := Event{Time: noon, Name: "ReadFromRepository", UserAgent: agent, Resource: resource, Error: message,
			Additional: Additional{RequestURI: uri}, Package: Package{Version: version}}
		got := written(t, &e)
		if strings.Count(got, "\n") != 1 || !strings.HasSuffix(got, "\n") {
			t.Fatalf("not one line: %q", got)
		}
		var r Record
		if err := json.Unmarshal([]byte(got), &r); err != nil || r.EventName != e.Name {
			t.Fatalf("%v: %q", err, got)
		}
	})
}
