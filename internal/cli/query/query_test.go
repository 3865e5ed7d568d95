package query

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	library "github.com/jmespath/go-jmespath"

	"daypass/internal/cli/clitest"
	"daypass/internal/cli/document"
)

// suite returns the folder of the public compliance suite, which is in the Go library
// of the JMESPath project.
func suite(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/jmespath/go-jmespath").Output()
	dir := filepath.Join(strings.TrimSpace(string(out)), "compliance")
	if _, statErr := os.Stat(dir); err != nil || statErr != nil {
		if os.Getenv("DAYPASS_TEST_REQUIRE") == "all" {
			t.Fatalf("no compliance suite: %v %v", err, statErr)
		}
		t.Skipf("no compliance suite: %v %v", err, statErr)
	}
	return dir
}

type suiteCase struct {
	Expression string          `json:"expression"`
	Result     json.RawMessage `json:"result"`
	Error      string          `json:"error"`
}

func TestQueriesPassTheJMESPathComplianceSuite(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(suite(t), "*.json"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var groups []struct {
			Given json.RawMessage `json:"given"`
			Cases []suiteCase     `json:"cases"`
		}
		if err := json.Unmarshal(data, &groups); err != nil {
			t.Fatal(err)
		}
		for _, g := range groups {
			for _, c := range g.Cases {
				t.Run(filepath.Base(file)+"/"+c.Expression, func(t *testing.T) {
					t.Parallel()
					checkCase(t, string(g.Given), c)
				})
			}
		}
	}
}

func checkCase(t *testing.T, given string, c suiteCase) {
	doc, err := document.Decode(given)
	if err != nil {
		t.Fatal(err)
	}
	var got any
	q, err := Compile(c.Expression)
	if err == nil {
		got, err = q.Search(doc)
	}
	if c.Error != "" {
		if err == nil {
			t.Errorf("%s: no error, want %s; got %s", c.Expression, c.Error, document.Compact(got))
		}
		return
	}
	if err != nil {
		t.Fatalf("%s: %v", c.Expression, err)
	}
	want, err := document.Decode(string(c.Result))
	if err != nil {
		t.Fatal(err)
	}
	if !equal(got, want) {
		t.Errorf("%s: got %s, want %s", c.Expression, document.Compact(got), document.Compact(want))
	}
	if _, err := library.Compile(c.Expression); err != nil {
		t.Errorf("%s: the suite is of another version than the library: %v", c.Expression, err)
	}
}

func TestMembersKeepTheirOrder(t *testing.T) {
	t.Parallel()
	doc, err := document.Decode(`{"z":1,"a":{"y":2,"b":3},"m":[{"q":1,"c":2}]}`)
	if err != nil {
		t.Fatal(err)
	}
	for expression, want := range map[string]string{
		"@":                      `{"z":1,"a":{"y":2,"b":3},"m":[{"q":1,"c":2}]}`,
		"keys(@)":                `["z","a","m"]`,
		"a.*":                    `[2,3]`,
		"m[0]":                   `{"q":1,"c":2}`,
		"{later: z, earlier: a}": `{"later":1,"earlier":{"y":2,"b":3}}`,
		"merge(a, {b: z, k: z})": `{"y":2,"b":1,"k":1}`,
	} {
		q, err := Compile(expression)
		if err != nil {
			t.Fatal(err)
		}
		got, err := q.Search(doc)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, document.Compact(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", expression, diff)
		}
	}
}

// The texts are those of jmespath.py 1.0.1, which the AWS CLI shows.
func TestSyntaxErrorsShowThePlace(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		"":          "Invalid JMESPath expression: cannot be empty.",
		"a[":        "Invalid jmespath expression: Incomplete expression:\n\"a[\"\n   ^",
		"a.":        "Expecting: ['quoted_identifier', 'unquoted_identifier', 'lbracket', 'lbrace'], got: eof: Parse error at column 2, token \"\" (EOF), for expression:\n\"a.\"\n   ^",
		"a b":       "Unexpected token: b: Parse error at column 2, token \"b\" (UNQUOTED_IDENTIFIER), for expression:\n\"a b\"\n   ^",
		"=":         "Bad jmespath expression: Unknown token '=':\n=\n^",
		"#":         "Bad jmespath expression: Unknown token #:\n#\n^",
		"'a":        "Bad jmespath expression: Unclosed ' delimiter:\n'a\n^",
		`"a"(b)`:    "Quoted identifier not allowed for function names.: Parse error at column 0, token \"(\" (LPAREN), for expression:\n\"\"a\"(b)\"\n ^",
		"a[0:1:2:]": "syntax error: Parse error at column 7, token \":\" (COLON), for expression:\n\"a[0:1:2:]\"\n        ^",
	} {
		_, err := Compile(expression)
		if err == nil {
			t.Errorf("%q: no error", expression)
			continue
		}
		if diff := cmp.Diff(want, err.Error()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", expression, diff)
		}
	}
}

// FuzzCompile checks that no expression makes the compiler or the evaluation panic.
func FuzzCompile(f *testing.F) {
	const given = `{"a":[1,2,{"b":"c"}],"d":{"e":null,"f":[true,false]},"g":"text","h":-1.5}`
	for _, s := range []string{"a[?b=='c'].b | [0]", "d.*", "{x:a,y:d}", "sort_by(a,&b)", "a[::-1]", "!g", "`1`", `"g"`, "length(g)", "a[*].b", "a[]", "@"} {
		f.Add(s)
	}
	doc, err := document.Decode(given)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		q, err := Compile(expression)
		if err != nil {
			return
		}
		got, err := q.Search(doc)
		if err == nil {
			document.Compact(got)
		}
	})
}

// script evaluates expressions with the library of the AWS CLI.
const script = `
import json, sys, awscli, jmespath
for line in sys.stdin:
    doc, expression = json.loads(line)
    try:
        print(json.dumps({'result': jmespath.search(expression, json.loads(doc))}))
    except Exception as e:
        print(json.dumps({'error': str(e)}))
`

// TestSearchEqualsTheAWSCLI compares results, the order of members and the texts
// of errors.
func TestSearchEqualsTheAWSCLI(t *testing.T) {
	t.Parallel()
	const doc = `{"token":"t1","expiration":"2026","n":3,"f":1.5,"big":12345678901234567890,"no":null,"yes":true,"e":[],"list":[{"k":"b","v":2},{"k":"a","v":1},{"k":"c"}],"nested":[[1,[2]],[3],4],"words":["x","ä","日"],"o":{"z":1,"y":{"x":2}},"mixed":[1,"a",null]}`
	expressions := []string{
		"token", "@", "[token,expiration]", "{b:token,a:n}", "list[].k", "list[*].v", "list[?v>`1`]", "list[?k=='a'].v|[0]", "list[0]", "list[-1]", "list[5]", "list[::-1].k", "list[1:]", "list[:2].v", "nested[]", "nested[][]", "nested[*][0]", "o.*", "o.*.x", "*.x",
		"sort_by(list,&k)[].k", "sort_by(list,&v)", "max_by(list[:2],&v).k", "min_by(list,&v)", "sort(words)", "sort(mixed)", "reverse(words)", "reverse(token)", "join(',',words)", "join(',',mixed)", "length(words)", "length(token)", "length(o)", "length(n)", "keys(o)", "values(o)",
		"to_string(o)", "to_string(words)", "to_string(f)", "to_number('12')", "to_number('1.5')", "to_number('x')", "to_number(yes)", "to_array(n)", "type(no)", "type(big)", "type(e)", "not_null(no,e)", "not_null()", "merge(o,{z:`5`,q:n})", "merge(o,n)", "map(&v,list)", "map(&k,n)", "avg(list[:2].v)", "avg(e)", "sum(list[:2].v)", "sum(words)", "abs(`-3`)", "abs(token)", "ceil(f)", "floor(f)", "ceil(n)", "max(words)", "max(e)", "max(mixed)", "min(list[:2].v)",
		"contains(words,'x')", "contains(token,'t')", "contains(token,n)", "contains(n,'a')", "starts_with(token,'t')", "ends_with(token,'2')", "starts_with(n,'a')", "n==`3`", "n=='3'", "n>f", "n>token", "token>expiration", "no==no", "yes==`1`", "`0`==`false`", "!no", "!n", "!`0`", "!e", "no||token", "e||n", "yes&&n", "no&&n", "(token)", "(a)(b)", "token.x", "no.x", "`{\"a\":1}`.a", "`foo`", "`bad\"`", "'raw'", "'it\\'s'", "\"token\"", "\"\\u0074oken\"", "\"\\x\"",
		"", " ", "a[", "a.", "a b", "a]", "[", "]", "{", "{a", "{a:", "{a:b", "{a:b,", "{a:b,}", "{a:b c:d}", "{1:2}", "[a", "[a,", "[a,]", "[0", "[0:", "[:]", "[0:1:2:3]", "[a:b]", "list[::0]", "list[99999999999999999999]", "list[-99999999999999999999:]", "f(", "f(a", "f(a,", "f(a b)", "nope(a)", "length(", "length()", "length(a,b)", "\"length\"(a)", "@(a)", "a(b)(c)", "&a", "&&", "a&&", "||", "a||b||", "=", "a=b", "==", "a==", "-", "-1", "1", "a.1", "a.*.", "**", "a**", "*", "*.*", "#", "ä", "'open", "`open", "\"open", "a[?", "a[?b", "a[?b]", "a[?b].", "[?", "[]", "[].a", "[*]", "[*].a", "a[*", "a.[b", "a.{b", "a.{b:c}", "a.[b]", "a | b", "|a", "a|", "!", "!!a", "(", "()", "(a", "a)", "a\nb", "a[0\n", "a.\"b", "a ? b", "a<b<c", "a[b]", "a['b']", "a[`0`]", "a.@", "@.a", "@@", "a.&b", "<", "a<", "a!b", "a!=b",
	}
	var cases []any
	for _, e := range expressions {
		cases = append(cases, []string{doc, e})
	}
	given, err := document.Decode(doc)
	if err != nil {
		t.Fatal(err)
	}
	for i, reply := range clitest.Python(t, script, cases) {
		want, err := document.Decode(string(reply))
		if err != nil {
			t.Fatal(err)
		}
		got := &document.Object{}
		q, err := Compile(expressions[i])
		var v any
		if err == nil {
			v, err = q.Search(given)
		}
		if err != nil {
			got.Set("error", err.Error())
		} else {
			got.Set("result", v)
		}
		if diff := cmp.Diff(document.Indented(want), document.Indented(got)); diff != "" {
			t.Errorf("%q (-aws +ours):\n%s", expressions[i], diff)
		}
	}
}
