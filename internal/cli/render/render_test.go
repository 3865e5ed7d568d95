package render

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/cli/clitest"
	"daypass/internal/cli/document"
)

// reference prints documents with the AWS CLI's own formatters.
const reference = `
import json, sys, io, argparse
import colorama
from awscli import formatter
class Inner:
    def search(self, value):
        return value['doc']
stdin, stdout = sys.stdin, sys.stdout
for line in stdin:
    case = json.loads(line)
    sys.stdout = out = io.StringIO()
    args = argparse.Namespace(query=Inner(), color=case['color'])
    doc = {'doc': json.loads(case['doc'])}
    try:
        f = formatter.get_formatter(case['format'], args)
        f('GetAuthorizationToken', doc, sys.stdout)
        text = out.getvalue()
    except Exception as e:
        text = 'error'
    print(json.dumps(text), file=stdout)
`

// documents have what a format may get wrong: nesting, empty values, mixed lists, wide
// characters, and texts that YAML must quote.
func documents(t testing.TB) []string {
	docs := []string{
		`{}`, `[]`, `null`, `true`, `0`, `1.5`, `"text"`, `""`, `"é 日本 😀"`,
		`{"authorizationToken":"abc","expiration":"2026-09-21T14:13:20.123000+00:00"}`,
		`{"a":null,"b":true,"c":[],"d":{},"e":1e20,"f":1e-7,"g":12345678901234567890123}`,
		`{"one":"value"}`, `{"one":["value"]}`, `{"one":{"two":{"three":4}}}`,
		`{"packages":[{"format":"npm","package":"a"},{"format":"pypi","namespace":"n","package":"b"}],"next":"t"}`,
		`{"packages":[{"format":"npm","tags":[{"k":1},{"k":2}]},{"format":"pypi","tags":[]},{"z":{"y":1}}]}`,
		`[{"a":1},{"b":2}]`, `[["a","b"],["c","d"]]`, `[["a",["b"]],["c"]]`, `[[],[]]`, `["a","b","c"]`, `[1,[2,3],4]`,
		`["a",["b","c"]]`, `[["a","b"],["c"]]`, `[[["a"]],[["b"]]]`, `["a",{"b":"c","d":1}]`, `[["a"],{"b":1}]`, `[null,null]`, `{"a":[null,1,"x"]}`,
		`{"description":"日本語","名":"値"}`, `{"a":"ambiguous § ° ±"}`,
		`{"long":"` + strings.Repeat("word ", 40) + `","more":"` + strings.Repeat("x", 120) + `"}`,
		`{"a":{"long":["` + strings.Repeat("many words ", 20) + `",{"q":"` + strings.Repeat("it's ", 30) + `"}]}}`,
		`{"policy":{"document":"{\"Version\":\"2012-10-17\",\n  \"Statement\":[]}","revision":"r"}}`,
		`{"` + strings.Repeat("k", 130) + `":{"x":1},"a\nb":[1]}`,
		`{"wide":{"a":"` + strings.Repeat("w", 50) + `","b":"` + strings.Repeat("v", 50) + `","c":[{"d":1,"e":"` + strings.Repeat("u", 70) + `"}]}}`,
	}
	for _, s := range []string{
		"", " a", "a ", "yes", "true", "null", "~", "1", "1.5", "0x10", "1e5", "010", "1_000", "_1", "-1_", "2020-01-01", "2020-1-1 1:00:00", "2020-01-01T00:00:00Z", "2026-09-21T14:13:20.123000+00:00",
		"- a", "a: b", "a:b", "a #b", "#a", "a\nb", "a\nb\n", "\n", "\n\n", " \n", "a \nb", "a\n b", "tab\tx", "\x01", "\x7f", "\u0085", `"q"`, "it's", "*a", "&a", "!a", "|", ">", "%a", "@a", "`a", "?", "? a", "-", "+", "--",
		"---", "--- a", "----", "...", "[a", "{a", "a]", "a,b", "=", "<<", `a\b`, "a\r\nb", "http://x/y?z=1#f", "12:30:45", ".5", ".", ".inf", ".nan", "+1", "0o17", "0b1", "Null", "y", "\ufeff", "a: ", "a:", ":", ": a", ":a",
		"\u2028", "a\u2028b", "\u00a0", "000000000000", "1.", "1e", "e1", "1.e5", "0x", "+", "-.inf", "\x00", "\x1b", "a\\nb", "'", "''", "'a", "a'b\"c", strings.Repeat("a b ", 40), "é\n" + strings.Repeat("a b ", 40),
		strings.Repeat("word ", 15) + "\n" + strings.Repeat("word ", 20), strings.Repeat("x  y  z ", 20), strings.Repeat("a\tb ", 40), "\t" + strings.Repeat("double  spaces ", 20), strings.Repeat("\\ \" ", 60),
		strings.Repeat("y", 79) + " z", strings.Repeat("y", 90) + " z w", strings.Repeat("y", 90) + "  z", strings.Repeat("日", 85) + " z",
	} {
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, `{"key":`+string(text)+`}`, `[[`+string(text)+`,{"k":[`+string(text)+`]}]]`, `{`+string(text)+`:1}`, string(text))
	}
	return docs
}

func TestFormatsEqualTheAWSCLI(t *testing.T) {
	t.Parallel()
	type key struct{ Doc, Format, Color string }
	var keys []key
	var cases []any
	for _, doc := range documents(t) {
		for _, format := range Formats {
			keys = append(keys, key{doc, format, "off"})
		}
		keys = append(keys, key{doc, "table", "on"})
	}
	for _, k := range keys {
		cases = append(cases, map[string]string{"doc": k.Doc, "format": k.Format, "color": k.Color})
	}
	replies := clitest.Python(t, reference, cases)
	for i, k := range keys {
		var want string
		if err := json.Unmarshal(replies[i], &want); err != nil {
			t.Fatal(err)
		}
		if want == "error" {
			continue // a list that mixes objects and others stops the AWS CLI
		}
		doc, err := document.Decode(k.Doc)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		if err := Write(&out, doc, Options{Format: k.Format, Title: "GetAuthorizationToken", Colour: k.Color == "on"}); err != nil {
			t.Errorf("%s of %s: %v", k.Format, k.Doc, err)
		}
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("%s %s of %s (-want +got):\n%s", k.Format, k.Color, k.Doc, diff)
		}
	}
}
