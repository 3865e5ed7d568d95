package registry_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"daypass/internal/blob"
	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/registry"
	"daypass/internal/store"
	"daypass/internal/store/storetest"
)

// replicas returns two registries over one database and one content store, with a
// domain and repositories.
func replicas(t *testing.T) (here, there *bench) {
	t.Helper()
	path, memory := filepath.Join(t.TempDir(), "shared.db"), blob.NewMemory()
	replica := func() *bench {
		b := &bench{t: t, now: noon}
		b.Registry = registry.New(registry.Config{DB: storetest.Open(t, store.Config{Path: path}), Blobs: memory, Now: b.clock, Region: "us-east-1"})
		return b
	}
	here, there = replica(), replica()
	here.seed()
	return here, there
}

func TestAPublicationOnOneReplicaIsSeenOnAnother(t *testing.T) {
	t.Parallel()
	here, there := replicas(t)
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	go there.Watch(ctx, time.Millisecond)

	for _, version := range []string{"1.0", "2.0", "3.0"} {
		here.mustPublish(growing, ref("p", version), "a-"+version, version)
		for {
			content, err := read(ctx, there.bind(growing), ref("p", version), "a-"+version)
			if err == nil && content == version {
				break
			}
			if ctx.Err() != nil || err != nil && kind(err) != fault.NotFound {
				t.Fatalf("version %s was never seen: %v", version, err)
			}
		}
	}
}

func TestAnAddressWithoutARegion(t *testing.T) {
	t.Parallel()
	b, ctx := newBench(t, storetest.Memory(t)), t.Context()
	for _, d := range []store.Domain{
		{Region: "ap-south-1", Owner: owner, Name: "dom"},
		{Region: "eu-west-1", Owner: owner, Name: "far"},
		{Region: "eu-north-1", Owner: owner, Name: "far"},
	} {
		if _, err := b.CreateDomain(ctx, d); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct{ region, domain, want string }{
		{"", "dom", "us-east-1"},
		{"", "far", "eu-north-1"},
		{"", "none", "us-east-1"},
		{"eu-west-1", "far", "eu-west-1"},
		{"us-east-1", "far", "us-east-1"},
	} {
		d, err := b.Domain(ctx, test.region, owner, test.domain)
		if err != nil {
			t.Fatal(err)
		}
		if want := "arn:aws:codeartifact:" + test.want + ":" + owner + ":domain/" + test.domain; d.ARN != want {
			t.Errorf("domain %s in region %q is %s, want %s", test.domain, test.region, d.ARN, want)
		}
	}
	if d, _ := b.Domain(ctx, "us-east-1", owner, "far"); d.Exists() {
		t.Error("a domain of another region exists in this one")
	}
}

func TestADeletedRepositorysNamesakeIsEmpty(t *testing.T) {
	t.Parallel()
	b, ctx := newBench(t, storetest.Memory(t)), t.Context()
	b.mustPublish(growing, ref("p", "1.0"), "a", "one")
	listing(ctx, b.bind(growing), "p") // kept
	stale := b.bind(growing)
	d := b.repository("repo").Domain
	if err := b.DeleteRepository(ctx, b.repository("repo")); err != nil {
		t.Fatal(err)
	}
	err := publish(ctx, stale, ref("q", "1.0"), format.VersionEdit{}, "b", "two")
	if kind(err) != fault.NotFound {
		t.Errorf("a publication that was on its way = %v, want NotFound", err)
	}
	_, err = b.CreateRepository(ctx, d, store.Repository{Name: "repo", Administrator: owner, Created: noon}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"p", "q"} {
		if got, want := listing(ctx, b.bind(growing), name), "Package not found. Package '"+name+"' does not exist in repository 'repo'"; got != want {
			t.Errorf("listing of %s = %q, want %q", name, got, want)
		}
	}
}

// What was committed while a replica could not look is older than what a look asks
// for: nothing that was kept before may be believed again.
func TestAReplicaThatCouldNotLookForLongBelievesNothingOfBefore(t *testing.T) {
	t.Parallel()
	here, there := replicas(t)
	ctx := t.Context()
	here.mustPublish(growing, ref("p", "1.0"), "a-1", "1")
	if err := there.Look(ctx); err != nil {
		t.Fatal(err)
	}
	before := listing(ctx, there.bind(growing), "p")
	here.now = noon.Add(5 * time.Second)
	here.mustPublish(growing, ref("p", "2.0"), "a-2", "2")
	here.now, there.now = noon.Add(30*time.Second), noon.Add(30*time.Second)
	if err := there.Look(ctx); err != nil {
		t.Fatal(err)
	}
	want := listing(ctx, here.bind(growing), "p")
	if got := listing(ctx, there.bind(growing), "p"); got != want || got == before {
		t.Errorf("there: %s, here: %s", got, want)
	}
}
