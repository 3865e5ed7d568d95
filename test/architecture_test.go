package test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// listedPackage is what go list says about one package of the module.
type listedPackage struct {
	ImportPath, Name, Doc string
	Imports               []string
}

// A row is a line of the table "Who may import whom".
type row struct {
	name  string
	all   bool     // "all but" what may names
	names []string // row names
}

// siblings reports whether a row ("format/*") stands for folders that must not import
// each other.
func (r row) siblings() bool { return strings.HasSuffix(r.name, "/*") }

// allows reports whether the row may import another. "All but x" excludes x and the
// folders below it.
func (r row) allows(name string) bool {
	if !r.all {
		return slices.Contains(r.names, name)
	}
	return !slices.ContainsFunc(r.names, func(m string) bool { return name == m || strings.HasPrefix(name, m+"/") })
}

func TestImportsFollowTheTable(t *testing.T) {
	t.Parallel()
	rows := importTable(t)
	used := map[string]bool{}
	for _, p := range packages(t) {
		name := shortPath(p.ImportPath)
		if isForTests(name) {
			continue
		}
		own, ok := rowOf(rows, name)
		if !ok {
			t.Errorf("%s has no row in ARCHITECTURE.md", name)
			continue
		}
		used[own.name] = true
		for _, i := range p.Imports {
			if !strings.HasPrefix(i, "daypass/") {
				continue
			}
			imported := shortPath(i)
			other, ok := rowOf(rows, imported)
			switch {
			case isForTests(imported):
				t.Errorf("%s imports %s, which is for tests", name, imported)
			case ok && other.name == own.name && (!own.siblings() || folder(name, own) == folder(imported, own)):
			case !ok || !own.allows(other.name):
				t.Errorf("%s may not import %s", name, imported)
			}
		}
	}
	for _, r := range rows {
		if !used[r.name] {
			t.Errorf("ARCHITECTURE.md has a row for %s, which does not exist", r.name)
		}
	}
}

// serverOnly are the modules and packages that only a server needs, by the beginning
// of their paths, with what they are.
var serverOnly = map[string]string{
	"database/sql":                            "a database",
	"github.com/jackc/pgx":                    "a database",
	"modernc.org/":                            "a database",
	"github.com/pressly/goose":                "a database's migrations",
	"github.com/prometheus/":                  "metrics",
	"google.golang.org/protobuf":              "metrics",
	"github.com/aws/aws-sdk-go-v2/service/s3": "a store of content",
	"github.com/go-jose/":                     "verification of identity providers",
	"html/template":                           "web pages",
	"daypass/internal/server":                 "the server",
	"daypass/internal/store":                  "the server's memory",
	"daypass/internal/blob":                   "the server's memory",
}

func TestTheClientLinksNothingOfAServer(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", "daypass/cmd/daypass-client").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dep := range strings.FieldsSeq(string(out)) {
		for path, what := range serverOnly {
			if strings.HasPrefix(dep, path) {
				t.Errorf("cmd/daypass-client links %s: %s", dep, what)
			}
		}
	}
}

func TestEveryPackageSaysWhatItOwns(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		if p.Doc == "" {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}

func TestPackagesAreNotVaguelyNamed(t *testing.T) {
	t.Parallel()
	vague := []string{"base", "common", "helper", "helpers", "manager", "misc", "shared", "types", "util", "utils"}
	for _, p := range packages(t) {
		if slices.Contains(vague, p.Name) {
			t.Errorf("%s: the name does not say what is inside", p.ImportPath)
		}
	}
}

// importTable returns the rows of the table in ARCHITECTURE.md, the most specific
// ones first.
func importTable(t *testing.T) []row {
	t.Helper()
	text, err := os.ReadFile("../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(text), "| package | may import |\n|---|---|\n")
	if !ok {
		t.Fatal("ARCHITECTURE.md has no import table")
	}
	var rows []row
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) != 4 {
			break
		}
		for name := range strings.SplitSeq(strings.TrimSpace(cells[1]), ", ") {
			r := row{name: name}
			list := strings.TrimSpace(cells[2])
			list, r.all = strings.CutPrefix(list, "all but ")
			if list != "nothing of ours" {
				r.names = strings.Split(list, ", ")
			}
			rows = append(rows, r)
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return len(b.name) - len(a.name) })
	return rows
}

func rowOf(rows []row, name string) (row, bool) {
	for _, r := range rows {
		prefix := strings.TrimSuffix(r.name, "*")
		if !r.siblings() {
			prefix += "/"
		}
		if strings.HasPrefix(name+"/", prefix) && name+"/" != strings.TrimSuffix(r.name, "*") {
			return r, true
		}
	}
	return row{}, false
}

// folder returns the folder that a row of siblings has a package in: pypi for
// format/pypi/metadata.
func folder(name string, r row) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(name, strings.TrimSuffix(r.name, "*")), "/")
	return first
}

// isForTests reports whether a package is for tests only.
func isForTests(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	return first == "test" || first == "bench" || strings.HasSuffix(path.Base(name), "test")
}

func shortPath(importPath string) string {
	return strings.TrimPrefix(strings.TrimPrefix(importPath, "daypass/"), "internal/")
}

func packages(t *testing.T) []listedPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Name,Doc,Imports", "daypass/...")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []listedPackage
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listedPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}
