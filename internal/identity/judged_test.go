package identity_test

import (
	"testing"

	"daypass/internal/fault"
	"daypass/internal/identity"
)

func TestANameStandsForTheEntityThatWasJudged(t *testing.T) {
	t.Parallel()
	d := started(t)
	create := func(path string) *identity.Entity {
		e := &identity.Entity{Kind: identity.User, Account: account, Name: "u", Path: path}
		if err := d.Create(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		return e
	}
	remove := func() {
		if err := d.Delete(t.Context(), account, identity.User, "u"); err != nil {
			t.Fatal(err)
		}
	}
	first := create("/a/")
	ctx := identity.Judged(t.Context(), first)
	if err := d.Move(ctx, account, identity.User, "u", "", "/b/"); err != nil {
		t.Errorf("of the one that was judged: %v", err)
	}
	remove()
	create("/c/")
	gone := identity.Judged(t.Context(), &identity.Entity{Kind: identity.User, Account: account, Name: "u", Path: "/"})
	if err := d.Move(ctx, account, identity.User, "u", "", "/d/"); !fault.Is(err, fault.NotFound) {
		t.Errorf("of a namesake: %v, want NotFound", err)
	}
	if err := d.Delete(gone, account, identity.User, "u"); !fault.Is(err, fault.NotFound) {
		t.Errorf("of what was not there yet: %v, want NotFound", err)
	}
	if e, err := d.Find(gone, account, identity.User, "u"); !fault.Is(err, fault.NotFound) {
		t.Errorf("found %v, %v, want NotFound", e, err)
	}
	if e, err := d.Find(ctx, account, identity.User, "u"); err != nil || e.ID != first.ID || e.Path != "/a/" {
		t.Errorf("found %v, %v, want what was judged", e, err)
	}
	if e, err := d.Find(t.Context(), account, identity.User, "u"); err != nil || e.Path != "/c/" {
		t.Errorf("found %v, %v", e, err)
	}
}
