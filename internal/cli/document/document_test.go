package document

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/cli/clitest"
)

var texts = []string{
	`{}`, `[]`, `null`, `true`, ` false `, `"a"`, `1`, `-1`, `0`, `-0`, `01`, `1.5`, `-1.5e3`, `1e5`, `1E+5`, `1.`, `.5`, `1e`, `-`, `+1`, `12345678901234567890123`, `1e400`, `NaN`, `Infinity`, `-Infinity`, `nan`,
	`{"a":1}`, `{"a":1,"b":[1,2,{"c":null}]}`, `{"b":1,"a":2,"b":3}`, `{a:1}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{"a":1 "b":2}`, `{"a" 1}`, `{,}`, `{`, `{"a"`, `{"a":`, `{"a":1`, `[`, `[1`, `[1,`, `[1,]`, `[,]`, `[1 2]`, `]`, `}`, ``, ` `, "\n\n x",
	`"a`, `"a\`, `"a\q"`, `"\u12"`, `"\u00e9"`, `"\ud83d\ude00"`, `"\n\t\r\b\f\/\\\""`, "\"a\nb\"", "\"a\tb\"", `"é日😀"`, `{"é":"日", x}`, "[\n1,\n  x]", `[1]]`, `{} {}`, `tru`, `nul`, `'a'`, `{'a':1}`, `"\u00zz"`, `[1, 2`, `{"a": [1, {"b": }]}`,
}

// reference reads JSON as the AWS CLI does.
const reference = `
import json, sys
for line in sys.stdin:
    text = json.loads(line)
    try:
        v = json.loads(text)
        print(json.dumps({'compact': json.dumps(v, separators=(',', ':')), 'indented': json.dumps(v, indent=4, ensure_ascii=False), 'str': str(v), 'repr': repr(v), 'class': str(type(v))}))
    except ValueError as e:
        print(json.dumps({'error': str(e)}))
`

func TestDecodeEqualsPython(t *testing.T) {
	t.Parallel()
	for i, line := range clitest.Python(t, reference, texts) {
		want, got := map[string]string{}, map[string]string{}
		if err := json.Unmarshal(line, &want); err != nil {
			t.Fatal(err)
		}
		if v, err := Decode(texts[i]); err != nil {
			got["error"] = err.Error()
		} else {
			got["compact"], got["indented"], got["str"], got["repr"], got["class"] = Compact(v), Indented(v), Str(v), Repr(v), Class(v)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-python +ours):\n%s", texts[i], diff)
		}
	}
}

const scalars = `
import json, sys
for line in sys.stdin:
    text = json.loads(line)
    def read(f):
        try:
            return repr(f(text))
        except ValueError:
            return 'error'
    print(json.dumps([repr(text), read(int), read(float)]))
`

func TestScalarsEqualPython(t *testing.T) {
	t.Parallel()
	samples := []string{"", "a", "it's", `"q"`, `it's "q"`, "\\", "\n\t\r\x00\x1b\x7f", "é\u0085\u00a0\u00ad\u2028日😀\ue000", "1", " 1 ", "+1", "-1", "--1", "1_0", "1__0", "_1", "1_", "0x1", "1.5", "1.", ".5", "1e5", "1e", "inf", "-inf", "nan", "Infinity", "1_0.5", "1e400", "007", "99999999999999999999", "-99999999999999999999", "1 2", "１"}
	for i, line := range clitest.Python(t, scalars, samples) {
		var want [3]string
		if err := json.Unmarshal(line, &want); err != nil {
			t.Fatal(err)
		}
		got := [3]string{Repr(samples[i]), "error", "error"}
		if n, ok := ParseInt(samples[i]); ok {
			got[1] = Repr(n)
		}
		if f, ok := ParseFloat(samples[i]); ok {
			got[2] = Repr(f)
		}
		if samples[i] == "１" { // digits of other scripts are no numbers here
			want[1], want[2] = "error", "error"
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-python +ours):\n%s", samples[i], diff)
		}
	}
}

func TestObjectKeepsOrderAtAnySize(t *testing.T) {
	t.Parallel()
	o, want := &Object{}, []string{}
	for i := range 40 {
		name := strings.Repeat("x", i+1)
		o.Set(name, i)
		want = append(want, name)
	}
	o.Set("x", "again")
	o.Delete("xx")
	want = append(want[:1], want[2:]...)
	if diff := cmp.Diff(want, o.Names()); diff != "" {
		t.Error(diff)
	}
	if v, ok := o.Get(strings.Repeat("x", 40)); !ok || v != 39 {
		t.Errorf("got %v, %v", v, ok)
	}
	if o.Has("xx") || o.Len() != 39 {
		t.Errorf("%d members", o.Len())
	}
}

func TestDeepDocumentIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := Decode(strings.Repeat("[", 100_000)); err == nil {
		t.Error("no error")
	}
}

// FuzzDecode checks that Decode reads all JSON that encoding/json reads, and that it
// reads what Compact prints.
func FuzzDecode(f *testing.F) {
	for _, s := range texts {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := Decode(text)
		if err != nil {
			if json.Valid([]byte(text)) && strings.Count(text, "[")+strings.Count(text, "{") < maxDepth {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if n, ok := v.(float64); ok && math.IsNaN(n) {
			return
		}
		again, err := Decode(Compact(v))
		if err != nil || Compact(again) != Compact(v) {
			t.Fatalf("%q: %s and %v, %v", text, Compact(v), again, err)
		}
	})
}
