package wire

import (
	"encoding/base64"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"daypass/api"
)

// appendResultJSON appends the reply of a query call whose client asks for JSON:
//
//	{"OpResponse":{"OpResult":{…},"ResponseMetadata":{"RequestId":"…"}}}
//
// The result is left out where the model has no output. Times are seconds since
// 1970.
//
// Source: replies of STS as the authenticators of Kubernetes and the proxy Envoy
// parse them.
func appendResultJSON(b []byte, op *api.Operation, n *node, v reflect.Value, requestID string) []byte {
	b = append(append(append(b, `{"`...), op.Name...), `Response":{`...)
	if op.Output != nil {
		b = append(append(append(b, '"'), op.Name...), `Result":`...)
		b = append(n.appendMembers(b, v), ',')
	}
	return append(appendString(append(b, `"ResponseMetadata":{"RequestId":`...), requestID), `}}}`...)
}

// appendQueryErrorJSON appends the error of a query call whose client asks for
// JSON.
func appendQueryErrorJSON(b []byte, code string, status int, message, requestID string) []byte {
	b = appendString(append(b, `{"Error":{"Code":`...), code)
	b = appendString(append(b, `,"Message":`...), message)
	b = appendString(append(b, `,"Type":`...), errorType(status))
	return append(appendString(append(b, `},"RequestId":`...), requestID), '}')
}

// appendMembers appends a structure's body members as an object.
func (n *node) appendMembers(b []byte, structure reflect.Value) []byte {
	b = append(b, '{')
	first := true
	for i := range n.fields {
		f := &n.fields[i]
		if f.member.Location != api.InBody {
			continue
		}
		v, ok := f.value(structure)
		if !ok {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(appendString(b, f.member.LocationName), ':')
		b = f.appendJSON(b, v)
	}
	return append(b, '}')
}

func (n *node) appendJSON(b []byte, v reflect.Value) []byte {
	switch n.shape.Kind {
	case api.Structure:
		return n.appendMembers(b, v)
	case api.List:
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			b = n.elem.appendJSON(b, v.Index(i))
		}
		return append(b, ']')
	case api.Map:
		b = append(b, '{')
		for i, key := range sortedKeys(v) {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendString(b, key.String()), ':')
			b = n.elem.appendJSON(b, v.MapIndex(key))
		}
		return append(b, '}')
	case api.Integer, api.Long:
		return strconv.AppendInt(b, v.Int(), 10)
	case api.Boolean:
		return strconv.AppendBool(b, v.Bool())
	case api.Timestamp:
		return appendEpoch(b, v.Interface().(time.Time))
	case api.Blob:
		return append(base64.StdEncoding.AppendEncode(append(b, '"'), v.Bytes()), '"')
	}
	return appendString(b, v.String())
}

// sortedKeys returns a map's keys in order, so that equal maps give equal replies.
func sortedKeys(m reflect.Value) []reflect.Value {
	keys := m.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	return keys
}

// appendString appends a JSON string. Unlike package json it leaves <, > and &
// as they are, as AWS does. Bytes that are not UTF-8 become U+FFFD.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		size := 1
		if c >= utf8.RuneSelf {
			var r rune
			if r, size = utf8.DecodeRuneInString(s[i:]); r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		b = append(b, s[start:i]...)
		switch {
		case c >= utf8.RuneSelf:
			b = append(b, `\ufffd`...)
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i += size
		start = i
	}
	return append(append(b, s[start:]...), '"')
}
