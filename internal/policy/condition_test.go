package policy

import (
	"testing"
)

// A conditionCase puts a Condition element against a request. Its key is t:K
// unless the case has its own context.
type conditionCase struct {
	name      string
	condition string
	value     string
	want      bool
}

func runConditions(t *testing.T, cases []conditionCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := holds(t, c.condition, keys{"t:k": One(c.value), "aws:requesttag/team": One("core")}); got != c.want {
				t.Errorf("%s of %q = %v, want %v", c.condition, c.value, got, c.want)
			}
		})
	}
}

func TestStringOperators(t *testing.T) {
	t.Parallel()
	runConditions(t, []conditionCase{
		{"4.8 StringEquals same", `{"StringEquals":{"t:K":"a"}}`, "a", true},
		{"4.8 StringEquals case", `{"StringEquals":{"t:K":"a"}}`, "A", false},
		{"4.8 StringEquals * is literal", `{"StringEquals":{"t:K":"a*"}}`, "ab", false},
		{"4.8 StringEquals * equals *", `{"StringEquals":{"t:K":"a*?"}}`, "a*?", true},
		{"4.8 StringEquals empty", `{"StringEquals":{"t:K":""}}`, "", true},
		{"4.8 StringEquals not empty", `{"StringEquals":{"t:K":""}}`, "a", false},
		{"4.8 StringNotEquals same", `{"StringNotEquals":{"t:K":"a"}}`, "a", false},
		{"4.8 StringNotEquals case", `{"StringNotEquals":{"t:K":"a"}}`, "A", true},
		{"4.8 StringEqualsIgnoreCase", `{"StringEqualsIgnoreCase":{"t:K":"abc"}}`, "ABC", true},
		{"4.8 StringEqualsIgnoreCase another", `{"StringEqualsIgnoreCase":{"t:K":"abc"}}`, "abd", false},
		{"4.8 StringEqualsIgnoreCase * is literal", `{"StringEqualsIgnoreCase":{"t:K":"a*"}}`, "abc", false},
		{"4.8 StringNotEqualsIgnoreCase", `{"StringNotEqualsIgnoreCase":{"t:K":"abc"}}`, "ABC", false},
		{"4.8 StringNotEqualsIgnoreCase another", `{"StringNotEqualsIgnoreCase":{"t:K":"abc"}}`, "abd", true},
		{"4.8 StringLike *", `{"StringLike":{"t:K":"a*c"}}`, "abbbc", true},
		{"4.8 StringLike * is also empty", `{"StringLike":{"t:K":"a*c"}}`, "ac", true},
		{"4.8 StringLike ?", `{"StringLike":{"t:K":"a?c"}}`, "abc", true},
		{"4.8 StringLike ? is one letter of any alphabet", `{"StringLike":{"t:K":"a?c"}}`, "aéc", true},
		{"4.8 StringLike ? is not none", `{"StringLike":{"t:K":"a?c"}}`, "ac", false},
		{"4.8 StringLike case", `{"StringLike":{"t:K":"A*"}}`, "abc", false},
		{"4.8 StringLike *", `{"StringLike":{"t:K":"*"}}`, "", true},
		{"4.8 StringNotLike", `{"StringNotLike":{"t:K":"a*"}}`, "abc", false},
		{"4.8 StringNotLike another", `{"StringNotLike":{"t:K":"a*"}}`, "bcd", true},
		{"4.8 variable in StringEquals", `{"StringEquals":{"t:K":"${aws:RequestTag/Team}-x"}}`, "core-x", true},
		{"4.8 variable in StringEqualsIgnoreCase", `{"StringEqualsIgnoreCase":{"t:K":"${aws:RequestTag/Team}-X"}}`, "CORE-x", true},
		{"4.8 variable in StringLike", `{"StringLike":{"t:K":"${aws:RequestTag/Team}-*"}}`, "core-x", true},
	})
}

func TestNumericOperators(t *testing.T) {
	t.Parallel()
	runConditions(t, []conditionCase{
		{"4.8 NumericEquals", `{"NumericEquals":{"t:K":"10"}}`, "10", true},
		{"4.8 NumericEquals decimal", `{"NumericEquals":{"t:K":"10"}}`, "10.0", true},
		{"4.8 NumericEquals decimal in the policy", `{"NumericEquals":{"t:K":10.50}}`, "10.5", true},
		{"4.8 NumericEquals sign and leading zeros", `{"NumericEquals":{"t:K":"+007"}}`, "7", true},
		{"4.8 NumericEquals minus zero", `{"NumericEquals":{"t:K":"-0.0"}}`, "0", true},
		{"4.8 NumericEquals beyond 2^53", `{"NumericEquals":{"t:K":"9007199254740993"}}`, "9007199254740992", false},
		{"4.8 NumericEquals another", `{"NumericEquals":{"t:K":"10"}}`, "11", false},
		{"4.8 NumericEquals word", `{"NumericEquals":{"t:K":"10"}}`, "ten", false},
		{"4.8 NumericEquals empty", `{"NumericEquals":{"t:K":"0"}}`, "", false},
		{"4.8 NumericEquals point without digits", `{"NumericEquals":{"t:K":"10"}}`, "10.", false},
		{"4.8 NumericEquals digits after the point only", `{"NumericEquals":{"t:K":".5"}}`, "0.5", true},
		{"4.8 NumericNotEquals", `{"NumericNotEquals":{"t:K":"10"}}`, "11", true},
		{"4.8 NumericNotEquals same", `{"NumericNotEquals":{"t:K":"10"}}`, "10.00", false},
		{"4.8 NumericNotEquals word", `{"NumericNotEquals":{"t:K":"10"}}`, "ten", false},
		{"4.8 NumericLessThan", `{"NumericLessThan":{"t:K":"10"}}`, "9.99", true},
		{"4.8 NumericLessThan same", `{"NumericLessThan":{"t:K":"10"}}`, "10", false},
		{"4.8 NumericLessThan negative", `{"NumericLessThan":{"t:K":"-5"}}`, "-10", true},
		{"4.8 NumericLessThan negative and positive", `{"NumericLessThan":{"t:K":"1"}}`, "-10", true},
		{"4.8 NumericLessThan by value, not as text", `{"NumericLessThan":{"t:K":"10"}}`, "9", true},
		{"4.8 NumericLessThanEquals", `{"NumericLessThanEquals":{"t:K":"10"}}`, "10", true},
		{"4.8 NumericLessThanEquals more", `{"NumericLessThanEquals":{"t:K":"10"}}`, "10.01", false},
		{"4.8 NumericGreaterThan", `{"NumericGreaterThan":{"t:K":"10"}}`, "10.1", true},
		{"4.8 NumericGreaterThan same", `{"NumericGreaterThan":{"t:K":"10"}}`, "10", false},
		{"4.8 NumericGreaterThan positive and negative", `{"NumericGreaterThan":{"t:K":"-1"}}`, "1", true},
		{"4.8 NumericGreaterThanEquals", `{"NumericGreaterThanEquals":{"t:K":"10"}}`, "10", true},
		{"4.8 NumericGreaterThanEquals less", `{"NumericGreaterThanEquals":{"t:K":"10"}}`, "9", false},
	})
}

func TestDateOperators(t *testing.T) {
	t.Parallel()
	runConditions(t, []conditionCase{
		{"4.8 DateEquals", `{"DateEquals":{"t:K":"2026-11-01T10:00:00Z"}}`, "2026-11-01T10:00:00Z", true},
		{"4.8 DateEquals other zone", `{"DateEquals":{"t:K":"2026-11-01T10:00:00Z"}}`, "2026-11-01T11:00:00+01:00", true},
		{"4.8 DateEquals zone without colon", `{"DateEquals":{"t:K":"2026-11-01T10:00:00+0000"}}`, "2026-11-01T10:00:00Z", true},
		{"4.8 DateEquals epoch seconds in the policy", `{"DateEquals":{"t:K":1793527200}}`, "2026-11-01T10:00:00Z", true},
		{"4.8 DateEquals epoch seconds in the request", `{"DateEquals":{"t:K":"2026-11-01T10:00:00Z"}}`, "1793527200", true},
		{"4.8 DateEquals before 1970", `{"DateEquals":{"t:K":"1969-12-31T23:59:59Z"}}`, "-1", true},
		{"4.8 DateEquals date only is midnight", `{"DateEquals":{"t:K":"2026-11-01"}}`, "2026-11-01T00:00:00Z", true},
		{"4.8 DateEquals date only is no whole day", `{"DateEquals":{"t:K":"2026-11-01"}}`, "2026-11-01T00:00:01Z", false},
		{"4.8 DateEquals month only", `{"DateEquals":{"t:K":"2026-11"}}`, "2026-11-01", true},
		{"4.8 DateEquals year only", `{"DateEquals":{"t:K":"2026"}}`, "2026-01-01T00:00Z", true},
		{"4.8 DateEquals without zone", `{"DateEquals":{"t:K":"2026-11-01T10:00"}}`, "2026-11-01T10:00:00", true},
		{"4.8 DateEquals fraction", `{"DateEquals":{"t:K":"2026-11-01T10:00:00.5Z"}}`, "2026-11-01T10:00:00.500Z", true},
		{"4.8 DateEquals no date", `{"DateEquals":{"t:K":"2026-11-01"}}`, "today", false},
		{"4.8 DateEquals empty", `{"DateEquals":{"t:K":"1970-01-01"}}`, "", false},
		{"4.8 DateNotEquals", `{"DateNotEquals":{"t:K":"2026-11-01"}}`, "2026-11-02", true},
		{"4.8 DateNotEquals same", `{"DateNotEquals":{"t:K":"2026-11-01"}}`, "2026-11-01", false},
		{"4.8 DateNotEquals no date", `{"DateNotEquals":{"t:K":"2026-11-01"}}`, "today", false},
		{"4.8 DateLessThan", `{"DateLessThan":{"t:K":"2026-11-01T10:00:00Z"}}`, "2026-11-01T09:59:59Z", true},
		{"4.8 DateLessThan same", `{"DateLessThan":{"t:K":"2026-11-01T10:00:00Z"}}`, "2026-11-01T10:00:00Z", false},
		{"4.8 DateLessThanEquals", `{"DateLessThanEquals":{"t:K":"2026-11-01T10:00:00Z"}}`, "2026-11-01T10:00:00Z", true},
		{"4.8 DateLessThanEquals later", `{"DateLessThanEquals":{"t:K":"2026-11-01T10:00:00Z"}}`, "2026-11-01T10:00:01Z", false},
		{"4.8 DateGreaterThan", `{"DateGreaterThan":{"t:K":"2026-11-01T10:00:00Z"}}`, "2026-11-01T10:00:01Z", true},
		{"4.8 DateGreaterThan same", `{"DateGreaterThan":{"t:K":"2026-11-01T10:00:00Z"}}`, "2026-11-01T10:00:00Z", false},
		{"4.8 DateGreaterThanEquals", `{"DateGreaterThanEquals":{"t:K":"2026-11-01T10:00:00Z"}}`, "2026-11-01T10:00:00Z", true},
		{"4.8 DateGreaterThanEquals earlier", `{"DateGreaterThanEquals":{"t:K":"2026-11-01T10:00:00Z"}}`, "2026-11-01", false},
	})
}

func TestBoolAndBinaryOperators(t *testing.T) {
	t.Parallel()
	runConditions(t, []conditionCase{
		{"4.8 Bool", `{"Bool":{"t:K":"true"}}`, "true", true},
		{"4.8 Bool unquoted", `{"Bool":{"t:K":true}}`, "true", true},
		{"4.8 Bool no case", `{"Bool":{"t:K":"TRUE"}}`, "True", true},
		{"4.8 Bool false", `{"Bool":{"t:K":"false"}}`, "true", false},
		{"4.8 Bool neither", `{"Bool":{"t:K":"false"}}`, "no", false},
		{"4.8 Bool variable", `{"Bool":{"t:K":"${aws:Flag, 'false'}"}}`, "false", true},
		{"4.8 Bool variable without value", `{"Bool":{"t:K":"${aws:Flag}"}}`, "false", false},
		{"4.8 BinaryEquals", `{"BinaryEquals":{"t:K":"QmluYXJ5"}}`, "QmluYXJ5", true},
		{"4.8 BinaryEquals case", `{"BinaryEquals":{"t:K":"QmluYXJ5"}}`, "qmluyxj5", false},
		{"4.8 BinaryEquals * is literal", `{"BinaryEquals":{"t:K":"QmluYXJ5"}}`, "*", false},
	})
}

func TestAddressOperators(t *testing.T) {
	t.Parallel()
	runConditions(t, []conditionCase{
		{"4.8 IpAddress v4 in", `{"IpAddress":{"t:K":"203.0.113.0/24"}}`, "203.0.113.77", true},
		{"4.8 IpAddress v4 out", `{"IpAddress":{"t:K":"203.0.113.0/24"}}`, "203.0.114.1", false},
		{"4.8 IpAddress v4 bare", `{"IpAddress":{"t:K":"203.0.113.5"}}`, "203.0.113.5", true},
		{"4.8 IpAddress v4 bare is /32", `{"IpAddress":{"t:K":"203.0.113.5"}}`, "203.0.113.6", false},
		{"4.8 IpAddress v4 with host bits", `{"IpAddress":{"t:K":"203.0.113.5/24"}}`, "203.0.113.6", true},
		{"4.8 IpAddress v6 in", `{"IpAddress":{"t:K":"2001:db8::/32"}}`, "2001:db8:1::1", true},
		{"4.8 IpAddress v6 out", `{"IpAddress":{"t:K":"2001:db8::/32"}}`, "2001:db9::1", false},
		{"4.8 IpAddress v6 bare is /128", `{"IpAddress":{"t:K":"2001:db8::1"}}`, "2001:db8::2", false},
		{"4.8 IpAddress v6 bare", `{"IpAddress":{"t:K":"2001:DB8::1"}}`, "2001:db8:0:0::1", true},
		{"4.8 IpAddress v6 with a zone", `{"IpAddress":{"t:K":"fe80::/10"}}`, "fe80::1%eth0", true},
		{"4.8 IpAddress v4 pattern, v6 value", `{"IpAddress":{"t:K":"0.0.0.0/0"}}`, "2001:db8::1", false},
		{"4.8 IpAddress v6 pattern, v4 value", `{"IpAddress":{"t:K":"::/0"}}`, "203.0.113.5", false},
		{"4.8 IpAddress v4 through a v6 socket", `{"IpAddress":{"t:K":"203.0.113.0/24"}}`, "::ffff:203.0.113.5", true},
		{"4.8 IpAddress v4 written as v6 in the policy", `{"IpAddress":{"t:K":"::ffff:203.0.113.0/120"}}`, "203.0.113.5", true},
		{"4.8 IpAddress no address", `{"IpAddress":{"t:K":"0.0.0.0/0"}}`, "localhost", false},
		{"4.8 IpAddress several", `{"IpAddress":{"t:K":["10.0.0.0/8","203.0.113.0/24"]}}`, "203.0.113.5", true},
		{"4.8 NotIpAddress in", `{"NotIpAddress":{"t:K":"203.0.113.0/24"}}`, "203.0.113.77", false},
		{"4.8 NotIpAddress out", `{"NotIpAddress":{"t:K":"203.0.113.0/24"}}`, "198.51.100.1", true},
		{"4.8 NotIpAddress v4 pattern, v6 value", `{"NotIpAddress":{"t:K":"0.0.0.0/0"}}`, "2001:db8::1", true},
		{"4.8 NotIpAddress no address", `{"NotIpAddress":{"t:K":"203.0.113.0/24"}}`, "localhost", false},
	})
}

func TestARNOperators(t *testing.T) {
	t.Parallel()
	const (
		finance = `"arn:aws:someservice:*:111122223333:finance/*"`
		store   = "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"
	)
	runConditions(t, []conditionCase{
		{"4.8 ArnEquals", `{"ArnEquals":{"t:K":"` + opsARN + `"}}`, opsARN, true},
		{"4.8 ArnEquals has wildcards", `{"ArnEquals":{"t:K":"arn:aws:iam::*:role/*"}}`, opsARN, true},
		{"4.8 ArnEquals case", `{"ArnEquals":{"t:K":"` + opsARN + `"}}`, "arn:aws:iam::111122223333:role/ops", false},
		{"4.8 ArnLike", `{"ArnLike":{"t:K":"arn:???:*:*:*:*"}}`, opsARN, true},
		{"4.8 ArnLike the last part may have colons", `{"ArnLike":{"t:K":"arn:aws:logs:*:*:group:*"}}`, "arn:aws:logs:us-east-1:111122223333:group:a:b", true},
		{"4.8 ArnLike part by part", `{"ArnLike":{"t:K":` + finance + `}}`, store, false},
		{"4.8 StringLike as one string", `{"StringLike":{"t:K":` + finance + `}}`, store, true},
		{"4.8 ArnLike no ARN", `{"ArnLike":{"t:K":"*:*:*:*:*:*"}}`, "arn:aws:iam:x", false},
		{"4.8 ArnLike variable", `{"ArnLike":{"t:K":"arn:aws:iam::${aws:PrincipalAccount}:role/*"}}`, opsARN, true},
		{"4.8 ArnLike variable that is a whole ARN", `{"ArnLike":{"t:K":"${aws:PrincipalArn}"}}`, aliceARN, true},
		{"4.8 ArnLike variable that makes no ARN", `{"ArnLike":{"t:K":"arn:${aws:username}"}}`, opsARN, false},
		{"4.8 ArnNotLike variable that makes no ARN", `{"ArnNotLike":{"t:K":"arn:${aws:username}"}}`, opsARN, false},
		{"4.8 ArnLike one variable makes no ARN, another value matches", `{"ArnLike":{"t:K":["arn:${aws:username}","` + opsARN + `"]}}`, opsARN, true},
		{"4.8 ArnNotEquals", `{"ArnNotEquals":{"t:K":"` + opsARN + `"}}`, aliceARN, true},
		{"4.8 ArnNotEquals same", `{"ArnNotEquals":{"t:K":"arn:aws:iam::*:role/*"}}`, opsARN, false},
		{"4.8 ArnNotLike", `{"ArnNotLike":{"t:K":"arn:aws:iam::*:role/*"}}`, aliceARN, true},
		{"4.8 ArnNotLike same", `{"ArnNotLike":{"t:K":"arn:aws:iam::*:role/*"}}`, opsARN, false},
		{"4.8 ArnNotLike no ARN", `{"ArnNotLike":{"t:K":"arn:aws:iam::*:role/*"}}`, "Alice", false},
	})
}

func TestOperatorsAndKeysAreAndedValuesOred(t *testing.T) {
	t.Parallel()
	context := keys{"a:x": One("1"), "a:y": One("2")}
	for _, c := range []struct {
		name, condition string
		want            bool
	}{
		{"4.8 operators: AND", `{"StringEquals":{"a:x":"1"},"NumericEquals":{"a:y":"2"}}`, true},
		{"4.8 operators: AND fails", `{"StringEquals":{"a:x":"1"},"NumericEquals":{"a:y":"3"}}`, false},
		{"4.8 keys: AND", `{"StringEquals":{"a:x":"1","a:y":"2"}}`, true},
		{"4.8 keys: AND fails", `{"StringEquals":{"a:x":"1","a:y":"3"}}`, false},
		{"4.8 values: OR", `{"StringEquals":{"a:x":["0","1"]}}`, true},
		{"4.8 values: OR fails", `{"StringEquals":{"a:x":["0","2"]}}`, false},
		{"4.8 negated values: NOR", `{"StringNotEquals":{"a:x":["0","2"]}}`, true},
		{"4.8 negated values: NOR fails", `{"StringNotEquals":{"a:x":["0","1"]}}`, false},
		{"4.8 key names have no case", `{"StringEquals":{"A:X":"1"}}`, true},
		{"4.8 unquoted number", `{"StringEquals":{"a:x":1}}`, true},
		{"4.8 operator names have no case", `{"stringEQUALS":{"a:x":"1"}}`, true},
		{"4.8 no conditions", `{}`, true},
		{"4.8 an operator without keys", `{"StringEquals":{}}`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := holds(t, c.condition, context); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestTagKeysHaveNoCase(t *testing.T) {
	t.Parallel()
	context := keys{"aws:requesttag/team": One("core"), "aws:resourcetag/team": One("core")}
	for _, key := range []string{"aws:RequestTag/Team", "aws:ResourceTag/TEAM"} {
		if !holds(t, `{"StringEquals":{"`+key+`":"core"}}`, context) {
			t.Errorf("4.8 %s is not found", key)
		}
	}
}

func TestAMissingKeySatisfiesNegatedOperatorsAndIfExists(t *testing.T) {
	t.Parallel()
	sample := map[family]string{
		caseSensitive: "a", ignoringCase: "a", arns: opsARN, booleans: "true", numbers: "1",
		dates: "2026-11-01", binaries: "QQ==", networks: "10.0.0.0/8",
	}
	for name, op := range operators {
		if op.family == presence {
			continue
		}
		value := sample[op.family]
		for _, context := range []keys{nil, {"t:k": Many(nil)}} {
			if got := holds(t, `{"`+name+`":{"t:k":"`+value+`"}}`, context); got != op.negated {
				t.Errorf("4.8 %s, key missing = %v, want %v", name, got, op.negated)
			}
			if !holds(t, `{"`+name+`IfExists":{"t:k":"`+value+`"}}`, context) {
				t.Errorf("4.8 %sIfExists, key missing = false", name)
			}
		}
	}
	// Of a key that is there, IfExists changes nothing.
	runConditions(t, []conditionCase{
		{"4.8 StringEqualsIfExists, key there", `{"StringEqualsIfExists":{"t:K":"a"}}`, "b", false},
		{"4.8 StringNotEqualsIfExists, key there", `{"StringNotEqualsIfExists":{"t:K":"a"}}`, "b", true},
		{"4.8 Null true, key there", `{"Null":{"t:K":"true"}}`, "", false},
		{"4.8 Null false, key there", `{"Null":{"t:K":"false"}}`, "", true},
		{"4.8 Null both, key there", `{"Null":{"t:K":["true","false"]}}`, "", true},
		{"4.8 Null true, key missing", `{"Null":{"t:None":true}}`, "", true},
		{"4.8 Null false, key missing", `{"Null":{"t:None":"FALSE"}}`, "", false},
	})
	if holds(t, `{"Null":{"t:K":"false"}}`, keys{"t:k": Many(nil)}) {
		t.Error("4.8 Null false, key without values = true")
	}
}

func TestDenyWithNotEqualsIfExistsHitsAMissingKey(t *testing.T) {
	t.Parallel()
	deny := `{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEqualsIfExists":{"aws:RequestTag/team":"core"}}}`
	got := Evaluate(&Request{Principal: alice(owner), Action: readAction, Resource: repoARN},
		&Grants{Identity: []*Policy{must(t, Identity, allowAll, deny)}}, nil)
	if !got.Explicit {
		t.Errorf("4.8 got %+v", got)
	}
}

func TestSetOperatorsQuantifyOverTheRequestsValues(t *testing.T) {
	t.Parallel()
	const T, F = true, false
	for _, c := range []struct {
		name                                 string
		context                              keys
		allEquals, anyEquals, allNot, anyNot bool
	}{
		{"4.9 missing", nil, T, F, T, F},
		{"4.9 without values", keys{"aws:tagkeys": Many(nil)}, T, F, T, F},
		{"4.9 {env}", keys{"aws:tagkeys": Many([]string{"env"})}, T, T, F, F},
		{"4.9 {env, cost}", keys{"aws:tagkeys": Many([]string{"env", "cost"})}, T, T, F, F},
		{"4.9 {env, x}", keys{"aws:tagkeys": Many([]string{"env", "x"})}, F, T, F, T},
		{"4.9 {x, env}", keys{"aws:tagkeys": Many([]string{"x", "env"})}, F, T, F, T},
		{"4.9 {x}", keys{"aws:tagkeys": Many([]string{"x"})}, F, F, T, T},
		{"4.9 one value is a set of one, listed", keys{"aws:tagkeys": One("env")}, T, T, F, F},
		{"4.9 one value is a set of one, not listed", keys{"aws:tagkeys": One("x")}, F, F, T, T},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for op, want := range map[string]bool{
				"ForAllValues:StringEquals":    c.allEquals,
				"ForAnyValue:StringEquals":     c.anyEquals,
				"ForAllValues:StringNotEquals": c.allNot,
				"ForAnyValue:StringNotEquals":  c.anyNot,
			} {
				if got := holds(t, `{"`+op+`":{"aws:TagKeys":["env","cost"]}}`, c.context); got != want {
					t.Errorf("%s = %v, want %v", op, got, want)
				}
			}
		})
	}
}

func TestSetOperatorsWithOtherParts(t *testing.T) {
	t.Parallel()
	many := keys{"t:k": Many([]string{"1", "2"})}
	for _, c := range []struct {
		name, condition string
		context         keys
		want            bool
	}{
		{"4.9 names have no case", `{"foranyvalue:numericlessthan":{"t:k":"2"}}`, many, true},
		{"4.9 with other families", `{"ForAllValues:NumericLessThan":{"t:k":"2"}}`, many, false},
		{"4.9 a value that is no number", `{"ForAllValues:NumericNotEquals":{"t:k":"5"}}`, keys{"t:k": Many([]string{"1", "x"})}, false},
		{"4.9 ForAllValues with IfExists, missing", `{"ForAllValues:StringEqualsIfExists":{"t:k":"1"}}`, nil, true},
		{"4.9 IfExists, there", `{"ForAnyValue:StringEqualsIfExists":{"t:k":"3"}}`, many, false},
		{"4.9 no set operator on several values", `{"StringEquals":{"t:k":["1","2"]}}`, many, false},
		{"4.9 no set operator on several values, negated", `{"StringNotEquals":{"t:k":"9"}}`, many, false},
		{"4.9 no set operator on a multivalued key with one value", `{"StringEquals":{"t:k":"1"}}`, keys{"t:k": Many([]string{"1"})}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := holds(t, c.condition, c.context); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// The set operator says false of a key that is missing, IfExists true: whichever
// of them refuses counts.
func TestForAnyValueWithIfExistsRefusesWithoutTheKey(t *testing.T) {
	t.Parallel()
	for _, context := range []keys{nil, {"t:k": Many(nil)}} {
		for _, operator := range []string{"StringEquals", "StringNotEquals", "NumericLessThan", "Bool", "IpAddress"} {
			value := map[string]string{"NumericLessThan": "1", "Bool": "true", "IpAddress": "10.0.0.0/8"}[operator]
			condition := `{"ForAnyValue:` + operator + `IfExists":{"t:k":"` + value + `"}}`
			if holds(t, condition, context) {
				t.Errorf("%s allows with %v", operator, context)
			}
			if !denies(t, condition, context) {
				t.Errorf("%s does not deny with %v", operator, context)
			}
		}
	}
}

// The two denies that the CodeArtifact User Guide gives to force a tag.
func TestTwoDeniesForceATag(t *testing.T) {
	t.Parallel()
	p := must(t, Identity, allowAll,
		`{"Sid":"Wrong","Effect":"Deny","Action":"codeartifact:CreateRepository","Resource":"*","Condition":{"ForAnyValue:StringNotEquals":{"aws:RequestTag/costcenter":["1","2"]}}}`,
		`{"Sid":"Missing","Effect":"Deny","Action":"codeartifact:CreateRepository","Resource":"*","Condition":{"Null":{"aws:RequestTag/costcenter":"true"}}}`)
	for _, c := range []struct {
		name    string
		context keys
		sid     string
	}{
		{"4.9 listed", keys{"aws:requesttag/costcenter": One("2")}, ""},
		{"4.9 not listed", keys{"aws:requesttag/costcenter": One("3")}, "Wrong"},
		{"4.9 missing", nil, "Missing"},
	} {
		got := Evaluate(&Request{Principal: alice(owner), Action: "codeartifact:CreateRepository", Resource: repoARN, Context: c.context},
			&Grants{Identity: []*Policy{p}}, nil)
		if got.Sid != c.sid {
			t.Errorf("%s: %+v, want Sid %q", c.name, got, c.sid)
		}
	}
}
