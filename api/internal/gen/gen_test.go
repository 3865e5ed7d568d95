package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestGeneratedTypesAreCurrent(t *testing.T) {
	t.Parallel()
	for _, p := range packages {
		want, err := generateTypes(&p)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join("..", "..", p.name, "types.gen.go"))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s/types.gen.go is not what the model gives: run go generate ./api/...", p.name)
		}
	}
}

// The cases are what java.util.regex accepts and refuses by its documentation.
func TestPatternsMeanInRE2WhatTheyMeanInJava(t *testing.T) {
	t.Parallel()
	const private, unassigned = "\uE000", "\u0378"
	tests := []struct {
		name, java   string
		takes, leave []string
	}{
		{"white space has the vertical tab", `[^#/\s]+`, []string{"a", "é", "\u00a0"}, []string{"a b", "a\x0bb", "a\tb", "#", "/", ""}},
		{"no white space has not", `\S+`, []string{"a", "\u2003"}, []string{"a\x0b", " ", "\r"}},
		{"other characters are control, format, private and unassigned", `\P{C}+`, []string{"a b", "é中🙂", "\u00a0"},
			[]string{"a\n", "\u200d", "\ufeff", private, unassigned, "\x7f"}},
		{"the property White_Space", `[^\p{C}\p{IsWhitespace}]+`, []string{"/npm/@scope~*$", "é"},
			[]string{"a b", "\u00a0", "\u1680", "\u2003", "\u2028", "\u202f", "\u205f", "\u3000", "\u0085", "\x0b", private}},
		{"either class", `[\P{C}\s]+`, []string{"{\n\t\"a\": 1\r\n}", "\x0b"}, []string{"\x00", "\u200d"}},
		{"words are ASCII", `[\w+=,.@-]*`, []string{"", "a_Z0+=,.@-"}, []string{"é", "a b", "a/b"}},
		{"four digits escape a character", `[\u0020-\u00FF]+`, []string{" ", "ÿ"}, []string{"Ā", "\x1f"}},
		{"outside a class too", `(\u002F)|(\u002F[\u0021-\u007E]+\u002F)`, []string{"/", "/a/", "/a/b/"}, []string{"", "//a", "/a"}},
		{"five and six digits as well", `[\uE000-\uFFFD\u10000-\u10FFFF]+`, []string{"🙂", "\U0010FFFF", "\uE000"}, []string{"0", "F", "\uFFFE"}},
		{"escaped slash", `[\w+=,.@:\/-]*`, []string{"a/b:c"}, []string{`a\b`}},
		{"no two hyphens in a row", `^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$`, []string{"abc", "a-b", "a-b-c", "a1-2b"}, []string{"-ab", "ab-", "a--b", "A-b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			re2, err := toRE2(tt.java)
			if err != nil {
				t.Fatal(err)
			}
			re := regexp.MustCompile(`\A(?:` + re2 + `)\z`)
			for _, s := range tt.takes {
				if !re.MatchString(s) {
					t.Errorf("%s refuses %q", re2, s)
				}
			}
			for _, s := range tt.leave {
				if re.MatchString(s) {
					t.Errorf("%s takes %q", re2, s)
				}
			}
		})
	}
}

func TestImportKeepsWhatBotocoreDoesNotHave(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	dir := filepath.Join(data, "s", "1")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write([]byte(`{"metadata":{"apiVersion":"1","endpointPrefix":"s","protocol":"query","serviceId":"S"},
		"operations":{"GetA":{"http":{"method":"POST","requestUri":"/"},"errors":[{"shape":"E"}]},"PutA":{"http":{"method":"POST","requestUri":"/"},"idempotent":true}},
		"shapes":{"E":{"type":"structure","exception":true},"T":{"type":"string","pattern":"a"}}}`))
	if err := errors.Join(err, w.Close(), os.WriteFile(filepath.Join(dir, "service-2.json.gz"), packed.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	const model = `service s
id S
signing s
version 1
protocol query
source s.amazonaws.com
recorded a b
action Look reads

operation GetA POST / - -
reads
errors E
doc GetA Returns a.
operation PutA POST / - -
idempotent
unserved
doc PutA Sets a.

structure E
error E 0
string T
pattern a

doc - A service.
says T It must be a.
`
	got, err := importModel(data, service{name: "s", version: "1"}, model)
	if err != nil {
		t.Fatal(err)
	}
	if got != model {
		t.Errorf("the model became:\n%s", got)
	}
}

func TestImportRefusesWhatTheModelCannotSay(t *testing.T) {
	t.Parallel()
	if _, err := toRE2(`a(?=b)`); err == nil {
		t.Error("a pattern that RE2 cannot express was taken")
	}
	sh := originalShape{Type: "structure", Members: []byte(`{"a":{"shape":"A","location":"uri"}}`)}
	if err := sh.write(&strings.Builder{}, "S"); err == nil {
		t.Error("a member in the path was taken")
	}
}
