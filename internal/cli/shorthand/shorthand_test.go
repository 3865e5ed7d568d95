package shorthand

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/cli/clitest"
	"daypass/internal/cli/document"
)

var samples = []string{
	"", "a", "a=", "a=b", "a=b,c=d", "a=b,c", "a=b,c,d=e", "a=b,", "a=,b=c", "a = b , c = d", "a=[b,c]", "a=[]", "a=[b", "a=[b,[c,d]]", "a={b=c}", "a={b=c,d=[e,f]},g=h", "a={b=c", "a={}",
	"a='b,c'", `a="b,c"`, `a='it\'s'`, `a='b`, `a='b\'`, `a='b\\'`, `a="b\"c"`, "a='b',c='d'", "a='b','c',d=e", "a=b\\,c", "a=b\\,c,d", "a=b,c\\,d", "a=b=c", "a=b[c", "a=b]c", "a=b{c}", "a=b,c]d", "a=b,c{d",
	"=b", "a=b,,c=d", "a=b,=c", "a=b;c=d", "a=b c", "a=b,a=c", "a=b,c=d,a=e", "a=1,\nb=2,\nb=3", "a=b\nc=d", "a==b", "a=b,\nc==d,\ne=f", "a=b,c==d", "arn:aws=b", "a.b/c#d-e_f=g", "ä=b", "a=ä,ö", "a=é b", "a=😀", "a=b😀",
	" a=b", "a=b ", "a=\tb\t", "a= b", "key=k,value=v", "Key=k,Value='v w'", "repositoryName=up", "a=[b, c ]", "a=[ b,c]", "a=[b c]", "a={b=[{c=d}]}", "a=\"b\"c", "a='b'c=d", "a=b'c'", "a=b,'c'd", "a=b,c'd'", "a=\\", "a=\\,", "a=b,\\,",
	"a=\x1f", "a=b,c,d", "a=b,c d,e", "a=b,'c", "a=!#$%&()*+-./:;<>?@^_`|~",
}

// reference parses with the AWS CLI's own parser.
const reference = `
import json, sys
from awscli.shorthand import ShorthandParser, ShorthandParseError
for line in sys.stdin:
    try:
        print(json.dumps({'value': ShorthandParser().parse(json.loads(line))}))
    except ShorthandParseError as e:
        print(json.dumps({'error': str(e)}))
`

func TestParseEqualsTheAWSCLI(t *testing.T) {
	t.Parallel()
	var cases []any
	for _, s := range samples {
		cases = append(cases, s)
	}
	for i, reply := range clitest.Python(t, reference, cases) {
		got := &document.Object{}
		if o, err := Parse(samples[i]); err != nil {
			got.Set("error", err.Error())
		} else {
			got.Set("value", o)
		}
		want, err := document.Decode(string(reply))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(document.Indented(want), document.Indented(got)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", samples[i], diff)
		}
	}
}

func FuzzShorthand(f *testing.F) {
	for _, s := range samples {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o, err := Parse(s)
		if (o == nil) == (err == nil) {
			t.Fatalf("%q: %v and %v", s, o, err)
		}
		if err == nil {
			if _, err := json.Marshal(document.Map(o)); err != nil {
				t.Fatal(err)
			}
		}
	})
}
