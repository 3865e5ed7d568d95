// Package query owns JMESPath: it compiles an expression and applies it to a
// document. The Go libraries for JMESPath are not used, because they work on maps,
// which lose the order of members, and because the AWS CLI shows the messages of its
// own library. The package knows nothing of commands or output.
//
// Source: the JMESPath specification with JEP-9 and JEP-12. The package accepts what
// the reference implementation in Python accepts, also where that is laxer than the
// grammar.
package query

import (
	"fmt"
	"math/big"
	"slices"

	"daypass/internal/cli/document"
)

// A Query is a compiled expression. It may be used from several goroutines.
type Query struct{ root *node }

// Compile parses an expression. The text of an error may have several lines, with a
// caret under the position of the error.
func Compile(expression string) (*Query, error) {
	n, err := parse(expression)
	if err != nil {
		return nil, err
	}
	return &Query{n}, nil
}

// Search applies the query to a document. Lists and objects of the result may
// be parts of the document.
func (q *Query) Search(v any) (any, error) {
	v, err := eval(q.root, v)
	if err == nil && holdsReference(v) {
		return nil, document.Messagef("Object of type _Expression is not JSON serializable")
	}
	return v, err
}

// holdsReference reports whether a result contains an unevaluated expression.
func holdsReference(v any) bool {
	switch v := v.(type) {
	case expressionReference:
		return true
	case []any:
		return slices.ContainsFunc(v, holdsReference)
	case *document.Object:
		return slices.ContainsFunc(v.Members(), func(m document.Member) bool { return holdsReference(m.Value) })
	}
	return false
}

// A expressionReference is an unevaluated expression given to a function.
type expressionReference struct{ node *node }

func eval(n *node, v any) (any, error) {
	switch n.op {
	case opField:
		if o, ok := v.(*document.Object); ok {
			member, _ := o.Get(n.value.(string))
			return member, nil
		}
		return nil, nil
	case opIdentity:
		return v, nil
	case opLiteral:
		return n.value, nil
	case opSub:
		left, err := eval(n.children[0], v)
		if err != nil {
			return nil, err
		}
		return eval(n.children[1], left)
	case opIndex:
		return elementAt(n.value, v), nil
	case opSlice:
		return slice(n.value.([3]any), v)
	case opFlatten, opProject, opValues, opFilter:
		return project(n, v)
	case opCompare:
		return compare(n, v)
	case opOr, opAnd:
		left, err := eval(n.children[0], v)
		if err != nil || isFalse(left) == (n.op == opAnd) {
			return left, err
		}
		return eval(n.children[1], v)
	case opNot:
		inner, err := eval(n.children[0], v)
		return isFalse(inner), err
	case opList, opHash:
		return multiSelect(n, v)
	case opFunction:
		return call(n, v)
	case opExpref:
		return expressionReference{n.children[0]}, nil
	}
	return nil, fmt.Errorf("unknown node %d", n.op)
}

// isFalse reports whether a value counts as false: null, false, and an empty string,
// array or object.
func isFalse(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case *document.Object:
		return v.Len() == 0
	}
	return false
}

func elementAt(position, v any) any {
	list, ok := v.([]any)
	i, small := position.(int64)
	if !ok || !small {
		return nil
	}
	if i < 0 {
		i += int64(len(list))
	}
	if i < 0 || i >= int64(len(list)) {
		return nil
	}
	return list[i]
}

func slice(parts [3]any, v any) (any, error) {
	list, ok := v.([]any)
	if !ok {
		return nil, nil
	}
	length := int64(len(list))
	step := clampIndex(parts[2], 1)
	if step == 0 {
		return nil, fmt.Errorf("slice step cannot be zero")
	}
	from, to, low, high := int64(0), length, int64(0), length
	if step < 0 {
		from, to, low, high = length-1, -1, -1, length-1
	}
	clamp := func(part any, missing int64) int64 {
		if part == nil {
			return missing
		}
		i := clampIndex(part, 0)
		if i < 0 {
			i += length
		}
		return min(max(i, low), high)
	}
	from, to = clamp(parts[0], from), clamp(parts[1], to)
	out := []any{}
	for i := from; step > 0 && i < to || step < 0 && i > to; i += step {
		out = append(out, list[i])
	}
	return out, nil
}

// clampIndex returns a part of a slice expression as an int64 to which a length can be
// added without overflow. A part that is not given is missing.
func clampIndex(part any, missing int64) int64 {
	const limit = 1 << 40
	switch n := part.(type) {
	case int64:
		return min(max(n, -limit), limit)
	case *big.Int:
		return int64(n.Sign()) * limit
	}
	return missing
}

// project evaluates a projection: the right-hand side for each element of the base.
// Nulls are left out.
func project(n *node, v any) (any, error) {
	base, err := eval(n.children[0], v)
	if err != nil {
		return nil, err
	}
	list, ok := base.([]any)
	if object, isObject := base.(*document.Object); isObject && n.op == opValues {
		ok, list = true, values(object)
	} else if n.op == opValues {
		ok = false
	}
	if !ok {
		return nil, nil
	}
	out := []any{}
	for _, element := range list {
		if n.op == opFlatten {
			if inner, isObject := element.([]any); isObject {
				out = append(out, inner...)
			} else {
				out = append(out, element)
			}
			continue
		}
		if n.op == opFilter {
			holds, err := eval(n.children[2], element)
			if err != nil {
				return nil, err
			}
			if isFalse(holds) {
				continue
			}
		}
		result, err := eval(n.children[1], element)
		if err != nil {
			return nil, err
		}
		if result != nil {
			out = append(out, result)
		}
	}
	return out, nil
}

func values(o *document.Object) []any {
	list := make([]any, 0, o.Len())
	for _, m := range o.Members() {
		list = append(list, m.Value)
	}
	return list
}

func multiSelect(n *node, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	list, object := []any{}, &document.Object{}
	for i, child := range n.children {
		element, err := eval(child, v)
		if err != nil {
			return nil, err
		}
		if n.op == opList {
			list = append(list, element)
		} else {
			object.Set(n.value.([]string)[i], element)
		}
	}
	if n.op == opList {
		return list, nil
	}
	return object, nil
}

func compare(n *node, v any) (any, error) {
	left, err := eval(n.children[0], v)
	if err != nil {
		return nil, err
	}
	right, err := eval(n.children[1], v)
	if err != nil {
		return nil, err
	}
	operator := n.value.(kind)
	switch operator {
	case eqToken:
		return equal(left, right), nil
	case neToken:
		return !equal(left, right), nil
	}
	if !hasOrder(left) || !hasOrder(right) {
		return nil, nil
	}
	c, err := compareOrdered(left, right)
	if err != nil {
		return nil, fmt.Errorf("'%s' not supported between instances of '%s' and '%s'",
			map[kind]string{ltToken: "<", lteToken: "<=", gtToken: ">", gteToken: ">="}[operator], document.TypeName(left), document.TypeName(right))
	}
	switch operator {
	case ltToken:
		return c < 0, nil
	case lteToken:
		return c <= 0, nil
	case gtToken:
		return c > 0, nil
	}
	return c >= 0, nil
}
