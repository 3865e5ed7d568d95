package query

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/cli/document"
)

// suite returns the folder of the public compliance suite, which the Go library
// of the JMESPath project carries.
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

func TestComplianceSuite(t *testing.T) {
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

// The texts are those of jmespath.py 1.0.1, which the AWS CLI passes on.
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

// FuzzCompile checks that no expression brings the compiler or the evaluation
// down.
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
