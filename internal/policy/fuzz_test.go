package policy

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"daypass/internal/principal"
)

// FuzzParse feeds documents to Parse; what it accepts is evaluated for every
// kind of caller.
func FuzzParse(f *testing.F) {
	for _, document := range []string{
		document(allowAll), document(denyAll), document(allowTo(aliceARN), denyTo("*")),
		document(`{"Effect":"Deny","NotPrincipal":{"AWS":["` + opsARN + `","` + owner + `"]},"NotAction":"sts:*","NotResource":"arn:aws:codeartifact:*"}`),
		document(`{"Effect":"Allow","Principal":{"Federated":"accounts.google.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringLike":{"accounts.google.com:sub":"a*"}}}`),
		conditionOf(`{"ForAnyValue:StringLikeIfExists":{"aws:TagKeys":["a*","${aws:PrincipalTag/x, 'y'}"]},"NumericLessThan":{"a:b":10.5},"DateGreaterThan":{"aws:CurrentTime":"2026"},"IpAddress":{"aws:SourceIp":"10.0.0.0/8"},"Null":{"a:c":true},"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/${*}"},"BinaryEquals":{"a:d":"QQ=="},"Bool":{"aws:SecureTransport":true}}`),
		`{"Version":"2008-10-17","Id":"x","Statement":{"Sid":"1"}}`,
	} {
		for kind := Identity; kind <= Session; kind++ {
			f.Add(document, uint8(kind), readAction, repoARN)
		}
	}
	f.Fuzz(func(t *testing.T, document string, kind uint8, action, resource string) {
		p, err := Parse("p", document, Type(kind%5))
		checked, refusal := Check("p", document, Type(kind%5))
		if err != nil && refusal == nil || refusal == nil && checked.Type() != Type(kind%5) {
			t.Fatalf("Check takes what Parse does not: %v", err)
		}
		if err == nil {
			err = refusal
		}
		if err != nil {
			var bad *SyntaxError
			if !errors.As(err, &bad) || err.Error() == "" || strings.ContainsAny(err.Error(), "\r\n") || !utf8.ValidString(err.Error()) ||
				bad.Phrase() == "" || strings.ContainsAny(bad.Phrase(), "\r\n") {
				t.Fatalf("error %T %q", err, err)
			}
			return
		}
		context := keys{"aws:tagkeys": Many([]string{"abc", ""}), "a:b": One("10"), "aws:currenttime": One("2026-11-01"), "aws:sourceip": One("::1"), "a:d": One("*")}
		for _, caller := range []*principal.Principal{nil, alice(owner), ops(owner), fed(third), root(owner)} {
			req := &Request{Principal: caller, Provider: "accounts.google.com", Action: action, Resource: resource, Context: context}
			g := &Grants{Identity: []*Policy{p}, Boundary: p, Session: []*Policy{p}}
			target := &Target{Account: owner, Policies: []*Policy{p.Pin(nil)}, Trust: p.Type() == Trust}
			d := Evaluate(req, g, target)
			if x := Explain(req, g, target); x.Decision != d || strings.ContainsAny(strings.Join(x.Lines(req), ""), "\r\n") {
				t.Fatalf("explained %+v, evaluated %+v", x, d)
			}
			if d.Allowed && d.Explicit || (d.Because(action) == "") != d.Allowed {
				t.Fatalf("decision %+v", d)
			}
		}
	})
}

// FuzzMatch compares the matchers with regular expressions and with each
// other.
func FuzzMatch(f *testing.F) {
	f.Add("a*b?c", "aXbYc", "v")
	f.Add("arn:aws:*:*:*:${t:k}*", "arn:aws:x:y:z:v*:*", "v*")
	f.Add(strings.Repeat("*a", 25)+"b", strings.Repeat("a", 200), "")
	f.Add(strings.Repeat("?*", 25), strings.Repeat("é", 100), "")
	f.Add("${t:k, 'x'}${*}${?}${$}", "x*?$", "")
	f.Fuzz(func(t *testing.T, text, subject, value string) {
		if len(text) > 60 || len(subject) > 300 {
			return // regexp itself is what takes long
		}
		e := evaluationState{req: &Request{Context: keys{"t:k": One(value)}}, steps: MaxSteps}
		p, err := parsePattern(text, patternSyntax{wildcards: true, variables: true})
		if err == nil {
			p.match(&e, subject)
			p.arn = true
			p.match(&e, subject)
		}
		plain, err := parsePattern(text, patternSyntax{wildcards: true})
		if err != nil {
			t.Fatalf("without variables: %v", err)
		}
		if !utf8.ValidString(text) || !utf8.ValidString(subject) {
			return // regexp takes each bad byte for U+FFFD
		}
		got, want := globs(&plain, nil, subject, false), asRegexp(text, false).MatchString(subject)
		if got != want || (plain.match(&e, subject) == matches) != want {
			t.Fatalf("%q matches %q: %v, want %v", text, subject, got, want)
		}
		got, want = globs(&plain, nil, subject, true), asRegexp(text, true).MatchString(subject)
		if got != want {
			t.Fatalf("%q matches %q by parts: %v, want %v", text, subject, got, want)
		}
	})
}

// Matching is bounded by the product of the lengths: counted in steps, not in
// time, with patterns that make a backtracking matcher explode.
func TestWildcardsAreNotExponential(t *testing.T) {
	t.Parallel()
	subject := strings.Repeat("a", 2000)
	for _, text := range []string{strings.Repeat("*a", 1000) + "b", strings.Repeat("a*", 1000) + "b", strings.Repeat("*?", 1000) + "b", "*" + strings.Repeat("a", 1500) + "b"} {
		p, err := parsePattern(text, patternSyntax{wildcards: true, variables: true})
		if err != nil {
			t.Fatal(err)
		}
		most := len(subject) * (len(text) + 1)
		e := evaluationState{steps: most}
		if is := p.glob(&e, nil, subject); is != differs {
			t.Errorf("%.20s… is %v after %d steps", text, is, most-e.steps)
		}
		is, steps := matchName(text, []byte(subject), most)
		if is || steps > most {
			t.Errorf("%.20s… as an action: %d steps", text, steps)
		}
	}
}
