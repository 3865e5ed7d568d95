package identity

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"daypass/internal/tag"
)

func TestNoChangeLeavesTagsWhoseKeysDifferByCaseAlone(t *testing.T) {
	t.Parallel()
	// Of K and S Unicode has three spellings.
	keys := rapid.StringOfN(rapid.SampledFrom([]rune("kKKsSſ")), 1, 2, -1)
	for name, change := range map[string]func(TagChange, map[string]string) (map[string]string, error){
		"users and roles": func(c TagChange, tags map[string]string) (map[string]string, error) {
			return c.ignoringCase(tags).apply(tags)
		},
		"everything else": TagChange.apply,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				var tags map[string]string
				for range rapid.IntRange(1, 8).Draw(t, "changes") {
					c := RemoveTags(rapid.SliceOfN(keys, 1, 3).Draw(t, "removed"))
					if rapid.Bool().Draw(t, "adds") {
						added := rapid.MapOfN(keys, rapid.Just("v"), 1, 3).Draw(t, "added")
						if _, _, twins := tag.Twins(slices.Collect(maps.Keys(added))); twins {
							continue // refused before
						}
						c = AddTags(added)
					}
					changed, err := change(c, tags)
					if err != nil {
						if name == "users and roles" {
							t.Fatalf("%v: the newest spelling stays", err)
						}
						continue
					}
					tags = changed
					if a, b, twins := tag.Twins(slices.Collect(maps.Keys(tags))); twins {
						t.Fatalf("%q beside %q", a, b)
					}
				}
			})
		})
	}
}
