// Package clitest finds and runs the real AWS CLI, version 2, for tests that compare
// the command with it. Only tests import it.
package clitest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// findAWS looks for an aws of version 2 in PATH and in Debian's folders.
var findAWS = sync.OnceValue(func() string {
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

// skipOrFail skips a test, or fails it if DAYPASS_TEST_REQUIRE is all.
func skipOrFail(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("DAYPASS_TEST_REQUIRE") == "all" {
		t.Fatalf("%s is not installed", what)
	}
	t.Skipf("%s is not installed; this comparison did not run", what)
}

// AWS returns the path of the AWS CLI, version 2.
func AWS(t testing.TB) string {
	t.Helper()
	path := findAWS()
	if path == "" {
		skipOrFail(t, "AWS CLI v2")
	}
	return path
}

// interpreter returns the command of the Python interpreter that the AWS CLI runs in,
// or nil if it is not a Python script.
func interpreter(t testing.TB) []string {
	t.Helper()
	file, err := os.Open(AWS(t))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	first, _ := bufio.NewReader(file).ReadString('\n')
	line, ok := strings.CutPrefix(strings.TrimSpace(first), "#!")
	if !ok || !strings.Contains(line, "python") {
		return nil
	}
	return strings.Fields(line)
}

// Python runs a script in the interpreter of the AWS CLI, with its libraries. The
// script reads the cases from standard input, one JSON value a line, and prints a line
// with a JSON value for each of them.
func Python[T any](t testing.TB, script string, cases []T) []json.RawMessage {
	t.Helper()
	words := interpreter(t)
	if words == nil {
		skipOrFail(t, "AWS CLI v2 as a Python package")
	}
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
		t.Fatalf("%s: %v\n%s", words, err, stderr.String())
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

// A Case is one run of the AWS CLI.
type Case struct {
	Args []string `json:"args"`
	Env  []string `json:"env"` // NAME=value, all of it
	Dir  string   `json:"dir"`
}

// An Outcome is the output and the exit code of a run.
type Outcome struct {
	Stdout, Stderr string
	Exit           int
}

// forkScript loads the AWS CLI once and forks for each case. Loading it takes most of
// the time of a run.
const forkScript = `
import json, os, sys, tempfile, time
import awscli.clidriver, awscli.formatter, awscli.handlers, botocore.session
data = os.environ['AWS_DATA_PATH']  # set when awscli is loaded
for line in sys.stdin:
    case = json.loads(line)
    files = [tempfile.TemporaryFile() for _ in range(2)]
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for i, f in enumerate(files):
            os.dup2(f.fileno(), i + 1)
        os.environ.clear()
        os.environ.update(e.split('=', 1) for e in case['env'])
        os.environ['AWS_DATA_PATH'] = data
        time.tzset()
        os.chdir(case['dir'])
        sys.argv = ['aws'] + case['args']
        code = 99
        try:
            code = awscli.clidriver.main()
        except SystemExit as e:
            code = e.code
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code or 0)
    _, status = os.waitpid(pid, 0)
    for f in files:
        f.seek(0)
    out, err = (f.read().decode('utf-8', 'replace') for f in files)
    print(json.dumps({'Stdout': out, 'Stderr': err, 'Exit': os.waitstatus_to_exitcode(status)}), flush=True)
`

// Run runs the AWS CLI on each case.
func Run(t testing.TB, cases []Case) []Outcome {
	t.Helper()
	outcomes := make([]Outcome, len(cases))
	if interpreter(t) == nil {
		for i, c := range cases {
			outcomes[i] = Exec(t, AWS(t), c)
		}
		return outcomes
	}
	for i, reply := range Python(t, forkScript, cases) {
		if err := json.Unmarshal(reply, &outcomes[i]); err != nil {
			t.Fatal(err)
		}
	}
	return outcomes
}

// Exec runs a program on a case.
func Exec(t testing.TB, program string, c Case) Outcome {
	t.Helper()
	cmd := exec.Command(program, c.Args...)
	cmd.Dir, cmd.Env = c.Dir, c.Env
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return Outcome{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}
