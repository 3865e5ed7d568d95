package fault_test

import (
	"bufio"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"daypass/internal/fault"
)

// A sentence is one of AWS's that clients compare.
type sentence struct {
	text          string
	whole, begins *regexp.Regexp
}

func sentences(t *testing.T) []sentence {
	t.Helper()
	file, err := os.Open("testdata/sentences.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var all []sentence
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		pattern := regexp.MustCompile(`%[sdq]`).ReplaceAllString(regexp.QuoteMeta(lines.Text()), ".*?")
		all = append(all, sentence{lines.Text(), regexp.MustCompile(`(?s)^` + pattern + `$`), regexp.MustCompile(`(?s)^` + strings.TrimSuffix(pattern, ".*?"))})
	}
	return all
}

// AWS's message stands alone, and what Daypass adds is a hint. So no text in the
// program begins with AWS's sentence and goes on, and none joins two values with a
// full stop.
func TestSentencesOfAWSStandAloneInMessages(t *testing.T) {
	t.Parallel()
	known := sentences(t)
	used := make(map[string]bool)
	for file, texts := range literals(t, "..") {
		for _, text := range texts {
			if regexp.MustCompile(`^%[sv]\.? %[sv]$`).MatchString(text) && strings.Contains(text, ".") {
				t.Errorf("%s glues two sentences together: %q", file, text)
			}
			alone, longer := false, ""
			for _, s := range known {
				alone = alone || s.whole.MatchString(text)
				if s.begins.MatchString(text) {
					used[s.text] = true
					longer = s.text
				}
			}
			if longer != "" && !alone {
				t.Errorf("%s says more than AWS's sentence %q: %q", file, longer, text)
			}
		}
	}
	if len(used) < len(known)/2 {
		t.Errorf("only %d of %d sentences are found in the program: the search is broken", len(used), len(known))
	}
}

// literals returns the string literals of each Go file below a folder, without
// tests and without the command's own files.
func literals(t *testing.T, root string) map[string][]string {
	t.Helper()
	found := make(map[string][]string)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "cli" || entry.Name() == "testdata"):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				text, err := strconv.Unquote(literal.Value)
				if err == nil {
					found[path] = append(found[path], text)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestHintedCopiesTheFaultAndKeepsItsMessage(t *testing.T) {
	t.Parallel()
	plain := fault.New(fault.MalformedPolicy, "Syntax errors in policy.")
	hinted := plain.Hinted("Statement %d", 1)
	if hinted.Hint != "Statement 1" || hinted.Error() != "Syntax errors in policy." || hinted.Kind != fault.MalformedPolicy || plain.Hint != "" {
		t.Errorf("%+v of %+v", hinted, plain)
	}
}
