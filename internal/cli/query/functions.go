package query

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"time"

	"daypass/internal/cli/document"
)

// A parameter is the JMESPath types that an argument may have. No type means any.
// array-T is an array whose elements are all of type T.
type parameter []string

type function struct {
	parameters []parameter
	variadic   bool // the last parameter may be given more than once
	run        func(a []any) (any, error)
}

var (
	anyType    = parameter{}
	numberType = parameter{"number"}
	stringType = parameter{"string"}
	arrayType  = parameter{"array"}
	objectType = parameter{"object"}
	exprefType = parameter{"expref"}
	orderable  = parameter{"array-number", "array-string"}
)

// lookup returns a function of the specification. It is a switch and not a map, so
// that nothing is built when the program starts.
func lookup(name string) (function, bool) {
	switch name {
	case "abs":
		return function{[]parameter{numberType}, false, abs}, true
	case "avg":
		return function{[]parameter{{"array-number"}}, false, avg}, true
	case "ceil", "floor":
		return function{[]parameter{numberType}, false, func(a []any) (any, error) { return round(name, a[0]), nil }}, true
	case "contains":
		return function{[]parameter{{"array", "string"}, anyType}, false, contains}, true
	case "ends_with":
		return function{[]parameter{stringType, stringType}, false, func(a []any) (any, error) {
			return strings.HasSuffix(a[0].(string), a[1].(string)), nil
		}}, true
	case "starts_with":
		return function{[]parameter{stringType, stringType}, false, func(a []any) (any, error) {
			return strings.HasPrefix(a[0].(string), a[1].(string)), nil
		}}, true
	case "join":
		return function{[]parameter{stringType, {"array-string"}}, false, join}, true
	case "keys":
		return function{[]parameter{objectType}, false, keys}, true
	case "values":
		return function{[]parameter{objectType}, false, func(a []any) (any, error) { return values(a[0].(*document.Object)), nil }}, true
	case "length":
		return function{[]parameter{{"string", "array", "object"}}, false, length}, true
	case "map":
		return function{[]parameter{exprefType, arrayType}, false, mapElements}, true
	case "max", "min":
		return function{[]parameter{orderable}, false, func(a []any) (any, error) { return extreme(name == "max", a[0].([]any), nil) }}, true
	case "max_by", "min_by":
		return function{[]parameter{arrayType, exprefType}, false, func(a []any) (any, error) {
			return extremeBy(name, a[0].([]any), a[1].(expressionReference))
		}}, true
	case "merge":
		return function{[]parameter{objectType}, true, merge}, true
	case "not_null":
		return function{[]parameter{anyType}, true, notNull}, true
	case "reverse":
		return function{[]parameter{{"array", "string"}}, false, reverse}, true
	case "sort":
		return function{[]parameter{{"array-string", "array-number"}}, false, func(a []any) (any, error) {
			return sortBy(a[0].([]any), a[0].([]any)), nil
		}}, true
	case "sort_by":
		return function{[]parameter{arrayType, exprefType}, false, func(a []any) (any, error) {
			return sortByKey(a[0].([]any), a[1].(expressionReference))
		}}, true
	case "sum":
		return function{[]parameter{{"array-number"}}, false, func(a []any) (any, error) { return sum(a[0].([]any)), nil }}, true
	case "to_array":
		return function{[]parameter{anyType}, false, func(a []any) (any, error) {
			if list, ok := a[0].([]any); ok {
				return list, nil
			}
			return []any{a[0]}, nil
		}}, true
	case "to_number":
		return function{[]parameter{anyType}, false, toNumber}, true
	case "to_string":
		return function{[]parameter{anyType}, false, toString}, true
	case "type":
		return function{[]parameter{anyType}, false, func(a []any) (any, error) {
			if t := typeOf(a[0]); t != "unknown" && t != "expref" {
				return t, nil
			}
			return nil, nil
		}}, true
	}
	return function{}, false
}

func call(n *node, v any) (any, error) {
	name := n.value.(string)
	arguments := make([]any, len(n.children))
	for i, child := range n.children {
		argument, err := eval(child, v)
		if err != nil {
			return nil, err
		}
		arguments[i] = argument
	}
	f, ok := lookup(name)
	if !ok {
		return nil, document.Messagef("Unknown function: %s()", name)
	}
	err := f.check(name, arguments)
	if err != nil {
		return nil, err
	}
	return f.run(arguments)
}

func (f function) check(name string, arguments []any) error {
	want, least := len(f.parameters), ""
	if f.variadic {
		least = "at least "
	}
	if len(arguments) < want || !f.variadic && len(arguments) != want {
		plural := "s"
		if want == 1 {
			plural = ""
		}
		return document.Messagef("Expected %s%d argument%s for function %s(), received %d", least, want, plural, name, len(arguments))
	}
	for i, p := range f.parameters {
		err := p.check(name, arguments[i])
		if err != nil {
			return err
		}
	}
	return nil
}

// check refuses an argument of another type. If the elements of an array may have
// several types, all must have the type of the first.
func (p parameter) check(name string, v any) error {
	if len(p) == 0 {
		return nil
	}
	var elements []string
	fits := false
	for _, t := range p {
		if e, ok := strings.CutPrefix(t, "array-"); ok {
			elements = append(elements, e)
			t = "array"
		}
		fits = fits || typeOf(v) == t
	}
	if !fits {
		return p.mismatch(name, v, typeOf(v))
	}
	list, ok := v.([]any)
	if !ok || len(elements) == 0 || len(list) == 0 {
		return nil
	}
	if len(elements) > 1 {
		first := typeOf(list[0])
		if !slices.Contains(elements, first) {
			return p.mismatch(name, list[0], document.TypeName(list[0]))
		}
		elements = []string{first}
	}
	for _, e := range list {
		if typeOf(e) != elements[0] {
			return p.mismatch(name, e, document.TypeName(e))
		}
	}
	return nil
}

func (p parameter) mismatch(name string, v any, got string) error {
	return typeError(name, v, got, p)
}

func typeError(name string, v any, got string, want []string) error {
	return document.Messagef("In function %s(), invalid type for value: %s, expected one of: ['%s'], received: \"%s\"",
		name, document.Str(v), strings.Join(want, "', '"), got)
}

func typeOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case int64, *big.Int, float64:
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	case *document.Object:
		return "object"
	case expressionReference:
		return "expref"
	}
	return "unknown"
}

func toFloat(v any) float64 {
	switch n := v.(type) {
	case int64:
		return float64(n)
	case float64:
		return n
	case *big.Int:
		f, _ := new(big.Float).SetInt(n).Float64()
		return f
	}
	return math.NaN()
}

func abs(a []any) (any, error) {
	switch n := a[0].(type) {
	case int64:
		return max(n, -n), nil
	case *big.Int:
		return new(big.Int).Abs(n), nil
	}
	return math.Abs(toFloat(a[0])), nil
}

func round(name string, v any) any {
	f, ok := v.(float64)
	if !ok {
		return v
	}
	if name == "ceil" {
		f = math.Ceil(f)
	} else {
		f = math.Floor(f)
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return f
	}
	n, _ := big.NewFloat(f).Int(nil)
	return document.Integer(n.String())
}

func sum(list []any) any {
	total, exact := 0.0, new(big.Int)
	whole := true
	for _, v := range list {
		total += toFloat(v)
		switch n := v.(type) {
		case int64:
			exact.Add(exact, big.NewInt(n))
		case *big.Int:
			exact.Add(exact, n)
		default:
			whole = false
		}
	}
	if whole {
		return document.Integer(exact.String())
	}
	return total
}

func avg(a []any) (any, error) {
	list := a[0].([]any)
	if len(list) == 0 {
		return nil, nil
	}
	return toFloat(sum(list)) / float64(len(list)), nil
}

func contains(a []any) (any, error) {
	if list, ok := a[0].([]any); ok {
		return slices.ContainsFunc(list, func(v any) bool { return equal(v, a[1]) }), nil
	}
	part, ok := a[1].(string)
	if !ok {
		return nil, fmt.Errorf("'in <string>' requires string as left operand, not %s", document.TypeName(a[1]))
	}
	return strings.Contains(a[0].(string), part), nil
}

func join(a []any) (any, error) {
	var parts []string
	for _, v := range a[1].([]any) {
		parts = append(parts, v.(string))
	}
	return strings.Join(parts, a[0].(string)), nil
}

func keys(a []any) (any, error) {
	list := []any{}
	for _, m := range a[0].(*document.Object).Members() {
		list = append(list, m.Name)
	}
	return list, nil
}

func length(a []any) (any, error) {
	switch v := a[0].(type) {
	case string:
		return int64(len([]rune(v))), nil
	case []any:
		return int64(len(v)), nil
	}
	return int64(a[0].(*document.Object).Len()), nil
}

func mapElements(a []any) (any, error) {
	out := []any{}
	for _, v := range a[1].([]any) {
		result, err := eval(a[0].(expressionReference).node, v)
		if err != nil {
			return nil, err
		}
		out = append(out, result)
	}
	return out, nil
}

func merge(a []any) (any, error) {
	out := &document.Object{}
	for _, v := range a {
		o, ok := v.(*document.Object)
		if !ok {
			return nil, fmt.Errorf("'%s' object is not iterable", document.TypeName(v))
		}
		for _, m := range o.Members() {
			out.Set(m.Name, m.Value)
		}
	}
	return out, nil
}

func notNull(a []any) (any, error) {
	for _, v := range a {
		if v != nil {
			return v, nil
		}
	}
	return nil, nil
}

func reverse(a []any) (any, error) {
	if s, ok := a[0].(string); ok {
		runes := []rune(s)
		slices.Reverse(runes)
		return string(runes), nil
	}
	list := slices.Clone(a[0].([]any))
	slices.Reverse(list)
	return list, nil
}

func toNumber(a []any) (any, error) {
	switch v := a[0].(type) {
	case int64, *big.Int, float64:
		return v, nil
	case string:
		if n, ok := document.ParseInt(v); ok {
			return n, nil
		}
		if f, ok := document.ParseFloat(v); ok {
			return f, nil
		}
	}
	return nil, nil
}

func toString(a []any) (any, error) {
	switch v := a[0].(type) {
	case string:
		return v, nil
	case time.Time:
		return `"` + document.Str(v) + `"`, nil
	}
	return document.Compact(a[0]), nil
}
