package argument

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/cli/clitest"
	"daypass/internal/cli/document"
)

// grammars are the parsers of the test; the script below builds the same.
func grammars() []Parser {
	option := func(name string, count Count, more ...func(*Argument)) *Argument {
		a := &Argument{Names: []string{"--" + name}, Dest: name, Count: count, Value: true}
		for _, f := range more {
			f(a)
		}
		return a
	}
	typed := func(t Type) func(*Argument) { return func(a *Argument) { a.Type = t } }
	choices := func(list ...string) func(*Argument) { return func(a *Argument) { a.Choices = list } }
	constant := func(v any) func(*Argument) { return func(a *Argument) { a.Value = v } }
	required := func(a *Argument) { a.Required = true }
	positional := func(name string, count Count, need bool) *Argument {
		return &Argument{Names: []string{name}, Dest: name, Count: count, Required: need}
	}
	list := []*Argument{
		option("domain", One, required, constant(nil)), option("domain-owner", One, constant(nil)), option("number", One, typed(Int), constant(nil)),
		option("debug", NoValues), option("list", Any, constant(nil)), option("some", Some, constant(nil)), option("mode", Maybe, constant("in"), choices("in", "out", "inner")),
	}
	return []Parser{
		{Options: list, Positionals: []*Argument{positional("help", Maybe, false)}},
		{Options: list, Positionals: []*Argument{positional("outfile", One, true), positional("help", Maybe, false)}},
		{Options: list[3:], Positionals: []*Argument{positional("command", One, true)}},
	}
}

const reference = `
import json, sys, awscli
from awscli.argparser import CLIArgParser, ArgParseException
def options(p, start):
    add = [
        lambda: p.add_argument('--domain', required=True), lambda: p.add_argument('--domain-owner', dest='domain-owner'), lambda: p.add_argument('--number', type=int),
        lambda: p.add_argument('--debug', action='store_true', default=None), lambda: p.add_argument('--list', nargs='*'), lambda: p.add_argument('--some', nargs='+'),
        lambda: p.add_argument('--mode', nargs='?', const='in', choices=['in', 'out', 'inner']),
    ]
    for f in add[start:]:
        f()
    return p
def new():
    return CLIArgParser(add_help=False, usage='', prog='aws')
a = options(new(), 0); a.add_argument('help', nargs='?')
b = options(new(), 0); b.add_argument('outfile'); b.add_argument('help', nargs='?')
c = options(new(), 3); c.add_argument('command')
for line in sys.stdin:
    n, args = json.loads(line)
    try:
        v, rest = [a, b, c][n].parse_known_args(args)
        print(json.dumps({'values': {k: v for k, v in vars(v).items() if v is not None}, 'rest': rest}, sort_keys=True))
    except ArgParseException as e:
        print(json.dumps({'error': str(e).split('aws: error: ', 1)[1].rstrip('\n')}))
`

// lines returns command lines of words that have a meaning for the grammar.
func lines() [][]string {
	words := []string{
		"--domain", "--domain-owner", "--domain=x", "--domain=", "--dom", "--domain-o", "--d", "--de", "--debug", "--debug=1", "--number", "--number=5", "--num=x", "--list", "--list=a", "--l", "--some", "--mode", "--mode=out", "--m=bad", "--mo",
		"--unknown", "--unknown=1", "-", "--", "-x", "-1", "-1.5", "-.5", "-1.", "-1e5", "-a b", "--a b", "a", "b", "5", "", "in", "out", "inn", "help", "a b", "--=x", "---", "-d", "--domain x",
	}
	random := rand.New(rand.NewPCG(1, 2))
	var list [][]string
	for range 4000 {
		line := []string{}
		for range random.IntN(8) {
			line = append(line, words[random.IntN(len(words))])
		}
		list = append(list, line)
	}
	return list
}

func result(values Values, rest []string, err error) *document.Object {
	o := &document.Object{}
	if err != nil {
		o.Set("error", strings.TrimRight(err.Error(), "\n"))
		return o
	}
	list := []any{}
	for _, r := range rest {
		list = append(list, r)
	}
	data, _ := json.Marshal(values)
	v, _ := document.Decode(string(data))
	o.Set("rest", list)
	o.Set("values", v)
	return o
}

func TestParseEqualsArgparse(t *testing.T) {
	t.Parallel()
	parsers := grammars()
	type sample struct {
		parser int
		args   []string
	}
	var samples []sample
	var cases []any
	for i, line := range lines() {
		samples = append(samples, sample{i % len(parsers), line})
		cases = append(cases, []any{i % len(parsers), line})
	}
	for i, reply := range clitest.Python(t, reference, cases) {
		want, err := document.Decode(string(reply))
		if err != nil {
			t.Fatal(err)
		}
		s := samples[i]
		got := result(parsers[s.parser].Parse(s.args))
		if diff := cmp.Diff(document.Indented(want), document.Indented(got)); diff != "" {
			t.Errorf("%d %q (-argparse +ours):\n%s", s.parser, s.args, diff)
		}
	}
}

func TestNearFindsTheMostSimilarWords(t *testing.T) {
	t.Parallel()
	words := []string{"get-authorization-token", "get-package-version", "token", "--domain", "--domain-owner"}
	for typed, want := range map[string][]string{
		"get-authorisation-token": {"get-authorization-token"},
		"tokn":                    {"token"},
		"--domian":                {"--domain"},
		"nothing":                 nil,
		"":                        nil,
	} {
		if diff := cmp.Diff(want, Near(typed, words)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", typed, diff)
		}
	}
}

// FuzzArgs checks that every word is stored or left over, and that no command line
// makes the parser panic.
func FuzzArgs(f *testing.F) {
	for _, line := range lines()[:50] {
		f.Add(strings.Join(line, "\x00"))
	}
	parsers := grammars()
	f.Fuzz(func(t *testing.T, joined string) {
		args := strings.Split(joined, "\x00")
		for i := range parsers {
			_, rest, err := parsers[i].Parse(args)
			if err == nil && len(rest) > len(args) {
				t.Fatalf("%q: %q", args, rest)
			}
		}
	})
}
