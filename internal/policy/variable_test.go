package policy

import (
	"testing"

	"daypass/internal/principal"
)

// resourceMatches evaluates a Resource against a domain of some name.
func resourceMatches(t *testing.T, version, pattern, name string, context keys) bool {
	t.Helper()
	const base = "arn:aws:codeartifact:us-east-1:111122223333:domain/"
	doc := `{"Version":"` + version + `","Statement":{"Effect":"Allow","Action":"*","Resource":"` + base + pattern + `"}}`
	p, err := Parse("test", doc, Identity)
	if err != nil {
		t.Fatal(err)
	}
	caller := alice(owner)
	caller.Tags = map[string]string{"team": "core", "wild": "*", "empty": ""}
	return Evaluate(&Request{Principal: caller, Action: readAction, Resource: base + name, Context: context},
		&Grants{Identity: []*Policy{p}}, nil).Allowed
}

func TestVariablesAreReplacedInVersion2012Only(t *testing.T) {
	t.Parallel()
	context := keys{"aws:tagkeys": Many([]string{"a"}), "t:k": One("v")}
	for _, c := range []struct {
		name, version, pattern, value string
		want                          bool
	}{
		{"4.7 replaced in 2012-10-17", version2012, "${aws:username}", "Alice", true},
		{"4.7 literal in 2008-10-17", version2008, "${aws:username}", "Alice", false},
		{"4.7 literal in 2008-10-17, the text itself", version2008, "${aws:username}", "${aws:username}", true},
		{"4.7 key names have no case", version2012, "${AWS:UserName}", "Alice", true},
		{"4.7 tag keys have no case", version2012, "${aws:PrincipalTag/TEAM}", "core", true},
		{"4.7 key of the request", version2012, "${t:k}", "v", true},
		{"4.7 multivalued key", version2012, "${aws:TagKeys}", "a", false},
		{"4.7 multivalued key in spite of a default", version2012, "${aws:TagKeys, 'a'}", "a", false},
		{"4.7 default for a missing key", version2012, "${aws:PrincipalTag/none, 'company-wide'}", "company-wide", true},
		{"4.7 default without a blank", version2012, "${aws:PrincipalTag/none,'x'}", "x", true},
		{"4.7 default with blanks around", version2012, "${ aws:PrincipalTag/none ,  'x' }", "x", true},
		{"4.7 default with a brace and a comma", version2012, "${aws:PrincipalTag/none, 'a,b}c'}", "a,b}c", true},
		{"4.7 empty default", version2012, "x${aws:PrincipalTag/none, ''}", "x", true},
		{"4.7 default is literal", version2012, "${aws:PrincipalTag/none, '*'}", "x", false},
		{"4.7 no default for a key that is there", version2012, "${aws:PrincipalTag/team, 'x'}", "core", true},
		{"4.7 no default for a key that is there but empty", version2012, "x${aws:PrincipalTag/empty, 'y'}", "x", true},
		{"4.7 ${*} is literal", version2012, "${*}", "*", true},
		{"4.7 ${*} is no wildcard", version2012, "${*}", "x", false},
		{"4.7 ${?} is literal", version2012, "a${?}", "a?", true},
		{"4.7 ${?} is no wildcard", version2012, "a${?}", "ab", false},
		{"4.7 ${$} is literal", version2012, "${$}{aws:username}", "${aws:username}", true},
		{"4.7 a dollar alone is literal", version2012, "a$b$", "a$b$", true},
		{"4.7 a value is literal", version2012, "${aws:PrincipalTag/wild}", "x", false},
		{"4.7 a value is literal, the text itself", version2012, "${aws:PrincipalTag/wild}", "*", true},
		{"4.7 between wildcards", version2012, "*-${aws:PrincipalTag/team}-?", "a-core-b-core-c", true},
		{"4.7 between wildcards, no match", version2012, "*-${aws:PrincipalTag/team}-?", "a-core-b-core", false},
		{"4.7 several", version2012, "${aws:username}/${aws:PrincipalTag/team}", "Alice/core", true},
		{"4.7 more than fit without allocation", version2012,
			"${t:k}${t:k}${t:k}${t:k}${t:k}${t:k}${t:k}${t:k}${t:k}${t:k}", "vvvvvvvvvv", true},
		{"4.7 missing key, Resource", version2012, "*${aws:PrincipalTag/none}", "x", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := resourceMatches(t, c.version, c.pattern, c.value, context); got != c.want {
				t.Errorf("%s matches %s: %v, want %v", c.pattern, c.value, got, c.want)
			}
		})
	}
	runConditions(t, []conditionCase{
		{"4.7 missing key, positive operator", `{"StringEquals":{"t:K":"${aws:PrincipalTag/none}"}}`, "a", false},
		{"4.7 missing key, negated operator", `{"StringNotEquals":{"t:K":"${aws:PrincipalTag/none}"}}`, "a", true},
		{"4.7 missing key, positive like", `{"StringLike":{"t:K":"*${aws:PrincipalTag/none}"}}`, "a", false},
		{"4.7 missing key, ARN", `{"ArnNotLike":{"t:K":"arn:aws:iam::*:role/${aws:PrincipalTag/none}"}}`, opsARN, true},
		{"4.7 missing key, ignoring case", `{"StringNotEqualsIgnoreCase":{"t:K":"${aws:PrincipalTag/none}"}}`, "a", true},
		{"4.7 no variables in Action", `{"StringEquals":{"t:K":"a"}}`, "a", true},
	})
	if applies(t, `{"Effect":"Allow","Action":"codeartifact:${aws:username}","Resource":"*"}`, "codeartifact:Alice", repoARN, nil) {
		t.Error("4.7 a variable in Action is replaced")
	}
}

func TestEachKindOfCallerHasItsOwnKeys(t *testing.T) {
	t.Parallel()
	instance := ops(owner)
	instance.SessionName = "i-0123"
	const absent = "(absent)"
	for _, c := range []struct {
		name                        string
		caller                      *principal.Principal
		kind, userID, username, arn string
	}{
		{"4.7 root", root(owner), "Account", owner, absent, rootARN},
		{"4.7 IAM user", alice(owner), "User", aliceID, "Alice", aliceARN},
		{"4.7 federated user", fed(owner), "FederatedUser", owner + ":guest", absent, guestARN},
		{"4.7 role session", ops(owner), "AssumedRole", opsID + ":ci", absent, opsARN},
		{"4.7 EC2 instance role", instance, "AssumedRole", opsID + ":i-0123", absent, opsARN},
		{"4.7 anonymous", nil, "Anonymous", "anonymous", absent, absent},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := evaluationState{req: &Request{}, p: c.caller}
			for key, want := range map[string]string{
				"aws:principaltype": c.kind, "aws:userid": c.userID, "aws:username": c.username, "aws:principalarn": c.arn,
			} {
				v, ok := e.lookup(key)
				if !ok {
					v = One(absent)
				}
				if v.one != want {
					t.Errorf("%s = %q, want %q", key, v.one, want)
				}
			}
		})
	}
}
