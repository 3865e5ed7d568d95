package policy

import (
	"fmt"
	"testing"
)

// ordinary makes a grant as projects have it: their own repositories, under
// conditions.
func ordinary(tb testing.TB, n int) []*Policy {
	list := make([]*Policy, n)
	for i := range list {
		project := fmt.Sprintf("project%d", i)
		if i == n-1 {
			project = "d"
		}
		list[i] = must(tb, Identity,
			`{"Sid":"Read","Effect":"Allow","Action":["codeartifact:Describe*","codeartifact:Get*","codeartifact:List*","codeartifact:ReadFromRepository"],
			  "Resource":["arn:aws:codeartifact:*:111122223333:domain/`+project+`","arn:aws:codeartifact:*:111122223333:repository/`+project+`/*"],
			  "Condition":{"StringEquals":{"aws:RequestedRegion":"us-east-1","aws:PrincipalTag/team":"core"},"IpAddress":{"aws:SourceIp":["10.0.0.0/8","203.0.113.0/24"]}}}`,
			`{"Sid":"Publish","Effect":"Allow","Action":"codeartifact:PublishPackageVersion","Resource":"arn:aws:codeartifact:*:111122223333:package/`+project+`/*/${aws:PrincipalTag/team}/*"}`,
			`{"Sid":"Guard","Effect":"Deny","Action":"codeartifact:Delete*","Resource":"*","Condition":{"BoolIfExists":{"aws:SecureTransport":"false"}}}`)
	}
	return list
}

var requestKeys = keys{
	"aws:requestedregion": One("us-east-1"), "aws:sourceip": One("203.0.113.5"), "aws:securetransport": One("true"),
	"aws:currenttime": One("2026-11-01T10:00:00Z"),
}

func ordinaryRequest() *Request {
	caller := ops(owner)
	caller.Tags = map[string]string{"team": "core"}
	return &Request{Principal: caller, Action: readAction, Resource: repoARN, Context: requestKeys}
}

var sink Decision

func BenchmarkEvaluate(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("policies=%d", n), func(b *testing.B) {
			req, g := ordinaryRequest(), &Grants{Identity: ordinary(b, n)}
			t := &Target{Account: owner, Policies: []*Policy{must(b, Resource, allowTo(third), denyTo(admin))}}
			b.ReportAllocs()
			for b.Loop() {
				sink = Evaluate(req, g, t)
			}
			if !sink.Allowed {
				b.Fatalf("%+v", sink)
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	statement := `{"Sid":"Read","Effect":"Allow","Action":["codeartifact:Describe*","codeartifact:Get*","codeartifact:List*","codeartifact:ReadFromRepository"],` +
		`"Resource":["arn:aws:codeartifact:*:111122223333:domain/d","arn:aws:codeartifact:*:111122223333:repository/d/*"],` +
		`"Condition":{"StringEquals":{"aws:PrincipalTag/team":"core"},"IpAddress":{"aws:SourceIp":["10.0.0.0/8","203.0.113.0/24"]}}}`
	bearer := `{"Effect":"Allow","Action":"sts:GetServiceBearerToken","Resource":"*","Condition":{"StringEquals":{"sts:AWSServiceName":"codeartifact.amazonaws.com"}}}`
	text := document(statement, bearer)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		_, err := Parse("p", text, Identity)
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	req := ordinaryRequest()
	e := evaluationState{req: req, p: req.Principal}
	for _, text := range []string{repoARN, "arn:aws:codeartifact:*", "arn:aws:codeartifact:*:*:repository/*/r", "arn:aws:codeartifact:*:*:repository/d/${aws:PrincipalTag/team, 'r'}*"} {
		b.Run(text, func(b *testing.B) {
			c := compiler{kind: Identity, variables: true}
			p, err := c.resource(text)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				p.match(&e, repoARN)
			}
		})
	}
}

// An evaluation in which no policy asks for a key that must first be put
// together allocates nothing.
func TestEvaluateDoesNotAllocate(t *testing.T) {
	req, g := ordinaryRequest(), &Grants{Identity: ordinary(t, 10), Boundary: must(t, Boundary, allowAll)}
	target := &Target{Account: owner, Policies: []*Policy{must(t, Resource, allowTo(opsARN), allowTo(sessionARN), denyTo(admin))}}
	for _, action := range []string{readAction, "codeartifact:PublishPackageVersion", "codeartifact:DeleteRepository"} {
		req.Action = action
		if n := testing.AllocsPerRun(100, func() { sink = Evaluate(req, g, target) }); n != 0 {
			t.Errorf("%s: %v allocations", action, n)
		}
	}
}
