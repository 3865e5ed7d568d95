package render

import (
	"io"
	"slices"
	"strings"

	"daypass/internal/cli/document"
)

// writeText prints a line for each object, with its scalars separated by tabs. Lines
// of inner lists and objects begin with the name of their member in upper case.
func writeText(w io.Writer, v any) error {
	var t textWriter
	t.value(v, "", nil)
	_, err := io.WriteString(w, t.String())
	return err
}

type textWriter struct{ strings.Builder }

func (t *textWriter) line(fields []string) {
	t.WriteString(strings.Join(fields, "\t"))
	t.WriteByte('\n')
}

// value prints v. If columns is not nil, it is the members that are columns of the
// surrounding list.
func (t *textWriter) value(v any, name string, columns []string) {
	switch v := v.(type) {
	case *document.Object:
		t.object(v, name, columns)
	case []any:
		t.list(v, name)
	default:
		t.line([]string{document.Str(v)})
	}
}

func (t *textWriter) list(list []any, name string) {
	isObject := func(v any) bool { _, ok := v.(*document.Object); return ok }
	isList := func(v any) bool { _, ok := v.([]any); return ok }
	switch {
	case len(list) == 0:
	case slices.ContainsFunc(list, isObject):
		columns := scalarNames(list)
		for _, v := range list {
			t.value(v, name, columns)
		}
	case slices.ContainsFunc(list, isList):
		var scalars []any
		for _, v := range list {
			if !isList(v) {
				scalars = append(scalars, v)
			}
		}
		if len(scalars) > 0 {
			t.scalars(scalars, name)
		}
		for _, v := range list {
			if isList(v) {
				t.value(v, name, nil)
			}
		}
	default:
		t.scalars(list, name)
	}
}

func (t *textWriter) scalars(list []any, name string) {
	fields := make([]string, len(list))
	for i, v := range list {
		fields[i] = document.Str(v)
		if name != "" {
			t.line([]string{strings.ToUpper(name), fields[i]})
		}
	}
	if name == "" {
		t.line(fields)
	}
}

// scalarNames returns the sorted names of all scalar members of the objects of
// a list.
func scalarNames(list []any) []string {
	names := []string{}
	for _, v := range list {
		o, _ := v.(*document.Object)
		for _, m := range o.Members() {
			if document.IsScalar(m.Value) && !slices.Contains(names, m.Name) {
				names = append(names, m.Name)
			}
		}
	}
	slices.Sort(names)
	return names
}

func (t *textWriter) object(o *document.Object, name string, columns []string) {
	names := o.Names()
	slices.Sort(names)
	fields, rest := []string{}, []string{}
	for _, n := range names {
		v, _ := o.Get(n)
		switch {
		case columns != nil && slices.Contains(columns, n):
		case columns == nil && document.IsScalar(v):
			fields = append(fields, document.Str(v))
		default:
			rest = append(rest, n)
		}
	}
	for _, n := range columns {
		v, ok := o.Get(n)
		if !ok {
			v = ""
		}
		fields = append(fields, document.Str(v))
	}
	if len(fields) > 0 {
		if name != "" {
			fields = append([]string{strings.ToUpper(name)}, fields...)
		}
		t.line(fields)
	}
	for _, n := range rest {
		v, _ := o.Get(n)
		t.value(v, n, nil)
	}
}
