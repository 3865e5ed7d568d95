package operation

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/cli/clitest"
	"daypass/internal/cli/document"
)

var yamls = []string{
	"", "domain: acme\n", "domain: acme\nrepository: &r one\ndescription: *r\n", "a: &x {b: 1, c: [1, 2]}\nd: *x\n", "a: &x [1]\nb: [*x, *x]\n", "- &x 1\n- *x\n",
	"base: &b {k: 1, l: 2}\nuse:\n  <<: *b\n  l: 3\n  m: 4\n", "a: &a {k: 1}\nb: &b {k: 2, l: 3}\nuse:\n  m: 0\n  <<: [*a, *b]\n", "use:\n  <<: 1\n", "a: *none\n", "&a k: 1\nl: *a\n",
	"domain: acme\n---\ndomain: other\n", "domain: acme\n---\n", "---\ndomain: acme\n", "domain: acme\n...\n", "---\n...\n", "a: [", "a: 1\na: 2\n", "{}", "[]", "x", "- 1\n- 2\n", "a: !!str 1\n", "a: 'x'\n", "a: \"x\\ty\"\n",
}

const yamlReference = `
import json, sys, awscli
from ruamel.yaml import YAML
for line in sys.stdin:
    try:
        print(json.dumps({'Value': YAML(typ='safe', pure=True).load(json.loads(line))}))
    except Exception:
        print(json.dumps({'Invalid': True}))
`

func TestYAMLDocumentsEqualTheAWSCLI(t *testing.T) {
	t.Parallel()
	type outcome struct {
		Value   any
		Invalid bool
	}
	for i, line := range clitest.Python(t, yamlReference, yamls) {
		var want, got outcome
		if err := json.Unmarshal(line, &want); err != nil {
			t.Fatal(err)
		}
		v, err := decodeYAML(yamls[i])
		got.Invalid = err != nil
		if err == nil {
			if err := json.Unmarshal([]byte(document.Compact(v)), &got.Value); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-aws +daypass):\n%s", yamls[i], diff)
		}
	}
}

func TestYAMLAliasesCannotMakeADocumentHuge(t *testing.T) {
	t.Parallel()
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 20 {
		from, to := string(rune('a'+i)), string(rune('b'+i))
		bomb += to + "0: &" + to + "0 [" + strings.TrimSuffix(strings.Repeat("*"+from+"0, ", 10), ", ") + "]\n"
	}
	for name, text := range map[string]string{
		"a bomb": bomb, "a merged bomb": bomb + "m: {<<: {k: *u0}}\n", "a circle": "a: &a [*a, *a]\n", "a circle of mappings": "&a {b: *a, c: *a}\n",
		"a deep list": strings.Repeat("[", 300) + strings.Repeat("]", 300), "a long list": "[" + strings.Repeat("1,", maxNodes) + "]",
	} {
		if v, err := decodeYAML(text); err == nil {
			t.Errorf("%s is taken as %T", name, v)
		}
	}
}

func FuzzDecodeYAML(f *testing.F) {
	for _, text := range yamls {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if v, err := decodeYAML(text); err == nil {
			document.Compact(v)
		}
	})
}
