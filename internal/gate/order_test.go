package gate_test

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"daypass/internal/gate"
	"daypass/internal/policy"
	"daypass/internal/principal"
)

// A puzzle is a request whose tags may have keys that differ by case alone, and
// the policies that it is judged by.
type puzzle struct {
	principal, resource, request map[string]string
	keys                         policy.Keys
	claims                       map[string][]string
	arn                          string
	action                       string
	grants                       policy.Grants
	target                       []*policy.Policy
}

// The keys are few, so that twins are common. One of them is written with the
// sign of kelvin.
var tagKeys = rapid.SampledFrom([]string{"k", "K", "\u212A", "team", "TEAM", "Team", "lock", "Lock"})

var tagMaps = rapid.MapOfN(tagKeys, rapid.SampledFrom([]string{"a", "b", "core", ""}), 0, 6)

var conditionKeys = rapid.SampledFrom([]string{
	"aws:RequestTag/k", "aws:RequestTag/Team", "aws:ResourceTag/k", "aws:ResourceTag/TEAM", "aws:PrincipalTag/K", "aws:PrincipalTag/team",
	"iam:ResourceTag/k", "aws:TagKeys", "svc:one", "svc:many", "host:sub", "host:amr", "aws:CurrentTime", "aws:username",
})

var operators = rapid.SampledFrom([]string{
	"StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringEqualsIfExists",
	"ForAllValues:StringEquals", "ForAllValues:StringNotLike", "ForAnyValue:StringEquals", "ForAnyValue:StringNotEquals", "ForAnyValue:StringLikeIfExists",
	"ForAllValues:StringEqualsIfExists", "ArnLike", "ArnNotLike", "Null",
})

var conditionValues = rapid.SampledFrom([]string{"a", "b", "core", "k", "K", "*", "c*", "${aws:PrincipalTag/team}", "${aws:RequestTag/k, 'a'}", "*${aws:ResourceTag/k}"})

var resources = rapid.SampledFrom([]string{`"*"`, `"arn:aws:iam::111122223333:role/r"`, `"arn:aws:*:*:*:role/${aws:ResourceTag/k}*"`, `"arn:aws:codeartifact:us-east-1:111122223333:repository/d/${aws:PrincipalTag/k, 'r'}"`})

func condition(t *rapid.T) string {
	operator, key := operators.Draw(t, "operator"), conditionKeys.Draw(t, "key")
	values := rapid.SliceOfN(conditionValues, 1, 2).Draw(t, "values")
	for i, value := range values {
		switch {
		case operator == "Null":
			values[i] = fmt.Sprint(value == "a")
		case strings.HasPrefix(operator, "Arn"):
			values[i] = "arn:aws:iam::111122223333:role/" + value
		}
	}
	return fmt.Sprintf(`{"%s":{"%s":["%s"]}}`, operator, key, strings.Join(values, `","`))
}

func document(t *rapid.T, kind policy.Type) *policy.Policy {
	var statements []string
	for range rapid.IntRange(1, 3).Draw(t, "statements") {
		s := `{"Effect":"` + rapid.SampledFrom([]string{"Allow", "Allow", "Deny"}).Draw(t, "effect") + `","Action":"*"`
		if kind == policy.Resource {
			s += `,"Principal":` + rapid.SampledFrom([]string{`"*"`, `{"AWS":"111122223333"}`, `{"AWS":["arn:aws:iam::111122223333:role/r","arn:aws:iam::111122223333:user/alice"]}`}).Draw(t, "principal")
		}
		s += `,"` + rapid.SampledFrom([]string{"Resource", "Resource", "NotResource"}).Draw(t, "element") + `":` + resources.Draw(t, "resource")
		if rapid.Bool().Draw(t, "conditional") {
			s += `,"Condition":` + condition(t)
		}
		statements = append(statements, s+"}")
	}
	text := `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
	p, err := policy.Parse("p", text, kind)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return p
}

func drawPuzzle(t *rapid.T) *puzzle {
	z := &puzzle{
		principal: tagMaps.Draw(t, "principal tags"), resource: tagMaps.Draw(t, "resource tags"), request: tagMaps.Draw(t, "request tags"),
		keys:   policy.Keys{{Name: "svc:one", Value: policy.One("a")}, {Name: "svc:many", Value: policy.Many([]string{"a", "b"})}},
		claims: map[string][]string{"host:sub": {"a"}, "host:amr": {"k", "a"}},
		arn:    rapid.SampledFrom([]string{"arn:aws:iam::111122223333:role/r", "arn:aws:codeartifact:us-east-1:111122223333:repository/d/r", "*"}).Draw(t, "arn"),
		action: rapid.SampledFrom([]string{"iam:GetRole", "codeartifact:TagResource"}).Draw(t, "action"),
	}
	z.grants.Identity = []*policy.Policy{document(t, policy.Identity)}
	if rapid.Bool().Draw(t, "bounded") {
		z.grants.Boundary = document(t, policy.Boundary)
	}
	if rapid.Bool().Draw(t, "restricted") {
		z.grants.Session = []*policy.Policy{document(t, policy.Session)}
	}
	if rapid.Bool().Draw(t, "shared") {
		z.target = []*policy.Policy{document(t, policy.Resource)}
	}
	return z
}

// rebuilt is a map made anew, in an order of insertion that is drawn.
func rebuilt[V any](t *rapid.T, m map[string]V) map[string]V {
	anew := make(map[string]V)
	for _, key := range rapid.Permutation(slices.Sorted(maps.Keys(m))).Draw(t, "order") {
		anew[key] = m[key]
	}
	return anew
}

// reordered is a list of keys in an order that is drawn.
func reordered(t *rapid.T, keys policy.Keys) policy.Keys {
	return rapid.Permutation(keys).Draw(t, "order of keys")
}

// answer is all that can be seen of a judgement.
type answer struct {
	Decision    gate.Decision
	Error       string
	Because     string
	Message     string
	Explanation []string
	Missing     []string
	Keys        []string
}

func (z *puzzle) answer(t *rapid.T) answer {
	c := &gate.Call{
		Now: now, Region: "us-east-1", SourceIP: netip.MustParseAddr("203.0.113.9"), Secure: true,
		Principal: &principal.Principal{
			Ref: principal.Ref{Kind: principal.Role, Account: account, ID: "AROAEXAMPLEEXAMPLE22", SessionName: "s",
				Session: &principal.Session{IssuedAt: now, Context: rebuilt(t, z.claims)}},
			Name: "r", Path: "/", Tags: rebuilt(t, z.principal),
		},
		Grants: &z.grants,
	}
	s := gate.Subject{ARN: z.arn, Account: account, Policies: z.target, Tags: rebuilt(t, z.resource), RequestTags: rebuilt(t, z.request), Keys: reordered(t, z.keys)}
	var a answer
	err := c.Authorize(t.Context(), z.action, s)
	if err != nil {
		a.Error = err.Error()
	}
	a.Decision = c.Decision
	if c.Refusal != nil {
		a.Because = c.Refusal.Because()
		_, a.Message = c.Refusal.Message(8 << 10)
	}
	request, x := c.Explain(z.action, s, rebuilt(t, map[string]policy.Value{"svc:one": policy.One("b")}))
	a.Explanation, a.Missing = x.Lines(request), x.Missing()
	for _, key := range []string{"aws:tagkeys", "aws:requesttag/k", "aws:resourcetag/team", "iam:resourcetag/k", "aws:principaltag/lock"} {
		value, ok := request.Lookup(key)
		list, many := value.Strings()
		a.Keys = append(a.Keys, fmt.Sprint(key, list, many, ok))
	}
	return a
}

func TestNoDecisionAndNoTextDependsOnTheOrderOfAMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		z := drawPuzzle(t)
		first := z.answer(t)
		for range 4 {
			if diff := cmp.Diff(first, z.answer(t)); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

// The keys of a request and of a resource that differ by case alone: an Allow
// that asks for one of them is not about the request, a Deny is.
func TestTagsThatDifferByCaseAloneOpenNothing(t *testing.T) {
	t.Parallel()
	repository := "arn:aws:codeartifact:us-east-1:111122223333:repository/d/r"
	for range 60 { // denied fails the test unless the call is
		denied(t, `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/team":"a"}}}`,
			gate.Subject{ARN: repository, Account: account, RequestTags: map[string]string{"team": "b", "TEAM": "a"}})
		denied(t, `{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/locked":"true"}}}`,
			gate.Subject{ARN: repository, Account: account, Tags: map[string]string{"locked": "true", "LOCKED": "false"}})
	}
}
