package wire

import (
	"encoding/base64"
	"reflect"
	"strconv"
	"time"
	"unicode/utf8"

	"daypass/api"
)

// appendResult appends the reply of a query call:
//
//	<OpResponse xmlns="…"><OpResult>…</OpResult><ResponseMetadata>…
//
// The result element is left out where the model has no output.
func appendResult(b []byte, op *api.Operation, n *node, v reflect.Value, requestID string) []byte {
	b = append(append(append(b, '<'), op.Name...), `Response xmlns="`...)
	b = append(appendText(b, op.Service.Namespace), `">`...)
	if op.Output != nil {
		b = append(append(append(b, '<'), op.Name...), `Result>`...)
		b = n.appendElements(b, v)
		b = append(append(append(b, `</`...), op.Name...), `Result>`...)
	}
	b = append(b, `<ResponseMetadata><RequestId>`...)
	b = append(appendText(b, requestID), `</RequestId></ResponseMetadata></`...)
	return append(append(b, op.Name...), `Response>`...)
}

func appendErrorXML(b []byte, namespace, code string, status int, message, requestID string) []byte {
	b = append(appendText(append(b, `<ErrorResponse xmlns="`...), namespace), `"><Error>`...)
	b = appendElement(b, "Type", errorType(status))
	b = appendElement(b, "Code", code)
	b = appendElement(b, "Message", message)
	b = append(b, `</Error>`...)
	return append(appendElement(b, "RequestId", requestID), `</ErrorResponse>`...)
}

// errorType says whether the client or the server caused an error.
func errorType(status int) string {
	if status >= 500 {
		return "Receiver"
	}
	return "Sender"
}

func appendElement(b []byte, name, text string) []byte {
	b = append(append(append(b, '<'), name...), '>')
	b = appendText(b, text)
	return append(append(append(b, `</`...), name...), '>')
}

func (n *node) appendElements(b []byte, structure reflect.Value) []byte {
	for i := range n.fields {
		f := &n.fields[i]
		if v, ok := f.value(structure); ok {
			b = f.appendXML(b, f.member.LocationName, v)
		}
	}
	return b
}

// appendXML appends one element. Entries of lists are <member>, those of maps
// <entry> with <key> and <value>: no model of ours renames or flattens them.
func (n *node) appendXML(b []byte, name string, v reflect.Value) []byte {
	b = append(append(append(b, '<'), name...), '>')
	switch n.shape.Kind {
	case api.Structure:
		b = n.appendElements(b, v)
	case api.List:
		for i := range v.Len() {
			b = n.elem.appendXML(b, "member", v.Index(i))
		}
	case api.Map:
		for _, key := range sortedKeys(v) {
			b = appendElement(append(b, `<entry>`...), "key", key.String())
			b = append(n.elem.appendXML(b, "value", v.MapIndex(key)), `</entry>`...)
		}
	case api.Integer, api.Long:
		b = strconv.AppendInt(b, v.Int(), 10)
	case api.Boolean:
		b = strconv.AppendBool(b, v.Bool())
	case api.Timestamp:
		b = appendISO(b, v.Interface().(time.Time))
	case api.Blob:
		b = base64.StdEncoding.AppendEncode(b, v.Bytes())
	default:
		b = appendText(b, v.String())
	}
	return append(append(append(b, `</`...), name...), '>')
}

// appendText appends character data. Characters that XML 1.0 §2.2 cannot hold
// in any form become U+FFFD. Carriage returns and tabs are escaped, because a
// parser would change them.
func appendText(b []byte, s string) []byte {
	for s != "" {
		n := plainPrefix(s)
		b, s = append(b, s[:n]...), s[n:]
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case size == 0:
		case r == '&':
			b = append(b, `&amp;`...)
		case r == '<':
			b = append(b, `&lt;`...)
		case r == '>':
			b = append(b, `&gt;`...)
		case r == '"':
			b = append(b, `&quot;`...)
		case r == '\r', r == '\n', r == '\t':
			b = append(b, `&#`...)
			b = append(strconv.AppendInt(b, int64(r), 10), ';')
		case r < ' ', r == utf8.RuneError && size == 1, r == 0xFFFE, r == 0xFFFF:
			b = append(b, "\uFFFD"...)
		default:
			b = append(b, s[:size]...)
		}
		s = s[size:]
	}
	return b
}

// plainPrefix returns the length of the beginning of s that needs no escape. Most
// values are plain, and some are long, such as session tokens.
func plainPrefix(s string) int {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '&' || c == '<' || c == '>' || c == '"' {
			return i
		}
	}
	return len(s)
}
