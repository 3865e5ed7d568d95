package test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// A run removes the shared files of the tests when all have ended.
type run struct{ m *testing.M }

func (r run) Run() int {
	code := r.m.Run()
	if err := os.RemoveAll(scratch); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return code
}

// scratch holds the built binary and the wrappers of the clients.
var scratch string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "daypass-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	scratch = dir
	testscript.Main(run{m}, map[string]func(){"within": runWithin})
}

// TestStories runs every script. A script's first lines say which clients it
// needs, in the form of "[!twine] skip 'needs twine'".
func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 ".",
		Setup:               setup,
		Condition:           condition,
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"server":    cmdServer,
			"daypass":   cmdDaypass,
			"aws1":      cmdClient(aws1),
			"aws2":      cmdClient(aws2),
			"python":    cmdClient(boto3),
			"pip":       cmdClient(pip),
			"twine":     cmdClient(twine),
			"terraform": cmdClient(terraform),
			"issuer":    cmdIssuer,
			"fill":      cmdFill,
			"code":      cmdCode,
			"exit":      cmdExit,
			"let":       cmdLet,
			"profile":   cmdProfile,
			"expiry":    cmdExpiry,
			"http":      cmdHTTP,
			"wheel":     cmdWheel,
			"s3":        cmdS3,
		},
	})
}

// A story is what the harness knows about a running script.
type story struct {
	servers map[string]*server // by name
	started []*server          // all of them, also those that a restart replaced
	issuers map[string]*issuer
	code    int // exit status of the last client
}

type storyKey struct{}

func storyOf(ts *testscript.TestScript) *story { return ts.Value(storyKey{}).(*story) }

// setup gives a script an environment without settings of the machine or of other
// scripts. testscript passes on almost no variable. Those that are set here also keep
// clients from looking up settings elsewhere.
func setup(env *testscript.Env) error {
	bin, err := binary()
	if err != nil {
		return err
	}
	wrappers, err := writeWrappers()
	if err != nil {
		return err
	}
	home := filepath.Join(env.WorkDir, "home")
	if err := os.MkdirAll(filepath.Join(home, ".aws"), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(home, ".aws", "config"), []byte("[default]\nregion = us-east-1\n"), 0o600); err != nil {
		return err
	}
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	path := strings.Join([]string{filepath.Dir(bin), wrappers, env.Getenv("PATH")}, string(os.PathListSeparator))
	env.Vars = append(env.Vars,
		"PATH="+path,
		"HOME="+home,
		"STORIES="+here,
		"USERPROFILE="+home,
		"LANG=C.UTF-8",
		"AWS_EC2_METADATA_DISABLED=true",
		"AWS_PAGER=",
		"AWS_MAX_ATTEMPTS=1",
		"PIP_CONFIG_FILE="+filepath.Join(home, "pip.conf"),
		"PIP_DISABLE_PIP_VERSION_CHECK=1",
		"PIP_NO_CACHE_DIR=1",
		"PIP_NO_INPUT=1",
		"PIP_ROOT_USER_ACTION=ignore",
		"PYTHON_KEYRING_BACKEND=keyring.backends.null.Keyring",
		"PYTHONDONTWRITEBYTECODE=1",
		"TWINE_NON_INTERACTIVE=1",
		quickExit,
	)
	s, t := &story{servers: map[string]*server{}, issuers: map[string]*issuer{}}, env.T()
	env.Values[storyKey{}] = s
	env.Defer(func() {
		for _, srv := range s.started {
			srv.kill()
			if log := srv.log.text(); strings.Contains(log, "DATA RACE") || strings.Contains(log, "panic: ") {
				t.Fatal("the server found a fault of its own:\n" + log)
			}
		}
	})
	return nil
}

// condition reports whether a client is installed. If all are required, a missing
// client is an error and not a reason to skip.
func condition(name string) (bool, error) {
	if name == "postgres" {
		return postgresHere()
	}
	find, ok := clients[name]
	if !ok {
		return false, fmt.Errorf("unknown condition %q", name)
	}
	c := find()
	if c.err != nil && requireAll() && !unregistered[name] {
		return false, fmt.Errorf("%s is required here: %w", name, c.err)
	}
	return c.err == nil, nil
}

// unregistered are the clients that no package registry has. Nothing can install them,
// so they may be missing even if all clients are required.
var unregistered = map[string]bool{"terraform": true}

// requireAll reports whether every client that can be installed is required. CI sets
// it, so that no story is skipped there.
func requireAll() bool { return os.Getenv("DAYPASS_TEST_REQUIRE") == "all" }

var skipLine = regexp.MustCompile(`(?m)^\[!(\w+)\] skip`)

// TestClients logs which real clients are installed, and which stories cannot run.
// scripts/test runs it first and alone, with -v.
func TestClients(t *testing.T) {
	scripts, err := filepath.Glob("*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	waiting := map[string][]string{}
	for _, script := range scripts {
		text, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range skipLine.FindAllStringSubmatch(string(text), -1) {
			waiting[m[1]] = append(waiting[m[1]], strings.TrimSuffix(script, ".txtar"))
		}
	}
	for name, find := range clients {
		c := find()
		switch {
		case c.err == nil:
			t.Logf("%-7s %s (%s)", name, c.version, strings.Join(c.argv, " "))
		case requireAll() && !unregistered[name]:
			t.Errorf("%-7s MISSING: %v", name, c.err)
		default:
			t.Logf("%-7s MISSING: %v; stories not told: %s", name, c.err, strings.Join(waiting[name], ", "))
		}
	}
}
