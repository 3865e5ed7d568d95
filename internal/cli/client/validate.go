package client

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"daypass/api"
	"daypass/internal/cli/document"
	"daypass/internal/cli/exit"
)

// validate holds parameters against a shape as the AWS CLI does before it sends
// anything: types, required and unknown members, and the lower bounds. Upper
// bounds, patterns and enumerations are the service's to judge. All faults are
// told at once.
func validate(shape *api.Shape, v any) error {
	var c checker
	c.value(shape, v, "")
	if len(c.faults) == 0 {
		return nil
	}
	return exit.Errorf(exit.Usage, "Parameter validation failed:\n%s", strings.Join(c.faults, "\n"))
}

type checker struct{ faults []string }

func (c *checker) report(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

// at names a place in the parameters.
func at(name string) string {
	if name == "" {
		return "input"
	}
	return strings.TrimPrefix(name, ".")
}

// typed reports whether a value is of a type, and its fault when not.
func (c *checker) typed(ok bool, name string, v any, want string) bool {
	if !ok {
		c.report("Invalid type for parameter %s, value: %s, type: %s, valid types: %s", at(name), document.Str(v), document.Class(v), want)
	}
	return ok
}

func (c *checker) length(shape *api.Shape, name string, n int) {
	if shape.Min != nil && int64(n) < *shape.Min {
		c.report("Invalid length for parameter %s, value: %d, valid min length: %d", at(name), n, *shape.Min)
	}
}

func (c *checker) value(shape *api.Shape, v any, name string) {
	switch shape.Kind {
	case api.Structure:
		if o, ok := v.(*document.Object); c.typed(ok, name, v, "<class 'dict'>") {
			c.structure(shape, o, name)
		}
	case api.Map:
		o, ok := v.(*document.Object)
		if !c.typed(ok, name, v, "<class 'dict'>") {
			return
		}
		for _, m := range o.Members() {
			c.value(shape.Key, m.Name, fmt.Sprintf("%s (key: %s)", name, m.Name))
			c.value(shape.Elem, m.Value, name+"."+m.Name)
		}
	case api.List:
		list, ok := v.([]any)
		if !c.typed(ok, name, v, "<class 'list'>, <class 'tuple'>") {
			return
		}
		c.length(shape, name, len(list))
		for i, e := range list {
			c.value(shape.Elem, e, name+"["+strconv.Itoa(i)+"]")
		}
	case api.String:
		if s, ok := v.(string); c.typed(ok, name, v, "<class 'str'>") {
			c.length(shape, name, utf8.RuneCountInString(s))
		}
	case api.Integer, api.Long:
		c.integer(shape, v, name)
	case api.Boolean:
		_, ok := v.(bool)
		c.typed(ok, name, v, "<class 'bool'>")
	case api.Timestamp:
		_, ok := instant(v)
		c.typed(ok, name, v, "<class 'datetime.datetime'>, timestamp-string")
	case api.Blob:
		switch v.(type) {
		case string, []byte, Payload:
		default:
			c.typed(false, name, v, "<class 'bytes'>, <class 'bytearray'>, file-like object")
		}
	}
}

func (c *checker) structure(shape *api.Shape, o *document.Object, name string) {
	for _, m := range shape.Members {
		if m.Required && !o.Has(m.Name) {
			c.report("Missing required parameter in %s: \"%s\"", at(name), m.Name)
		}
	}
	var known []string
	for _, m := range shape.Members {
		known = append(known, m.Name)
	}
	for _, given := range o.Names() {
		if shape.Member(given) == nil {
			c.report("Unknown parameter in %s: \"%s\", must be one of: %s", at(name), given, strings.Join(known, ", "))
		}
	}
	for _, given := range o.Members() {
		if m := shape.Member(given.Name); m != nil {
			c.value(m.Shape, given.Value, name+"."+given.Name)
		}
	}
}

func (c *checker) integer(shape *api.Shape, v any, name string) {
	var below bool
	switch n := v.(type) {
	case int64:
		below = shape.Min != nil && n < *shape.Min
	case *big.Int:
		below = shape.Min != nil && n.Sign() < 0
	case bool: // Python counts a boolean as 0 or 1
		below = shape.Min != nil && !n && *shape.Min > 0 || n && shape.Min != nil && *shape.Min > 1
	default:
		c.typed(false, name, v, "<class 'int'>")
		return
	}
	if below {
		c.report("Invalid value for parameter %s, value: %s, valid min value: %d", at(name), document.Str(v), *shape.Min)
	}
}

// instant reads a point in time: seconds since 1970, or a date with an optional
// time and zone; without a zone it is local.
func instant(v any) (time.Time, bool) {
	switch t := v.(type) {
	case time.Time:
		return t, true
	case int64:
		return time.Unix(t, 0), true
	case float64:
		return time.UnixMilli(int64(t * 1000)), true
	case string:
		if f, ok := document.ParseFloat(t); ok {
			return time.UnixMilli(int64(f * 1000)), true
		}
		if d, ok := document.ParseDate(t); ok {
			return d.In(time.Local), true
		}
	}
	return time.Time{}, false
}
