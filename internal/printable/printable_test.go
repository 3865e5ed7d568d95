package printable

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// hostile are the characters that must reach no terminal, one of each kind and
// the ends of each range.
var hostile = []rune{
	0, '\a', '\b', '\t', '\r', 0x1b, 0x1f, 0x7f, // C0 and DEL
	0x80, 0x9b, 0x9f, // C1
	0x61c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069, // directions
	0x200b, 0x2028, 0x2029, 0xad, 0xfeff, 0xfffe, 0xe0001, // invisible, line ends, tags
}

func TestTextAndLinesEscapeWhatIsNotPrintable(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ in, text, lines string }{
		{"plain ~ text", "plain ~ text", "plain ~ text"},
		{"Zürich 東京 🐍", "Zürich 東京 🐍", "Zürich 東京 🐍"},
		{"a\x1b[31mb", `a\u001b[31mb`, `a\u001b[31mb`},
		{"a\u009bb\u202ec", `a\u009bb\u202ec`, `a\u009bb\u202ec`},
		{"one\ntwo\r\n", `one\u000atwo\u000d\u000a`, "one\ntwo\\u000d\n"},
		{"bad \x9b byte", `bad \ufffd byte`, `bad \ufffd byte`},
		{"tag \U000e0001.", `tag \udb40\udc01.`, `tag \udb40\udc01.`},
		{"\ufffd stays", "\ufffd stays", "\ufffd stays"},
	} {
		if got := Text(test.in); got != test.text {
			t.Errorf("Text(%q) = %q, want %q", test.in, got, test.text)
		}
		if got := Lines(test.in); got != test.lines {
			t.Errorf("Lines(%q) = %q, want %q", test.in, got, test.lines)
		}
	}
	for _, r := range hostile {
		if got := Text("x" + string(r)); strings.ContainsRune(got, r) || !strings.HasPrefix(got, `x\u`) {
			t.Errorf("%U is shown as %q", r, got)
		}
	}
}

func TestJSONKeepsItsMeaningAndHasNoHostileCharacter(t *testing.T) {
	t.Parallel()
	for _, r := range hostile {
		if r < ' ' {
			continue // no encoder leaves these
		}
		for offset := range 17 { // whole words and rests
			said := strings.Repeat("a", offset) + string(r) + "é"
			line := []byte(`{"a":"` + said + "\"}\n")
			got := JSON(line)
			var read struct{ A string }
			if err := json.Unmarshal(got, &read); err != nil || read.A != said {
				t.Fatalf("%U at %d: %q: %v", r, offset, got, err)
			}
			if strings.ContainsRune(string(got), r) || got[len(got)-1] != '\n' {
				t.Fatalf("%U at %d is left in %q", r, offset, got)
			}
		}
	}
	line := []byte(`{"time":"2030-01-02T03:04:05Z","path":"/v1/~é"}` + "\n")
	if got := JSON(line); string(got) != string(line) {
		t.Errorf("a plain line became %q", got)
	}
}

func TestShortNeverCutsACharacter(t *testing.T) {
	for _, test := range []struct {
		s    string
		most int
		want string
	}{
		{"", 0, ""}, {"abc", 3, "abc"}, {"abcd", 3, "abc…"}, {"aé", 3, "aé"}, {"aéb", 2, "a…"}, {"\U0001F600", 3, "…"}, {"a\xff\xffb", 3, "a\xff\xff…"},
	} {
		if got := Short(test.s, test.most); got != test.want {
			t.Errorf("Short(%q, %d) = %q, want %q", test.s, test.most, got, test.want)
		}
	}
}

func FuzzJSON(f *testing.F) {
	f.Add("plain")
	f.Add("\u009b\u202e\U000e0001 \xff é")
	f.Fuzz(func(t *testing.T, said string) {
		line, err := json.Marshal(said)
		if err != nil {
			t.Skip()
		}
		got := JSON(line)
		var before, after string
		if json.Unmarshal(line, &before) != nil || json.Unmarshal(got, &after) != nil || before != after {
			t.Fatalf("%q became %q", line, got)
		}
		appended := AppendJSON([]byte("x"), said)[1:]
		if json.Unmarshal(appended, &after) != nil || before != after {
			t.Fatalf("%q was appended as %q", said, appended)
		}
		for _, shown := range []string{string(got), string(appended), Text(said), strings.ReplaceAll(Lines(said), "\n", "")} {
			if !utf8.ValidString(shown) || strings.ContainsFunc(shown, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Fatalf("%q is not printable", shown)
			}
		}
	})
}

func TestAppendJSONEscapesAsTheLogAlwaysDid(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"", `""`}, {`a"b\c/<&>`, `"a\"b\\c/<&>"`}, {"\n\r\t\b\x1b\x7f", `"\n\r\t\u0008\u001b\u007f"`},
		{"é東🐍\u2028\u202e\xff\U000e0001.", `"é東🐍\u2028\u202e\ufffd\udb40\udc01."`},
	} {
		if got := string(AppendJSON(nil, test.in)); got != test.want {
			t.Errorf("%q: %s, want %s", test.in, got, test.want)
		}
	}
}

func TestAppendJSONSeesEveryByteAtEveryOffset(t *testing.T) {
	t.Parallel()
	for c := range 256 {
		for offset := range 17 {
			said := strings.Repeat("a", offset) + string([]byte{byte(c)}) + strings.Repeat("~", 17-offset)
			var read string
			got := AppendJSON(nil, said)
			if err := json.Unmarshal(got, &read); err != nil || read != strings.ToValidUTF8(said, "\ufffd") || strings.ContainsFunc(string(got), func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Fatalf("%q became %s: %v", said, got, err)
			}
		}
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	text := strings.Repeat("arn:aws:codeartifact:us-east-1:000000000000:repository/dom/repo", 4)
	out := make([]byte, 0, 1<<10)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		out = AppendJSON(out[:0], text)
	}
}

func BenchmarkJSON(b *testing.B) {
	line := []byte(strings.Repeat(`{"path":"/v1/authorization-token","status":200}`, 12) + "\n")
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		JSON(line)
	}
}
