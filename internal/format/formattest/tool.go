package formattest

import (
	"os"
	"os/exec"
	"testing"
)

// Tool returns the path of a client that a test needs. When args are given the
// tool must succeed with them. A test whose tool is missing is skipped, or
// fails if DAYPASS_TEST_REQUIRE is "all".
func Tool(t testing.TB, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil && len(args) > 0 {
		err = exec.Command(path, args...).Run()
	}
	if err == nil {
		return path
	}
	if os.Getenv("DAYPASS_TEST_REQUIRE") == "all" {
		t.Fatalf("%s is required: %v", name, err)
	}
	t.Skipf("SKIPPED, not proven on this machine: %s is missing: %v", name, err)
	return ""
}
