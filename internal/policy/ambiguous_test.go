package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// valueFor is a value that an operator can compare.
func valueFor(name string) string {
	switch operators[name].family {
	case arns:
		return "arn:aws:iam::111122223333:user/a"
	case booleans, presence:
		return "true"
	case numbers:
		return "1"
	case dates:
		return "2026-01-01"
	case binaries:
		return "QQ=="
	case networks:
		return "10.0.0.0/8"
	}
	return "a"
}

// Every operator there is, with each of its forms.
func operatorForms() []string {
	var forms []string
	for _, name := range slices.Sorted(maps.Keys(operators)) {
		forms = append(forms, name)
		if operators[name].family == presence {
			continue
		}
		for _, set := range []string{"", "ForAllValues:", "ForAnyValue:"} {
			forms = append(forms, set+name, set+name+"IfExists")
		}
	}
	return forms
}

func TestAnAmbiguousKeyNeverAllowsAndAlwaysDenies(t *testing.T) {
	t.Parallel()
	context := keys{"t:k": Ambiguous()}
	for _, form := range operatorForms() {
		name := strings.TrimSuffix(form[strings.IndexByte(form, ':')+1:], "IfExists")
		for _, value := range []string{valueFor(name), map[string]string{"true": "false"}[valueFor(name)]} {
			if value == "" {
				continue
			}
			condition := fmt.Sprintf(`{"%s":{"t:k":"%s"}}`, form, value)
			if holds(t, condition, context) {
				t.Errorf("%s allows", condition)
			}
			if !denies(t, condition, context) {
				t.Errorf("%s does not deny", condition)
			}
		}
	}
}

// A variable is a question for a key like any other, unless another value
// answers for the whole list.
func TestAnAmbiguousVariableNeverAllowsAndAlwaysDenies(t *testing.T) {
	t.Parallel()
	context := keys{"t:k": Ambiguous(), "t:v": One("a"), "t:many": Many([]string{"a", "b"}), "t:arn": One("arn:aws:iam::111122223333:user/a")}
	for _, test := range []struct {
		condition       string
		allows, refuses bool
	}{
		{`{"StringEquals":{"t:v":"${t:k}"}}`, false, true},
		{`{"StringEquals":{"t:v":"${t:k, 'a'}"}}`, false, true},
		{`{"StringNotEquals":{"t:v":"${t:k}"}}`, false, true},
		{`{"StringLike":{"t:v":"*${t:k}*"}}`, false, true},
		{`{"StringEqualsIgnoreCase":{"t:v":"${t:k}"}}`, false, true},
		{`{"StringNotEqualsIgnoreCase":{"t:v":"${t:k}"}}`, false, true},
		{`{"Bool":{"t:v":"${t:k}"}}`, false, false}, // a is no boolean, whatever the variable is
		{`{"ArnLike":{"t:arn":"arn:aws:iam::111122223333:user/${t:k}"}}`, false, true},
		{`{"ForAnyValue:StringEquals":{"t:many":"${t:k}"}}`, false, true},
		{`{"ForAllValues:StringEquals":{"t:many":"${t:k}"}}`, false, true},
		{`{"StringEquals":{"t:v":["${t:k}","a"]}}`, true, true},
		{`{"StringNotEquals":{"t:v":["${t:k}","a"]}}`, false, false},
		{`{"StringEqualsIgnoreCase":{"t:v":["${t:k}","A"]}}`, true, true},
		{`{"ForAnyValue:StringEquals":{"t:many":["${t:k}","a"]}}`, true, true},
		{`{"ForAllValues:StringEquals":{"t:many":["${t:k}","a"]}}`, false, true},
		{`{"StringEquals":{"t:v":"b"},"StringLike":{"t:v":"${t:k}"}}`, false, false}, // another condition says no
	} {
		if got := holds(t, test.condition, context); got != test.allows {
			t.Errorf("%s allows: %t", test.condition, got)
		}
		if got := denies(t, test.condition, context); got != test.refuses {
			t.Errorf("%s denies: %t", test.condition, got)
		}
	}
}

func TestAResourceWithAnAmbiguousVariableNeverAllows(t *testing.T) {
	t.Parallel()
	context := keys{"t:k": Ambiguous()}
	for _, test := range []struct {
		element         string
		allows, refuses bool
	}{
		{`"Resource":"arn:aws:codeartifact:us-east-1:111122223333:repository/${t:k}/*"`, false, true},
		{`"Resource":["arn:aws:codeartifact:us-east-1:111122223333:repository/${t:k}/*","` + repoARN + `"]`, true, true},
		{`"NotResource":"arn:aws:codeartifact:us-east-1:111122223333:repository/${t:k}/*"`, false, true},
		{`"NotResource":["arn:aws:codeartifact:us-east-1:111122223333:repository/${t:k}/*","` + repoARN + `"]`, false, false},
		{`"NotResource":["arn:aws:codeartifact:us-east-1:111122223333:repository/${t:k}/*","arn:aws:codeartifact:us-east-1:111122223333:repository/${t:none}"]`, false, false},
	} {
		if got := applies(t, `{"Effect":"Allow","Action":"*",`+test.element+`}`, readAction, repoARN, context); got != test.allows {
			t.Errorf("%s allows: %t", test.element, got)
		}
		d := Evaluate(&Request{Principal: alice(owner), Action: readAction, Resource: repoARN, Context: context},
			&Grants{Identity: []*Policy{must(t, Identity, allowAll, `{"Effect":"Deny","Action":"*",`+test.element+`}`)}}, nil)
		if d.Explicit != test.refuses {
			t.Errorf("%s denies: %t", test.element, d.Explicit)
		}
	}
}

func TestExplainTellsOfAnAmbiguousKey(t *testing.T) {
	t.Parallel()
	p := must(t, Identity,
		`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"t:K":"a"}}}`,
		`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"t:K":"a"},"StringLike":{"T:K":"b"}}}`)
	req := &Request{Principal: alice(owner), Action: readAction, Resource: repoARN, Context: keys{"t:k": Ambiguous()}}
	x := Explain(req, &Grants{Identity: []*Policy{p}}, nil)
	want := []string{
		"Denied explicitly by statement 2 of the identity-based policy test.",
		"Matches: statement 2 of the identity-based policy test, which denies, as the request has several keys that differ from t:K by case alone.",
		`Near miss: statement 1 of the identity-based policy test would allow, but StringEquals t:K is "a", which cannot be told of a request that has several keys which differ by case alone.`,
	}
	if diff := cmp.Diff(want, x.Lines(req)); diff != "" {
		t.Error(diff)
	}
	if missing := x.Missing(); len(missing) > 0 {
		t.Errorf("missing %v", missing)
	}
}

func TestPrincipalTagsThatDifferByCaseAreAmbiguous(t *testing.T) {
	t.Parallel()
	who := alice(owner)
	who.Tags = map[string]string{"team": "a", "TEAM": "b", "Cost": "1"}
	for condition, want := range map[string]bool{
		`{"StringEquals":{"aws:PrincipalTag/team":"a"}}`:    false,
		`{"StringNotEquals":{"aws:PrincipalTag/Team":"c"}}`: false,
		`{"StringEquals":{"aws:PrincipalTag/cost":"1"}}`:    true,
		`{"Null":{"aws:PrincipalTag/none":"true"}}`:         true,
	} {
		p := must(t, Identity, `{"Effect":"Allow","Action":"*","Resource":"*","Condition":`+condition+`}`)
		d := Evaluate(&Request{Principal: who, Action: readAction, Resource: repoARN}, &Grants{Identity: []*Policy{p}}, nil)
		if d.Allowed != want {
			t.Errorf("%s: %+v", condition, d)
		}
	}
}
