package profile

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/cli/clitest"
)

var commands = []string{
	"", " ", "prog", "prog a b", "  prog\ta\nb  ", `prog 'a b' "c d"`, `prog a\ b`, `prog ''`, `prog "" x`, `prog a''b`, `prog 'it'"'"'s'`, `prog "a\"b"`, `prog "a\\b"`, `prog "a\nb"`, `prog '\'`, `prog "\$x"`,
	"prog https://h/?a=1&b=2", "prog $HOME `id` a;b *", "prog # no comment", "prog a#b", "prog | cat > x", `"C:\Program Files\x.exe" a`, `C:\x\y.exe "a\\" b`, `x \\"a`, `x \\\"a`, `x a"b c"d`, `x "a`, "x 'a", `x a\`, `x "a\`, `x 'a\`, "prog é\u00a0日", "\"\"", `""\`,
}

func TestWordsEqualBotocore(t *testing.T) {
	t.Parallel()
	for platform, split := range map[string]func(string) ([]string, error){"linux": Words, "win32": windowsWords} {
		script := `
import json, sys, awscli
from botocore.compat import compat_shell_split
for line in sys.stdin:
    try:
        print(json.dumps({'Words': compat_shell_split(json.loads(line), '` + platform + `')}))
    except ValueError as e:
        print(json.dumps({'Error': str(e).split(' in string')[0]}))
`
		cases := make([]any, len(commands))
		for i := range commands {
			cases[i] = commands[i]
		}
		type outcome struct {
			Words []string
			Error string
		}
		for i, line := range clitest.Python(t, script, cases) {
			var want outcome
			if err := json.Unmarshal(line, &want); err != nil {
				t.Fatal(err)
			}
			words, err := split(commands[i])
			got := outcome{Words: words}
			if err != nil {
				got.Error = err.Error()
			}
			if len(want.Words) == 0 {
				want.Words = nil
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %s (-botocore +ours):\n%s", platform, commands[i], diff)
			}
		}
	}
}

func FuzzWords(f *testing.F) {
	for _, text := range commands {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, split := range []func(string) ([]string, error){Words, windowsWords} {
			words, err := split(text)
			size := 0
			for _, w := range words {
				size += len(w)
			}
			if err != nil && words != nil || size > len(text) {
				t.Errorf("%q: %q, %v", text, words, err)
			}
		}
	})
}
