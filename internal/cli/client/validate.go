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

// validate checks parameters against a shape as the AWS CLI does before it sends
// anything: types, required and unknown members, and lower bounds. The service
// checks upper bounds, patterns and enumerations. The error lists all faults.
func validate(shape *api.Shape, v any) error {
	var c checker
	c.check(shape, v, "")
	if len(c.faults) == 0 {
		return nil
	}
	return exit.Errorf(exit.Usage, "Parameter validation failed:\n%s", strings.Join(c.faults, "\n"))
}

type checker struct{ faults []string }

func (c *checker) report(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

// parameterPath returns the name of a parameter as messages show it; "input" for all
// of them.
func parameterPath(name string) string {
	if name == "" {
		return "input"
	}
	return strings.TrimPrefix(name, ".")
}

// checkType returns ok, which says whether a value has the type that is wanted, and
// records a fault if it has not.
func (c *checker) checkType(ok bool, name string, v any, want string) bool {
	if !ok {
		c.report("Invalid type for parameter %s, value: %s, type: %s, valid types: %s", parameterPath(name), document.Str(v), document.Class(v), want)
	}
	return ok
}

func (c *checker) checkLength(shape *api.Shape, name string, n int) {
	if shape.Min != nil && int64(n) < *shape.Min {
		c.report("Invalid length for parameter %s, value: %d, valid min length: %d", parameterPath(name), n, *shape.Min)
	}
}

func (c *checker) check(shape *api.Shape, v any, name string) {
	switch shape.Kind {
	case api.Structure:
		if o, ok := v.(*document.Object); c.checkType(ok, name, v, "<class 'dict'>") {
			c.structure(shape, o, name)
		}
	case api.Map:
		o, ok := v.(*document.Object)
		if !c.checkType(ok, name, v, "<class 'dict'>") {
			return
		}
		for _, m := range o.Members() {
			c.check(shape.Key, m.Name, fmt.Sprintf("%s (key: %s)", name, m.Name))
			c.check(shape.Elem, m.Value, name+"."+m.Name)
		}
	case api.List:
		list, ok := v.([]any)
		if !c.checkType(ok, name, v, "<class 'list'>, <class 'tuple'>") {
			return
		}
		c.checkLength(shape, name, len(list))
		for i, e := range list {
			c.check(shape.Elem, e, name+"["+strconv.Itoa(i)+"]")
		}
	case api.String:
		if s, ok := v.(string); c.checkType(ok, name, v, "<class 'str'>") {
			c.checkLength(shape, name, utf8.RuneCountInString(s))
		}
	case api.Integer, api.Long:
		c.integer(shape, v, name)
	case api.Boolean:
		_, ok := v.(bool)
		c.checkType(ok, name, v, "<class 'bool'>")
	case api.Timestamp:
		_, ok := toTime(v)
		c.checkType(ok, name, v, "<class 'datetime.datetime'>, timestamp-string")
	case api.Blob:
		switch v.(type) {
		case string, []byte, Payload:
		default:
			c.checkType(false, name, v, "<class 'bytes'>, <class 'bytearray'>, file-like object")
		}
	}
}

func (c *checker) structure(shape *api.Shape, o *document.Object, name string) {
	for _, m := range shape.Members {
		if m.Required && !o.Has(m.Name) {
			c.report("Missing required parameter in %s: \"%s\"", parameterPath(name), m.Name)
		}
	}
	var known []string
	for _, m := range shape.Members {
		known = append(known, m.Name)
	}
	for _, given := range o.Names() {
		if shape.Member(given) == nil {
			c.report("Unknown parameter in %s: \"%s\", must be one of: %s", parameterPath(name), given, strings.Join(known, ", "))
		}
	}
	for _, given := range o.Members() {
		if m := shape.Member(given.Name); m != nil {
			c.check(m.Shape, given.Value, name+"."+given.Name)
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
		c.checkType(false, name, v, "<class 'int'>")
		return
	}
	if below {
		c.report("Invalid value for parameter %s, value: %s, valid min value: %d", parameterPath(name), document.Str(v), *shape.Min)
	}
}

// toTime reads an instant: seconds since 1970, or a date with an optional time and
// zone. Without a zone it is local time.
func toTime(v any) (time.Time, bool) {
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
