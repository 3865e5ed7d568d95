package policy_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/policy"
)

func TestKeysHaveOneValueEach(t *testing.T) {
	t.Parallel()
	var keys policy.Keys
	keys.Set("svc:one", policy.One("a"))
	keys.Set("svc:two", policy.One("b"))
	keys.Set("svc:one", policy.Many([]string{"c"}))
	for name, want := range map[string][]string{"svc:one": {"c"}, "svc:two": {"b"}} {
		value, ok := keys.Lookup(name)
		got, _ := value.Strings()
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, ok, diff)
		}
	}
	if _, ok := keys.Lookup("svc:three"); ok || len(keys) != 2 {
		t.Errorf("keys = %v, want two", keys)
	}
}
