package api

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// read reads a JSON file of botocore. It leaves v as it is if there is no such file.
func read(t *testing.T, file string, v any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return
	}
	if err == nil {
		err = json.Unmarshal(data, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// listOf returns a name, or a list of them, as a list.
func listOf(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var list []string
		for _, name := range v {
			list = append(list, name.(string))
		}
		return list
	}
	return nil
}

func TestPagesEqualBotocore(t *testing.T) {
	t.Parallel()
	data, version := botocore(t)
	for _, s := range []*Service{CodeArtifact(), STS(), IAM()} {
		dir := filepath.Join(data, s.Name, s.Version)
		var pages struct{ Pagination map[string]map[string]any }
		var extras struct {
			Merge struct{ Pagination map[string]map[string]any }
		}
		read(t, filepath.Join(dir, "paginators-1.json"), &pages)
		read(t, filepath.Join(dir, "paginators-1.sdk-extras.json"), &extras)
		for name, op := range s.Operations {
			var want *Pages
			if p := pages.Pagination[name]; p != nil {
				text := func(key string) string { v, _ := p[key].(string); return v }
				want = &Pages{text("input_token"), text("output_token"), text("limit_key"), text("more_results"), listOf(p["result_key"]), listOf(p["non_aggregate_keys"])}
				want.Whole = append(want.Whole, listOf(extras.Merge.Pagination[name]["non_aggregate_keys"])...)
			}
			if diff := cmp.Diff(want, op.Pages); diff != "" {
				t.Errorf("%s of %s (-botocore %s +ours):\n%s", name, s.Name, version, diff)
			}
		}
	}
}

func TestWaitersEqualBotocore(t *testing.T) {
	t.Parallel()
	data, version := botocore(t)
	for _, s := range []*Service{CodeArtifact(), STS(), IAM()} {
		var file struct {
			Waiters map[string]struct {
				Operation   string
				Delay       int
				MaxAttempts int
				Acceptors   []struct {
					State, Matcher string
					Expected       any
				}
			}
		}
		read(t, filepath.Join(data, s.Name, s.Version, "waiters-2.json"), &file)
		type waiter struct {
			Operation string
			Delay     time.Duration
			Attempts  int
			Acceptors [][3]string
		}
		want, got := map[string]waiter{}, map[string]waiter{}
		for name, w := range file.Waiters {
			v := waiter{Operation: w.Operation, Delay: time.Duration(w.Delay) * time.Second, Attempts: w.MaxAttempts}
			for _, a := range w.Acceptors {
				text, ok := a.Expected.(string)
				if !ok {
					text = strconv.FormatFloat(a.Expected.(float64), 'f', -1, 64)
				}
				v.Acceptors = append(v.Acceptors, [3]string{a.State, a.Matcher, text})
			}
			want[name] = v
		}
		for name, w := range s.Waiters {
			v := waiter{Operation: w.Operation.Name, Delay: w.Delay, Attempts: w.Attempts}
			for _, a := range w.Acceptors {
				if a.Error != "" {
					v.Acceptors = append(v.Acceptors, [3]string{string(a.State), "error", a.Error})
				} else {
					v.Acceptors = append(v.Acceptors, [3]string{string(a.State), "status", strconv.Itoa(a.Status)})
				}
			}
			got[name] = v
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-botocore %s +ours):\n%s", s.Name, version, diff)
		}
	}
}

// The members that pages name exist, and have the kinds that paging needs.
func TestPagesNameMembersThatAreThere(t *testing.T) {
	t.Parallel()
	for _, s := range All() {
		for name, op := range s.Operations {
			p := op.Pages
			if p == nil {
				continue
			}
			if m := op.Input.Member(p.Input); m == nil || m.Shape.Kind != String {
				t.Errorf("%s: the input has no text %s", name, p.Input)
			}
			if m := op.Input.Member(p.Limit); m == nil || m.Shape.Kind != Integer && m.Shape.Kind != Long {
				t.Errorf("%s: the input has no number %s", name, p.Limit)
			}
			if m := op.Output.Member(p.Output); m == nil || m.Shape.Kind != String {
				t.Errorf("%s: the output has no text %s", name, p.Output)
			}
			if m := op.Output.Member(p.More); p.More != "" && (m == nil || m.Shape.Kind != Boolean) {
				t.Errorf("%s: the output has no boolean %s", name, p.More)
			}
			for _, result := range slices.Concat(p.Results, p.Whole) {
				if m := op.Output.Member(result); m == nil || slices.Contains(p.Results, result) && m.Shape.Kind != List {
					t.Errorf("%s: the output has no list %s", name, result)
				}
			}
		}
	}
}

func TestBrokenPagesAndWaitersAreRefused(t *testing.T) {
	t.Parallel()
	const op = "operation A POST / - -\n"
	for _, model := range []string{
		"pages a b c d e", op + "pages a b c d", op + "pages a b c d e f g", "waiter W A 1 2", op + "waiter W A 1", op + "waiter W B 1 2", op + "waiter W A x 2", op + "waiter W A 1 x",
		op + "accept success status 200", op + "waiter W A 1 2\naccept maybe status 200", op + "waiter W A 1 2\naccept success status x", op + "waiter W A 1 2\naccept success path x", op + "waiter W A 1 2\naccept success status",
	} {
		if _, err := parse(model); err == nil {
			t.Errorf("%q is taken", model)
		}
	}
}
