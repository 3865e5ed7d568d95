package policy

import (
	"errors"
	"strings"
	"testing"
)

// The rest of a statement that a grammar case is not about.
const (
	tail      = `"Action":"*","Resource":"*"}`
	wholeBody = `"Effect":"Allow",` + tail
)

func TestDocumentsThatAreAccepted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		kind     Type
		document string
	}{
		{"4.10 Version absent", Identity, `{"Statement":[{` + wholeBody + `]}`},
		{"4.10 Version 2008-10-17", Identity, `{"Version":"2008-10-17","Statement":[{` + wholeBody + `]}`},
		{"4.10 Version 2012-10-17", Identity, `{"Version":"2012-10-17","Statement":[{` + wholeBody + `]}`},
		{"4.10 Version after Statement", Identity, `{"Statement":[{` + wholeBody + `],"Version":"2012-10-17"}`},
		{"4.10 Statement an object", Identity, `{"Statement":{` + wholeBody + `}`},
		{"4.10 Id in a resource-based policy", Resource, `{"Id":"x y","Statement":{"Principal":"*",` + wholeBody + `}`},
		{"4.10 Id in a trust policy", Trust, `{"Id":"x","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}`},
		{"4.10 Sid", Identity, `{"Statement":{"Sid":"Abc123",` + wholeBody + `}`},
		{"4.10 empty Sids", Identity, `{"Statement":[{"Sid":"",` + wholeBody + `,{"Sid":"",` + wholeBody + `]}`},
		{"4.10 Sid with blanks outside IAM", Resource, `{"Statement":{"Sid":"a b","Principal":"*",` + wholeBody + `}`},
		{"4.10 empty Condition", Identity, `{"Statement":{"Condition":{},` + wholeBody + `}`},
		{"4.10 white space", Identity, "\t{\r\n \"Statement\" : { " + wholeBody + " }\n"},
		{"4.10 characters up to U+00FF", Identity, `{"Statement":{"Condition":{"StringEquals":{"a:b":"ÿ"}},` + wholeBody + `}`},
		{"4.10 escapes", Identity, `{"Statement":{"Condition":{"StringEquals":{"a:b":"\u00ff\t"}},` + wholeBody + `}`},
		{"4.10 NotAction and NotResource", Identity, `{"Statement":{"Effect":"Deny","NotAction":"a:b","NotResource":["*"]}}`},
		{"4.10 boundary", Boundary, `{"Statement":{` + wholeBody + `}`},
		{"4.10 session policy", Session, `{"Statement":{` + wholeBody + `}`},
		{"4.3 trust policy without Resource", Trust, `{"Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":["sts:AssumeRole","STS:TagSession"]}}`},
		{"4.3 trust policy with sts:*", Trust, `{"Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:*"}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse("p", c.document, c.kind)
			if err != nil {
				t.Errorf("Parse(%s) = %v", c.document, err)
			}
		})
	}
}

func TestDocumentsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		kind     Type
		document string
		want     string // the whole error
	}{
		{"4.10 empty", Identity, ``, `the document is empty: expected a JSON object`},
		{"4.10 no JSON", Identity, `{"Statement":[}`, `not valid JSON at line 1, column 15: invalid character '}' looking for beginning of value`},
		{"4.10 no JSON on a later line", Identity, "{\n  \"Statement\": x\n}", `not valid JSON at line 2, column 16: invalid character 'x' looking for beginning of value`},
		{"4.10 truncated", Identity, `{"Statement":[{`, `not valid JSON at line 1, column 15: unexpected end of JSON input`},
		{"4.10 truncated string", Identity, `{"Stat`, `not valid JSON at line 1, column 6: unexpected end of JSON input`},
		{"4.10 truncated before a value", Identity, `{"Statement":`, `not valid JSON at line 1, column 13: unexpected end of JSON input`},
		{"4.10 a name that is no string", Identity, `{1:2}`, `not valid JSON at line 1, column 2: invalid character '1' looking for beginning of object key string`},
		{"4.10 comma at the end", Identity, `{"Statement":{},}`, `not valid JSON at line 1, column 17: invalid character '}' looking for beginning of object key string`},
		{"4.10 comma at the end of an array", Identity, `{"Statement":[{},]}`, `not valid JSON at line 1, column 18: invalid character ']' looking for beginning of value`},
		{"4.10 more after the end", Identity, `{"Statement":{` + wholeBody + `}{}`, `not valid JSON at line 1, column 61: invalid character '{' after top-level value`},
		{"4.10 an array", Identity, `[]`, `the document is an array: expected an object`},
		{"4.10 null", Identity, `null`, `the document is null: expected an object`},
		{"4.10 a string", Identity, `"x"`, `the document is a string: expected an object`},
		{"4.10 nested deeper than the grammar", Identity, `{"Statement":[[[[[[[[[]]]]]]]]]}`, `values nest deeper than 8 levels at line 1, column 20`},
		{"4.10 duplicate element", Identity, `{"Version":"2012-10-17","Version":"2012-10-17"}`, `the name "Version" stands twice in one object at line 1, column 33`},
		{"4.10 duplicate key under an operator", Identity, `{"Statement":{"Condition":{"Bool":{"a:b":"true","a:b":"true"}},` + wholeBody + `}`, `the name "a:b" stands twice in one object at line 1, column 53`},
		{"4.10 character outside the grammar", Identity, `{"Version":"…"}`, `the character U+2026 is not allowed: expected tab, line feed, carriage return, or U+0020 to U+00FF`},
		{"4.10 control character", Identity, "{\"Version\":\"\x00\"}", `the character U+0000 is not allowed: expected tab, line feed, carriage return, or U+0020 to U+00FF`},
		{"4.10 character outside the grammar as an escape", Identity, `{"Version":"\u2026"}`, `the character U+2026 is not allowed: expected tab, line feed, carriage return, or U+0020 to U+00FF`},
		{"4.10 character outside the grammar in a name", Identity, `{"\u2026":1}`, `the character U+2026 is not allowed: expected tab, line feed, carriage return, or U+0020 to U+00FF`},
		{"4.10 invalid UTF-8", Identity, "{\"Version\":\"\xff\"}", `the character U+FFFD is not allowed: expected tab, line feed, carriage return, or U+0020 to U+00FF`},
		{"4.10 unknown Version", Identity, `{"Version":"2012-10-18"}`, `Version: "2012-10-18" is not a version: expected "2012-10-17" or "2008-10-17"`},
		{"4.10 Version a number", Identity, `{"Version":2012}`, `Version: a number is not a version: expected "2012-10-17" or "2008-10-17"`},
		{"4.10 Id an object in an identity-based policy", Identity, `{"Id":{}}`, `Id: expected a string, not an object`},
		{"4.10 Id a number", Resource, `{"Id":1}`, `Id: expected a string, not a number`},
		{"4.10 unknown element", Identity, `{"Comment":"x"}`, `unknown element "Comment": expected Version, Id or Statement`},
		{"4.10 element in lower case", Identity, `{"statement":[]}`, `unknown element "statement": expected Version, Id or Statement`},
		{"4.10 no Statement", Identity, `{"Version":"2012-10-17"}`, `Statement is missing`},
		{"4.10 no statements", Identity, `{"Statement":[]}`, `Statement: expected at least one statement`},
		{"4.10 statement no object", Identity, `{"Statement":["x"]}`, `Statement 1: expected an object, not a string`},
		{"4.10 unknown element of a statement", Identity, `{"Statement":[{` + wholeBody + `,{"Actions":"x"}]}`, `Statement 2: unknown element "Actions": expected Sid, Effect, Principal, NotPrincipal, Action, NotAction, Resource, NotResource or Condition`},
		{"4.10 Sid a number", Identity, `{"Statement":{"Sid":1}}`, `Statement 1, Sid: expected a string, not a number`},
		{"4.10 Sid with a blank in IAM", Identity, `{"Statement":{"Sid":"a b"}}`, `Statement 1, Sid: "a b" is not a name: expected letters and digits only`},
		{"4.10 Sid twice", Identity, `{"Statement":[{"Sid":"a",` + wholeBody + `,{"Sid":"a",` + wholeBody + `]}`, `Statement 2, Sid: "a" stands in an earlier statement: expected a name of its own`},
		{"4.10 no Effect", Identity, `{"Statement":{` + tail + `}`, `Statement 1: Effect is missing`},
		{"4.10 Effect in lower case", Identity, `{"Statement":{"Effect":"allow",` + tail + `}`, `Statement 1, Effect: "allow" is not an effect: expected "Allow" or "Deny"`},
		{"4.10 Effect an array", Identity, `{"Statement":{"Effect":["Allow"],` + tail + `}`, `Statement 1, Effect: an array is not an effect: expected "Allow" or "Deny"`},

		{"4.5 no Action", Identity, `{"Statement":{"Effect":"Allow","Resource":"*"}}`, `Statement 1: Action is missing: expected Action or NotAction`},
		{"4.5 Action and NotAction", Identity, `{"Statement":{"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"}}`, `Statement 1: NotAction stands beside its opposite: expected one of the two`},
		{"4.5 Action empty", Identity, `{"Statement":{"Effect":"Allow","Action":[],"Resource":"*"}}`, `Statement 1, Action: the array is empty: expected at least one value`},
		{"4.5 Action a number", Identity, `{"Statement":{"Effect":"Allow","Action":[1],"Resource":"*"}}`, `Statement 1, Action: expected a string, not a number`},
		{"4.5 Action without service", Identity, `{"Statement":{"Effect":"Allow","Action":"ListDomains","Resource":"*"}}`, `Statement 1, Action: "ListDomains" names no service: expected service:Action or *`},
		{"4.5 Action with an empty service", Identity, `{"Statement":{"Effect":"Allow","NotAction":":ListDomains","Resource":"*"}}`, `Statement 1, NotAction: ":ListDomains" names no service: expected service:Action or *`},
		{"4.5 wildcard in the service", Identity, `{"Statement":{"Effect":"Allow","Action":"c*:Get","Resource":"*"}}`, `Statement 1, Action: "c*:Get" has a wildcard in the name of the service: expected service:Action or *`},
		{"4.3 foreign action in a trust policy", Trust, `{"Statement":{"Effect":"Allow","Principal":"*","Action":"codeartifact:*"}}`, `Statement 1, Action: "codeartifact:*" is not an action on a role: expected one that begins with sts:`},
		{"4.3 every action in a trust policy", Trust, `{"Statement":{"Effect":"Allow","Principal":"*","Action":"*"}}`, `Statement 1, Action: "*" is not an action on a role: expected one that begins with sts:`},

		{"4.6 no Resource", Identity, `{"Statement":{"Effect":"Allow","Action":"*"}}`, `Statement 1: Resource is missing: expected Resource or NotResource`},
		{"4.6 Resource and NotResource", Identity, `{"Statement":{"Effect":"Allow","NotResource":"*","Resource":"*"}}`, `Statement 1: Resource stands beside its opposite: expected one of the two`},
		{"4.6 Resource an object", Identity, `{"Statement":{"Effect":"Allow","Action":"*","Resource":{}}}`, `Statement 1, Resource: expected a string, not an object`},
		{"4.6 Resource no ARN", Identity, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"domain/d"}}`, `Statement 1, Resource: "domain/d" is not a resource: expected an ARN or *`},
		{"4.6 Resource empty text", Identity, `{"Statement":{"Effect":"Allow","Action":"*","Resource":""}}`, `Statement 1, Resource: "" is not a resource: expected an ARN or *`},
		{"4.6 Resource with too few parts", Identity, `{"Statement":{"Effect":"Allow","Action":"*","NotResource":"arn:aws:codeartifact:us-east-1"}}`, `Statement 1, NotResource: "arn:aws:codeartifact:us-east-1" has too few parts: expected arn:partition:service:region:account:resource, or a * at its end`},
		{"4.6 variable before the last part", Identity, document(`{"Effect":"Allow","Action":"*","Resource":"arn:aws:codeartifact:us-east-1:${aws:PrincipalAccount}:domain/d"}`), `Statement 1, Resource: "arn:aws:codeartifact:us-east-1:${aws:PrincipalAccount}:domain/d" has a variable before the last part: expected variables after the fifth colon only`},
		{"4.3 Resource in a trust policy", Trust, `{"Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}}`, `Statement 1: Resource is not allowed in a role trust policy`},

		{"4.7 variable without end", Identity, document(`{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:username"}`), `Statement 1, Resource: the variable "${aws:username" does not end: expected }`},
		{"4.7 variable that is no key", Identity, document(`{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${name}"}`), `Statement 1, Resource: the variable ${name} is not a condition key: expected a name such as aws:username`},
		{"4.7 special with a default", Identity, document(`{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${*, 'x'}"}`), `Statement 1, Resource: the variable ${*} is not a condition key: expected a name such as aws:username`},
		{"4.7 default without quotes", Identity, document(`{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:username, x}"}`), `Statement 1, Resource: the default of the variable "${aws:username, x}" is not in quotes: expected ${key, 'default'}`},
		{"4.7 default without end", Identity, document(`{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:username, 'x}"}`), `Statement 1, Resource: the default of the variable "${aws:username, 'x}" is not in quotes: expected ${key, 'default'}`},
		{"4.7 text after the default", Identity, document(`{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:username, 'x'y}"}`), `Statement 1, Resource: the default of the variable "${aws:username, 'x'y}" is not in quotes: expected ${key, 'default'}`},
		{"4.7 no variables in numbers", Identity, conditionOf(`{"NumericEquals":{"a:b":"${aws:x}"}}`), `Statement 1, Condition, NumericEquals, "a:b": "${aws:x}" can't be compared: expected an integer or decimal`},

		{"4.8 Condition no object", Identity, conditionOf(`[]`), `Statement 1, Condition: expected an object, not an array`},
		{"4.8 unknown operator", Identity, conditionOf(`{"StringIs":{}}`), `Statement 1, Condition: "StringIs" is not a condition operator`},
		{"4.8 unknown set operator", Identity, conditionOf(`{"ForSomeValues:StringEquals":{}}`), `Statement 1, Condition: "ForSomeValues:StringEquals" is not a condition operator`},
		{"4.8 NullIfExists", Identity, conditionOf(`{"NullIfExists":{}}`), `Statement 1, Condition: "NullIfExists" is not a condition operator: Null goes with neither IfExists nor a set operator`},
		{"4.8 ForAnyValue:Null", Identity, conditionOf(`{"ForAnyValue:Null":{}}`), `Statement 1, Condition: "ForAnyValue:Null" is not a condition operator: Null goes with neither IfExists nor a set operator`},
		{"4.8 keys no object", Identity, conditionOf(`{"StringEquals":"x"}`), `Statement 1, Condition, StringEquals: expected an object of condition keys, not a string`},
		{"4.8 key without service", Identity, conditionOf(`{"StringEquals":{"name":"x"}}`), `Statement 1, Condition, StringEquals: "name" is not a condition key: expected a name such as aws:username`},
		{"4.8 no values", Identity, conditionOf(`{"StringEquals":{"a:b":[]}}`), `Statement 1, Condition, StringEquals, "a:b": the array is empty: expected at least one value`},
		{"4.8 value null", Identity, conditionOf(`{"StringEquals":{"a:b":null}}`), `Statement 1, Condition, StringEquals, "a:b": expected a string, number or boolean, not null`},
		{"4.8 no number", Identity, conditionOf(`{"NumericLessThan":{"a:b":"36OO"}}`), `Statement 1, Condition, NumericLessThan, "a:b": "36OO" can't be compared: expected an integer or decimal`},
		{"4.8 number with an exponent", Identity, conditionOf(`{"NumericLessThan":{"a:b":1e3}}`), `Statement 1, Condition, NumericLessThan, "a:b": "1e3" can't be compared: expected an integer or decimal`},
		{"4.8 no date", Identity, conditionOf(`{"DateEquals":{"a:b":"2026-13-01"}}`), `Statement 1, Condition, DateEquals, "a:b": "2026-13-01" can't be compared: expected a date such as 2030-01-31T12:00:00Z, or seconds since 1970`},
		{"4.8 seconds out of range", Identity, conditionOf(`{"DateEquals":{"a:b":99999999999999999999}}`), `Statement 1, Condition, DateEquals, "a:b": "99999999999999999999" can't be compared: expected a date such as 2030-01-31T12:00:00Z, or seconds since 1970`},
		{"4.8 no boolean", Identity, conditionOf(`{"Bool":{"a:b":"yes"}}`), `Statement 1, Condition, Bool, "a:b": "yes" can't be compared: expected true or false`},
		{"4.8 no boolean for Null", Identity, conditionOf(`{"Null":{"a:b":"yes"}}`), `Statement 1, Condition, Null, "a:b": "yes" can't be compared: expected true or false`},
		{"4.8 no base64", Identity, conditionOf(`{"BinaryEquals":{"a:b":"!"}}`), `Statement 1, Condition, BinaryEquals, "a:b": "!" can't be compared: expected base64`},
		{"4.8 no network", Identity, conditionOf(`{"IpAddress":{"a:b":"203.0.113.0/33"}}`), `Statement 1, Condition, IpAddress, "a:b": "203.0.113.0/33" can't be compared: expected an address or a network such as 192.0.2.0/24`},
		{"4.8 no ARN", Identity, conditionOf(`{"ArnLike":{"a:b":"arn:aws:iam:*"}}`), `Statement 1, Condition, ArnLike, "a:b": "arn:aws:iam:*" is not an ARN: expected arn:partition:service:region:account:resource`},
		{"4.8 variable without end", Identity, conditionOf(`{"StringLike":{"a:b":"${aws:x"}}`), `Statement 1, Condition, StringLike, "a:b": the variable "${aws:x" does not end: expected }`},

		{"4.4 Principal in an identity-based policy", Identity, `{"Statement":{"Principal":"*",` + wholeBody + `}`, `Statement 1: Principal is not allowed in an identity-based policy`},
		{"4.4 NotPrincipal in a session policy", Session, `{"Statement":{"NotPrincipal":"*",` + wholeBody + `}`, `Statement 1: NotPrincipal is not allowed in a session policy`},
		{"4.4 no Principal in a resource-based policy", Resource, `{"Statement":{` + wholeBody + `}`, `Statement 1: Principal is missing: expected whom the statement is about`},
		{"4.4 Principal and NotPrincipal", Resource, `{"Statement":{"Principal":"*","NotPrincipal":"*",` + wholeBody + `}`, `Statement 1: NotPrincipal stands beside its opposite: expected one of the two`},
		{"4.4 NotPrincipal with Allow", Resource, `{"Statement":{"NotPrincipal":"*",` + wholeBody + `}`, `Statement 1: NotPrincipal is not allowed with Effect "Allow": expected Principal`},
		{"4.4 NotPrincipal in a trust policy", Trust, `{"Statement":{"Effect":"Deny","NotPrincipal":"*","Action":"sts:AssumeRole"}}`, `Statement 1: NotPrincipal is not allowed in a role trust policy`},
		{"4.4 Principal a name", Resource, principalOf(`"Alice"`), `Statement 1, Principal: "Alice" is not a principal: expected "*" or an object such as {"AWS": "111122223333"}`},
		{"4.4 Principal empty", Resource, principalOf(`{}`), `Statement 1, Principal: an object is not a principal: expected "*" or an object such as {"AWS": "111122223333"}`},
		{"4.4 Principal of an unknown class", Resource, principalOf(`{"IAM":"x"}`), `Statement 1, Principal: "IAM" is not a kind of principal here: expected AWS or Service`},
		{"4.4 CanonicalUser", Resource, principalOf(`{"CanonicalUser":"x"}`), `Statement 1, Principal: "CanonicalUser" is not a kind of principal here: expected AWS or Service`},
		{"4.4 CanonicalUser in a trust policy", Trust, `{"Statement":{"Effect":"Deny","Principal":{"CanonicalUser":"x"},"Action":"sts:AssumeRole"}}`, `Statement 1, Principal: "CanonicalUser" is not a kind of principal here: expected AWS, Federated or Service`},
		{"4.4 Federated outside trust policies", Resource, principalOf(`{"Federated":"accounts.google.com"}`), `Statement 1, Principal: "Federated" is not a kind of principal here: expected AWS or Service`},
		{"4.4 AWS empty", Resource, principalOf(`{"AWS":[]}`), `Statement 1, Principal, AWS: the array is empty: expected at least one value`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := Parse("p", c.document, c.kind)
			if err == nil {
				t.Fatalf("Parse(%s) = %+v", c.document, p)
			}
			var bad *SyntaxError
			if !errors.As(err, &bad) || bad.Limit != 0 {
				t.Errorf("error is a %T: %+v", err, err)
			}
			if got := err.Error(); got != c.want {
				t.Errorf("Parse(%s)\n got %s\nwant %s", c.document, got, c.want)
			}
		})
	}
}

// conditionOf is a document of one statement with that Condition element.
func conditionOf(element string) string {
	return document(`{"Condition":` + element + `,` + wholeBody)
}

// principalOf is a document of one statement with that Principal element.
func principalOf(element string) string {
	return document(`{"Principal":` + element + `,` + wholeBody)
}

func TestPrincipalsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, class, value string }{
		{"4.4 wildcard in a user ARN", "AWS", "arn:aws:iam::111122223333:user/*"},
		{"4.4 wildcard in a path", "AWS", "arn:aws:iam::111122223333:role/a?/b"},
		{"4.4 wildcard in a session", "AWS", "arn:aws:sts::111122223333:assumed-role/Ops/*"},
		{"4.4 variable", "AWS", "arn:aws:iam::111122223333:user/${aws:username}"},
		{"4.4 group", "AWS", "arn:aws:iam::111122223333:group/g"},
		{"4.4 account of eleven digits", "AWS", "11112222333"},
		{"4.4 account that is no number", "AWS", "11112222333x"},
		{"4.4 ARN with a bad account", "AWS", "arn:aws:iam::1:user/a"},
		{"4.4 ARN with a Region", "AWS", "arn:aws:iam:us-east-1:111122223333:user/a"},
		{"4.4 ARN of another partition", "AWS", "arn:aws-cn:iam::111122223333:user/a"},
		{"4.4 ARN of another service", "AWS", "arn:aws:s3::111122223333:user/a"},
		{"4.4 user without a name", "AWS", "arn:aws:iam::111122223333:user/"},
		{"4.4 user with a path alone", "AWS", "arn:aws:iam::111122223333:user/a/"},
		{"4.4 root with a name", "AWS", "arn:aws:iam::111122223333:root/x"},
		{"4.4 session without a name", "AWS", "arn:aws:sts::111122223333:assumed-role/Ops"},
		{"4.4 session with the role's path", "AWS", "arn:aws:sts::111122223333:assumed-role/a/Ops/ci"},
		{"4.4 session without a role", "AWS", "arn:aws:sts::111122223333:assumed-role//ci"},
		{"4.4 federated user with a path", "AWS", "arn:aws:sts::111122223333:federated-user/a/b"},
		{"4.4 federated user without a name", "AWS", "arn:aws:sts::111122223333:federated-user/"},
		{"4.4 id too short", "AWS", "AIDA12345678"},
		{"4.4 id of a group", "AWS", "AGPA1234567890123456"},
		{"4.4 id in lower case", "AWS", "AIDAx234567890123456"},
		{"4.4 a name", "AWS", "Alice"},
		{"4.4 any service", "Service", "*"},
		{"4.4 service without a dot", "Service", "ec2"},
		{"4.4 provider with a wildcard", "Federated", "arn:aws:iam::111122223333:oidc-provider/*"},
		{"4.4 any provider", "Federated", "*"},
		{"4.4 unknown built-in provider", "Federated", "example.com"},
		{"4.4 provider without a name", "Federated", "arn:aws:iam::111122223333:saml-provider/"},
		{"4.4 provider of another kind", "Federated", "arn:aws:iam::111122223333:role/r"},
		{"4.4 provider of another service", "Federated", "arn:aws:sts::111122223333:saml-provider/x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			doc := document(`{"Effect":"Allow","Principal":{"` + c.class + `":"` + c.value + `"},"Action":"sts:AssumeRole"}`)
			_, err := Parse("p", doc, Trust)
			want := `Statement 1, Principal, ` + c.class + `: "` + c.value + `" is not a principal: expected ` + expectedPrincipal[c.class]
			if err == nil || err.Error() != want {
				t.Errorf("got %v\nwant %s", err, want)
			}
		})
	}
}

func TestDocumentsAreBoundedByTypeInCharacters(t *testing.T) {
	t.Parallel()
	// pad makes a document of exactly n characters.
	pad := func(kind Type, n int) string {
		statement := `{` + wholeBody
		switch kind {
		case Resource:
			statement = `{"Principal":"*",` + wholeBody
		case Trust:
			statement = `{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}`
		}
		doc := document(strings.TrimSuffix(statement, "}") + `,"Condition":{"StringEquals":{"a:b":"PAD"}}}`)
		return strings.Replace(doc, "PAD", strings.Repeat("é", n-len(doc)+3), 1)
	}
	for _, c := range []struct {
		name  string
		kind  Type
		limit int
	}{
		{"4.10 identity-based: largest inline", Identity, 10240},
		{"4.10 resource-based", Resource, 7168},
		{"4.10 trust", Trust, 8192},
		{"4.10 boundary", Boundary, 6144},
		{"4.10 session", Session, 6144},
	} {
		_, err := Parse("p", pad(c.kind, c.limit), c.kind)
		if err != nil {
			t.Errorf("%s: %d characters: %v", c.name, c.limit, err)
		}
		_, err = Parse("p", pad(c.kind, c.limit+1), c.kind)
		var bad *SyntaxError
		if !errors.As(err, &bad) || bad.Limit != c.limit {
			t.Errorf("%s: %d characters: %v", c.name, c.limit+1, err)
		}
		_, err = Parse("p", pad(c.kind, c.limit)+" \t\r\n", c.kind)
		if (err == nil) != (c.kind != Resource) {
			t.Errorf("%s: white space beyond the limit: %v", c.name, err)
		}
	}
	_, err := Parse("p", pad(Identity, 1000)+strings.Repeat(" ", maxDocument), Identity)
	if err == nil || err.Error() != "the document has 132072 bytes: expected at most 131072" && !strings.HasSuffix(err.Error(), "expected at most 131072") {
		t.Errorf("4.10 white space without end: %v", err)
	}
	if got := Size(" {\t\"é\"\r\n} "); got != 5 {
		t.Errorf("4.10 Size = %d, want 5", got)
	}
}

func TestErrorsStayShort(t *testing.T) {
	t.Parallel()
	_, err := Parse("p", document(`{"Effect":"Allow","Action":"`+strings.Repeat("é\n", 2000)+`","Resource":"*"}`), Identity)
	if err == nil {
		t.Fatal("accepted")
	}
	_, err = Parse("p", document(`{"Effect":"Allow","Action":"`+"x"+strings.Repeat("é", 2000)+`","Resource":"*"}`), Identity)
	if err == nil || len(err.Error()) > 400 || !strings.Contains(err.Error(), "é\"…") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
}

// The sentences are those that IAM begins its refusals with, by which clients
// tell them apart.
func TestRefusalsHaveThePhrasesOfIAM(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]struct {
		kind   Type
		phrase string
	}{
		`{`: {Identity, "Syntax errors in policy."},
		document(`{"Effect":"Permit","Action":"*","Resource":"*"}`):                                                                      {Identity, "Syntax errors in policy."},
		document(`{"Effect":"Allow","Resource":"*"}`):                                                                                    {Identity, "Policy statement must contain actions."},
		document(`{"Effect":"Allow","Action":"Get","Resource":"*"}`):                                                                     {Identity, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."},
		document(`{"Effect":"Allow","Action":"*"}`):                                                                                      {Identity, "Policy statement must contain resources."},
		document(`{"Effect":"Allow","Action":"*","Resource":"my\n  bucket"}`):                                                            {Identity, `Resource my\u000a  bucket must be in ARN format or "*".`},
		document(`{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}`):                                                       {Identity, "Policy document should not specify a principal."},
		document(`{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"}`, `{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"}`): {Identity, "Statement IDs (SID) in a single policy must be unique."},
		document(`{"Effect":"Allow","Action":"sts:AssumeRole"}`):                                                                         {Trust, "Missing required field Principal"},
		document(`{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}`):                                          {Trust, "Has prohibited field Resource"},
		document(`{"Effect":"Allow","Principal":"*","Action":"iam:GetUser"}`):                                                            {Trust, "AssumeRole policy may only specify STS AssumeRole actions."},
	} {
		_, err := Parse("p", document, want.kind)
		var bad *SyntaxError
		if !errors.As(err, &bad) || bad.Phrase() != want.phrase {
			t.Errorf("%s: %v, want %s", document, err, want.phrase)
		}
	}
}
