package storetest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/store"
)

// Registry tests the statements about domains, repositories, packages and
// content.
func Registry(t *testing.T) {
	t.Run("a domain comes back as it was written", func(t *testing.T) { Each(t, domainRoundTrip) })
	t.Run("a domain's name is unique in its account and region", func(t *testing.T) { Each(t, domainUnique) })
	t.Run("domains are paged in the order of their names", func(t *testing.T) { Each(t, domainPages) })
	t.Run("a domain with repositories stays", func(t *testing.T) { Each(t, domainInUse) })
	t.Run("a repository comes back as it was written", func(t *testing.T) { Each(t, repositoryRoundTrip) })
	t.Run("repositories are filtered and paged", func(t *testing.T) { Each(t, repositoryPages) })
	t.Run("upstreams keep their order and outlive what they name", func(t *testing.T) { Each(t, upstreams) })
	t.Run("versions come in the order of their sort keys, byte by byte", func(t *testing.T) { Each(t, versionOrder) })
	t.Run("a package, its versions and assets come back as they were written", func(t *testing.T) { Each(t, packageRoundTrip) })
	t.Run("what may change of a package changes alone", func(t *testing.T) { Each(t, packageEdits) })
	t.Run("packages are listed only with a version of the status", func(t *testing.T) { Each(t, packageLists) })
	t.Run("changed packages are found by time", func(t *testing.T) { Each(t, packageChanges) })
	t.Run("deleting a repository deletes what was published in it", func(t *testing.T) { Each(t, repositoryDeletion) })
	t.Run("content is doomed only while nothing needs it", func(t *testing.T) { Each(t, doomContent) })
	t.Run("content that comes back while it is removed goes elsewhere", func(t *testing.T) { Each(t, contentComesBack) })
	t.Run("what an interrupted sweep left is taken over", func(t *testing.T) { Each(t, doomTakenOver) })
}

var noon = time.Date(2026, 10, 1, 12, 0, 0, 123e6, time.UTC)

// update runs fn in a transaction that must succeed.
func update(t *testing.T, db *store.DB, fn func(context.Context, *store.Tx) error) {
	t.Helper()
	err := db.Update(t.Context(), func(tx *store.Tx) error { return fn(t.Context(), tx) })
	if err != nil {
		t.Fatal(err)
	}
}

func view[T any](t *testing.T, db *store.DB, fn func(ctx context.Context, tx *store.Tx) (T, error)) T {
	t.Helper()
	var result T
	err := db.View(t.Context(), func(tx *store.Tx) (err error) {
		result, err = fn(t.Context(), tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func newDomain(name string) *store.Domain {
	return &store.Domain{
		ID: "D-" + name, Region: "us-east-1", Owner: "111122223333", Name: name, EncryptionKey: "arn:aws:kms:x",
		Tags:    map[string]string{"Team": "a\"b", "empty": ""},
		Policy:  store.ResourcePolicy{Document: `{"Version":"2012-10-17"}`, Revision: "r1=", Bound: map[string]string{"arn:u": "AIDAX"}},
		Created: noon,
	}
}

func newRepository(domain, name, administrator string) *store.Repository {
	return &store.Repository{
		ID: "R-" + domain + "-" + name, Name: name, Administrator: administrator, Description: "about " + name,
		Tags: map[string]string{"k": "v"}, Policy: store.ResourcePolicy{Document: "{}", Revision: "r2="}, Created: noon,
		DomainID: "D-" + domain, DomainName: domain, DomainOwner: "111122223333", Region: "us-east-1",
	}
}

func domainRoundTrip(t *testing.T, db *store.DB) {
	want := newDomain("one")
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.CreateDomain(ctx, want) })
	get := func() []*store.Domain {
		return view(t, db, func(ctx context.Context, tx *store.Tx) ([]*store.Domain, error) {
			return tx.DomainsNamed(ctx, "111122223333", "one")
		})
	}
	if diff := cmp.Diff([]*store.Domain{want}, get()); diff != "" {
		t.Errorf("as written (-want +got):\n%s", diff)
	}
	want.Policy, want.Tags = store.ResourcePolicy{}, map[string]string{"only": "this"}
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.SetDomainPolicy(ctx, want.ID, want.Policy), tx.SetDomainTags(ctx, want.ID, want.Tags))
	})
	if diff := cmp.Diff([]*store.Domain{want}, get()); diff != "" {
		t.Errorf("as changed (-want +got):\n%s", diff)
	}
	err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.DeleteDomain(t.Context(), "other") })
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("DeleteDomain of nothing = %v, want ErrNotFound", err)
	}
}

func domainUnique(t *testing.T, db *store.DB) {
	create := func(change func(*store.Domain)) error {
		d := newDomain("one")
		change(d)
		return db.Update(t.Context(), func(tx *store.Tx) error { return tx.CreateDomain(t.Context(), d) })
	}
	for _, step := range []struct {
		name   string
		change func(*store.Domain)
		want   error
	}{
		{"the first", func(*store.Domain) {}, nil},
		{"the same again", func(d *store.Domain) { d.ID = "other" }, store.ErrExists},
		{"in another region", func(d *store.Domain) { d.ID, d.Region = "D2", "eu-west-1" }, nil},
		{"of another account", func(d *store.Domain) { d.ID, d.Owner = "D3", "444455556666" }, nil},
	} {
		if err := create(step.change); !errors.Is(err, step.want) {
			t.Errorf("%s: %v, want %v", step.name, err, step.want)
		}
	}
	n := view(t, db, func(ctx context.Context, tx *store.Tx) (int, error) {
		return tx.CountDomains(ctx, "111122223333", "us-east-1")
	})
	if n != 1 {
		t.Errorf("CountDomains = %d, want 1: the other region and account do not count", n)
	}
	rows := view(t, db, func(ctx context.Context, tx *store.Tx) ([]*store.Domain, error) {
		return tx.DomainsNamed(ctx, "111122223333", "one")
	})
	if len(rows) != 2 || rows[0].Region != "eu-west-1" || rows[1].Region != "us-east-1" {
		t.Errorf("DomainsNamed = %v, want both regions in order", rows)
	}
}

func domainPages(t *testing.T, db *store.DB) {
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for _, name := range []string{"cc", "aa", "dd", "bb"} {
			if err := tx.CreateDomain(ctx, newDomain(name)); err != nil {
				return err
			}
		}
		return nil
	})
	var pages []string
	after := ""
	for range 3 {
		rows := view(t, db, func(ctx context.Context, tx *store.Tx) ([]*store.Domain, error) {
			return tx.Domains(ctx, "111122223333", "us-east-1", after, 2)
		})
		page := ""
		for _, d := range rows {
			page += d.Name + " "
			after = d.Name
		}
		pages = append(pages, page)
	}
	if diff := cmp.Diff([]string{"aa bb ", "cc dd ", ""}, pages); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
}

func domainInUse(t *testing.T, db *store.DB) {
	seed(t, db)
	err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.DeleteDomain(t.Context(), "D-dom") })
	if err == nil {
		t.Error("DeleteDomain succeeded though the domain has a repository")
	}
}

// seed makes domain dom with repository repo.
func seed(t *testing.T, db *store.DB) {
	t.Helper()
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.CreateDomain(ctx, newDomain("dom")), tx.CreateRepository(ctx, newRepository("dom", "repo", "111122223333")))
	})
}

func repositoryRoundTrip(t *testing.T, db *store.DB) {
	seed(t, db)
	want := newRepository("dom", "repo", "111122223333")
	get := func() *store.Repository {
		return view(t, db, func(ctx context.Context, tx *store.Tx) (*store.Repository, error) {
			return tx.Repository(ctx, "D-dom", "repo")
		})
	}
	if diff := cmp.Diff(want, get()); diff != "" {
		t.Errorf("as written (-want +got):\n%s", diff)
	}
	want.Description, want.Tags = "", nil
	want.Policy = store.ResourcePolicy{Document: "{ }", Revision: "r3=", Bound: map[string]string{"a": "b"}}
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.SetRepositoryPolicy(ctx, want.ID, want.Policy), tx.SetRepositoryTags(ctx, want.ID, nil),
			tx.SetRepositoryDescription(ctx, want.ID, ""))
	})
	if diff := cmp.Diff(want, get()); diff != "" {
		t.Errorf("as changed (-want +got):\n%s", diff)
	}
	again := newRepository("dom", "repo", "444455556666")
	again.ID = "other"
	err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.CreateRepository(t.Context(), again) })
	if !errors.Is(err, store.ErrExists) {
		t.Errorf("CreateRepository of the same name = %v, want ErrExists", err)
	}
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.DeleteRepository(ctx, want.ID) })
	err = db.View(t.Context(), func(tx *store.Tx) error { _, err := tx.Repository(t.Context(), "D-dom", "repo"); return err })
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Repository after its deletion = %v, want ErrNotFound", err)
	}
}

func repositoryPages(t *testing.T, db *store.DB) {
	const us, them = "111122223333", "444455556666"
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		errs := []error{tx.CreateDomain(ctx, newDomain("dom")), tx.CreateDomain(ctx, newDomain("mod"))}
		for _, name := range []string{"b_1", "b%1", "a1", "B_1", "b_2"} {
			errs = append(errs, tx.CreateRepository(ctx, newRepository("dom", name, us)))
		}
		return errors.Join(append(errs,
			tx.CreateRepository(ctx, newRepository("dom", "b_theirs", them)),
			tx.CreateRepository(ctx, newRepository("mod", "b_1", us)))...)
	})
	names := func(rows []*store.Repository) string {
		var s []string
		for _, r := range rows {
			s = append(s, r.DomainName+"/"+r.Name)
		}
		return strings.Join(s, " ")
	}
	inDomain := func(p store.RepositoryPage) string {
		p.Domain = "D-dom"
		return names(view(t, db, func(ctx context.Context, tx *store.Tx) ([]*store.Repository, error) {
			return tx.RepositoriesOfDomain(ctx, p)
		}))
	}
	ofAccount := func(p store.RepositoryPage) string {
		p.Administrator, p.AdministratorRegion = us, "us-east-1"
		return names(view(t, db, func(ctx context.Context, tx *store.Tx) ([]*store.Repository, error) {
			return tx.RepositoriesOfAdministrator(ctx, p)
		}))
	}
	for _, test := range []struct{ name, got, want string }{
		{"a prefix is no pattern and minds case", inDomain(store.RepositoryPage{Prefix: "b_", Limit: 9}), "dom/b_1 dom/b_2 dom/b_theirs"},
		{"an administrator", inDomain(store.RepositoryPage{Administrator: them, Limit: 9}), "dom/b_theirs"},
		{"after a name, limited", inDomain(store.RepositoryPage{Prefix: "b_", AfterName: "b_1", Limit: 1}), "dom/b_2"},
		{"of an account, over all domains", ofAccount(store.RepositoryPage{Prefix: "b_", Limit: 9}), "dom/b_1 mod/b_1 dom/b_2"},
		{"after one of two of the same name", ofAccount(store.RepositoryPage{Prefix: "b_", AfterName: "b_1", AfterID: "R-dom-b_1", Limit: 9}), "mod/b_1 dom/b_2"},
	} {
		if test.got != test.want {
			t.Errorf("%s: %q, want %q", test.name, test.got, test.want)
		}
	}
	n := view(t, db, func(ctx context.Context, tx *store.Tx) (int, error) { return tx.CountRepositories(ctx, "D-dom") })
	if n != 6 {
		t.Errorf("CountRepositories = %d, want 6", n)
	}
}

func upstreams(t *testing.T, db *store.DB) {
	seed(t, db)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.CreateRepository(ctx, newRepository("dom", "up", "111122223333")),
			tx.SetUpstreams(ctx, "R-dom-repo", []store.Upstream{{ID: "old", Name: "old"}}),
			tx.SetUpstreams(ctx, "R-dom-repo", []store.Upstream{{ID: "z", Name: "zz"}, {ID: "R-dom-up", Name: "up"}, {ID: "a", Name: "aa"}}))
	})
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.DeleteRepository(ctx, "R-dom-up") })
	got := view(t, db, func(ctx context.Context, tx *store.Tx) ([]store.Upstream, error) {
		return tx.Upstreams(ctx, "R-dom-repo")
	})
	want := []store.Upstream{{ID: "z", Name: "zz"}, {ID: "R-dom-up", Name: "up"}, {ID: "a", Name: "aa"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("upstreams (-want +got):\n%s", diff)
	}
}
