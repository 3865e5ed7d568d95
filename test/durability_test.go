package test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	mrand "math/rand/v2"
	"net"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// The server is killed many times in the middle of uploads. After each restart every
// acknowledged file is there and whole, and every listed file is whole.
func TestKilledDuringUploads(t *testing.T) {
	t.Parallel()
	rounds := killCount(t)
	projects := []string{"part0", "part1", "part2", "part3"}
	data := t.TempDir()
	s := startServer(t, data)
	repo := s.newRepository(t)
	promised := &acknowledged{files: map[string]string{}}
	// A failure prints the seed and the rounds, which reproduce it.
	seed := mrand.Uint64()
	chance := mrand.New(mrand.NewPCG(seed, 0))
	for round := range rounds {
		uploadUntilKilled(t, s, repo, projects, promised, round, chance.IntN(16))
		again, err := s.restart()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(again.kill)
		s = again
		// Files of earlier rounds are read again now and then.
		all := round == rounds-1 || round%25 == 24
		this := fmt.Sprintf("-%d.", round)
		checkFiles(t, repo, projects, promised, func(name string) bool { return all || strings.Contains(name, this) })
		if t.Failed() {
			t.Fatalf("in round %d, seed %d", round, seed)
		}
	}
	if len(promised.files) == 0 {
		t.Fatal("no upload was acknowledged")
	}
	t.Logf("%d files were acknowledged in %d rounds", len(promised.files), rounds)
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
}

// killCount is the number of kills. DAYPASS_TEST_KILLS sets another.
func killCount(t *testing.T) int {
	t.Helper()
	given := os.Getenv("DAYPASS_TEST_KILLS")
	if given == "" {
		return 25
	}
	n, err := strconv.Atoi(given)
	if err != nil || n < 1 {
		t.Fatalf("DAYPASS_TEST_KILLS is %q: expected a number from 1 on", given)
	}
	return n
}

// anyName makes [checkFiles] read files of every name.
func anyName(string) bool { return true }

// A server that gets SIGTERM finishes the requests in progress, and then exits with
// success.
func TestStopLetsAnUploadFinish(t *testing.T) {
	t.Parallel()
	s := startServer(t, t.TempDir())
	repo := s.newRepository(t)
	content, err := randomArchive("slow", "1.0", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	stopped := make(chan error, 1)
	err = repo.upload(t.Context(), "slow", "1.0", content, func() {
		go func() { stopped <- s.stop() }()
		// Once it has begun to stop it accepts no new connection.
		for {
			conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
			if err != nil {
				return
			}
			conn.Close()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	again, err := s.restart()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(again.kill)
	sum := sha256.Sum256(content)
	checkFiles(t, repo, []string{"slow"}, &acknowledged{files: map[string]string{sdistName("slow", "1.0"): hex.EncodeToString(sum[:])}}, anyName)
}

// acknowledged holds the files whose upload succeeded, with their digests.
type acknowledged struct {
	mu    sync.Mutex
	files map[string]string
	added chan struct{}
}

func (p *acknowledged) add(name string, content []byte) {
	sum := sha256.Sum256(content)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.files[name] = hex.EncodeToString(sum[:])
	p.added <- struct{}{}
}

func (p *acknowledged) digest(name string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.files[name]
}

// uploadUntilKilled kills the server after a number of acknowledged uploads, while
// others are in progress.
func uploadUntilKilled(t *testing.T, s *server, repo repository, projects []string, promised *acknowledged, round, after int) {
	t.Helper()
	promised.added = make(chan struct{}, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	failed := make(chan error, len(projects))
	var uploads sync.WaitGroup
	for _, name := range projects {
		uploads.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				version := fmt.Sprintf("%d.%d", round, n)
				content, err := randomArchive(name, version, 1<<(8+mrand.IntN(13))) // 256 bytes to 1 MiB
				if err == nil {
					err = repo.upload(ctx, name, version, content, nil)
				}
				if err != nil {
					failed <- err // once the server is gone: nothing was promised
					return
				}
				promised.add(sdistName(name, version), content)
			}
		})
	}
	for range after {
		select {
		case <-promised.added:
		case err := <-failed:
			t.Fatal(err)
		case <-s.done:
			t.Fatalf("the server ended by itself: %v\n%s", s.err, s.log.text())
		}
	}
	s.kill()
	cancel()
	uploads.Wait()
}

// randomArchive returns a source archive with a number of random bytes in it.
func randomArchive(name, version string, size int) ([]byte, error) {
	var out bytes.Buffer
	packed := gzip.NewWriter(&out)
	archive := tar.NewWriter(packed)
	info := fmt.Appendf(nil, "Metadata-Version: 2.1\nName: %s\nVersion: %s\n", name, version)
	content := make([]byte, size)
	_, _ = rand.Read(content) // never fails
	for file, bytes := range map[string][]byte{"PKG-INFO": info, "noise": content} {
		err := archive.WriteHeader(&tar.Header{Name: name + "-" + version + "/" + file, Mode: 0o644, Size: int64(len(bytes))})
		if err != nil {
			return nil, err
		}
		if _, err := archive.Write(bytes); err != nil {
			return nil, err
		}
	}
	err := errors.Join(archive.Close(), packed.Close())
	return out.Bytes(), err
}

// checkFiles reads the listed files whose names are wanted. Every acknowledged file
// must be listed.
func checkFiles(t *testing.T, repo repository, projects []string, promised *acknowledged, wanted func(name string) bool) {
	t.Helper()
	found := map[string]bool{}
	for _, project := range projects {
		files, err := repo.listFiles(t.Context(), project)
		if err != nil {
			t.Fatal(err)
		}
		for href, digest := range files {
			name := path.Base(href)
			found[name] = true
			if !wanted(name) {
				continue
			}
			if want, ok := promised.files[name]; ok && want != digest {
				t.Errorf("%s is listed with another digest than was sent", name)
			}
			status, content, err := repo.get(t.Context(), "simple/"+project+"/"+href)
			sum := sha256.Sum256(content)
			if err != nil || status != 200 || hex.EncodeToString(sum[:]) != digest {
				t.Errorf("%s is listed and not whole: %d, %d bytes, %v", name, status, len(content), err)
			}
		}
	}
	for name := range promised.files {
		if !found[name] {
			t.Errorf("%s was acknowledged and is not listed", name)
		}
	}
}
