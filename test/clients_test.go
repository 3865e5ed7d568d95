package test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// client is a real client's command line, or why there is none.
type client struct {
	argv    []string
	version string
	err     error
}

// clients by the name that a story's condition has. Each is looked for once.
// An environment variable holds the words of the command line instead:
// DAYPASS_TEST_AWS1, DAYPASS_TEST_AWS2, DAYPASS_TEST_PYTHON, DAYPASS_TEST_PIP,
// DAYPASS_TEST_TWINE, DAYPASS_TEST_MOTO, DAYPASS_TEST_OATHTOOL, DAYPASS_TEST_NODE,
// DAYPASS_TEST_TERRAFORM. DAYPASS_TEST_ISSUERS, DAYPASS_TEST_IAM_SIMULATE and
// DAYPASS_TEST_TERRAFORM_PROVIDERS are folders instead. scripts/install-clients writes
// them to a file.
var clients = map[string]func() client{
	"aws1":      aws1,
	"aws2":      aws2,
	"boto3":     boto3,
	"issuers":   issuers,
	"moto":      moto,
	"oathtool":  oathtool,
	"pip":       pip,
	"simulate":  simulate,
	"terraform": terraform,
	"twine":     twine,
}

// The order matters where two are on PATH: the AWS CLI has one name for two
// programs, and a Python may have some modules and lack others.
var (
	aws1 = sync.OnceValue(func() client {
		if c := given("DAYPASS_TEST_AWS1"); c.argv != nil {
			return c.versioned("aws-cli/1.")
		}
		// By module: an entry of PATH may be a shim that needs its owner's HOME.
		return python("awscli", "-m", "awscli").versioned("aws-cli/1.")
	})
	aws2 = sync.OnceValue(func() client {
		if c := given("DAYPASS_TEST_AWS2"); c.argv != nil {
			return c.versioned("aws-cli/2.")
		}
		for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
			path := filepath.Join(dir, "aws")
			if _, err := exec.LookPath(path); err != nil {
				continue
			}
			if c := (client{argv: []string{path}}).versioned("aws-cli/2."); c.err == nil {
				return c
			}
		}
		return client{err: errors.New("no aws on PATH is of version 2")}
	})
	boto3 = sync.OnceValue(func() client { return python("boto3").module("boto3") })
	// moto stands for an S3-compatible store.
	moto = sync.OnceValue(func() client {
		if c := given("DAYPASS_TEST_MOTO"); c.argv != nil {
			return c.module("moto")
		}
		return python("moto.server", "-m", "moto.server").module("moto")
	})
	// oathtool is an authenticator: it makes one-time codes from a seed.
	oathtool = sync.OnceValue(func() client {
		return installed("DAYPASS_TEST_OATHTOOL", "oathtool").versioned("oathtool (OATH Toolkit)")
	})
	pip = sync.OnceValue(func() client {
		if c := given("DAYPASS_TEST_PIP"); c.argv != nil {
			return c.versioned("pip ")
		}
		return python("pip", "-m", "pip").versioned("pip ")
	})
	twine = sync.OnceValue(func() client { return installed("DAYPASS_TEST_TWINE", "twine").versioned("twine version") })
)

// terraform is the program with its provider for AWS, which is found in a folder
// of providers: it is to load nothing. Both are told of by variables of their own,
// as the machine's configuration is not to be seen.
var terraform = sync.OnceValue(func() client {
	providers := os.Getenv("DAYPASS_TEST_TERRAFORM_PROVIDERS")
	if providers == "" {
		return client{err: errors.New("DAYPASS_TEST_TERRAFORM_PROVIDERS names no folder with registry.terraform.io/hashicorp/aws")}
	}
	c := installed("DAYPASS_TEST_TERRAFORM", "terraform")
	if c.err != nil {
		return c
	}
	config := filepath.Join(scratch, "terraform.rc")
	text := fmt.Sprintf("disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", providers)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return client{err: err}
	}
	c.argv = append([]string{"env", "CHECKPOINT_DISABLE=1", "TF_CLI_CONFIG_FILE=" + config, "TF_IN_AUTOMATION=1", "TF_INPUT=0", "TF_CLI_ARGS=-no-color"}, c.argv...)
	return c.versioned("Terraform v")
})

// installed is a client that is found by its name.
func installed(variable, name string) client {
	if c := given(variable); c.argv != nil {
		return c
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return client{err: err}
	}
	return client{argv: []string{path}}
}

// simulate is the evaluator of policies with which internal/policy compares its
// own; no story drives it.
var simulate = sync.OnceValue(func() client {
	c := given("DAYPASS_TEST_NODE")
	folder := os.Getenv("DAYPASS_TEST_IAM_SIMULATE")
	if c.argv == nil || folder == "" {
		return client{err: errors.New("DAYPASS_TEST_NODE and DAYPASS_TEST_IAM_SIMULATE are not set")}
	}
	const read = "console.log(JSON.parse(require('fs').readFileSync(process.argv[1])).version)"
	out, err := output(c.argv[0], "-e", read, filepath.Join(folder, "node_modules", "@cloud-copilot", "iam-simulate", "package.json"))
	return client{argv: c.argv, version: "iam-simulate " + firstLine(out), err: err}
})

func given(variable string) client {
	if words := strings.Fields(os.Getenv(variable)); len(words) > 0 {
		return client{argv: words}
	}
	return client{}
}

// python is the interpreter itself that has the module, isolated, followed by
// more words: a file of a story's folder must not stand for a module of Python's.
func python(module string, more ...string) client {
	for _, name := range append(strings.Fields(os.Getenv("DAYPASS_TEST_PYTHON")), "python3", "python") {
		out, err := output(name, "-I", "-c", "import sys, "+module+"; print(sys.executable)")
		if err == nil {
			return client{argv: append([]string{strings.TrimSpace(out), "-I"}, more...)}
		}
	}
	return client{err: fmt.Errorf("no Python on PATH has the module %s", module)}
}

// module keeps the client with the version of a Python module.
func (c client) module(name string) client {
	if c.err != nil {
		return c
	}
	out, err := output(c.argv[0], "-I", "-c", "import "+name+"; print("+name+".__version__)")
	if err != nil {
		return client{err: err}
	}
	c.version = name + " " + strings.TrimSpace(out)
	return c
}

// versioned keeps the client when its --version begins as wanted.
func (c client) versioned(want string) client {
	if c.err != nil {
		return c
	}
	out, err := output(c.argv[0], append(c.argv[1:len(c.argv):len(c.argv)], "--version")...)
	if err == nil && !strings.HasPrefix(out, want) {
		err = fmt.Errorf("%s is %q, not %s…", strings.Join(c.argv, " "), firstLine(out), want)
	}
	if err != nil {
		return client{err: err}
	}
	c.version = firstLine(out)
	return c
}

// output runs a command that must end soon, as --version does.
func output(name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", name, err, firstLine(string(out)))
	}
	return string(out), nil
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

// wrap writes a script for each client that others look up by name: "aws
// codeartifact login --tool pip" runs pip.
var wrap = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(scratch, "wrappers")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	for name, find := range map[string]func() client{"oathtool": oathtool, "pip": pip, "twine": twine} {
		c := find()
		if c.err != nil {
			continue
		}
		script := "#!/bin/sh\nexec " + shellWords(c.argv) + ` "$@"` + "\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			return "", err
		}
	}
	return dir, nil
})

func shellWords(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
	}
	return strings.Join(quoted, " ")
}

// limit ends a client that hangs instead of failing. It is far above what any
// takes, so that a slow machine is no failure.
const limit = 3 * time.Minute

// cmdClient is the verb of a client: its output is the script's stdout and
// stderr, its exit status is checked by "exit".
func cmdClient(find func() client) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		c := find()
		ts.Check(c.err)
		argv := append(c.argv[:len(c.argv):len(c.argv)], args...)
		if isAWS(c) {
			// Before 2.13 the AWS CLI knows no AWS_ENDPOINT_URL.
			argv = append(argv, "--endpoint-url", ts.Getenv("URL"))
		}
		execute(ts, neg, argv)
	}
}

func isAWS(c client) bool { return strings.HasPrefix(c.version, "aws-cli/2.") }

func cmdDaypass(ts *testscript.TestScript, neg bool, args []string) {
	bin, err := binary()
	ts.Check(err)
	execute(ts, neg, append([]string{bin}, args...))
}

func execute(ts *testscript.TestScript, neg bool, argv []string) {
	err := ts.Exec("within", append([]string{limit.String()}, argv...)...)
	s := told(ts)
	s.code = 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		s.code = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%s: %v", argv[0], err)
	}
	if s.code == timedOut {
		ts.Fatalf("%s did not end within %v", argv[0], limit)
	}
	if neg != (s.code != 0) {
		ts.Fatalf("%s: exit status %d", argv[0], s.code)
	}
}

// timedOut is the status of timeout(1) for the same.
const timedOut = 124

// within is a program of its own, this test binary under another name: it runs a
// command for a limited time and ends with its status.
func within() {
	limit, err := time.ParseDuration(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[2], os.Args[3:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGKILL) }
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		os.Exit(timedOut)
	case errors.As(err, &exit):
		os.Exit(exit.ExitCode())
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(127)
	}
	os.Exit(0)
}
