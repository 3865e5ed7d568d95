package registry_test

import (
	"encoding/json"
	"strings"
	"testing"

	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/store/storetest"
)

func TestAVersionThatSaysTooMuchIsNotPublished(t *testing.T) {
	t.Parallel()
	dependencies := func(n, long int) []format.Dependency {
		list := make([]format.Dependency, n)
		for i := range list {
			list[i] = format.Dependency{Package: "a", Type: "Requires-Dist", Requirement: strings.Repeat("=", long)}
		}
		return list
	}
	for _, test := range []struct {
		name  string
		about format.Description
		want  string // "": published
	}{
		{"as many dependencies as may be", format.Description{Dependencies: dependencies(4096, 10)}, ""},
		{"one more", format.Description{Dependencies: dependencies(4097, 10)}, "dependencies: the version declares 4097: expected at most 4096"},
		{"dependencies of many bytes", format.Description{Dependencies: dependencies(4000, 200)}, "metadata: summary, links, licences and dependencies of the version have 856000 bytes: expected at most 524288"},
		{"a long summary", format.Description{Summary: strings.Repeat("s", 512<<10+1)}, "metadata: summary, links, licences and dependencies of the version have 524289 bytes: expected at most 524288"},
		{"long licences", format.Description{Licenses: []format.License{{Name: strings.Repeat("l", 300_000), URL: strings.Repeat("u", 300_000)}}}, "metadata: summary, links, licences and dependencies of the version have 600000 bytes: expected at most 524288"},
		{"a long entry of the index", format.Description{Detail: []byte(`"` + strings.Repeat("d", 512<<10) + `"`)}, "metadata: what the index shows of the version has 524290 bytes: expected at most 524288"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, storetest.Memory(t))
			err := publish(t.Context(), b.bind(growing), ref("p", "1.0"), format.VersionEdit{Description: &test.about}, "a", "one")
			if test.want == "" && err != nil || test.want != "" && (kind(err) != fault.Validation || fault.From(err).Message != test.want) {
				t.Errorf("publish: %v, want %q", err, test.want)
			}
		})
	}
}

func TestAnAssetOfWhichTheIndexShowsTooMuchIsNotPublished(t *testing.T) {
	t.Parallel()
	b, ctx := newBench(t, storetest.Memory(t)), t.Context()
	long := []byte(`"` + strings.Repeat("d", 4<<10) + `"`)
	p, err := b.bind(growing).Begin(ctx, everything[0])
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	_, err = p.Claim(ctx, ref("p", "1.0"))
	if err != nil {
		t.Fatal(err)
	}
	staged, err := p.Stage(ctx, 100)
	if err != nil {
		t.Fatal(err)
	}
	const shows = "metadata: what the index shows of a has 4098 bytes: expected at most 4096"
	for _, test := range []struct {
		name string
		edit format.VersionEdit
		want string
	}{
		{"of a new asset", format.VersionEdit{Assets: []format.NewAsset{{Name: "a", Content: staged, Detail: long}}}, shows},
		{"of one that is there", format.VersionEdit{Details: map[string]json.RawMessage{"a": long}}, shows},
		{"of why it is withdrawn", format.VersionEdit{Yank: &format.Yank{Yanked: true, Reason: string(long)}},
			"metadata: the reason to withdraw the version has 4098 bytes: expected at most 4096"},
	} {
		test.edit.Version = "1.0"
		err := p.Commit(ctx, &format.Edit{Versions: []format.VersionEdit{test.edit}})
		if kind(err) != fault.Validation || fault.From(err).Message != test.want {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
}
