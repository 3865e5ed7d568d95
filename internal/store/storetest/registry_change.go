package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/store"
)

func packageEdits(t *testing.T, db *store.DB) {
	seed(t, db)
	ctx := t.Context()
	pkg, one, two := newPackage("p"), newVersion("p", "1.0", "1"), newVersion("p", "2.0", "2")
	var kept, changed *store.Asset
	update(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
		err = errors.Join(tx.CreatePackage(ctx, pkg), tx.CreateVersion(ctx, one, plain), tx.CreateVersion(ctx, two, plain))
		if err != nil {
			return err
		}
		kept, err = publish(ctx, tx, one.ID, "a", "aa")
		if err != nil {
			return err
		}
		changed, err = publish(ctx, tx, one.ID, "b", "bb")
		if err != nil {
			return err
		}
		_, err = publish(ctx, tx, one.ID, "c", "cc")
		return err
	})
	reason := "broken"
	one.Status, one.Revision, one.Detail, one.Yanked = "Unlisted", "new=", `{"v":2}`, &reason
	changed.Detail = `{"x":2}`
	about := &store.Description{Text: `{"summary":"new"}`, Readme: "new"}
	pkg.Tags = map[string]string{"latest": "1.0"}
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.UpdateVersion(ctx, one), tx.SetDescription(ctx, one.ID, about), tx.SetPackageTags(ctx, pkg.ID, pkg.Tags),
			tx.SetAssetDetail(ctx, changed), tx.DeleteAsset(ctx, one.ID, "c"))
	})

	for _, want := range []*store.Version{one, two} {
		got := view(t, db, func(ctx context.Context, tx *store.Tx) (*store.Version, error) {
			return tx.VersionByKey(ctx, pkg.ID, want.SortKey)
		})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("version %s (-want +got):\n%s", want.Version, diff)
		}
	}
	for id, want := range map[string]*store.Description{one.ID: about, two.ID: plain} {
		got := view(t, db, func(ctx context.Context, tx *store.Tx) (*store.Description, error) { return tx.Description(ctx, id) })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("description of %s (-want +got):\n%s", id, diff)
		}
	}
	assets := view(t, db, func(ctx context.Context, tx *store.Tx) ([]*store.Asset, error) {
		return tx.AssetsOfVersion(ctx, one.ID)
	})
	if diff := cmp.Diff([]*store.Asset{kept, changed}, assets); diff != "" {
		t.Errorf("assets (-want +got):\n%s", diff)
	}
	got := view(t, db, func(ctx context.Context, tx *store.Tx) (*store.Package, error) {
		return tx.Package(ctx, pkg.PackageKey)
	})
	if diff := cmp.Diff(pkg, got); diff != "" {
		t.Errorf("package (-want +got):\n%s", diff)
	}

	missing := *two
	missing.ID = "V-none"
	for name, change := range map[string]func(*store.Tx) error{
		"VersionByKey":   func(tx *store.Tx) error { _, err := tx.VersionByKey(ctx, pkg.ID, "3"); return err },
		"UpdateVersion":  func(tx *store.Tx) error { return tx.UpdateVersion(ctx, &missing) },
		"SetDescription": func(tx *store.Tx) error { return tx.SetDescription(ctx, "V-none", about) },
		"SetPackageTags": func(tx *store.Tx) error { return tx.SetPackageTags(ctx, "P-none", nil) },
		"SetAssetDetail": func(tx *store.Tx) error { return tx.SetAssetDetail(ctx, &store.Asset{Version: one.ID, Name: "c"}) },
		"DeleteAsset":    func(tx *store.Tx) error { return tx.DeleteAsset(ctx, one.ID, "c") },
	} {
		if err := db.Update(ctx, change); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s of what is not there = %v, want ErrNotFound", name, err)
		}
	}
}
