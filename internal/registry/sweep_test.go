package registry_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"daypass/internal/blob"
	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/registry"
	"daypass/internal/store"
	"daypass/internal/store/storetest"
)

func TestSweep(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := newBench(t, db), t.Context()
		b.mustPublish(growing, ref("p", "1.0"), "kept", "kept", "gone", "gone")
		d := b.repository("repo").Domain
		_, err := b.CreateRepository(ctx, d, store.Repository{Name: "second", Administrator: owner, Created: noon}, nil)
		if err != nil {
			t.Fatal(err)
		}
		second := b.repository("second")
		bound, err := second.Bind(ctx, registry.Binding{Format: growing, Verbs: everything, Now: noon, Caller: &caller{judge: allow}})
		if err != nil {
			t.Fatal(err)
		}
		err = publish(ctx, bound, ref("p", "1.0"), format.VersionEdit{}, "kept", "kept")
		if err != nil {
			t.Fatal(err)
		}
		err = b.DeleteRepository(ctx, b.repository("repo"))
		if err != nil {
			t.Fatal(err)
		}
		sizes := func() string {
			var s []string
			for _, content := range []string{"kept", "gone"} {
				n, err := b.Blobs.Stat(ctx, blob.Key{Space: d.ID, SHA256: digest(content)})
				if err != nil && !errors.Is(err, blob.ErrNotFound) {
					t.Fatal(err)
				}
				s = append(s, fmt.Sprint(n))
			}
			return strings.Join(s, " ")
		}
		for _, step := range []struct {
			name  string
			after time.Duration
			want  string
			swept registry.SweepResult
		}{
			{"within the grace period all is spared", time.Hour, "4 4", registry.SweepResult{}},
			{"then only what another repository needs", time.Hour + time.Millisecond, "4 0", registry.SweepResult{Contents: 1, Bytes: 4}},
			{"a second sweep finds nothing more", 3 * time.Hour, "4 0", registry.SweepResult{}},
		} {
			b.now = noon.Add(step.after)
			swept, err := b.Sweep(ctx, time.Hour)
			if err != nil || swept != step.swept {
				t.Fatalf("%s: %v, %v; want %v", step.name, swept, err, step.swept)
			}
			if got := sizes(); got != step.want {
				t.Errorf("%s: sizes %s, want %s", step.name, got, step.want)
			}
		}
		usage, err := b.Usage(ctx, d)
		if want := (registry.Usage{Repositories: 1, Bytes: 4}); err != nil || usage != want {
			t.Errorf("Usage = %v, %v; want %v", usage, err, want)
		}
		if content, err := read(ctx, bound, ref("p", "1.0"), "kept"); content != "kept" || err != nil {
			t.Errorf("content = %q, %v; want what the other repository keeps", content, err)
		}
	})
}

func digest(content string) string {
	stage, err := blob.NewMemory().Stage(context.Background(), 1<<20)
	if err != nil {
		panic(err)
	}
	stage.Write([]byte(content))
	return stage.Digests().SHA256
}

func TestContentThatComesBackWhileItIsSweptIsKept(t *testing.T) {
	t.Parallel()
	b, ctx := newBench(t, storetest.Memory(t)), t.Context()
	b.mustPublish(growing, ref("p", "1.0"), "a", "bytes")
	err := b.DeleteRepository(ctx, b.repository("repo"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.CreateRepository(ctx, b.repository("repo").Domain, store.Repository{Name: "repo", Administrator: owner, Created: noon}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b.now = noon.Add(2 * time.Hour)
	// A sweep that has doomed the content and not removed it yet.
	var doomed []store.Content
	err = b.DB.Update(ctx, func(tx *store.Tx) (err error) {
		doomed, err = tx.DoomContents(ctx, noon.Add(time.Hour), b.now, 10)
		return err
	})
	if err != nil || len(doomed) != 1 {
		t.Fatalf("doomed %v, %v; want the content of the deleted repository", doomed, err)
	}
	b.mustPublish(growing, ref("p", "1.0"), "a", "bytes")
	// It goes on.
	err = b.Blobs.Delete(ctx, blob.Key{Space: doomed[0].Domain, SHA256: doomed[0].SHA256}, b.now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if content, err := read(ctx, b.bind(growing), ref("p", "1.0"), "a"); content != "bytes" || err != nil {
		t.Errorf("content = %q, %v; want what was published meanwhile", content, err)
	}
}

func TestLostContentIsHealedByTheSameUpload(t *testing.T) {
	t.Parallel()
	b, ctx := newBench(t, storetest.Memory(t)), t.Context()
	b.mustPublish(growing, ref("p", "1.0"), "a", "bytes")
	err := b.Blobs.Delete(ctx, blob.Key{Space: b.repository("repo").DomainID, SHA256: digest("bytes")}, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	_, err = read(ctx, b.bind(growing), ref("p", "1.0"), "a")
	if err == nil || kind(err) == fault.NotFound {
		t.Errorf("reading lost content = %v, want an internal error", err)
	}
	b.mustPublish(growing, ref("p", "2.0"), "b", "bytes")
	if content, err := read(ctx, b.bind(growing), ref("p", "1.0"), "a"); content != "bytes" || err != nil {
		t.Errorf("content = %q, %v; want it back", content, err)
	}
}
