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

// BenchmarkColdStart compares a whole run of get-authorization-token with the
// smallest program that makes the same call with the AWS SDK's client: run by
// run, in turns, so that what else the machine does hits both. It reports the
// medians, their ratio and, on Linux, the most memory that each had used when
// its request arrived.
//
//	go test -run '^$' -bench ColdStart -benchtime 100x ./internal/cli
func BenchmarkColdStart(b *testing.B) {
	dir := b.TempDir()
	programs := []struct{ name, path, source string }{
		{"minimal", filepath.Join(dir, "minimal"), "daypass/internal/cli/clitest/minimal"},
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
	times := make([][]time.Duration, len(programs))
	most := make([]int64, len(programs))
	args := [][]string{{"domain"}, {"get-authorization-token", "--domain", "domain"}}
	for b.Loop() {
		for i, p := range programs {
			cmd := exec.Command(p.path, args[i]...)
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
			most[i] = max(most[i], memory.Load())
		}
	}
	median := make([]float64, len(programs))
	for i, p := range programs {
		slices.Sort(times[i])
		median[i] = float64(times[i][len(times[i])/2])
		b.ReportMetric(median[i]/1e6, p.name+"-ms")
		b.ReportMetric(float64(most[i])/1024, p.name+"-MiB")
	}
	b.ReportMetric(median[1]/median[0], "ratio")
}

// peak returns the largest resident size of a process so far, in KiB; 0 where
// the system does not tell.
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
