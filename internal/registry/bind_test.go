package registry_test

import (
	"context"
	"reflect"
	"testing"

	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/registry"
	"daypass/internal/store/storetest"
)

// Whatever a format asks for by name is noted, also what the interfaces get
// tomorrow.
func TestEveryMethodThatNamesAPackageIsNoted(t *testing.T) {
	t.Parallel()
	b := newBench(t, storetest.Memory(t))
	ref := format.Ref{Name: format.Name{Namespace: "space", Name: "name"}, Version: "1"}
	var noted format.Ref
	bound, err := b.repository("repo").Bind(t.Context(), registry.Binding{Format: growing, Verbs: everything, Now: noon, Caller: &caller{judge: allow, observe: func(verb *format.Verb, ref format.Ref) {
		if verb != everything[0] {
			t.Errorf("noted the verb %v", verb)
		}
		noted = ref
	}}})
	if err != nil {
		t.Fatal(err)
	}
	change, err := bound.Begin(t.Context(), everything[0])
	if err != nil {
		t.Fatal(err)
	}
	defer change.Close()
	named := 0
	for _, value := range []reflect.Value{reflect.ValueOf(&bound).Elem(), reflect.ValueOf(&change).Elem()} {
		for i := range value.NumMethod() {
			method := value.Type().Method(i)
			var want format.Ref
			var args []reflect.Value
			for j := range method.Type.NumIn() {
				v := reflect.Zero(method.Type.In(j))
				switch method.Type.In(j) {
				case reflect.TypeFor[format.Ref]():
					v, want = reflect.ValueOf(ref), ref
				case reflect.TypeFor[format.Name]():
					v, want.Name = reflect.ValueOf(ref.Name), ref.Name
				case reflect.TypeFor[context.Context]():
					v = reflect.ValueOf(t.Context())
				}
				args = append(args, v)
			}
			if want == (format.Ref{}) {
				continue
			}
			named++
			noted = format.Ref{}
			value.Method(i).Call(args)
			if noted != want {
				t.Errorf("%s: noted %+v, want %+v", method.Name, noted, want)
			}
		}
	}
	if named != 4 {
		t.Errorf("%d methods name a package, want 4", named)
	}
}

func TestTheRegistryKnowsTheFormatsOfTheAPI(t *testing.T) {
	t.Parallel()
	b := newBench(t, storetest.Memory(t))
	b.Formats = []*format.Format{{
		Name:             "pypi",
		NormalizeName:    func(n format.Name) (format.Name, error) { return format.Name{Name: n.Name + "!"}, nil },
		NormalizeVersion: func(v string) (string, error) { return v + "!", nil },
	}}
	f, err := b.Format("pypi")
	if err != nil {
		t.Fatal(err)
	}
	got, err := registry.Ref(f, format.Name{Name: "a"}, "1")
	if want := ref("a!", "1!"); got != want || err != nil {
		t.Errorf("Ref = %v, %v; want %v", got, err, want)
	}
	_, err = b.Format("npm")
	if kind(err) != fault.Validation {
		t.Errorf("a format that is not served: %v", err)
	}
}
