package policy

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestActionsMatchIgnoringCaseWithWildcardsInTheName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, element, action string
		want                  bool
	}{
		{"4.5 exact", `"Action":"codeartifact:ReadFromRepository"`, readAction, true},
		{"4.5 another", `"Action":"codeartifact:ListDomains"`, readAction, false},
		{"4.5 no case", `"Action":"CodeArtifact:GETAUTHORIZATIONTOKEN"`, tokenAction, true},
		{"4.5 no case in the request", `"Action":"codeartifact:getauthorizationtoken"`, "CODEARTIFACT:GetAuthorizationToken", true},
		{"4.5 * in the name", `"Action":"codeartifact:Get*"`, tokenAction, true},
		{"4.5 * in the middle", `"Action":"codeartifact:Get*Token"`, tokenAction, true},
		{"4.5 * is also empty", `"Action":"codeartifact:GetAuthorizationToken*"`, tokenAction, true},
		{"4.5 * for the name", `"Action":"codeartifact:*"`, tokenAction, true},
		{"4.5 * does not leave the service", `"Action":"codeartifact:*"`, "sts:AssumeRole", false},
		{"4.5 several *", `"Action":"codeartifact:*a*e*y"`, readAction, true},
		{"4.5 several *, no match", `"Action":"codeartifact:*a*z*y"`, readAction, false},
		{"4.5 ? is one character", `"Action":"codeartifact:ReadFromRepositor?"`, readAction, true},
		{"4.5 ? is not none", `"Action":"codeartifact:ReadFromRepository?"`, readAction, false},
		{"4.5 ? is not two", `"Action":"codeartifact:ReadFromReposito?"`, readAction, false},
		{"4.5 * alone is all services", `"Action":"*"`, "sts:AssumeRole", true},
		{"4.5 *:* is all services", `"Action":"*:*"`, "sts:AssumeRole", true},
		{"4.5 leading blank", `"Action":" codeartifact:ReadFromRepository"`, readAction, false},
		{"4.5 trailing blank", `"Action":"codeartifact:ReadFromRepository "`, readAction, false},
		{"4.5 empty action part", `"Action":"codeartifact:"`, readAction, false},
		{"4.5 an action of any length", `"Action":"x:*z"`, "X:" + strings.Repeat("Y", 200) + "Z", true},
		{"4.5 an action without service", `"Action":"codeartifact:*"`, "codeartifact", false},
		{"4.5 several values", `"Action":["codeartifact:ListDomains","codeartifact:Read*"]`, readAction, true},
		{"4.5 NotAction matches what is not listed", `"NotAction":"codeartifact:List*"`, readAction, true},
		{"4.5 NotAction does not match what is listed", `"NotAction":["sts:*","codeartifact:Read*"]`, readAction, false},
		{"4.5 NotAction reaches other services", `"NotAction":"codeartifact:*"`, "sts:AssumeRole", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := applies(t, `{"Effect":"Allow",`+c.element+`,"Resource":"*"}`, c.action, repoARN, nil); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestResourcesMatchByThePartsOfAnARN(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, element, resource string
		want                    bool
	}{
		{"4.6 exact", `"Resource":"` + repoARN + `"`, repoARN, true},
		{"4.6 case-sensitive", `"Resource":"arn:aws:codeartifact:us-east-1:111122223333:domain/My"`, "arn:aws:codeartifact:us-east-1:111122223333:domain/my", false},
		{"4.6 * matches a name", `"Resource":"arn:aws:codeartifact:us-east-1:111122223333:repository/d/*"`, repoARN, true},
		{"4.6 * crosses slashes", `"Resource":"arn:aws:codeartifact:us-east-1:111122223333:package/d/r/*"`, "arn:aws:codeartifact:us-east-1:111122223333:package/d/r/npm//x", true},
		{"4.6 * in the middle", `"Resource":"arn:aws:codeartifact:us-east-1:111122223333:package/*/requests"`, packageARN, true},
		{"4.6 ? is one character", `"Resource":"arn:aws:codeartifact:us-east-?:111122223333:domain/?"`, domainARN, true},
		{"4.6 ? is no colon", `"Resource":"arn:aws:codeartifact:us-east-1?111122223333:domain/d:*"`, domainARN, false},
		{"4.6 * for Region and account", `"Resource":"arn:aws:codeartifact:*:*:domain/d"`, domainARN, true},
		{"4.6 * stays in its part", `"Resource":"arn:aws:codeartifact:*:domain/d:*"`, domainARN, false},
		{"4.6 * stays in its part, where a string would match", `"Resource":"arn:aws:codeartifact:u*:x:repository/d/r"`, "arn:aws:codeartifact:us-east-1:111122223333:x:repository/d/r", false},
		{"4.6 last part with colons", `"Resource":"arn:aws:logs:*:*:group:*:stream"`, "arn:aws:logs:us-east-1:111122223333:group:a:b:stream", true},
		{"4.6 trailing * over missing parts", `"Resource":"arn:aws:codeartifact:*"`, repoARN, true},
		{"4.6 trailing * from within a part", `"Resource":"arn:aws:codeartifact:us-*"`, repoARN, true},
		{"4.6 trailing * from within a part, no match", `"Resource":"arn:aws:codeartifact:eu-*"`, repoARN, false},
		{"4.6 trailing * after another wildcard", `"Resource":"arn:aw?:codeartifact:*"`, repoARN, true},
		{"4.6 trailing * after a * that would need a colon", `"Resource":"arn:*codeartifact:us-*"`, repoARN, false},
		{"4.6 ** is *", `"Resource":"arn:aws:codeartifact:**:*:**/d"`, domainARN, true},
		{"4.6 * before ? stays in its part", `"Resource":"arn:aws:codeartifact:*?1:x:*"`, domainARN, false},
		{"4.6 * before ? within its part", `"Resource":"arn:aws:codeartifact:*?1:*:domain/?"`, domainARN, true},
		{"4.6 all of an account", `"Resource":"arn:aws:codeartifact:us-east-1:111122223333:*"`, packageARN, true},
		{"4.6 all of another account", `"Resource":"arn:aws:codeartifact:us-east-1:333344445555:*"`, packageARN, false},
		{"4.6 no wildcard in the service", `"Resource":"arn:aws:code*:us-east-1:111122223333:domain/d"`, domainARN, false},
		{"4.6 no ? in the service", `"Resource":"arn:aws:codeartifac?:us-east-1:111122223333:domain/d"`, domainARN, false},
		{"4.6 no * instead of the service", `"Resource":"arn:aws:*"`, domainARN, false},
		{"4.6 no * before the service", `"Resource":"arn:*"`, domainARN, false},
		{"4.6 wildcard in the partition", `"Resource":"arn:*:codeartifact:us-east-1:111122223333:domain/d"`, domainARN, true},
		{"4.6 * alone", `"Resource":"*"`, domainARN, true},
		{"4.6 action without resource type, *", `"Resource":"*"`, "*", true},
		{"4.6 action without resource type, wildcards that match *", `"Resource":"?"`, "*", true},
		{"4.6 action without resource type, ARN", `"Resource":"arn:aws:codeartifact:*"`, "*", false},
		{"4.6 several values", `"Resource":["` + domainARN + `","` + repoARN + `"]`, repoARN, true},
		{"4.6 NotResource matches what is not listed", `"NotResource":["` + domainARN + `"]`, repoARN, true},
		{"4.6 NotResource does not match what is listed", `"NotResource":["` + domainARN + `","` + repoARN + `"]`, repoARN, false},
		{"4.6 NotResource and a pattern that can't match", `"NotResource":"arn:aws:*"`, repoARN, true},
		{"4.6 Resource with an unresolved variable", `"Resource":"arn:aws:codeartifact:us-east-1:111122223333:repository/d/${aws:PrincipalTag/none}"`, repoARN, false},
		{"4.6 Resource with an unresolved variable beside a match", `"Resource":["arn:aws:codeartifact:us-east-1:111122223333:domain/${aws:PrincipalTag/none}","` + repoARN + `"]`, repoARN, true},
		{"4.6 NotResource with an unresolved variable", `"NotResource":["` + domainARN + `","arn:aws:codeartifact:us-east-1:111122223333:domain/${aws:PrincipalTag/none}"]`, repoARN, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := applies(t, `{"Effect":"Allow","Action":"*",`+c.element+`}`, readAction, c.resource, nil); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// asRegexp is an independent implementation of the patterns without variables.
func asRegexp(p string, arn bool) *regexp.Regexp {
	var b strings.Builder
	colons := 0
	for _, r := range p {
		any := "."
		if arn && colons < arnColons {
			any = "[^:]"
		}
		switch r {
		case '*':
			b.WriteString(any + "*")
		case '?':
			b.WriteString(any)
		default:
			if r == ':' {
				colons++
			}
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	return regexp.MustCompile(`(?s)\A` + b.String() + `\z`)
}

// alphabets are small, so that repetitions and near misses are common.
var (
	patternText = rapid.StringOfN(rapid.RuneFrom([]rune("aab:é*?")), 0, 14, -1)
	subjectText = rapid.StringOfN(rapid.RuneFrom([]rune("aab:é")), 0, 18, -1)
)

// globs walks a pattern's code, whatever its form.
func globs(p *pattern, values []string, s string, arn bool) bool {
	var e encoder
	for m, text := range p.tokens() {
		e.text = append(e.text, text...)
		if m != literal {
			e.mark(m)
		}
	}
	e.flush()
	walked := pattern{arn: arn, code: string(e.code), variables: p.variables}
	return walked.glob(&evaluationState{steps: MaxSteps}, values, s) == matches
}

func TestWildcardsAgreeWithRegexp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text, subject := patternText.Draw(t, "pattern"), subjectText.Draw(t, "subject")
		p, err := parsePattern(text, patternSyntax{wildcards: true, variables: true})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := p.match(&evaluationState{steps: MaxSteps}, subject) == matches, asRegexp(text, false).MatchString(subject); got != want {
			t.Fatalf("%q matches %q: %v, want %v", text, subject, got, want)
		}
		if got, want := globs(&p, nil, subject, false), asRegexp(text, false).MatchString(subject); got != want {
			t.Fatalf("%q globs %q: %v, want %v", text, subject, got, want)
		}
	})
}

func TestARNWildcardsAgreeWithRegexp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text, subject := patternText.Draw(t, "pattern"), subjectText.Draw(t, "subject")
		p, err := parsePattern(text, patternSyntax{wildcards: true, variables: true})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := globs(&p, nil, subject, true), asRegexp(text, true).MatchString(subject); got != want {
			t.Fatalf("%q matches %q: %v, want %v", text, subject, got, want)
		}
	})
}

func TestActionsAgreeWithRegexp(t *testing.T) {
	t.Parallel()
	letters := rapid.StringOfN(rapid.RuneFrom([]rune("aab:")), 0, 18, -1)
	patterns := rapid.StringOfN(rapid.RuneFrom([]rune("aab:*?")), 0, 14, -1)
	rapid.Check(t, func(t *rapid.T) {
		text, subject := patterns.Draw(t, "pattern"), letters.Draw(t, "subject")
		if got, want := nameMatches(text, subject), asRegexp(text, false).MatchString(subject); got != want {
			t.Fatalf("%q matches %q: %v, want %v", text, subject, got, want)
		}
	})
}

// A value that a variable stands for matches as the same text with its
// wildcards escaped would.
func TestWildcardsInAVariablesValueAreLiteral(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		before, after := patternText.Draw(t, "before"), patternText.Draw(t, "after")
		value, subject := patternText.Draw(t, "value"), patternText.Draw(t, "subject")
		arn := rapid.Bool().Draw(t, "arn")
		with, err := parsePattern(before+"${a:b}"+after, patternSyntax{wildcards: true, variables: true})
		if err != nil {
			t.Fatal(err)
		}
		escaped, err := parsePattern(before+strings.NewReplacer("*", "${*}", "?", "${?}").Replace(value)+after, patternSyntax{wildcards: true, variables: true})
		if err != nil {
			t.Fatal(err)
		}
		got, want := globs(&with, []string{value}, subject, arn), globs(&escaped, nil, subject, arn)
		if got != want {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}
