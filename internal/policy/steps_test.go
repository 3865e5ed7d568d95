package policy

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// evaluated decides a request and counts the steps.
func evaluated(req *Request, g *Grants) (Decision, int) {
	e := evaluationState{req: req, p: req.Principal, steps: MaxSteps}
	e.service, e.name = splitAction(req.Action, nil)
	d := e.decide(g, &Target{Account: owner})
	return d, MaxSteps - e.steps
}

// costly is a Deny whose pattern is tried at every place of a long name.
func costly(resource string) string {
	return `{"Effect":"Deny","Action":"*","Resource":"` + resource + `"}`
}

func TestAnEvaluationEndsInARefusalWhenItsStepsRunOut(t *testing.T) {
	t.Parallel()
	head := "arn:aws:codeartifact:*:*:*a"
	long := Request{Principal: alice(owner), Action: readAction, Resource: "arn:aws:codeartifact:us-east-1:111122223333:repository/d/" + strings.Repeat("a", 57_000)}
	short := Request{Principal: alice(owner), Action: readAction, Resource: "arn:aws:codeartifact:us-east-1:111122223333:repository/d/" + strings.Repeat("a", 950)}
	runs := costly(head + strings.Repeat("?", 1_900) + "c*")
	many := make([]*Policy, 110)
	for i := range many {
		many[i] = must(t, Identity, costly(head+strings.Repeat("?", 470)+"b*"), costly(head+strings.Repeat("?", 480)+"c*"), costly(head+strings.Repeat("?", 490)+"d*"))
	}
	for name, c := range map[string]struct {
		req Request
		g   Grants
	}{
		"a run of ? in a session policy, and a long name": {long, Grants{Identity: []*Policy{must(t, Identity, allowAll)}, Session: []*Policy{must(t, Session, allowAll, runs)}}},
		"an Allow":                       {long, Grants{Identity: []*Policy{must(t, Identity, strings.Replace(runs, "Deny", "Allow", 1), allowAll)}}},
		"110 policies and a short name":  {short, Grants{Identity: append([]*Policy{must(t, Identity, allowAll)}, many...)}},
		"an Allow under a NotResource":   {long, Grants{Identity: []*Policy{must(t, Identity, strings.NewReplacer("Deny", "Allow", `"Resource"`, `"NotResource"`).Replace(runs))}}},
		"an action of * and ?":           {Request{Principal: alice(owner), Action: "iam:" + strings.Repeat("a", 50_000), Resource: "*"}, Grants{Identity: []*Policy{must(t, Identity, allowAll, `{"Effect":"Deny","Action":"iam:*`+strings.Repeat("?", 9_000)+`b*","Resource":"*"}`)}}},
		"a condition":                    {Request{Principal: alice(owner), Action: readAction, Resource: repoARN, Context: keys{"t:k": One(strings.Repeat("a", 50_000))}}, Grants{Identity: []*Policy{must(t, Identity, allowAll, `{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"t:k":"*`+strings.Repeat("?", 9_000)+`b*"}}}`)}}},
		"variables that are looked up":   {Request{Principal: alice(owner), Action: readAction, Resource: repoARN, Context: keys{"t:k": Many(make([]string, 2_000)), "t:v": One("")}}, Grants{Identity: []*Policy{must(t, Identity, allowAll, `{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ForAnyValue:StringEquals":{"t:k":"`+strings.Repeat("${t:v}", 200)+`b"}}}`)}}},
		"texts without case":             {Request{Principal: alice(owner), Action: readAction, Resource: repoARN, Context: keys{"t:k": Many(make([]string, 2_000)), "t:v": One("")}}, Grants{Identity: []*Policy{must(t, Identity, allowAll, `{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ForAnyValue:StringEqualsIgnoreCase":{"t:k":"`+strings.Repeat("${t:v}", 200)+`b"}}}`)}}},
		"numbers, for each of which one": {Request{Principal: alice(owner), Action: readAction, Resource: repoARN, Context: keys{"t:k": Many(make([]string, 50_000))}}, Grants{Identity: []*Policy{must(t, Identity, allowAll, `{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ForAnyValue:NumericEquals":{"t:k":"1"}}}`)}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, steps := evaluated(&c.req, &c.g)
			if d.Allowed || steps <= MaxSteps {
				t.Errorf("%+v after %d steps, want a refusal after more than %d", d, steps, MaxSteps)
			}
			if most := MaxSteps + len(c.req.Resource); steps > most+100_000 {
				t.Errorf("%d steps, want at most about %d", steps, most)
			}
			d = Evaluate(&c.req, &c.g, nil)
			x := Explain(&c.req, &c.g, nil)
			lines := strings.Join(x.Lines(&c.req), "\n")
			if d.Allowed || !d.Exhausted || !strings.HasPrefix(lines, "Denied, because more than 2000000 steps would be taken to match all policies with the request.\n") {
				t.Errorf("%+v\n%s", d, lines)
			}
			if !strings.Contains(lines, "not looked at, as the others took all steps of an explanation.") {
				t.Error(lines)
			}
		})
	}
}

// A user with as many full policies as IAM lets one have, each of patterns that
// begin as the resource does.
func TestFullPoliciesOfOrdinaryPatternsLeaveStepsOver(t *testing.T) {
	t.Parallel()
	var statements []string
	for i := 0; ; i++ {
		s := fmt.Sprintf(`{"Effect":"Deny","Action":["codeartifact:Get*Asset","codeartifact:*Package*"],"Resource":["arn:aws:codeartifact:*:111122223333:*/team%d-*/*/internal"]}`, i)
		if Size(document(append(statements, s)...)) > MaxManaged {
			break
		}
		statements = append(statements, s)
	}
	full := must(t, Identity, statements...)
	g := Grants{Identity: []*Policy{must(t, Identity, allowAll)}}
	for range 110 {
		g.Identity = append(g.Identity, full)
	}
	d, steps := evaluated(&Request{Principal: alice(owner), Action: "codeartifact:ListPackageVersionAssets",
		Resource: "arn:aws:codeartifact:us-east-1:111122223333:package/domain/repository/pypi//requests"}, &g)
	if !d.Allowed || steps > MaxSteps/2 {
		t.Errorf("%+v after %d steps, want at most half of %d", d, steps, MaxSteps)
	}
}

// allocated is how many bytes of memory a function allocates. The test that asks
// runs alone.
func allocated(t *testing.T, fn func()) int {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	fn()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}

// dense are documents of which much is made: of wildcards, and of the shortest
// values.
func dense() map[string]string {
	fill := func(n int, before, each, after string) string {
		return document(before + strings.TrimSuffix(strings.Repeat(each, n), ",") + after)
	}
	const condition = `{"Effect":"Allow","Action":"*","Resource":"*","Condition":`
	var keys strings.Builder
	for i := range 800 {
		fmt.Fprintf(&keys, `"k:%d":"",`, i)
	}
	return map[string]string{
		"stars":      fill(5_000, condition+`{"StringLike":{"a:b":"`, "a*", `"}}}`),
		"resources":  fill(5_000, `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::`, "a*", `"}`),
		"variables":  fill(1_400, condition+`{"StringLike":{"a:b":"`, "${a:b}", `"}}}`),
		"texts":      fill(2_500, condition+`{"StringEquals":{"a:b":[`, `"",`, `]}}}`),
		"numbers":    fill(5_000, condition+`{"NumericEquals":{"a:b":[`, `1,`, `]}}}`),
		"actions":    fill(1_500, `{"Effect":"Allow","Action":[`, `"a:*",`, `],"Resource":"*"}`),
		"statements": fill(200, "", `{"Effect":"Deny","Action":"*","Resource":"*"},`, ""),
		"principals": fill(400, `{"Effect":"Allow","Action":"*","Resource":"*","Principal":{"AWS":[`, `"111122223333",`, `]}}`),
		"conditions": document(condition + `{"StringEquals":{` + strings.TrimSuffix(keys.String(), ",") + `}}}`),
	}
}

func typeOf(name string) Type {
	if name == "principals" {
		return Resource
	}
	return Identity
}

// It runs alone, since what others allocate counts too.
func TestACompiledPolicyIsInProportionToItsDocument(t *testing.T) {
	for name, text := range dense() {
		var p *Policy
		var err error
		parsing := allocated(t, func() { p, err = Parse("", text, typeOf(name)) })
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if most := 200 * len(text); parsing > most {
			t.Errorf("%s: %d bytes are allocated for a document of %d, want at most %d", name, parsing, len(text), most)
		}
		if most := 50 * len(text); p.Weight() > most {
			t.Errorf("%s: weighs %d bytes of a document of %d, want at most %d", name, p.Weight(), len(text), most)
		}
	}
}

// retained is how much memory is still in use of what a function made.
func retained(fn func()) int {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	fn()
	runtime.GC()
	runtime.ReadMemStats(&after)
	return int(after.HeapAlloc) - int(before.HeapAlloc)
}

// It runs alone too.
func TestAPolicyWeighsWhatItTakesOfMemory(t *testing.T) {
	const copies = 40
	for name, text := range dense() {
		var kept [copies]*Policy
		taken := retained(func() {
			for i := range kept {
				kept[i], _ = Parse("", strings.Clone(text), typeOf(name))
			}
		})
		weight := copies * kept[0].Weight()
		if taken > 2*weight || weight > 2*taken {
			t.Errorf("%s: %d policies take %d bytes and weigh %d", name, copies, taken, weight)
		}
		runtime.KeepAlive(&kept)
	}
}
