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

// A client is the command line of a real client, or the error why there is none.
type client struct {
	argv    []string
	version string
	err     error
}

// clients find the clients, by their names in the conditions of stories. Each is
// looked for once. A variable of the environment may give the words of the command
// line: DAYPASS_TEST_AWS1, DAYPASS_TEST_AWS2, DAYPASS_TEST_PYTHON, DAYPASS_TEST_PIP,
// DAYPASS_TEST_TWINE, DAYPASS_TEST_MOTO, DAYPASS_TEST_OATHTOOL, DAYPASS_TEST_NODE,
// DAYPASS_TEST_TERRAFORM. DAYPASS_TEST_ISSUERS, DAYPASS_TEST_IAM_SIMULATE and
// DAYPASS_TEST_TERRAFORM_PROVIDERS are folders. scripts/install-clients writes all of
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

// These check versions and modules, because two programs on PATH may be called aws,
// and a Python may have some modules and lack others.
var (
	aws1 = sync.OnceValue(func() client {
		if c := clientFromEnv("DAYPASS_TEST_AWS1"); c.argv != nil {
			return c.withVersion("aws-cli/1.")
		}
		// By module: an entry of PATH may be a shim that needs its owner's HOME.
		return pythonClient("awscli", "-m", "awscli").withVersion("aws-cli/1.")
	})
	aws2 = sync.OnceValue(func() client {
		if c := clientFromEnv("DAYPASS_TEST_AWS2"); c.argv != nil {
			return c.withVersion("aws-cli/2.")
		}
		for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
			path := filepath.Join(dir, "aws")
			if _, err := exec.LookPath(path); err != nil {
				continue
			}
			if c := (client{argv: []string{path}}).withVersion("aws-cli/2."); c.err == nil {
				return c
			}
		}
		return client{err: errors.New("no aws on PATH is of version 2")}
	})
	boto3 = sync.OnceValue(func() client { return pythonClient("boto3").withModule("boto3") })
	// moto stands for an S3-compatible store.
	moto = sync.OnceValue(func() client {
		if c := clientFromEnv("DAYPASS_TEST_MOTO"); c.argv != nil {
			return c.withModule("moto")
		}
		return pythonClient("moto.server", "-m", "moto.server").withModule("moto")
	})
	// oathtool is an authenticator: it makes one-time codes from a seed.
	oathtool = sync.OnceValue(func() client {
		return clientFromPath("DAYPASS_TEST_OATHTOOL", "oathtool").withVersion("oathtool (OATH Toolkit)")
	})
	pip = sync.OnceValue(func() client {
		if c := clientFromEnv("DAYPASS_TEST_PIP"); c.argv != nil {
			return c.withVersion("pip ")
		}
		return pythonClient("pip", "-m", "pip").withVersion("pip ")
	})
	twine = sync.OnceValue(func() client { return clientFromPath("DAYPASS_TEST_TWINE", "twine").withVersion("twine version") })
)

// terraform is Terraform with its provider for AWS from a folder of providers, so
// that it downloads nothing. The machine's own configuration is not used.
var terraform = sync.OnceValue(func() client {
	providers := os.Getenv("DAYPASS_TEST_TERRAFORM_PROVIDERS")
	if providers == "" {
		return client{err: errors.New("DAYPASS_TEST_TERRAFORM_PROVIDERS names no folder with registry.terraform.io/hashicorp/aws")}
	}
	c := clientFromPath("DAYPASS_TEST_TERRAFORM", "terraform")
	if c.err != nil {
		return c
	}
	config := filepath.Join(scratch, "terraform.rc")
	text := fmt.Sprintf("disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", providers)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return client{err: err}
	}
	c.argv = append([]string{"env", "CHECKPOINT_DISABLE=1", "TF_CLI_CONFIG_FILE=" + config, "TF_IN_AUTOMATION=1", "TF_INPUT=0", "TF_CLI_ARGS=-no-color"}, c.argv...)
	return c.withVersion("Terraform v")
})

// clientFromPath returns the client that a variable gives, or the program with a name
// on PATH.
func clientFromPath(variable, name string) client {
	if c := clientFromEnv(variable); c.argv != nil {
		return c
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return client{err: err}
	}
	return client{argv: []string{path}}
}

// simulate is the evaluator of policies that internal/policy is compared with. No
// story uses it.
var simulate = sync.OnceValue(func() client {
	c := clientFromEnv("DAYPASS_TEST_NODE")
	folder := os.Getenv("DAYPASS_TEST_IAM_SIMULATE")
	if c.argv == nil || folder == "" {
		return client{err: errors.New("DAYPASS_TEST_NODE and DAYPASS_TEST_IAM_SIMULATE are not set")}
	}
	const read = "console.log(JSON.parse(require('fs').readFileSync(process.argv[1])).version)"
	out, err := output(c.argv[0], "-e", read, filepath.Join(folder, "node_modules", "@cloud-copilot", "iam-simulate", "package.json"))
	return client{argv: c.argv, version: "iam-simulate " + firstLine(out), err: err}
})

// clientFromEnv returns the client that a variable gives, without a command line if
// the variable is empty.
func clientFromEnv(variable string) client {
	if words := strings.Fields(os.Getenv(variable)); len(words) > 0 {
		return client{argv: words}
	}
	return client{}
}

// pythonClient returns a Python interpreter that has a module, followed by more words.
// It runs isolated, so that no file in a story's folder is taken for a module.
func pythonClient(module string, more ...string) client {
	for _, name := range append(strings.Fields(os.Getenv("DAYPASS_TEST_PYTHON")), "python3", "python") {
		out, err := output(name, "-I", "-c", "import sys, "+module+"; print(sys.executable)")
		if err == nil {
			return client{argv: append([]string{strings.TrimSpace(out), "-I"}, more...)}
		}
	}
	return client{err: fmt.Errorf("no Python on PATH has the module %s", module)}
}

// withModule returns the client with the version of a Python module.
func (c client) withModule(name string) client {
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

// withVersion returns the client with its version, which must begin with want.
func (c client) withVersion(want string) client {
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

// output runs a command that ends soon, such as --version, and returns its output.
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

// writeWrappers writes a script for each client that other clients run by its name:
// "aws codeartifact login --tool pip" runs pip.
var writeWrappers = sync.OnceValues(func() (string, error) {
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

// clientTimeout bounds a client that hangs. It is far longer than any client takes, so
// that a slow machine is no failure.
const clientTimeout = 3 * time.Minute

// cmdClient returns the verb of a client. Its output is the script's stdout and
// stderr, and the verb "exit" checks its exit status.
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
	err := ts.Exec("within", append([]string{clientTimeout.String()}, argv...)...)
	s := storyOf(ts)
	s.code = 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		s.code = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%s: %v", argv[0], err)
	}
	if s.code == timedOut {
		ts.Fatalf("%s did not end within %v", argv[0], clientTimeout)
	}
	if neg != (s.code != 0) {
		ts.Fatalf("%s: exit status %d", argv[0], s.code)
	}
}

// timedOut is the exit status of runWithin for a command that took too long, as
// that of timeout(1).
const timedOut = 124

// runWithin is the program "within", which is this test binary under another name. It
// runs a command for a limited time and ends with its exit status.
func runWithin() {
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
