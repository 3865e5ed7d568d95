package registry_test

import (
	"bufio"
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"daypass/internal/blob"
	"daypass/internal/format"
	"daypass/internal/registry"
	"daypass/internal/store"
	"daypass/internal/store/storetest"
)

// victim makes this test binary a publisher over the data in the folder that
// it names, until it is killed.
const victim = "DAYPASS_TEST_VICTIM"

// onDisk opens a registry over a SQLite file and a folder of content.
func onDisk(t *testing.T, dir string, now func() time.Time) *bench {
	t.Helper()
	folder, err := blob.OpenFolder(filepath.Join(dir, "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, now: noon}
	b.Registry = registry.New(registry.Config{DB: storetest.Open(t, store.Config{Path: filepath.Join(dir, "db")}), Blobs: folder, Now: now, Region: "us-east-1"})
	return b
}

// TestVictim publishes versions of two files each and says so after each one.
func TestVictim(t *testing.T) {
	dir := os.Getenv(victim)
	if dir == "" {
		return // a part of the next test, not a test
	}
	b := onDisk(t, dir, time.Now)
	name := "p" + fmt.Sprint(os.Getpid())
	for i := 0; ; i++ {
		at := ref(name, fmt.Sprintf("1.%d", i))
		size := rand.IntN(100_000)
		err := publish(t.Context(), b.bind(growing), at, format.VersionEdit{},
			"a", strings.Repeat(name+at.Version, size/10), "b", "the same in all", "c", strings.Repeat("c", size))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("acknowledged %s %s\n", name, at.Version)
	}
}

func TestAKillLosesNothingAcknowledgedAndShowsNothingHalf(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := onDisk(t, dir, func() time.Time { return time.Now().Add(48 * time.Hour) })
	b.seed()
	acknowledged := map[string]int{}
	for range 12 {
		name, n := kill(t, dir)
		acknowledged[name] = n
	}
	ctx := t.Context()
	for name, n := range acknowledged {
		if got := whole(t, b, name); got < n {
			t.Errorf("%s: %d versions are whole, %d were acknowledged", name, got, n)
		}
	}
	_, err := b.Sweep(ctx, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	needed := map[string]bool{}
	for name, n := range acknowledged {
		if got := whole(t, b, name); got < n {
			t.Errorf("%s: %d versions are whole after a sweep, %d were acknowledged", name, got, n)
		}
		digests(ctx, b, name, needed)
	}
	if got := files(t, filepath.Join(dir, "blobs")); got != len(needed) {
		t.Errorf("%d files are left after a sweep, want the %d that are needed", got, len(needed))
	}
}

// kill lets a publisher run for a moment and ends it without warning. It
// returns its package and how many versions it had acknowledged.
func kill(t *testing.T, dir string) (name string, n int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run", "^TestVictim$")
	cmd.Env = append(os.Environ(), victim+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	err = cmd.Start()
	if err != nil {
		t.Fatal(err)
	}
	name = "p" + fmt.Sprint(cmd.Process.Pid)
	// The moment is counted in acknowledgements and then in microseconds, so
	// that the end comes anywhere in a publication, on slow machines too.
	last := rand.IntN(8)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if !strings.HasPrefix(lines.Text(), "acknowledged "+name) {
			t.Errorf("the publisher says %q", lines.Text())
		}
		if n++; n == last+1 {
			time.AfterFunc(time.Duration(rand.IntN(8000))*time.Microsecond, func() { cmd.Process.Kill() })
		}
	}
	cmd.Wait() // killed: an error is what is expected
	if n == 0 {
		t.Error("the publisher ended before it acknowledged anything")
	}
	return name, n
}

// whole counts the versions of a package and checks that each one is.
func whole(t *testing.T, b *bench, name string) int {
	t.Helper()
	r, ctx := b.bind(growing), t.Context()
	p, err := r.Package(ctx, format.Name{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range p.Versions {
		if len(v.Assets) != 3 {
			t.Errorf("%s %s has %d files, want all 3 or no version", name, v.Version, len(v.Assets))
		}
		for _, a := range v.Assets {
			content, err := read(ctx, r, ref(name, v.Version), a.Name)
			if err != nil || digest(content) != a.Digests.SHA256 {
				t.Errorf("%s %s %s: %v, or not the bytes that were published", name, v.Version, a.Name, err)
			}
		}
	}
	return len(p.Versions)
}

func digests(ctx context.Context, b *bench, name string, into map[string]bool) {
	p, err := b.bind(growing).Package(ctx, format.Name{Name: name})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, v := range p.Versions {
		for _, a := range v.Assets {
			into[a.Digests.SHA256] = true
		}
	}
}

func files(t *testing.T, dir string) (n int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
