package query

import (
	"errors"
	"math/big"
	"slices"
	"strings"

	"daypass/internal/cli/document"
)

var errOrder = errors.New("values of different types have no order")

func ordered(v any) bool {
	t := typeOf(v)
	return t == "number" || t == "string"
}

// order compares two numbers or two strings; strings by code point.
func order(a, b any) (int, error) {
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
	switch f, g := float(a), float(b); {
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
	case reference:
		return x == b.(reference)
	}
	if typeOf(a) == "number" {
		return compareNumbers(a, b) == 0 && float(a) == float(b)
	}
	return a == b
}

// extreme returns the first of the largest, or smallest, elements; keys stand
// for the elements when given.
func extreme(largest bool, list, keys []any) (any, error) {
	if keys == nil {
		keys = list
	}
	if len(list) == 0 {
		return nil, nil
	}
	best := 0
	for i := range keys {
		c, err := order(keys[i], keys[best])
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

// keysOf evaluates what the elements of a list are compared by.
func keysOf(name string, list []any, by reference, types []string) ([]any, error) {
	keys := make([]any, len(list))
	for i, v := range list {
		key, err := eval(by.n, v)
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

func extremeBy(name string, list []any, by reference) (any, error) {
	keys, err := keysOf(name, list, by, []string{"number", "string"})
	if err != nil {
		return nil, err
	}
	return extreme(name == "max_by", list, keys)
}

func sortByKey(list []any, by reference) (any, error) {
	if len(list) == 0 {
		return list, nil
	}
	first, err := eval(by.n, list[0])
	if err != nil {
		return nil, err
	}
	if !ordered(first) {
		return nil, typeError("sort_by", list[0], typeOf(first), []string{"string", "number"})
	}
	keys, err := keysOf("sort_by", list, by, []string{typeOf(first)})
	if err != nil {
		return nil, err
	}
	return sortBy(list, keys), nil
}

// sortBy returns the elements in the order of their keys, which are all numbers
// or all strings. Equal ones stay as they stood.
func sortBy(list, keys []any) []any {
	places := make([]int, len(list))
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(i, j int) int {
		c, _ := order(keys[i], keys[j])
		return c
	})
	out := make([]any, len(list))
	for i, place := range places {
		out[i] = list[place]
	}
	return out
}
