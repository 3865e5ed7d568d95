package query

import (
	"errors"
	"math/big"
	"slices"
	"strings"

	"daypass/internal/cli/document"
)

var errOrder = errors.New("values of different types have no order")

func hasOrder(v any) bool {
	t := typeOf(v)
	return t == "number" || t == "string"
}

// compareOrdered compares two numbers, or two strings by code points.
func compareOrdered(a, b any) (int, error) {
	x, ok := a.(string)
	y, both := b.(string)
	if ok != both {
		return 0, errOrder
	}
	if ok {
		return strings.Compare(x, y), nil
	}
	return compareNumbers(a, b), nil
}

func compareNumbers(a, b any) int {
	x, xInt := a.(int64)
	y, yInt := b.(int64)
	if xInt && yInt {
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	}
	if p, ok := a.(*big.Int); ok {
		if q, ok := b.(*big.Int); ok {
			return p.Cmp(q)
		}
	}
	switch f, g := toFloat(a), toFloat(b); {
	case f < g:
		return -1
	case f > g:
		return 1
	}
	return 0
}

func equal(a, b any) bool {
	if typeOf(a) != typeOf(b) {
		return false
	}
	switch x := a.(type) {
	case []any:
		return slices.EqualFunc(x, b.([]any), equal)
	case *document.Object:
		y := b.(*document.Object)
		if x.Len() != y.Len() {
			return false
		}
		for _, m := range x.Members() {
			if v, ok := y.Get(m.Name); !ok || !equal(m.Value, v) {
				return false
			}
		}
		return true
	case expressionReference:
		return x == b.(expressionReference)
	}
	if typeOf(a) == "number" {
		return compareNumbers(a, b) == 0 && toFloat(a) == toFloat(b)
	}
	return a == b
}

// extreme returns the first of the largest, or smallest, elements. They are compared
// by keys unless that is nil.
func extreme(largest bool, list, keys []any) (any, error) {
	if keys == nil {
		keys = list
	}
	if len(list) == 0 {
		return nil, nil
	}
	best := 0
	for i := range keys {
		c, err := compareOrdered(keys[i], keys[best])
		if err != nil {
			sign := "<"
			if largest {
				sign = ">"
			}
			return nil, errors.New("'" + sign + "' not supported between instances of '" + document.TypeName(keys[i]) + "' and '" + document.TypeName(keys[best]) + "'")
		}
		if largest && c > 0 || !largest && c < 0 {
			best = i
		}
	}
	return list[best], nil
}

// sortKeys evaluates an expression for each element of a list. The results are the
// keys to compare the elements by, and must be of one of the types.
func sortKeys(name string, list []any, expression expressionReference, types []string) ([]any, error) {
	keys := make([]any, len(list))
	for i, v := range list {
		key, err := eval(expression.node, v)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(types, typeOf(key)) {
			return nil, typeError(name, key, typeOf(key), types)
		}
		keys[i] = key
	}
	return keys, nil
}

func extremeBy(name string, list []any, expression expressionReference) (any, error) {
	keys, err := sortKeys(name, list, expression, []string{"number", "string"})
	if err != nil {
		return nil, err
	}
	return extreme(name == "max_by", list, keys)
}

func sortByKey(list []any, expression expressionReference) (any, error) {
	if len(list) == 0 {
		return list, nil
	}
	first, err := eval(expression.node, list[0])
	if err != nil {
		return nil, err
	}
	if !hasOrder(first) {
		return nil, typeError("sort_by", list[0], typeOf(first), []string{"string", "number"})
	}
	keys, err := sortKeys("sort_by", list, expression, []string{typeOf(first)})
	if err != nil {
		return nil, err
	}
	return sortBy(list, keys), nil
}

// sortBy returns the elements in the order of their keys, which are all numbers or all
// strings. Elements with equal keys keep their order.
func sortBy(list, keys []any) []any {
	positions := make([]int, len(list))
	for i := range positions {
		positions[i] = i
	}
	slices.SortStableFunc(positions, func(i, j int) int {
		c, _ := compareOrdered(keys[i], keys[j])
		return c
	})
	out := make([]any, len(list))
	for i, position := range positions {
		out[i] = list[position]
	}
	return out
}
