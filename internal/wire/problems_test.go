package wire

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"daypass/api"
	"daypass/api/codeartifact"
	"daypass/api/daypass"
	"daypass/api/iam"
	"daypass/api/sts"
	"daypass/internal/fault"
)

// A refusal is an invalid request and the full text of its fault.
type refusal struct {
	call
	reason string
	text   string
}

const (
	cannotParse = "CANNOT_PARSE"
	badField    = "FIELD_VALIDATION_FAILED"
)

func runRefusals(t *testing.T, tests []refusal) {
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := tt.decode()
			var f *fault.Error
			if !errors.As(err, &f) || f.Kind != fault.Validation {
				t.Fatalf("Decode: %v, want a validation fault", err)
			}
			if f.Message != tt.text {
				t.Errorf("text\n got %s\nwant %s", f.Message, tt.text)
			}
			if f.Reason != tt.reason {
				t.Errorf("reason %s, want %s", f.Reason, tt.reason)
			}
		})
	}
}

func token(name, query, reason, text string) refusal {
	return refusal{call{
		name: name, op: api.CodeArtifact().Operations["GetAuthorizationToken"], target: "/v1/authorization-token?" + query,
		into: &codeartifact.GetAuthorizationTokenInput{},
	}, reason, text}
}

func TestRefusalsOfGetAuthorizationToken(t *testing.T) {
	t.Parallel()
	const one = "1 validation error detected: "
	const pattern = `Member must satisfy regular expression pattern: [a-z][a-z0-9\-]{0,48}[a-z0-9]`
	runRefusals(t, []refusal{
		token("no domain", "", badField, one+"Value null at 'domain' failed to satisfy constraint: Member must not be null"),
		token("short domain", "domain=X", badField, "2 validation errors detected: Value 'X' at 'domain' failed to satisfy constraint: Member must have length greater than or equal to 2; Value 'X' at 'domain' failed to satisfy constraint: "+pattern),
		token("empty domain", "domain=", badField, "2 validation errors detected: Value '' at 'domain' failed to satisfy constraint: Member must have length greater than or equal to 2; Value '' at 'domain' failed to satisfy constraint: "+pattern),
		token("long domain", "domain="+strings.Repeat("a", 51), badField, "2 validation errors detected: Value '"+strings.Repeat("a", 51)+"' at 'domain' failed to satisfy constraint: Member must have length less than or equal to 50; Value '"+strings.Repeat("a", 51)+"' at 'domain' failed to satisfy constraint: "+pattern),
		token("underscore", "domain=my_domain", badField, one+"Value 'my_domain' at 'domain' failed to satisfy constraint: "+pattern),
		token("hyphen at the end", "domain=abc-", badField, one+"Value 'abc-' at 'domain' failed to satisfy constraint: "+pattern),
		token("new line at the end", "domain=abc%0A", badField, one+`Value 'abc\u000a' at 'domain' failed to satisfy constraint: `+pattern),
		token("owner with letters", "domain=abc&domain-owner=11112222333x", badField, one+"Value '11112222333x' at 'domainOwner' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9]{12}"),
		token("owner in Arabic digits", "domain=abc&domain-owner=%D9%A1%D9%A1%D9%A1%D9%A1%D9%A1%D9%A1%D9%A1%D9%A1%D9%A1%D9%A1%D9%A1%D9%A1", badField, one+"Value '١١١١١١١١١١١١' at 'domainOwner' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9]{12}"),
		token("negative duration", "domain=abc&duration=-1", badField, one+"Value '-1' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 0"),
		token("duration above twelve hours", "domain=abc&duration=43201", badField, one+"Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200"),
		token("duration in words", "domain=abc&duration=abc", cannotParse, one+"Value 'abc' at 'durationSeconds' failed to satisfy constraint: Member must be an integer of 64 bits"),
		token("duration empty", "domain=abc&duration=", cannotParse, one+"Value '' at 'durationSeconds' failed to satisfy constraint: Member must be an integer of 64 bits"),
		token("duration with a fraction", "domain=abc&duration=900.0", cannotParse, one+"Value '900.0' at 'durationSeconds' failed to satisfy constraint: Member must be an integer of 64 bits"),
		token("duration beyond 64 bits", "domain=abc&duration=9223372036854775808", cannotParse, one+"Value '9223372036854775808' at 'durationSeconds' failed to satisfy constraint: Member must be an integer of 64 bits"),
		token("duration with a plus", "domain=abc&duration=%2B900", cannotParse, one+"Value '+900' at 'durationSeconds' failed to satisfy constraint: Member must be an integer of 64 bits"),
		token("twice", "domain=abc&domain=abd", cannotParse, one+"Value at 'domain' failed to satisfy constraint: Member must be given once"),
		token("not UTF-8", "domain=ab%FF", cannotParse, one+`Value 'ab\ufffd' at 'domain' failed to satisfy constraint: Member must be UTF-8 text`),
		token("broken escape", "domain=ab%F", cannotParse, "The query string cannot be read: parameter 'domain' has a broken percent escape"),
		token("broken name", "%F=ab", cannotParse, "The query string cannot be read: the name of parameter 1 has a broken percent escape"),
		token("too many parameters", strings.Repeat("a&", maxParameters+1), cannotParse, "The query string cannot be read: more than 1000 parameters"),
		token("too long", strings.Repeat("a", maxQuery+1), cannotParse, "The query string is longer than 65536 bytes"),
		token("long values are cut", "domain=abc&domain-owner="+strings.Repeat("1", 300), badField, "2 validation errors detected: Value '"+strings.Repeat("1", 200)+"…' at 'domainOwner' failed to satisfy constraint: Member must have length less than or equal to 12; Value '"+strings.Repeat("1", 200)+"…' at 'domainOwner' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9]{12}"),
	})
}

func body(name, op, target, document string, into any, reason, text string) refusal {
	return refusal{call{name: name, op: api.CodeArtifact().Operations[op], target: target, body: document, into: into}, reason, text}
}

func TestDecodeNamesWhatIsWrongInAJSONDocument(t *testing.T) {
	t.Parallel()
	const one = "1 validation error detected: "
	domain := func(name, document, reason, text string) refusal {
		return body(name, "CreateDomain", "/v1/domain?domain=abc", document, &codeartifact.CreateDomainInput{}, reason, text)
	}
	many := "[" + strings.Repeat(`{"key":"k","value":"v"},`, 200) + `{"key":"k","value":"v"}]`
	runRefusals(t, []refusal{
		domain("not JSON", `{"tags":`, cannotParse, "The request body is not valid JSON: it breaks at byte 8"),
		domain("single quotes", `{'tags':[]}`, cannotParse, "The request body is not valid JSON: it breaks at byte 1"),
		domain("a list", `[]`, cannotParse, "The request body is not a JSON object"),
		domain("a string", `"tags"`, cannotParse, "The request body is not a JSON object"),
		domain("two objects", `{}{}`, cannotParse, "The request body goes on after its JSON object, at byte 3"),
		domain("rest", `{} x`, cannotParse, "The request body goes on after its JSON object, at byte 3"),
		domain("not UTF-8", "{\"a\":\"\xff\"}", cannotParse, "The request body is not UTF-8 text"),
		domain("nested without end", `{"a":`+strings.Repeat("[", 100), cannotParse, "The request body is nested deeper than 32 levels"),
		domain("list expected", `{"tags":{}}`, cannotParse, one+"Value at 'tags' failed to satisfy constraint: Member must be a list"),
		domain("object expected", `{"tags":[[1,[2]]]}`, cannotParse, one+"Value at 'tags.1.member' failed to satisfy constraint: Member must be an object"),
		domain("string expected", `{"encryptionKey":{"a":[]}}`, cannotParse, one+"Value at 'encryptionKey' failed to satisfy constraint: Member must be a string"),
		domain("member of an entry missing", `{"tags":[{"key":"a","value":"b"},{"key":"c"}]}`, badField, one+"Value null at 'tags.2.member.value' failed to satisfy constraint: Member must not be null"),
		domain("null entry", `{"tags":[null]}`, badField, one+"Value null at 'tags.1.member' failed to satisfy constraint: Member must not be null"),
		domain("member of an entry bad", `{"tags":[{"key":"","value":"b"}]}`, badField, "2 validation errors detected: Value '' at 'tags.1.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'tags.1.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: \\P{C}+"),
		domain("list too long", `{"tags":`+many+`}`, badField, one+"Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to 200"),
		body("boolean expected", "CopyPackageVersions", "/v1/package/versions/copy?domain=abc&source-repository=r1&destination-repository=r2&format=npm&package=p",
			`{"allowOverwrite":"true"}`, &codeartifact.CopyPackageVersionsInput{}, cannotParse, one+"Value at 'allowOverwrite' failed to satisfy constraint: Member must be true or false"),
		body("map entry", "CopyPackageVersions", "/v1/package/versions/copy?domain=abc&source-repository=r1&destination-repository=r2&format=npm&package=p",
			`{"versionRevisions":{"1.0":""}}`, &codeartifact.CopyPackageVersionsInput{}, badField, "2 validation errors detected: Value '' at 'versionRevisions.1.0.member' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'versionRevisions.1.0.member' failed to satisfy constraint: Member must satisfy regular expression pattern: \\S+"),
		body("map expected", "CopyPackageVersions", "/v1/package/versions/copy?domain=abc&source-repository=r1&destination-repository=r2&format=npm&package=p",
			`{"versionRevisions":["1.0"]}`, &codeartifact.CopyPackageVersionsInput{}, cannotParse, one+"Value at 'versionRevisions' failed to satisfy constraint: Member must be an object"),
		body("keys of a map", "CopyPackageVersions", "/v1/package/versions/copy?domain=abc&source-repository=r1&destination-repository=r2&format=npm&package=p",
			`{"versionRevisions":{"a b":"R","c":null}}`, &codeartifact.CopyPackageVersionsInput{}, badField, one+`Value 'a b' at 'versionRevisions.a b.member' failed to satisfy constraint: Member must satisfy regular expression pattern: [^#/\s]+`),
		body("map without end", "CopyPackageVersions", "/v1/package/versions/copy?domain=abc&source-repository=r1&destination-repository=r2&format=npm&package=p",
			`{"versionRevisions":{`+manyKeys(maxItems+1)+`}}`, &codeartifact.CopyPackageVersionsInput{}, badField, one+"Value at 'versionRevisions' failed to satisfy constraint: Member must have length less than or equal to 1000"),
		body("number expected", "ListDomains", "/v1/domains", `{"maxResults":"10"}`, &codeartifact.ListDomainsInput{}, cannotParse, one+"Value at 'maxResults' failed to satisfy constraint: Member must be a number"),
		body("whole number expected", "ListDomains", "/v1/domains", `{"maxResults":1.5}`, &codeartifact.ListDomainsInput{}, cannotParse, one+"Value '1.5' at 'maxResults' failed to satisfy constraint: Member must be an integer of 32 bits"),
		body("number out of range", "ListDomains", "/v1/domains", `{"maxResults":1001}`, &codeartifact.ListDomainsInput{}, badField, one+"Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000"),
		body("enumeration", "PutPackageOriginConfiguration", "/v1/package?domain=abc&repository=r1&format=cobol&package=p", `{"restrictions":{"publish":"ALLOW","upstream":"NO"}}`, &codeartifact.PutPackageOriginConfigurationInput{}, badField,
			"2 validation errors detected: Value 'cobol' at 'format' failed to satisfy constraint: Member must satisfy enum value set: [npm, pypi, maven, nuget, generic, ruby, swift, cargo]; Value 'NO' at 'restrictions.upstream' failed to satisfy constraint: Member must satisfy enum value set: [ALLOW, BLOCK]"),
		{call{name: "time expected", op: api.Daypass().Operations["RevokeToken"], target: "/", body: `{"issuedBefore":"2026-01-01T00:00:00Z"}`, into: &daypass.RevokeTokenInput{}}, cannotParse,
			one + "Value at 'issuedBefore' failed to satisfy constraint: Member must be a number"},
		{call{name: "time beyond all calendars", op: api.Daypass().Operations["RevokeToken"], target: "/", body: `{"issuedBefore":1e300}`, into: &daypass.RevokeTokenInput{}}, cannotParse,
			one + "Value '1e300' at 'issuedBefore' failed to satisfy constraint: Member must be a time in seconds since 1970, in the years 1 to 9999"},
		{call{name: "secrets are not told", op: api.Daypass().Operations["DescribeToken"], target: "/", body: `{"token":"daypass_se cret"}`, into: &daypass.DescribeTokenInput{}}, badField,
			one + `Value at 'token' failed to satisfy constraint: Member must satisfy regular expression pattern: \S+`},
	})
}

func form(name, parameters, reason, text string) refusal {
	return refusal{call{
		name: name, op: api.STS().Operations["AssumeRole"], target: "/", into: &sts.AssumeRoleInput{},
		body: "Action=AssumeRole&Version=2011-06-15&RoleArn=arn:aws:iam::111122223333:role/ci" + parameters,
	}, reason, text}
}

func TestDecodeNamesWhatIsWrongInAForm(t *testing.T) {
	t.Parallel()
	const one = "1 validation error detected: "
	const named = "&RoleSessionName=ab"
	runRefusals(t, []refusal{
		form("missing", "", badField, one+"Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null"),
		form("pattern", "&RoleSessionName=a/b", badField, one+`Value 'a/b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`),
		form("length", "&RoleSessionName="+strings.Repeat("a", 65), badField, one+"Value '"+strings.Repeat("a", 65)+"' at 'roleSessionName' failed to satisfy constraint: Member must have length less than or equal to 64"),
		form("range", named+"&DurationSeconds=899", badField, one+"Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"),
		form("several", "&RoleSessionName=a%2Fb&DurationSeconds=1&SourceIdentity=x", badField, "3 validation errors detected: Value 'a/b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*; Value '1' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900; Value 'x' at 'sourceIdentity' failed to satisfy constraint: Member must have length greater than or equal to 2"),
		form("no number", named+"&DurationSeconds=1h", cannotParse, one+"Value '1h' at 'durationSeconds' failed to satisfy constraint: Member must be an integer of 32 bits"),
		form("entry", named+"&Tags.member.1.Key=a", badField, one+"Value null at 'tags.1.member.value' failed to satisfy constraint: Member must not be null"),
		form("huge index", named+"&Tags.member.999999999.Key=a&Tags.member.999999999.Value=b", cannotParse, one+"Value at 'tags' failed to satisfy constraint: Members must be numbered from 1 without gaps"),
		form("index zero", named+"&TransitiveTagKeys.member.0=a", cannotParse, one+"Value at 'transitiveTagKeys' failed to satisfy constraint: Members must be numbered from 1 without gaps"),
		form("leading zero", named+"&TransitiveTagKeys.member.01=a", cannotParse, one+"Value at 'transitiveTagKeys' failed to satisfy constraint: Members must be numbered from 1 without gaps"),
		form("list as a scalar", named+"&Tags=a", cannotParse, one+"Value at 'tags' failed to satisfy constraint: Member must be a list, given as .member.1, .member.2 and so on"),
		form("flat list", named+"&Tags.1.Key=a", cannotParse, one+"Value at 'tags' failed to satisfy constraint: Member must be a list, given as .member.1, .member.2 and so on"),
		form("scalar as a list", "&RoleSessionName.member.1=ab", cannotParse, one+"Value at 'roleSessionName' failed to satisfy constraint: Member must be a single value"),
		form("list too long", named+entriesOf("TransitiveTagKeys", 51), badField, one+"Value at 'transitiveTagKeys' failed to satisfy constraint: Member must have length less than or equal to 50"),
		form("one-time codes are not told", named+"&TokenCode=1234567", badField, one+"Value at 'tokenCode' failed to satisfy constraint: Member must have length less than or equal to 6"),
		form("not UTF-8", "&RoleSessionName=%ff%fe", cannotParse, one+`Value '\ufffd\ufffd' at 'roleSessionName' failed to satisfy constraint: Member must be UTF-8 text`),
		{call{name: "capitals at the start of a name", op: api.STS().Operations["AssumeRoleWithSAML"], target: "/", into: &sts.AssumeRoleWithSAMLInput{},
			body: "RoleArn=arn:aws:iam::111122223333:role/ci&PrincipalArn=arn:aws:iam::111122223333:saml-provider/p&SAMLAssertion=abc"}, badField,
			one + "Value at 'sAMLAssertion' failed to satisfy constraint: Member must have length greater than or equal to 4"},
		{call{name: "no boolean", op: api.IAM().Operations["ListPolicies"], target: "/", into: &iam.ListPoliciesInput{}, body: "OnlyAttached=True"}, cannotParse,
			one + "Value 'True' at 'onlyAttached' failed to satisfy constraint: Member must be true or false"},
	})
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"%d":"R",`, i)
	}
	return strings.TrimSuffix(b.String(), ",")
}

func entriesOf(name string, n int) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "&%s.member.%d=k%d", name, i, i)
	}
	return b.String()
}

func TestAMessageAboutManyProblemsIsBoundedAndCountsThem(t *testing.T) {
	t.Parallel()
	c := form("", "&RoleSessionName=ab"+strings.ReplaceAll(entriesOf("TransitiveTagKeys", 50), "=k", "=%00"), badField, "").call
	err := c.decode()
	if err == nil || !strings.HasPrefix(err.Error(), "50 validation errors detected: ") || strings.Count(err.Error(), ";") != maxProblems-1 {
		t.Errorf("Decode: %v", err)
	}
}

func TestDecodeRefusesARepeatedParameterOfAForm(t *testing.T) {
	t.Parallel()
	c := form("", "&RoleSessionName=ab&RoleSessionName=cd", "", "").call
	err := c.decode()
	if !fault.Is(err, fault.MalformedRequest) || err.Error() != "The parameter 'RoleSessionName' is given more than once" {
		t.Errorf("Decode: %v", err)
	}
}

func TestDecodeRefusesABodyLargerThanADocumentMayBe(t *testing.T) {
	t.Parallel()
	large := strings.Repeat(" ", maxDocument+1)
	tests := []call{
		{op: api.STS().Operations["GetCallerIdentity"], target: "/", body: large, into: &sts.GetCallerIdentityInput{}},
		{op: api.CodeArtifact().Operations["ListDomains"], target: "/v1/domains", body: large, into: &codeartifact.ListDomainsInput{}},
	}
	for _, tt := range tests {
		if err := tt.decode(); !fault.Is(err, fault.BodyTooLarge) {
			t.Errorf("%s: %v", tt.op.Name, err)
		}
	}
}
