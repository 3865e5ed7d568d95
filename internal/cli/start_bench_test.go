package cli

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A run is a command that is measured in some of the turns.
type run struct {
	name  string
	argv  []string
	every int
}

// BenchmarkColdStart compares whole runs of get-authorization-token, by the client alone
// and by the program with the server, with the smallest program that makes the same
// call with the AWS SDK's client. The programs run in turns, so that other load on the
// machine affects all of them. It reports the medians and their ratios, also of
// processor time and, on Linux, of the most memory that each had used when its request
// arrived.
//
// DAYPASS_TEST_AWS1 and DAYPASS_TEST_AWS2, as scripts/install-clients writes them,
// hold the command lines of the AWS CLIs; those take part in every tenth turn.
//
//	go test -run '^$' -bench ColdStart -benchtime 100x ./internal/cli
func BenchmarkColdStart(b *testing.B) {
	dir := b.TempDir()
	programs := []struct{ name, path, source string }{
		{"minimal", filepath.Join(dir, "minimal"), "daypass/internal/cli/clitest/minimal"},
		{"client", filepath.Join(dir, "client"), "daypass/cmd/daypass-client"},
		{"daypass", filepath.Join(dir, "daypass"), "daypass/cmd/daypass"},
	}
	for _, p := range programs {
		if out, err := exec.Command("go", "build", "-o", p.path, p.source).CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}
	var pid, memory atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for pid.Load() == 0 {
			time.Sleep(100 * time.Microsecond) // until the parent knows its child
		}
		memory.Store(peak(pid.Load()))
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"authorizationToken":"token","expiration":1790000000}`))
	}))
	defer server.Close()
	env := []string{"HOME=" + dir, "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b", "AWS_ENDPOINT_URL=" + server.URL, "AWS_EC2_METADATA_DISABLED=true"}
	call := []string{"codeartifact", "get-authorization-token", "--domain", "domain", "--region", "us-east-1", "--endpoint-url", server.URL}
	runs := []run{
		{"minimal", []string{programs[0].path, "domain"}, 1},
		{"client", []string{programs[1].path, "get-authorization-token", "--domain", "domain"}, 1},
		{"daypass", []string{programs[2].path, "get-authorization-token", "--domain", "domain"}, 1},
		{"aws1", append(strings.Fields(os.Getenv("DAYPASS_TEST_AWS1")), call...), 10},
		{"aws2", append(strings.Fields(os.Getenv("DAYPASS_TEST_AWS2")), call...), 10},
	}
	runs = slices.DeleteFunc(runs, func(r run) bool { return len(r.argv) == len(call) })
	times := make([][]time.Duration, len(runs))
	cpu := make([][]time.Duration, len(runs))
	most := make([]int64, len(runs))
	for turn := 0; b.Loop(); turn++ {
		for i, r := range runs {
			if turn%r.every != 0 {
				continue
			}
			cmd := exec.Command(r.argv[0], r.argv[1:]...)
			cmd.Env, cmd.Stderr = env, os.Stderr
			pid.Store(0)
			began := time.Now()
			if err := cmd.Start(); err != nil {
				b.Fatal(err)
			}
			pid.Store(int64(cmd.Process.Pid))
			if err := cmd.Wait(); err != nil {
				b.Fatal(err)
			}
			times[i] = append(times[i], time.Since(began))
			cpu[i] = append(cpu[i], cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
			most[i] = max(most[i], memory.Load())
		}
	}
	for i, r := range runs {
		b.ReportMetric(median(times[i])/1e6, r.name+"-ms")
		b.ReportMetric(float64(most[i])/1024, r.name+"-MiB")
	}
	for i, r := range runs[1:3] {
		b.ReportMetric(median(times[i+1])/median(times[0]), r.name+"-ratio")
		b.ReportMetric(median(cpu[i+1])/median(cpu[0]), r.name+"-cpu-ratio")
	}
}

// median returns the median in nanoseconds.
func median(list []time.Duration) float64 {
	slices.Sort(list)
	return float64(list[len(list)/2])
}

// peak returns the largest resident size of a process so far, in KiB; 0 if the system
// does not tell it.
func peak(pid int64) int64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	var kib int64
	for line := range strings.Lines(string(data)) {
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kib); err == nil {
			return kib
		}
	}
	return 0
}
