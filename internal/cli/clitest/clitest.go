// Package clitest finds the real AWS CLI, version 2, for tests that hold our
// output against it. Only tests import it.
package clitest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// find looks for an aws of version 2 in PATH and where Debian puts it.
var find = sync.OnceValue(func() string {
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/bin", "/usr/local/bin") {
		path := filepath.Join(dir, "aws")
		if info, err := os.Stat(path); err != nil || info.IsDir() {
			continue
		}
		out, err := exec.Command(path, "--version").Output()
		if err == nil && bytes.HasPrefix(out, []byte("aws-cli/2")) {
			return path
		}
	}
	return ""
})

// missing skips a test, or fails it where DAYPASS_TEST_REQUIRE=all asks for
// everything.
func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("DAYPASS_TEST_REQUIRE") == "all" {
		t.Fatalf("%s is not installed", what)
	}
	t.Skipf("%s is not installed; this comparison did not run", what)
}

// AWS returns the path of the AWS CLI, version 2.
func AWS(t testing.TB) string {
	t.Helper()
	path := find()
	if path == "" {
		missing(t, "AWS CLI v2")
	}
	return path
}

// Python runs a script in the interpreter of the AWS CLI, with its libraries,
// feeds it the cases as one JSON value a line and returns its lines, one JSON
// value for each case.
func Python(t testing.TB, script string, cases []any) []json.RawMessage {
	t.Helper()
	file, err := os.Open(AWS(t))
	if err != nil {
		t.Fatal(err)
	}
	first, _ := bufio.NewReader(file).ReadString('\n')
	file.Close()
	interpreter, ok := strings.CutPrefix(strings.TrimSpace(first), "#!")
	if !ok || !strings.Contains(interpreter, "python") {
		missing(t, "AWS CLI v2 as a Python package")
	}
	words := strings.Fields(interpreter)
	cmd := exec.Command(words[0], append(words[1:], "-c", script)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "PYTHONUTF8=1", "TZ=UTC"}
	var in, stderr bytes.Buffer
	for _, c := range cases {
		line, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		in.Write(append(line, '\n'))
	}
	cmd.Stdin, cmd.Stderr = &in, &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", interpreter, err, stderr.String())
	}
	var replies []json.RawMessage
	for line := range bytes.Lines(out) {
		replies = append(replies, json.RawMessage(line))
	}
	if len(replies) != len(cases) {
		t.Fatalf("%d replies to %d cases\n%s", len(replies), len(cases), stderr.String())
	}
	return replies
}
