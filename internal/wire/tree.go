package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
)

// An Object is the members of a structure or the entries of a map, in order:
// a structure's as the model has them, a map's as they came. Its values are
//
//	string, int64, bool, time.Time (UTC), []byte, []any, Object
//
// and, for a payload that streams, io.ReadCloser.
type Object []Entry

// An Entry is one named value of an [Object].
type Entry struct {
	Name  string
	Value any
}

// Get returns the value of a name and whether it is there.
func (o Object) Get(name string) (any, bool) {
	for _, e := range o {
		if e.Name == name {
			return e.Value, true
		}
	}
	return nil, false
}

// parseJSON reads one JSON document with objects in their order; numbers stay
// [json.Number].
func parseJSON(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := parseValue(d, 0)
	if err != nil {
		return nil, err
	}
	_, err = d.Token()
	if err == nil {
		return nil, fmt.Errorf("more than one JSON value")
	}
	return v, nil
}

func parseValue(d *json.Decoder, depth int) (any, error) {
	tok, err := d.Token()
	if err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d levels", maxDepth)
	}
	switch tok {
	case json.Delim('{'):
		o := Object{}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := parseValue(d, depth+1)
			if err != nil {
				return nil, err
			}
			o = append(o, Entry{key.(string), v})
		}
		_, err = d.Token()
		return o, err
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := parseValue(d, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = d.Token()
		return list, err
	}
	return tok, nil
}

// integerOf returns a whole number that a JSON or YAML document or a flag gave.
func integerOf(v any) (int64, bool) {
	switch n := v.(type) {
	case int:
		return int64(n), true
	case int64:
		return n, true
	case uint64:
		return int64(n), n <= math.MaxInt64
	case float64:
		return int64(n), n == math.Trunc(n) && math.Abs(n) < 1<<53
	case json.Number:
		i, err := strconv.ParseInt(n.String(), 10, 64)
		return i, err == nil
	}
	return 0, false
}

// timeOf returns an instant that a document or a flag gave: a time, seconds
// since 1970, or ISO 8601.
func timeOf(v any) (time.Time, bool) {
	switch t := v.(type) {
	case time.Time:
		return t, true
	case string:
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02"} {
			parsed, err := time.Parse(layout, t)
			if err == nil {
				return parsed.UTC(), true
			}
		}
		return epoch(t)
	case json.Number:
		return epoch(t.String())
	case float64:
		return epoch(strconv.FormatFloat(t, 'f', -1, 64))
	}
	if n, ok := integerOf(v); ok {
		return epoch(strconv.FormatInt(n, 10))
	}
	return time.Time{}, false
}
